#include "harness/page/packed.h"

namespace holdfast::harness {

void Packed::put(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) bytes_ += static_cast<char>((number & 0x7fU) | 0x80U);
  bytes_ += static_cast<char>(number);
}

void Packed::put_signed(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  put(number < 0 ? ~(bits << 1U) : bits << 1U);
}

// Unsigned, since that has no overflow: instants that programs claim can be anything.
void Packed::put_step(std::int64_t from_ns, std::int64_t to_ns) {
  put_signed(static_cast<std::int64_t>(static_cast<std::uint64_t>(to_ns) -
                                       static_cast<std::uint64_t>(from_ns)));
}

void Packed::put_length(std::int64_t from_ns, std::int64_t until_ns) {
  put(until_ns <= from_ns
          ? 0
          : static_cast<std::uint64_t>(until_ns) - static_cast<std::uint64_t>(from_ns));
}

std::string Packed::base64() const { return harness::base64(bytes_); }

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      three =
          (three << 8U) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i > bytes.size() ? '=' : kDigits[(three >> (18 - 6 * i)) & 0x3fU];
    }
  }
  return text;
}

}  // namespace holdfast::harness
