#include "harness/report/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace holdfast::harness {
namespace {

TEST(Histogram, OfNothingIsAllZero) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0U);
  EXPECT_EQ(h.min(), 0);
  EXPECT_EQ(h.max(), 0);
  EXPECT_EQ(h.mean(), 0);
  EXPECT_EQ(h.deviation(), 0);
  EXPECT_EQ(h.percentile(0.5), 0);
  EXPECT_TRUE(h.bins().empty());
}

TEST(Histogram, OfOneValueIsThatValueEverywhere) {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{31},
                                   std::int64_t{32}, std::int64_t{123'456'789}, INT64_MAX}) {
    Histogram h;
    h.add(value);
    EXPECT_EQ(h.min(), value);
    EXPECT_EQ(h.max(), value);
    EXPECT_DOUBLE_EQ(h.mean(), static_cast<double>(value));
    EXPECT_EQ(h.percentile(0), value);
    EXPECT_EQ(h.percentile(0.5), value);
    EXPECT_EQ(h.percentile(1), value);
    ASSERT_EQ(h.bins().size(), 1U);
    EXPECT_LE(h.bins()[0].from, value);
    EXPECT_TRUE(h.bins()[0].to > value || value == INT64_MAX);
  }
}

TEST(Histogram, CountsWhatIsBelowZeroAsZero) {
  Histogram h;
  h.add(-5);
  EXPECT_EQ(h.min(), 0);
  EXPECT_EQ(h.max(), 0);
}

// Against sorting: the percentile is not below the exact one, and at most a 32nd above it.
TEST(Histogram, PercentilesAreRightToThreePercent) {
  std::uint64_t random = 88172645463325252U;
  Histogram h;
  std::vector<std::int64_t> values;
  double sum = 0;
  for (int i = 0; i < 50'000; ++i) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    const auto value = static_cast<std::int64_t>(random >> (20 + random % 40));
    values.push_back(value);
    h.add(value);
    sum += static_cast<double>(value);
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 50'000.0)) - 1;
    EXPECT_GE(h.percentile(share), values[rank]) << share;
    EXPECT_LE(h.percentile(share), values[rank] + values[rank] / 32) << share;
  }
  EXPECT_NEAR(h.mean(), sum / 50'000, 1e-9 * sum);
  std::uint64_t binned = 0;
  std::int64_t before = 0;
  for (const Bin& bin : h.bins()) {
    EXPECT_LE(before, bin.from);
    EXPECT_LT(bin.from, bin.to);
    before = bin.to;
    const auto in_bin = std::count_if(values.begin(), values.end(), [&](std::int64_t value) {
      return value >= bin.from && value < bin.to;
    });
    EXPECT_EQ(static_cast<std::uint64_t>(in_bin), bin.count);
    binned += bin.count;
  }
  EXPECT_EQ(binned, 50'000U);
}

TEST(Histogram, OfTwoPartsIsThatOfTheWhole) {
  Histogram whole, low, high;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    whole.add(i * i);
    (i <= 300 ? low : high).add(i * i);
  }
  Histogram sum;
  sum.add(Histogram{});
  sum.add(low);
  sum.add(high);
  EXPECT_EQ(sum.count(), whole.count());
  EXPECT_EQ(sum.min(), whole.min());
  EXPECT_EQ(sum.max(), whole.max());
  EXPECT_NEAR(sum.mean(), whole.mean(), 1e-6);
  EXPECT_NEAR(sum.deviation(), whole.deviation(), 1e-6);
  EXPECT_EQ(sum.bins(), whole.bins());
}

TEST(Histogram, DeviationIsThatOfTheValues) {
  Histogram h;
  for (const std::int64_t value : {2, 4, 4, 4, 5, 5, 7, 9}) h.add(value);
  EXPECT_DOUBLE_EQ(h.mean(), 5);
  EXPECT_DOUBLE_EQ(h.deviation(), 2);
}

}  // namespace
}  // namespace holdfast::harness
