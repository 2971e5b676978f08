#include "harness/scenario/draw.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using Shape = Distribution::Shape;

// Whoever waits for the longest hold to be over must not be too early by one draw.
TEST(Draw, NothingIsLongerThanTheLongest) {
  for (const Distribution& of : {Distribution{Shape::constant, milliseconds(7), {}},
                                 Distribution{Shape::uniform, milliseconds(3), milliseconds(9)},
                                 Distribution{Shape::exponential, milliseconds(5), milliseconds(6)},
                                 Distribution{Shape::exponential, milliseconds(5), {}}}) {
    Random random(1);
    Nanoseconds most{};
    for (int i = 0; i < 20'000; ++i) most = std::max(most, draw(of, random));
    EXPECT_LE(most, longest(of));
    EXPECT_GT(most, longest(of) / 4) << "it is out of all proportion";
  }
  EXPECT_EQ(longest({Shape::exponential, milliseconds(5), {}}), milliseconds(100));
}

}  // namespace
}  // namespace holdfast::harness
