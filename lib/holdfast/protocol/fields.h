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
    if (ended_) good_ = false;
    const std::size_t comma = rest_.find(',');
    const std::string_view field = rest_.substr(0, comma);
    ended_ = comma == std::string_view::npos;
    rest_ = ended_ ? std::string_view() : rest_.substr(comma + 1);
    return field;
  }

  /// Decimal digits without a leading zero, from `least` to `most`; 0 if wrong.
  std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max(),
                       std::uint64_t least = 0) {
    const std::string_view field = text();
    std::uint64_t value = 0;
    const char* const end = field.data() + field.size();
    const auto [stopped, failure] = std::from_chars(field.data(), end, value);
    const bool canonical = field.size() == 1 || (field.size() > 1 && field.front() != '0');
    if (failure != std::errc() || stopped != end || !canonical || value > most || value < least) {
      good_ = false;
    }
    return good_ ? value : 0;
  }

  void fail() { good_ = false; }

  /// Whether all was right, and nothing is left.
  bool done() const { return good_ && ended_; }

 private:
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
