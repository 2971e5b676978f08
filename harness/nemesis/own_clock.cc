#include "harness/nemesis/own_clock.h"

#include <cmath>

#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

/// Two clocks of one kernel are read one after the other, on a machine that has other work to do.
constexpr std::int64_t kSlackNs = 20'000'000;

}  // namespace

OwnClock::OwnClock() : first_(read_kernel_clocks()) {}

std::int64_t OwnClock::offset(const KernelClocks& now) const {
  return (now.wall_ns - first_.wall_ns) - (now.raw_ns - first_.raw_ns);
}

void OwnClock::set(const ClockSetting& setting, Fault planned) {
  planned.kind = "clock";
  planned.start_ns = recorder_now_ns();
  std::string failure;
  if (setting.rate) {
    const auto done = set_kernel_clock_rate(*setting.rate);
    if (done) rate_ = *setting.rate;
    if (!done) failure = done.error().text();
  }
  if (setting.offset_ns) {
    const std::int64_t now = offset(read_kernel_clocks());
    if (const auto done = step_kernel_clock(*setting.offset_ns - now); !done) {
      failure = done.error().text();
    }
  }
  const KernelClocks after = read_kernel_clocks();
  planned.planned_rate = rate_;
  planned.measured_offset_ns = offset(after);
  if (!setting.offset_ns) planned.planned_offset_ns = planned.measured_offset_ns;
  pending_ = Pending{std::move(planned), after, failure};
}

Fault OwnClock::measured() {
  Fault fault = std::move(pending_->fault);
  const KernelClocks before = pending_->after;
  fault.why_not = pending_->failure;
  pending_.reset();
  const KernelClocks now = read_kernel_clocks();
  fault.end_ns = recorder_now_ns();
  const auto raw = static_cast<double>(now.raw_ns - before.raw_ns);
  const bool bent = fault.planned_rate != 1;
  if (bent && raw > 0) {
    fault.measured_rate = static_cast<double>(now.steady_ns - before.steady_ns) / raw;
  }
  const std::int64_t off = std::llabs(fault.measured_offset_ns - fault.planned_offset_ns);
  if (fault.why_not.empty() && off > kSlackNs) {
    fault.why_not = "the clock is " + std::to_string(off) + " ns from where it was to be";
  }
  if (bent &&
      std::abs(fault.measured_rate - fault.planned_rate) > std::abs(fault.planned_rate - 1) / 2) {
    fault.why_not = "the clocks run at " + std::to_string(fault.measured_rate);
  }
  fault.effective = fault.why_not.empty();
  return fault;
}

}  // namespace holdfast::harness
