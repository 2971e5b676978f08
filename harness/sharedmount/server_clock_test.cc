#include "harness/sharedmount/server_clock.h"

#include <gtest/gtest.h>

namespace holdfast::harness::mount {
namespace {

using std::chrono::seconds;

std::int64_t ns(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

TEST(ServerClock, ShowsTheTruthAsLongAsNobodySetsIt) {
  EXPECT_EQ(ns(ServerClock().stamp({17, 123'456'789})), 17'123'456'789);
}

// A lock's file keeps its stamp when the server's clock is set; only what comes after is off.
TEST(ServerClock, ASettingHoldsForLaterChangesOnly) {
  ServerClock clock;
  clock.set(seconds(3600), {100, 0});
  clock.set(-seconds(50), {200, 0});
  EXPECT_EQ(clock.stamp({99, 999'999'999}).tv_sec, 99);
  EXPECT_EQ(clock.stamp({100, 0}).tv_sec, 3700);
  EXPECT_EQ(clock.stamp({199, 0}).tv_sec, 3799);
  EXPECT_EQ(clock.stamp({200, 0}).tv_sec, 150);
  EXPECT_EQ(clock.offset(), -seconds(50));
}

TEST(ServerClock, TimesAreWholeTicksAlsoBefore1970) {
  const ServerClock clock(seconds(2));
  EXPECT_EQ(ns(clock.stamp({17, 999'999'999})), 16'000'000'000);
  EXPECT_EQ(ns(clock.cut({-1, 500'000'000})), -2'000'000'000);
  EXPECT_EQ(ns(ServerClock(std::chrono::milliseconds(10)).cut({1, 19'999'999})), 1'010'000'000);
}

TEST(ServerClock, ATimeThatCannotBeCountedIsLeftAsItIs) {
  ServerClock clock(seconds(2));
  clock.set(seconds(5), {0, 0});
  EXPECT_EQ(clock.stamp({9'000'000'001, 7}).tv_sec, 9'000'000'001);
  EXPECT_EQ(clock.cut({9'000'000'001, 7}).tv_nsec, 7);
}

}  // namespace
}  // namespace holdfast::harness::mount
