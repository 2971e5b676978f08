#include <holdfast/protocol/fence_value.h>
#include <holdfast/protocol/fields.h>
#include <holdfast/protocol/nonce.h>

#include <tuple>

namespace holdfast {
namespace {

constexpr std::string_view kValue = "value";
constexpr std::string_view kBlob = "blob";

/// "<token>-<nonce>", or "0-0".
std::optional<FenceBlob> parse_reference(std::string_view text) {
  if (text == "0-0") return FenceBlob{};
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  FieldReader front(text.substr(0, dash));
  const Token token = front.number();
  const auto nonce = parse_nonce(text.substr(dash + 1));
  if (!front.done() || token == 0 || !nonce) return std::nullopt;
  return FenceBlob{token, *nonce};
}

/// A publication names a blob of its own token; a raise one of a lower token.
bool can_be(const FenceValue& value) {
  if (value.version > 0) return value.token > 0 && value.blob.token == value.token;
  return value.token > 0 ? value.blob.token < value.token : value.blob.is_none();
}

}  // namespace

bool is_fence_value_name(std::string_view name) { return name.starts_with("value,"); }

std::optional<FenceValue> parse_fence_value(std::string_view name) {
  FieldReader fields(name);
  if (fields.text() != kValue) return std::nullopt;
  FenceValue value;
  value.token = fields.number();
  value.version = fields.number();
  const auto blob = parse_reference(fields.text());
  if (!fields.done() || !blob) return std::nullopt;
  value.blob = *blob;
  return can_be(value) ? std::optional(value) : std::nullopt;
}

std::string fence_value_name(const FenceValue& value) {
  std::string name(kValue);
  name += ',';
  append_number(name, value.token);
  name += ',';
  append_number(name, value.version);
  name += ',';
  if (value.blob.is_none()) return name + "0-0";
  append_number(name, value.blob.token);
  return name + '-' + nonce_text(value.blob.nonce);
}

bool ranks_below(const FenceValue& a, const FenceValue& b) {
  return std::tie(a.token, a.version) < std::tie(b.token, b.version);
}

std::optional<FenceBlob> parse_fence_blob(std::string_view name) {
  FieldReader fields(name);
  if (fields.text() != kBlob) return std::nullopt;
  const Token token = fields.number();
  const auto nonce = parse_nonce(fields.text());
  if (!fields.done() || token == 0 || !nonce) return std::nullopt;
  return FenceBlob{token, *nonce};
}

std::string fence_blob_name(const FenceBlob& blob) {
  std::string name(kBlob);
  name += ',';
  append_number(name, blob.token);
  return name + ',' + nonce_text(blob.nonce);
}

}  // namespace holdfast
