#include "harness/fleet/handshake.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace holdfast::harness::handshake {
namespace {

using nlohmann::json;

constexpr std::size_t kBytes = 32;
static_assert(kBytes == crypto_auth_KEYBYTES && kBytes == crypto_auth_BYTES);
using Bytes = std::array<unsigned char, kBytes>;

/// Without its random numbers nothing here is safe.
void ready() {
  static const bool good = ::sodium_init() >= 0;
  if (!good) std::abort();
}

std::string hexadecimal(const Bytes& bytes) {
  std::array<char, 2 * kBytes + 1> text{};
  ::sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

/// Of well-formed ones only.
Bytes bytes_of(const std::string& drawn) {
  Bytes bytes{};
  ::sodium_hex2bin(bytes.data(), bytes.size(), drawn.data(), drawn.size(), nullptr, nullptr,
                   nullptr);
  return bytes;
}

std::string message(Side side, const Call& call) {
  return std::string("holdfast call 1\n") + (side == Side::agent ? "agent" : "controller") + "\n" +
         call.agents_number + "\n" + call.controllers_number + "\n" + call.host;
}

const unsigned char* start_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// The strings that an object has under these keys; none if it is not such an object.
template <std::size_t count>
std::optional<std::array<std::string, count>> strings(const std::string& line,
                                                      const std::array<const char*, count>& keys) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  std::array<std::string, count> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = object.find(keys[i]);
    if (at == object.end() || !at->is_string()) return std::nullopt;
    found[i] = at->template get<std::string>();
  }
  return found;
}

}  // namespace

std::string draw() {
  ready();
  Bytes bytes{};
  ::randombytes_buf(bytes.data(), bytes.size());
  return hexadecimal(bytes);
}

bool well_formed(const std::string& drawn) {
  return drawn.size() == 2 * kBytes && std::all_of(drawn.begin(), drawn.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string proof(const std::string& token, Side side, const Call& call) {
  ready();
  const std::string text = message(side, call);
  Bytes shown{};
  ::crypto_auth(shown.data(), start_of(text), text.size(), bytes_of(token).data());
  return hexadecimal(shown);
}

bool proves(const std::string& shown, const std::string& token, Side side, const Call& call) {
  ready();
  if (!well_formed(shown) || !well_formed(token)) return false;
  const std::string text = message(side, call);
  return ::crypto_auth_verify(bytes_of(shown).data(), start_of(text), text.size(),
                              bytes_of(token).data()) == 0;
}

std::string to_line(const Opening& opening) {
  return json{{"host", opening.host}, {"number", opening.number}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::string to_line(const Answer& answer) {
  return json{{"number", answer.number}, {"proof", answer.proof}}.dump();
}

std::string to_line(const std::string& proof) { return json{{"proof", proof}}.dump(); }

std::optional<Opening> read_opening(const std::string& line) {
  const auto found = strings<2>(line, {"host", "number"});
  if (!found || !well_formed((*found)[1])) return std::nullopt;
  return Opening{(*found)[0], (*found)[1]};
}

std::optional<Answer> read_answer(const std::string& line) {
  const auto found = strings<2>(line, {"number", "proof"});
  if (!found || !well_formed((*found)[0])) return std::nullopt;
  return Answer{(*found)[0], (*found)[1]};
}

std::optional<std::string> read_proof(const std::string& line) {
  const auto found = strings<1>(line, {"proof"});
  if (!found) return std::nullopt;
  return (*found)[0];
}

}  // namespace holdfast::harness::handshake
