#include "harness/random/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace holdfast::harness {
namespace {

TEST(Random, TheSameSeedGivesTheSameChoicesEverywhere) {
  Random random(1);
  // Written down, so that a change of the generator, which would change every seed's run, shows.
  EXPECT_EQ(random.bits(), 0x910a2dec89025cc1U);
  EXPECT_EQ(random.bits(), 0xbeeb8da1658eec67U);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Random random(7);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i) ++seen.at(random.below(5));
  for (const int times : seen) EXPECT_NEAR(times, 1000, 150);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(random.below(0), 0U);
}

TEST(Random, UnitStaysBelowOne) {
  Random random(9);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double drawn = random.unit();
    ASSERT_GE(drawn, 0);
    ASSERT_LT(drawn, 1);
    sum += drawn;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(DerivedSeed, StreamsOfOneSeedDiffer) {
  std::set<std::uint64_t> seeds;
  for (const char* name : {"", "a", "b", "ab", "ba"}) {
    for (std::uint64_t index = 0; index < 100; ++index) {
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        seeds.insert(derived_seed(seed, name, index));
      }
    }
  }
  EXPECT_EQ(seeds.size(), 5U * 100 * 10);
}

}  // namespace
}  // namespace holdfast::harness
