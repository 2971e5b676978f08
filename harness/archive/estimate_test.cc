#include "harness/archive/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ostream>

#include "harness/random/random.h"

namespace holdfast::harness {
namespace {

/// Runs of one thing: each has a median of its own, by some 20 %.
class Noisy {
 public:
  std::vector<double> runs(std::size_t count, double median) {
    std::vector<double> figures;
    for (std::size_t i = 0; i < count; ++i) figures.push_back(median * std::exp(0.2 * normal()));
    return figures;
  }

 private:
  double normal() {  // Box and Muller's
    const double radius = std::sqrt(-2 * std::log(1 - random_.unit()));
    return radius * std::cos(2 * std::numbers::pi * random_.unit());
  }
  Random random_{1};
};

struct Counts {
  std::size_t a, b;
};

void PrintTo(const Counts& counts, std::ostream* out) {
  *out << counts.a << " and " << counts.b << " runs";
}

class Coverage : public testing::TestWithParam<Counts> {};

// The claim of the interval itself: of things that are alike, at most one in twenty is told apart.
TEST_P(Coverage, IsWhatIsPromised) {
  Noisy noisy;
  constexpr int kTimes = 2'000;
  int told_apart = 0;
  for (int i = 0; i < kTimes; ++i) {
    const auto a = noisy.runs(GetParam().a, 1e6), b = noisy.runs(GetParam().b, 1e6);
    const auto estimate = estimate_ratio(a, b, 0, 0.95);
    ASSERT_TRUE(estimate);
    if (estimate->larger() || estimate->smaller()) ++told_apart;
  }
  EXPECT_LE(told_apart, kTimes * 6 / 100);
  EXPECT_GE(told_apart, kTimes / 100) << "so wide an interval says nothing";
}

INSTANTIATE_TEST_SUITE_P(Runs, Coverage,
                         testing::Values(Counts{2, 2}, Counts{3, 3}, Counts{5, 5}, Counts{1, 5},
                                         Counts{3, 10}),
                         [](const auto& counts) {
                           return std::to_string(counts.param.a) + "_and_" +
                                  std::to_string(counts.param.b);
                         });

TEST(EstimateRatio, TellsWhatIsTwiceAsLongApart) {
  Noisy noisy;
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    const auto estimate = estimate_ratio(noisy.runs(5, 1e6), noisy.runs(5, 2e6), 1.0 / 32, 0.95);
    if (estimate->larger()) ++told;
  }
  EXPECT_GT(told, 95);
}

TEST(EstimateRatio, IsOfGeometricMeans) {
  const auto estimate = estimate_ratio({1, 4}, {4, 16}, 0, 0.95);
  ASSERT_TRUE(estimate);
  EXPECT_NEAR(estimate->ratio, 4, 1e-9);
}

// All runs of a side in one bin have no spread; that the bin is wide must not be forgotten.
TEST(EstimateRatio, AllowsForTheResolutionOfItsFigures) {
  const auto estimate = estimate_ratio({100, 100, 100}, {103, 103, 103}, 1.0 / 32, 0.95);
  ASSERT_TRUE(estimate);
  EXPECT_FALSE(estimate->larger());
  EXPECT_TRUE(estimate_ratio({100, 100, 100}, {110, 110, 110}, 1.0 / 32, 0.95)->larger());
}

TEST(EstimateRatio, OfOneRunEachHasNoIntervalAndClaimsNothing) {
  const auto estimate = estimate_ratio({1}, {100}, 0, 0.95);
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->noise, Noise::unknown);
  EXPECT_FALSE(estimate->larger());
}

TEST(EstimateRatio, OfNothingIsNothing) {
  EXPECT_FALSE(estimate_ratio({}, {1, 2}, 0, 0.95));
  EXPECT_FALSE(estimate_ratio({1, 2}, {0, 2}, 0, 0.95));
}

StoredLatency latency(std::uint64_t each) {
  StoredLatency made;
  for (std::int64_t from = 1 << 10; from < 1 << 14; from *= 2) {
    made.bins.push_back({from, from * 2, each});
    made.count += each;
  }
  made.min_ns = 1 << 10;
  made.max_ns = (1 << 14) - 1;
  return made;
}

TEST(Quantile, IsBetweenTheEndsOfItsBin) {
  const StoredLatency all = latency(100);
  EXPECT_NEAR(quantile_of(all, 0.5), 1 << 12, 1);
  EXPECT_NEAR(quantile_of(all, 0.125), 1 << 10, 500);
  EXPECT_NEAR(quantile_of(all, 1), (1 << 14) - 1, 1);
  EXPECT_GE(quantile_of(all, 0), 1 << 10);
}

// More grants, less noise; and the same files always give the same words.
TEST(EstimateWithin, IsNarrowerOfMoreGrants) {
  const auto few = estimate_within(latency(5), latency(5), 0.5, 0.95);
  const auto many = estimate_within(latency(5'000), latency(5'000), 0.5, 0.95);
  ASSERT_TRUE(few && many);
  EXPECT_LT(few->low, many->low);
  EXPECT_GT(few->high, many->high);
  EXPECT_LT(many->low, 1);
  EXPECT_GT(many->high, 1);
  EXPECT_EQ(many->low, estimate_within(latency(5'000), latency(5'000), 0.5, 0.95)->low);
}

// However narrow, it knows nothing of how much runs differ.
TEST(EstimateWithin, ClaimsNoDifference) {
  StoredLatency longer = latency(5'000);
  for (Bin& bin : longer.bins) bin = {bin.from * 16, bin.to * 16, bin.count};
  longer.max_ns *= 16;
  const auto estimate = estimate_within(latency(5'000), longer, 0.5, 0.95);
  ASSERT_TRUE(estimate);
  EXPECT_GT(estimate->low, 10);
  EXPECT_FALSE(estimate->larger());
}

TEST(EstimateWithin, OfNothingIsNothing) {
  EXPECT_FALSE(estimate_within({}, latency(5), 0.5, 0.95));
}

}  // namespace
}  // namespace holdfast::harness
