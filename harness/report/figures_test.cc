#include "harness/report/figures.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(Figures, CountsAreGroupedByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18'446'744'073'709'551'615U), "18,446,744,073,709,551,615");
  EXPECT_EQ(counted(1, "grant"), "1 grant");
  EXPECT_EQ(counted(1200, "grant"), "1,200 grants");
}

TEST(Figures, DurationsHaveTwoOrThreeDigitsAndAUnit) {
  EXPECT_EQ(human_duration(0), "0 s");
  EXPECT_EQ(human_duration(812), "812 ns");
  EXPECT_EQ(human_duration(9'800), "9.8 us");
  EXPECT_EQ(human_duration(61'000), "61 us");
  EXPECT_EQ(human_duration(412'345), "412 us");
  EXPECT_EQ(human_duration(999'900), "1.0 ms");
  EXPECT_EQ(human_duration(9'800'000), "9.8 ms");
  EXPECT_EQ(human_duration(2'040'000'000), "2.04 s");
  EXPECT_EQ(human_duration(12'345'000'000), "12.3 s");
  EXPECT_EQ(human_duration(90'000'000'000), "90.0 s");
  EXPECT_EQ(human_duration(119'000'000'000), "119 s");
  EXPECT_EQ(human_duration(210'000'000'000), "3.5 min");
  EXPECT_EQ(human_duration(-9'800'000), "-9.8 ms");
  EXPECT_EQ(human_duration(INT64_MIN), "-2562048 h");
}

TEST(Figures, WhatSomebodySetIsSaidAsBriefly) {
  EXPECT_EQ(set_duration(2'000'000'000), "2 s");
  EXPECT_EQ(set_duration(30'000'000'000), "30 s");
  EXPECT_EQ(set_duration(1'500'000), "1.5 ms");
  EXPECT_EQ(set_duration(100'000'000), "100 ms");
  EXPECT_EQ(set_duration(0), "0 s");
}

TEST(Figures, HowOftenIsAWord) {
  EXPECT_EQ(times(0), "never");
  EXPECT_EQ(times(1), "once");
  EXPECT_EQ(times(1'234), "1,234 times");
}

TEST(Figures, InstantsAreSecondsSinceTheStart) {
  EXPECT_EQ(instant(4'812'345'678), "4.812346");
  EXPECT_EQ(instant(0), "0.000000");
  EXPECT_EQ(instant(-1'500'000), "-0.001500");
}

TEST(Figures, ElapsedTimeIsReadAsOnAClock) {
  using std::chrono::seconds;
  EXPECT_EQ(clock_face(seconds(12)), "0:12");
  EXPECT_EQ(clock_face(seconds(75)), "1:15");
  EXPECT_EQ(clock_face(seconds(3603)), "1:00:03");
  EXPECT_EQ(clock_face(std::chrono::milliseconds(999)), "0:00");
}

}  // namespace
}  // namespace holdfast::harness
