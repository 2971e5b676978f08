// The clocks of this very kernel: for hosts that have a kernel of their own, and root on it.
#pragma once

#include <cstdint>

#include "harness/result/result.h"

namespace holdfast::harness {

struct KernelClocks {
  std::int64_t wall_ns = 0;    ///< CLOCK_REALTIME
  std::int64_t steady_ns = 0;  ///< CLOCK_MONOTONIC: bent by a rate, as CLOCK_BOOTTIME is
  std::int64_t raw_ns = 0;     ///< CLOCK_MONOTONIC_RAW: out of reach
};
/// The three as of one instant, or nearly: the best of several readings.
KernelClocks read_kernel_clocks();

/// Moves the wall clock; negative: back.
///
/// Source:  clock_settime(2).
Result<void> step_kernel_clock(std::int64_t step_ns);

/// How fast all clocks but the raw one run: 0.9 to 1.1.
///
/// Source:  adjtimex(2): whole microseconds of a tick by ADJ_TICK, the rest by ADJ_FREQUENCY.
Result<void> set_kernel_clock_rate(double rate);

}  // namespace holdfast::harness
