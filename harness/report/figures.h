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

/// The same for what somebody set, and did not measure: "2 s", not "2.00 s".
std::string set_duration(std::int64_t ns);

/// An instant since the run's start in seconds, to the microsecond: races are short. "4.812345".
std::string instant(std::int64_t ns);

/// Minutes and seconds, hours where there are any: "0:12", "1:00:03".
std::string clock_face(std::chrono::nanoseconds duration);

/// "0.98" of 0.9765 and 2.
std::string with_decimals(double value, int decimals);

/// "2026-11-23 17:18:02 UTC"; empty for an instant that no calendar has.
std::string utc_time(std::int64_t unix_ms);

/// "1 grant", "2 grants".
std::string counted(std::uint64_t count, const std::string& noun);

/// "never", "once", "2 times".
std::string times(std::uint64_t count);

}  // namespace holdfast::harness
