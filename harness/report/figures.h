// Figures as people read them: "1,520", "9.8 ms", "0:12".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace holdfast::harness {

/// With a comma after every three digits.
std::string grouped(std::uint64_t count);

/// Two or three digits that say something, and the unit: "61 us", "9.8 ms", "2.04 s", "3.5 min".
std::string human_duration(std::int64_t ns);

/// An instant since the run's start, in seconds with three decimals: "4.812".
std::string instant(std::int64_t ns);

/// Minutes and seconds, hours where there are any: "0:12", "1:00:03".
std::string clock_face(std::chrono::nanoseconds duration);

/// "1 grant", "2 grants".
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace holdfast::harness
