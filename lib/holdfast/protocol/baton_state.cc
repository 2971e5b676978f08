#include <holdfast/protocol/baton_state.h>
#include <holdfast/protocol/fields.h>

#include <algorithm>
#include <tuple>

namespace holdfast {
namespace {

constexpr std::string_view kFree = "free,";
constexpr std::string_view kHeld = "held,";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-';
}

/// The character of the escape at `at`; nullopt if there is none, or it was not needed.
std::optional<char> read_escape(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return std::nullopt;
  const std::size_t high = kHexDigits.find(text[at + 1]);
  const std::size_t low = kHexDigits.find(text[at + 2]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  const char c = static_cast<char>(static_cast<unsigned char>(high * 16 + low));
  if (is_plain(c)) return std::nullopt;
  return c;
}

bool is_encoded_host(std::string_view text) {
  if (text.size() > kMostHost) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_plain(text[at])) continue;
    if (text[at] != '%' || !read_escape(text, at)) return false;
    at += 2;
  }
  return true;
}

void read_common(FieldReader& fields, BatonState& state) {
  state.taken = fields.number(state.generation);
  state.news = fields.number(1) == 1;
}

void read_held(FieldReader& fields, BatonState& state) {
  state.generation = fields.number(kMostGeneration, 1);
  state.renewal = fields.number(kMostRenewal);
  state.lifetime =
      std::chrono::milliseconds(fields.number(static_cast<std::uint64_t>(kMostLifetime.count()),
                                              static_cast<std::uint64_t>(kLeastLifetime.count())));
  read_common(fields, state);
  const std::string_view host = fields.text();
  if (!is_encoded_host(host)) fields.fail();
  state.host = host;
  state.pid = fields.number(kMostPid, 1);
  state.start = fields.number();
  state.machine = fields.number();
  state.nonce = fields.number();
}

std::tuple<std::uint64_t, bool, std::uint64_t> rank_of(const BatonState& state) {
  return {state.generation, !state.held, state.held ? state.renewal : 0};
}

/// Of a state's name: what comes first in it.
BatonState read_rank(std::string_view name) {
  BatonState state;
  state.held = name.starts_with(kHeld);
  FieldReader fields(name.substr(std::min(name.size(), kHeld.size())));
  state.generation = fields.number(kMostGeneration);
  if (state.held) state.renewal = fields.number(kMostRenewal);
  return state;
}

}  // namespace

bool is_state_name(std::string_view name) {
  return name.starts_with(kFree) || name.starts_with(kHeld);
}

std::optional<BatonState> parse_state(std::string_view name) {
  if (!is_state_name(name) || name.size() > kMostStateName) return std::nullopt;
  BatonState state;
  state.held = name.starts_with(kHeld);
  FieldReader fields(name.substr(kHeld.size()));
  if (state.held) {
    read_held(fields, state);
  } else {
    state.generation = fields.number(kMostGeneration);
    read_common(fields, state);
  }
  if (!fields.done()) return std::nullopt;
  return state;
}

void write_stem(const BatonState& held, std::string& stem) {
  const auto append = [&](std::uint64_t value) {
    append_number(stem, value);
    stem += ',';
  };
  stem = kHeld;
  append(held.generation);
  append(held.renewal);
  append(static_cast<std::uint64_t>(held.lifetime.count()));
  append(held.taken);
  append(held.news ? 1 : 0);
  stem += held.host;
  stem += ',';
  append(held.pid);
  append(held.start);
  append(held.machine);
}

void write_state_name(const BatonState& state, std::string& name) {
  if (state.held) {
    write_stem(state, name);
    append_number(name, state.nonce);
    return;
  }
  name = kFree;
  append_number(name, state.generation);
  name += ',';
  append_number(name, state.taken);
  name += state.news ? ",1" : ",0";
}

std::string state_name(const BatonState& state) {
  std::string name;
  write_state_name(state, name);
  return name;
}

bool ranks_below(const BatonState& a, const BatonState& b) { return rank_of(a) < rank_of(b); }

bool ranks_below(std::string_view a, std::string_view b) {
  return rank_of(read_rank(a)) < rank_of(read_rank(b));
}

std::string encode_host(std::string_view host, std::size_t most) {
  std::string encoded;
  for (const char c : host) {
    const std::size_t length = is_plain(c) ? 1 : 3;
    if (encoded.size() + length > most) break;
    if (length == 1) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kHexDigits[byte / 16];
    encoded += kHexDigits[byte % 16];
  }
  return encoded;
}

std::string decode_host(std::string_view encoded) {
  std::string host;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    const std::optional<char> escaped =
        encoded[at] == '%' ? read_escape(encoded, at) : std::nullopt;
    host += escaped.value_or(encoded[at]);
    if (escaped) at += 2;
  }
  return host;
}

os::Process process_of(const BatonState& state) {
  return {decode_host(state.host), static_cast<std::int64_t>(state.pid), state.start,
          state.machine};
}

}  // namespace holdfast
