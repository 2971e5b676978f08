#include "harness/nemesis/skewed_clock.h"

#include <limits>

namespace holdfast::harness {
namespace {

/// The larger of `value` and all that was returned before.
std::int64_t not_before(std::atomic<std::int64_t>& last, std::int64_t value) {
  std::int64_t seen = last.load(std::memory_order_relaxed);
  while (seen < value && !last.compare_exchange_weak(seen, value)) {
  }
  return seen < value ? value : seen;
}

}  // namespace

SkewedClock::SkewedClock(std::unique_ptr<ClockView> page, os::Clock& real)
    : page_(std::move(page)),
      real_(real),
      last_raw_(std::numeric_limits<std::int64_t>::min()),
      last_boot_(std::numeric_limits<std::int64_t>::min()) {}

Result<std::unique_ptr<SkewedClock>> SkewedClock::open(const std::string& page, os::Clock& real) {
  auto view = ClockView::open(page);
  if (!view) return tl::unexpected(view.error());
  return std::make_unique<SkewedClock>(std::move(*view), real);
}

os::Stamp SkewedClock::now() {
  const ClockMap map = page_->read();
  const os::Stamp real = real_.now();
  const std::int64_t raw = shown(map.raw, map.rate, real.raw.time_since_epoch().count());
  const std::int64_t boot = shown(map.boot, map.rate, real.boot.time_since_epoch().count());
  return {os::RawTime(Duration(not_before(last_raw_, raw))),
          os::BootTime(Duration(not_before(last_boot_, boot)))};
}

os::WallTime SkewedClock::wall() {
  const ClockMap map = page_->read();
  const std::int64_t real = real_.wall().time_since_epoch().count();
  return os::WallTime(Duration(shown(map.wall, map.rate, real)));
}

double SkewedClock::rate() const { return page_->read().rate; }

}  // namespace holdfast::harness
