#include "harness/nemesis/clock.h"

#include <cmath>

#include "harness/history/recorder.h"
#include "harness/nemesis/faketime.h"

namespace holdfast::harness {
namespace {

/// What a program's clock may be off from what was asked for: the time its process takes to start.
constexpr std::int64_t kProgramSlack = 200'000'000;
/// The page does what it is told, but a rate has an effect already before the first reading.
constexpr std::int64_t kPageSlack = 100'000;

}  // namespace

Availability LogicalHostClock::available(bool program, const std::string& folder) {
  if (!program) return {};
  const auto libraries = faketime_libraries(folder);
  if (libraries) return {};
  return {false, libraries.error().text()};
}

Result<std::unique_ptr<LogicalHostClock>> LogicalHostClock::create(const HostClockFiles& files,
                                                                   os::Clock& real) {
  auto page = ClockPage::create(files.page);
  if (!page) return tl::unexpected(page.error());
  auto view = ClockView::open(files.page);
  if (!view) return tl::unexpected(view.error());
  if (!files.faketime.empty()) {
    if (auto written = write_faketime(files.faketime, 0); !written) {
      return tl::unexpected(written.error());
    }
  }
  return std::unique_ptr<LogicalHostClock>(
      new LogicalHostClock(files, std::move(*page), std::move(*view), real));
}

LogicalHostClock::LogicalHostClock(HostClockFiles files, std::unique_ptr<ClockPage> page,
                                   std::unique_ptr<ClockView> view, os::Clock& real)
    : files_(std::move(files)), page_(std::move(page)), view_(std::move(view)), real_(real) {}

ClockReading LogicalHostClock::real_now() {
  const os::Stamp stamp = real_.now();
  return {stamp.raw.time_since_epoch().count(), stamp.boot.time_since_epoch().count(),
          real_.wall().time_since_epoch().count()};
}

std::int64_t LogicalHostClock::offset_now() {
  const ClockReading real = real_now();
  return shown(page_->read(), real).wall - real.wall;
}

void LogicalHostClock::set(const ClockSetting& setting, Fault planned) {
  planned.kind = "clock";
  planned.start_ns = recorder_now_ns();
  std::string failure;
  page_->write(changed(page_->read(), setting, real_now()));
  if (!files_.faketime.empty()) {
    if (auto written = write_faketime(files_.faketime, offset_now()); !written) {
      failure = written.error().text();
    }
  }
  planned.planned_rate = page_->read().rate;
  if (!setting.offset_ns) planned.planned_offset_ns = offset_now();
  const auto first = sample();
  if (!first && failure.empty()) failure = first.error().text();
  pending_ = Pending{std::move(planned), first.value_or(Sample{}), std::move(failure)};
}

Result<void> LogicalHostClock::tick() {
  if (files_.faketime.empty() || page_->read().rate == 1) return {};
  return write_faketime(files_.faketime, offset_now());
}

std::chrono::nanoseconds LogicalHostClock::settling() const {
  if (files_.faketime.empty()) return std::chrono::milliseconds(50);
  if (page_->read().rate == 1) return std::chrono::nanoseconds(0);
  return std::chrono::seconds(3);
}

Result<LogicalHostClock::Sample> LogicalHostClock::sample() {
  Sample made;
  const ClockReading real = real_now();
  made.real = real;
  const ClockReading seen = shown(view_->read(), real);
  made.raw = seen.raw;
  made.offset_ns = seen.wall - real.wall;
  if (files_.faketime.empty()) return made;
  const auto offset = measure_faketime(files_.faketime, files_.libraries);
  if (!offset) return tl::unexpected(offset.error());
  made.offset_ns = *offset;
  return made;
}

Fault LogicalHostClock::measured() {
  Fault fault = std::move(pending_->fault);
  const Sample before = pending_->before;
  fault.why_not = pending_->failure;
  pending_.reset();
  const auto after = sample();
  fault.end_ns = recorder_now_ns();
  if (!after && fault.why_not.empty()) fault.why_not = after.error().text();
  if (!fault.why_not.empty()) return fault;
  fault.measured_offset_ns = before.offset_ns;
  const auto real = static_cast<double>(after->real.raw - before.real.raw);
  const bool program = !files_.faketime.empty();
  // A program's elapsed clocks are left alone, so its rate is that of its wall clock.
  const auto gained =
      static_cast<double>(program ? after->offset_ns - before.offset_ns
                                  : after->raw - before.raw - (after->real.raw - before.real.raw));
  const bool bent = fault.planned_rate != 1;
  fault.measured_rate = bent && real > 0 ? 1 + gained / real : 1;
  const std::int64_t off = std::llabs(fault.measured_offset_ns - fault.planned_offset_ns);
  fault.effective = off <= (program ? kProgramSlack : kPageSlack);
  if (!fault.effective) {
    fault.why_not = "the clock is " + std::to_string(off) + " ns from where it was to be";
  }
  if (bent &&
      std::abs(fault.measured_rate - fault.planned_rate) > std::abs(fault.planned_rate - 1) / 2) {
    fault.effective = false;
    fault.why_not = "the clocks run at " + std::to_string(fault.measured_rate);
  }
  return fault;
}

}  // namespace holdfast::harness
