#include "harness/checker/double_holds.h"

#include <gtest/gtest.h>

#include "harness/checker/testing/random_history.h"

namespace holdfast::harness {
namespace {

// Whoever watches is not to see another figure than who reads the verdict.
TEST(DoubleHolds, AreCountedAsTheVerdictCountsThem) {
  Random random(20'260);
  std::uint64_t found = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Case it = random_case(random);
    const Verdict verdict = judge(it.history, it.terms);
    const auto counted = verdict.counts.find(Class::mutual_exclusion);
    const std::uint64_t told = counted == verdict.counts.end() ? 0 : counted->second;
    ASSERT_EQ(count_double_holds(it.history, it.terms), told) << "case " << i;
    found += told;
  }
  EXPECT_GT(found, 500U);
}

TEST(DoubleHolds, AnUnfitHistoryHasNoFigure) {
  Random random(1);
  Case it = random_case(random);
  it.history.workers.at(0).dropped = 1;
  EXPECT_EQ(count_double_holds(it.history, it.terms), std::nullopt);
}

}  // namespace
}  // namespace holdfast::harness
