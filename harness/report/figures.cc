#include "harness/report/figures.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace holdfast::harness {
std::string with_decimals(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string grouped(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string human_duration(std::int64_t ns) {
  struct Unit {
    const char* name;
    double ns;
    int decimals_below_ten;
  };
  constexpr std::array<Unit, 6> kUnits = {{{"ns", 1, 0},
                                           {"us", 1e3, 1},
                                           {"ms", 1e6, 1},
                                           {"s", 1e9, 2},
                                           {"min", 60e9, 1},
                                           {"h", 3600e9, 1}}};
  if (ns == 0) return "0 s";
  const double magnitude = ns < 0 ? -static_cast<double>(ns) : static_cast<double>(ns);
  std::size_t unit = 0;
  // What would be rounded up to the next unit belongs there: 1 ms, not 1000 us. Two minutes are
  // the first to be said in minutes.
  const auto next_at = [&](std::size_t next) {
    return next < 4 ? kUnits[next].ns * 0.9995 : 2 * kUnits[next].ns;
  };
  while (unit + 1 < kUnits.size() && magnitude >= next_at(unit + 1)) ++unit;
  const double value = magnitude / kUnits[unit].ns;
  const int decimals = value < 9.95    ? kUnits[unit].decimals_below_ten
                       : value < 99.95 ? kUnits[unit].decimals_below_ten - 1
                                       : 0;
  return (ns < 0 ? "-" : "") + with_decimals(value, decimals < 0 ? 0 : decimals) + " " +
         kUnits[unit].name;
}

std::string set_duration(std::int64_t ns) {
  const std::string text = human_duration(ns);
  const std::size_t space = text.find(' ');
  std::string number = text.substr(0, space);
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return number + text.substr(space);
}

std::string instant(std::int64_t ns) { return with_decimals(static_cast<double>(ns) / 1e9, 6); }

std::string clock_face(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto two = [](std::int64_t value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
  };
  const std::int64_t hours = seconds / 3600, minutes = seconds / 60 % 60;
  const std::string start =
      hours > 0 ? std::to_string(hours) + ":" + two(minutes) : std::to_string(minutes);
  return start + ":" + two(seconds % 60);
}

std::string utc_time(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  std::array<char, 64> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string times(std::uint64_t count) {
  return count == 0 ? "never" : count == 1 ? "once" : counted(count, "time");
}

}  // namespace holdfast::harness
