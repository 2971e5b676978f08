// A second judge, to judge the first one by: written from the definitions in README.md and not from
// the checkers, with no index, no sweep and no shortcut. It asks every event about every other.
//
// It knows no clock faults, and of a file operation only that its worker was at work; the random
// histories have no others.
#pragma once

#include <cstdint>

#include "harness/checker/checker.h"

namespace holdfast::harness {

struct NaiveCounts {
  std::uint64_t grants = 0;
  std::uint64_t certain = 0;    ///< pairs of entitled holds that surely overlap
  std::uint64_t uncertain = 0;  ///< pairs that perhaps do
  std::uint64_t overstays = 0;
  std::uint64_t token_regressions = 0;
  std::uint64_t lost_updates = 0;
  std::uint64_t wedges = 0;
  std::uint64_t slow_recoveries = 0;
  std::uint64_t overtaken = 0;
  std::uint64_t spurious_losses = 0;
  std::uint64_t contended = 0;
  std::uint64_t breaches = 0;  ///< acquires that came back too late, or timed out without a bound

  bool operator==(const NaiveCounts&) const = default;
};

NaiveCounts naive_judge(const History& history, const Terms& terms);

}  // namespace holdfast::harness
