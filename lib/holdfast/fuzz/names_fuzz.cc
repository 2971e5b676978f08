// Every name that a stranger can put into a shared directory, through every codec that reads names.
//
// What must hold for any bytes: nothing crashes or reads out of bounds, and whatever is accepted
// has exactly one form, the one that the codec itself writes.
#include <holdfast/protocol/baton_state.h>
#include <holdfast/protocol/fence_value.h>
#include <holdfast/protocol/link_aside.h>
#include <holdfast/protocol/link_claim.h>
#include <holdfast/protocol/nonce.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace holdfast {
namespace {

void require(bool condition, const char* claim) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

void fuzz_baton_state(std::string_view name) {
  const auto state = parse_state(name);
  if (!state) return;
  require(is_state_name(name), "what parses claims to be a state");
  require(state_name(*state) == name, "a state has one form");
  require(name.size() <= kMostStateName, "a state fits a name");
  require(!ranks_below(*state, *state), "no state ranks below itself");
  const std::string host = decode_host(state->host);
  require(encode_host(host, kMostHost) == state->host, "a host has one form");
}

void fuzz_fence(std::string_view name) {
  if (const auto value = parse_fence_value(name)) {
    require(is_fence_value_name(name), "what parses claims to be a value");
    require(fence_value_name(*value) == name, "a value has one form");
    require(!ranks_below(*value, *value), "no value ranks below itself");
  }
  if (const auto blob = parse_fence_blob(name)) {
    require(fence_blob_name(*blob) == name, "a blob's name has one form");
  }
}

void fuzz_claim(std::string_view text) {
  static const ClaimForm form("/mnt/share/lock", "|");
  if (const auto claim = form.parse_name(text)) {
    require(form.path(*claim) == form.directory() + std::string(text), "a claim has one form");
  }
  if (const auto claim = form.parse_contents(text)) {
    const std::string name(text.substr(text.rfind('/') + 1));
    require(form.parse_name(name) == claim, "contents name a claim of this lock");
  }
  if (Aside::is_name("lock", text)) {
    const auto nonce = parse_nonce(text.substr(text.rfind('.') + 1));
    require(nonce && text == "lock.aside." + nonce_text(*nonce), "a name aside has one form");
  }
  const std::string host = claim_host(text);
  require(host.find('/') == std::string::npos, "a host never leads out of the directory");
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  holdfast::fuzz_baton_state(text);
  holdfast::fuzz_fence(text);
  holdfast::fuzz_claim(text);
  return 0;
}
