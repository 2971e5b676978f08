#include "harness/scenario/duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace holdfast::harness {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::array<Unit, 7> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"min", 60'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"d", 86'400'000'000'000}}};

constexpr std::string_view kAllowed =
    R"(allowed is a number and one of the units ns, us, ms, s, min, h, d, as in "1.5ms", "2s", )"
    R"("1h")";

tl::unexpected<Problem> refuse(std::string_view text, std::string_view why) {
  return problem("", "found \"" + std::string(text) + "\", " + std::string(why) + "; " +
                         std::string(kAllowed));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// WHOLE.FRACTION x unit in nanoseconds; nothing if it does not fit or is no whole number of them.
std::optional<std::int64_t> scale(std::string_view whole, std::string_view fraction,
                                  std::int64_t unit_ns) {
  __extension__ using Wide = __int128;
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  Wide value = 0;
  for (const char digit : whole) {
    value = value * 10 + (digit - '0');
    if (value > kMost) return std::nullopt;
  }
  value *= unit_ns;
  Wide part = unit_ns;
  for (const char digit : fraction) {
    if (part % 10 != 0) {
      if (digit != '0') return std::nullopt;
      continue;
    }
    part /= 10;
    value += part * (digit - '0');
  }
  if (value > kMost) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return text.substr(from, at - from);
  };
  const bool negative = text.starts_with('-');
  if (negative) ++at;
  const std::string_view whole = digits();
  std::string_view fraction;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = digits();
    if (fraction.empty()) return refuse(text, "which is no duration");
  }
  if (whole.empty()) return refuse(text, "which is no duration");
  if (at == text.size()) return refuse(text, "which has no unit");
  const Unit* unit = find_unit(text.substr(at));
  if (unit == nullptr) return refuse(text, "whose unit is not known");
  const auto ns = scale(whole, fraction, unit->ns);
  if (!ns) return refuse(text, "which is too long or finer than a nanosecond");
  return std::chrono::nanoseconds(negative ? -*ns : *ns);
}

std::string print_duration(std::chrono::nanoseconds duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  // The magnitude is kept unsigned: the least value has no positive counterpart.
  const auto magnitude =
      ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    const auto size = static_cast<std::uint64_t>(unit->ns);
    if (magnitude < size) continue;
    // In thousandths of the unit; days, hours and minutes only where they come out whole.
    const bool decimal = size <= 1'000'000'000;
    if (!decimal && magnitude % size != 0) continue;
    if (decimal && size >= 1000 && magnitude % (size / 1000) != 0) continue;
    std::string text = (ns < 0 ? "-" : "") + std::to_string(magnitude / size);
    if (const std::uint64_t rest = magnitude % size; rest != 0) {
      std::string decimals = std::to_string(1000 + rest / (size / 1000)).substr(1);
      decimals.erase(decimals.find_last_not_of('0') + 1);
      text += "." + decimals;
    }
    return text + std::string(unit->name);
  }
  return std::to_string(ns) + "ns";
}

}  // namespace holdfast::harness
