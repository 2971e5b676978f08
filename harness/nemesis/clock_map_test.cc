#include "harness/nemesis/clock_map.h"

#include <gtest/gtest.h>

#include <random>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// Nanoseconds since 1970 have no room in a double.
constexpr ClockReading kStart{5'000'000'000'001, 6'000'000'000'003, 1'700'000'000'123'456'789};

ClockReading later(const ClockReading& from, std::int64_t by) {
  return {from.raw + by, from.boot + by, from.wall + by};
}

TEST(ClockMap, ShowsTheRealClocksUnlessTold) {
  EXPECT_EQ(shown(ClockMap{}, kStart), kStart);
  EXPECT_EQ(shown(changed(ClockMap{}, {}, kStart), later(kStart, 7)), later(kStart, 7));
}

TEST(ClockMap, AnOffsetMovesTheWallClockAlone) {
  const ClockMap map = changed(ClockMap{}, {3600 * kSecond, {}}, kStart);
  const ClockReading seen = shown(map, later(kStart, kSecond));
  EXPECT_EQ(seen.raw, kStart.raw + kSecond);
  EXPECT_EQ(seen.boot, kStart.boot + kSecond);
  EXPECT_EQ(seen.wall, kStart.wall + 3601 * kSecond);
}

TEST(ClockMap, AnOffsetIsAgainstTheRealClockAndNotAgainstTheLastOne) {
  ClockMap map = changed(ClockMap{}, {3600 * kSecond, {}}, kStart);
  map = changed(map, {-kSecond, {}}, later(kStart, kSecond));
  EXPECT_EQ(shown(map, later(kStart, kSecond)).wall, kStart.wall);
}

TEST(ClockMap, ARateBendsAllClocksAndJumpsNone) {
  ClockMap map = changed(ClockMap{}, {kSecond, {}}, kStart);
  const ClockReading bend = later(kStart, 10 * kSecond);
  const ClockReading before = shown(map, bend);
  map = changed(map, {{}, 1.004}, bend);
  EXPECT_EQ(shown(map, bend), before);
  const ClockReading after = shown(map, later(bend, 1000 * kSecond));
  EXPECT_NEAR(static_cast<double>(after.raw - before.raw), 1004e9, 2);
  EXPECT_NEAR(static_cast<double>(after.boot - before.boot), 1004e9, 2);
  EXPECT_NEAR(static_cast<double>(after.wall - before.wall), 1004e9, 2);
}

// Whatever is done to the rate, elapsed time must not run backwards: real clocks never do.
TEST(ClockMap, ElapsedClocksNeverGoBackwardsUnderAnyChanges) {
  std::mt19937_64 random(20231);
  for (int round = 0; round < 200; ++round) {
    ClockMap map;
    ClockReading now = kStart;
    ClockReading last = shown(map, now);
    for (int step = 0; step < 200; ++step) {
      now = later(now, static_cast<std::int64_t>(random() % 5));
      if (random() % 3 == 0) {
        ClockSetting setting;
        setting.rate = 0.9 + 0.2 * static_cast<double>(random() % 1000) / 1000;
        if (random() % 2 == 0) setting.offset_ns = static_cast<std::int64_t>(random() % 1000) - 500;
        map = changed(map, setting, now);
      }
      const ClockReading seen = shown(map, now);
      ASSERT_GE(seen.raw, last.raw);
      ASSERT_GE(seen.boot, last.boot);
      last = seen;
    }
  }
}

}  // namespace
}  // namespace holdfast::harness
