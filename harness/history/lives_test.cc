#include "harness/history/lives.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

TEST(Lives, AreNumberedInTheNamesOfWorkersAndOfTheirFiles) {
  EXPECT_EQ(life_of("h1.w3"), 1U);
  EXPECT_EQ(life_of("h1.w3'12"), 12U);
  EXPECT_EQ(life_of("h1.w3'12.program.77.events"), 12U);
}

// A host that boots has another clock than before.
TEST(Lives, GoByTheClockThatTheirHostHadThen) {
  const std::vector<RecorderClock> clocks = {{0, {}}, {4, {}}};
  EXPECT_EQ(clock_of_life(clocks, 1), 0U);
  EXPECT_EQ(clock_of_life(clocks, 4), 0U);
  EXPECT_EQ(clock_of_life(clocks, 5), 1U);
  EXPECT_EQ(clock_of_life({}, 1), std::nullopt);
}

}  // namespace
}  // namespace holdfast::harness
