#include <holdfast/protocol/nonce.h>

#include <charconv>

namespace holdfast {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLength = 16;

}  // namespace

std::string nonce_text(std::uint64_t nonce) {
  std::string text(kLength, '0');
  for (std::size_t digit = kLength; digit-- > 0; nonce >>= 4) text[digit] = kDigits[nonce & 15];
  return text;
}

std::optional<std::uint64_t> parse_nonce(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  if (text.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  std::uint64_t nonce = 0;
  std::from_chars(text.data(), text.data() + text.size(), nonce, 16);
  return nonce;
}

}  // namespace holdfast
