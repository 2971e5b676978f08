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

/// Of a file that changed at `real`, as a host is told of it.
void tell(ServerClock& clock, const timespec& real) {
  struct stat shown {};
  shown.st_ctim = clock.stamp(real);
  TrueTimes times;
  times.changed = real;
  clock.tell(times, shown);
}

TEST(ServerClock, WhatASettingDidIsWhatSomebodyWasToldWhileItLasted) {
  ServerClock clock;
  tell(clock, {50, 0});
  EXPECT_EQ(clock.seen().stamps, 0U) << "it is right";
  clock.set(seconds(3600), {100, 0});
  tell(clock, {99, 0});
  EXPECT_EQ(clock.seen().stamps, 0U) << "the file is older than the setting";
  tell(clock, {100, 0});
  tell(clock, {101, 0});
  EXPECT_EQ(clock.seen().stamps, 2U);
  EXPECT_EQ(clock.seen().off, seconds(3600));
  clock.set(seconds(7), {200, 0});
  EXPECT_EQ(clock.seen().stamps, 0U);
  tell(clock, {101, 0});
  EXPECT_EQ(clock.seen().stamps, 0U) << "that is the stamp of the setting before";
  tell(clock, {200, 0});
  EXPECT_EQ(clock.seen().off, seconds(7));
}

TEST(ServerClock, ASettingThatChangesNoStampDidNothing) {
  ServerClock clock(seconds(2));
  clock.set(seconds(7), {100, 0});
  clock.set(seconds(7), {200, 0});
  tell(clock, {201, 0});
  EXPECT_EQ(clock.seen().stamps, 0U) << "it was off by that already";
  clock.set(seconds(8), {300, 0});
  tell(clock, {301, 0});
  EXPECT_EQ(clock.seen().stamps, 0U) << "308 s and 309 s are one tick";
  tell(clock, {302, 0});
  EXPECT_EQ(clock.seen().stamps, 1U);
  EXPECT_EQ(clock.seen().off, seconds(8));
}

// What is measured is what was told, not what was planned.
TEST(ServerClock, AStampIsMeasuredAgainstARightClocks) {
  ServerClock clock;
  clock.set(seconds(7), {100, 0});
  struct stat shown {};
  shown.st_mtim = {105, 0};
  TrueTimes times;
  times.modified = {101, 0};
  clock.tell(times, shown);
  EXPECT_EQ(clock.seen().stamps, 1U);
  EXPECT_EQ(clock.seen().off, seconds(4));
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
