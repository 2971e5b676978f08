// Durations as people write them: a number and its unit, in one word: "1.5ms", "2s", "1h".
//
// The arithmetic is exact: a duration that is no whole number of nanoseconds is refused, not
// rounded, and what is printed reads back as the same value.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harness/result/result.h"

namespace holdfast::harness {

/// Reads "1.5ms", "-2s", "1h".
///
/// Units:   ns, us, ms, s, min, h, d; a number without one is refused.
/// Errors:  a Problem without a place that says what was found and what is allowed.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// The shortest exact form, in the largest unit that needs at most three decimals: "1.5ms", "90s".
std::string print_duration(std::chrono::nanoseconds duration);

}  // namespace holdfast::harness
