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

RunOutcome outcome(const std::string& scenario, ExitStatus status, const std::string& verdict) {
  RunOutcome made;
  made.scenario = scenario;
  made.status = status;
  made.verdict = verdict;
  made.expected = "valid";
  made.seed = "5a3f09c1";
  made.grants = 1'000;
  made.faults = 2;
  made.faults_planned = 3;
  made.told = "What happened.\n\n";
  made.again = "./holdfast run a.json";
  return made;
}

TEST(SummaryMarkdown, IsATableWithARowForEachScenario) {
  EXPECT_EQ(summary_markdown({outcome("a/b", kGood, "VALID"), outcome("a/b", kGood, "VALID"),
                              outcome("a/c", kGood, "VALID")}),
            "### ✅ 3 runs of 2 scenarios, 3 as expected\n\n"
            "|  | scenario | verdict | expected | came out | grants | faults that took effect | "
            "seed |\n|---|---|---|---|---|---|---|---|\n"
            "| ✅ | a/b | VALID | valid | 2 of 2 as expected | 2,000 | 4 of 6 | `5a3f09c1` "
            "`5a3f09c1` |\n"
            "| ✅ | a/c | VALID | valid | as expected | 1,000 | 2 of 3 | `5a3f09c1` |\n");
}

// What went wrong must not have to be looked for.
TEST(SummaryMarkdown, TellsOfEachRunThatCameOutOtherwise) {
  const std::string text = summary_markdown(
      {outcome("a/b", kGood, "VALID"), outcome("a/b", ExitStatus::violated, "VIOLATED wedge")});
  EXPECT_THAT(text, HasSubstr("### ❌ 2 runs of 1 scenario, 1 as expected"));
  EXPECT_THAT(text, HasSubstr("#### ❌ VIOLATED wedge in a/b\n\nWhat happened.\n\n```sh\n"
                              "./holdfast run a.json\n```\n"));
}

TEST(SummaryMarkdown, StaysShortWhenEverythingGoesWrong) {
  const std::vector<RunOutcome> bad(50, outcome("a/b", ExitStatus::violated, "VIOLATED wedge"));
  const std::string text = summary_markdown(bad);
  EXPECT_THAT(text, HasSubstr("40 more runs came out otherwise."));
  EXPECT_THAT(text, HasSubstr("and 46 more |"));
}

TEST(SummaryMarkdown, ShowsHostileNamesAsText) {
  RunOutcome hostile = outcome("<b>|`", ExitStatus::skipped, "SKIPPED");
  hostile.expected = "@you";
  const std::string text = summary_markdown({hostile});
  EXPECT_THAT(text, HasSubstr("| &lt;b&gt;\\|\\` |"));
  EXPECT_THAT(text, Not(HasSubstr("@you")));
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
