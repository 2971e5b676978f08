#include "harness/nemesis/kernel_clock.h"

#include <sys/timex.h>
#include <time.h>

#include <cerrno>
#include <cmath>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kTickUs = 10'000;  // USER_HZ ticks a second of 100
constexpr double kMost = 0.1;       // the kernel takes ticks of 9000 to 11000 us

std::int64_t now(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return std::int64_t{at.tv_sec} * kSecond + at.tv_nsec;
}

}  // namespace

KernelClocks read_kernel_clocks() {
  KernelClocks best;
  std::int64_t least = INT64_MAX;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t before = now(CLOCK_MONOTONIC_RAW);
    const KernelClocks read{now(CLOCK_REALTIME), now(CLOCK_MONOTONIC), 0};
    const std::int64_t took = now(CLOCK_MONOTONIC_RAW) - before;
    if (took >= least) continue;
    least = took;
    best = read;
    best.raw_ns = before + took / 2;
  }
  return best;
}

Result<void> step_kernel_clock(std::int64_t step_ns) {
  const std::int64_t wanted = now(CLOCK_REALTIME) + step_ns;
  if (wanted < 0) return problem("the wall clock", "cannot show a time before 1970");
  const timespec at{static_cast<time_t>(wanted / kSecond), wanted % kSecond};
  if (::clock_settime(CLOCK_REALTIME, &at) == 0) return {};
  return problem("the wall clock", "set it", std::error_code(errno, std::system_category()));
}

Result<void> set_kernel_clock_rate(double rate) {
  if (std::abs(rate - 1) > kMost) {
    return problem("the kernel's clock",
                   "runs at 0.9 to 1.1 of its rate at most, not at " + std::to_string(rate));
  }
  const double tick = kTickUs * rate;
  timex change{};
  change.modes = ADJ_TICK | ADJ_FREQUENCY;
  change.tick = std::lround(tick);
  // The unit is 2^-16 ppm, of a second that the tick has bent already.
  change.freq = std::lround((tick - static_cast<double>(change.tick)) / kTickUs * 1e6 * 65536);
  if (::adjtimex(&change) >= 0) return {};
  return problem("the kernel's clock", "set its rate",
                 std::error_code(errno, std::system_category()));
}

}  // namespace holdfast::harness
