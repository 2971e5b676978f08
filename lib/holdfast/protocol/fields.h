// Reading the fields of a name, strictly: comma between them, numbers in their one canonical form.
//
// Names decide who holds a lock, so two texts must never mean one value, and no text half a value.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace holdfast {

/// Takes fields off the front of a name. Once something was wrong, everything after it is.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  /// The text up to the next comma, or to the end.
  std::string_view text() {
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] != ',') ++size;
    return take(size);
  }

  /// Decimal digits without a leading zero, from `least` to `most`; 0 if wrong.
  std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max(),
                       std::uint64_t least = 0) {
    // One pass, since names are read more often than anything else is done. What overflows has more
    // digits than the last value that cannot.
    constexpr std::size_t kSafe = std::numeric_limits<std::uint64_t>::digits10;
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t value = 0;
    std::size_t size = 0;
    for (; size < rest_.size() && rest_[size] != ','; ++size) {
      const auto digit = static_cast<std::uint64_t>(rest_[size]) - '0';
      const bool fits = size < kSafe || (size == kSafe && value <= (kMost - digit) / 10);
      if (digit > 9 || !fits) good_ = false;
      value = value * 10 + digit;
    }
    const bool canonical = size == 1 || (size > 1 && rest_.front() != '0');
    if (!canonical || value > most || value < least) good_ = false;
    take(size);
    return good_ ? value : 0;
  }

  void fail() { good_ = false; }

  /// Whether all was right, and nothing is left.
  bool done() const { return good_ && ended_; }

 private:
  /// The field of this size, and the comma behind it.
  std::string_view take(std::size_t size) {
    if (ended_) good_ = false;
    const std::string_view field = rest_.substr(0, size);
    ended_ = size == rest_.size();
    rest_.remove_prefix(ended_ ? size : size + 1);
    return field;
  }

  std::string_view rest_;
  bool ended_ = false;
  bool good_ = true;
};

/// Appends a number in the form that FieldReader::number takes.
inline void append_number(std::string& text, std::uint64_t value) {
  char digits[20];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof digits, value);
  text.append(digits, end);
}

}  // namespace holdfast
