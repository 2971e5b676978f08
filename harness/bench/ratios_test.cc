#include "harness/bench/ratios.h"

#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::harness {
namespace {

const std::vector<Ratio> kRatios = {{"ours against bare", "ours", "bare", 1.25},
                                    {"ours against theirs", "ours", "theirs", 0}};

TEST(Ratios, CountsAPromiseThatWasMissed) {
  std::ostringstream out;
  EXPECT_EQ(print_ratios(out, kRatios, {{"ours", 13.0}, {"bare", 10.0}}), 1);
  EXPECT_NE(out.str().find("1.30 x  ours against bare  (at most 1.25: MISSED)"), std::string::npos);
}

TEST(Ratios, KeepsAPromiseAtItsVeryBound) {
  std::ostringstream out;
  EXPECT_EQ(print_ratios(out, kRatios, {{"ours", 12.5}, {"bare", 10.0}}), 0);
  EXPECT_NE(out.str().find("(at most 1.25: kept)"), std::string::npos);
}

TEST(Ratios, PromisesNothingWhereNothingIsPromised) {
  std::ostringstream out;
  EXPECT_EQ(print_ratios(out, kRatios, {{"ours", 1000.0}, {"theirs", 1.0}}), 0);
  EXPECT_NE(out.str().find("1000.00 x  ours against theirs\n"), std::string::npos);
}

TEST(Ratios, PassesOverWhatWasNotMeasured) {
  std::ostringstream out;
  EXPECT_EQ(print_ratios(out, kRatios, {{"ours", 1.0}, {"bare", 0.0}}), 0);
  EXPECT_TRUE(out.str().empty());
}

}  // namespace
}  // namespace holdfast::harness
