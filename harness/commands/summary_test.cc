#include "harness/commands/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kGood = ExitStatus::as_expected;

TEST(Summary, HasALineForEachScenario) {
  const std::string text = summary_text({{"smoke/baton", kGood, "VALID", "runs/a"},
                                         {"crash/excl", kGood, "VIOLATED wedge", "runs/b"}});
  EXPECT_EQ(text,
            "SUMMARY   2 runs of 2 scenarios, 2 as expected\n\n"
            "  smoke/baton   VALID            as expected\n"
            "  crash/excl    VIOLATED wedge   as expected\n");
}

TEST(Summary, CountsTheRunsOfAScenarioAndNamesThoseThatDiffer) {
  const std::string text = summary_text({{"a/b", kGood, "VALID", "runs/1"},
                                         {"a/b", ExitStatus::violated, "VIOLATED wedge", "runs/2"},
                                         {"a/b", kGood, "VALID", "runs/3"}});
  EXPECT_EQ(text,
            "SUMMARY   3 runs of 1 scenario, 2 as expected\n\n"
            "  a/b   VALID   2 of 3 as expected\n"
            "      VIOLATED wedge   runs/2\n");
}

// A skip is no success: whoever reads the summary must see that nothing was shown.
TEST(Summary, DoesNotCountWhatWasNotRunAsExpected) {
  const std::string text = summary_text({{"a/b", ExitStatus::skipped, "SKIPPED", ""},
                                         {"a/c", ExitStatus::interrupted, "INTERRUPTED", ""}});
  EXPECT_THAT(text, HasSubstr("2 runs of 2 scenarios, 0 as expected"));
  EXPECT_THAT(text, HasSubstr("a/b   SKIPPED       skipped\n"));
  EXPECT_THAT(text, HasSubstr("a/c   INTERRUPTED   interrupted\n"));
}

TEST(Summary, SaysTheVerdictWithItsClassAndCause) {
  RunResult result;
  result.report.emplace();
  result.report->verdict.value = Value::violated;
  result.report->verdict.first_class = Class::mutual_exclusion;
  result.report->verdict.first_cause = Cause::double_break;
  EXPECT_EQ(verdict_words(result), "VIOLATED mutual_exclusion: double_break");
  result.report->verdict = {};
  result.report->verdict.value = Value::valid;
  EXPECT_EQ(verdict_words(result), "VALID");
}

TEST(Summary, SaysOfWhatWasNotJudgedWhyItWasNot) {
  RunResult result;
  EXPECT_EQ(verdict_words(result), "FAILED");
  result.status = ExitStatus::skipped;
  EXPECT_EQ(verdict_words(result), "SKIPPED");
  result.status = ExitStatus::interrupted;
  EXPECT_EQ(verdict_words(result), "INTERRUPTED");
}

}  // namespace
}  // namespace holdfast::harness
