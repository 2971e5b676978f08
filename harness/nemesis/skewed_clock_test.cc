#include "harness/nemesis/skewed_clock.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Shows what the test sets.
struct SetClock : os::Clock {
  Duration elapsed = seconds(100);
  os::Stamp now() override { return {os::RawTime(elapsed), os::BootTime(elapsed + hours(1))}; }
  os::WallTime wall() override { return os::WallTime(hours(24 * 365 * 50) + elapsed); }
  ClockReading reading() {
    return {now().raw.time_since_epoch().count(), now().boot.time_since_epoch().count(),
            wall().time_since_epoch().count()};
  }
};

/// A page in memory.
struct SetPage : ClockView {
  explicit SetPage(const ClockMap& of) : map(of) {}
  const ClockMap& map;
  ClockMap read() const override { return map; }
};

TEST(SkewedClock, ShowsTheWallClockAsBent) {
  SetClock real;
  ClockMap map;
  SkewedClock clock(std::make_unique<SetPage>(map), real);
  EXPECT_EQ(clock.wall(), real.wall());
  map = changed(map, {Duration(hours(-1)).count(), {}}, real.reading());
  EXPECT_EQ(clock.wall(), real.wall() - hours(1));
  EXPECT_EQ(clock.now().raw, real.now().raw);
  EXPECT_EQ(clock.now().boot, real.now().boot);
}

TEST(SkewedClock, RunsAtTheInjectedRate) {
  SetClock real;
  ClockMap map = changed(ClockMap{}, {{}, 0.996}, real.reading());
  SkewedClock clock(std::make_unique<SetPage>(map), real);
  const os::Stamp before = clock.now();
  const os::WallTime wall = clock.wall();
  real.elapsed += seconds(1000);
  EXPECT_EQ(clock.now().raw - before.raw, seconds(996));
  EXPECT_EQ(clock.now().boot - before.boot, seconds(996));
  EXPECT_EQ(clock.wall() - wall, seconds(996));
  EXPECT_EQ(clock.rate(), 0.996);
}

// A reader can stand between the page and the real clock while the rate falls: it then has seen
// more than the new line shows.
TEST(SkewedClock, ElapsedTimeStandsStillRatherThanGoBack) {
  SetClock real;
  ClockMap map = changed(ClockMap{}, {{}, 1.5}, real.reading());
  SkewedClock clock(std::make_unique<SetPage>(map), real);
  const ClockReading bend = real.reading();
  real.elapsed += seconds(10);
  const os::Stamp seen = clock.now();
  map = changed(map, {{}, 0.5}, bend);
  EXPECT_EQ(clock.now().raw, seen.raw);
  EXPECT_EQ(clock.now().boot, seen.boot);
  real.elapsed += seconds(30);
  EXPECT_GT(clock.now().raw, seen.raw);
}

}  // namespace
}  // namespace holdfast::harness
