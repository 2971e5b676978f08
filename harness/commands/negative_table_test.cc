#include "harness/commands/negative_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kSecond = 1'000'000'000;

Finding finding(Class what, Cause cause, std::int64_t from_s, std::int64_t to_s) {
  Finding found;
  found.what = what;
  found.cause = cause;
  found.from_ns = from_s * kSecond;
  found.to_ns = to_s * kSecond;
  return found;
}

/// A run of ten seconds with a grant at each, which was violated as expected at the fourth.
struct CaughtRun {
  CaughtRun() {
    report.scenario.name = "negative/two-breakers";
    report.scenario.expect = {Expect::Value::violated, "mutual_exclusion", "double_break", 1};
    report.end_ns = 10 * kSecond;
    report.status = ExitStatus::as_expected;
    report.facts.again = "holdfast run it";
    report.verdict.value = Value::violated;
    report.verdict.first_class = Class::mutual_exclusion;
    report.verdict.first_cause = Cause::premature_break;
    report.verdict.checks.resize(1);
    report.verdict.checks[0].findings = {
        finding(Class::mutual_exclusion, Cause::premature_break, 2, 3),
        finding(Class::mutual_exclusion, Cause::double_break, 4, 9)};
    for (std::int64_t at = 1; at <= 10; ++at) {
      Event event;
      event.op = Op::acquire;
      event.at_ns = at * kSecond;
      history.events.push_back(event);
      event.phase = Phase::ok;
      history.events.push_back(event);
    }
  }
  Report report;
  History history;
};

// One broken lock shows itself in several ways: it is the expected one that counts.
TEST(NegativeTable, CountsGrantsAndSecondsUntilTheExpectedWasEvident) {
  const CaughtRun run;
  const NegativeRow row = row_of(run.report, run.history);
  EXPECT_EQ(row.bug, "two-breakers");
  EXPECT_TRUE(row.caught && row.right);
  EXPECT_EQ(row.grants, 4U);
  EXPECT_DOUBLE_EQ(row.seconds, 4);
}

// That the right thing is among the findings does not make what stands before it right.
TEST(NegativeTable, TellsWhatTheRunNamedFirstNextToWhatWasExpected) {
  const CaughtRun run;
  const NegativeRow row = row_of(run.report, run.history);
  EXPECT_EQ(row.found, "mutual_exclusion: premature_break");
  EXPECT_THAT(row_text(row), HasSubstr("mutual_exclusion: double_break (the verdict names "
                                       "mutual_exclusion: premature_break)"));
  NegativeTable table;
  table.rows = {row, row};
  table.rows[1].found = row.expected;
  EXPECT_THAT(table_summary(table), HasSubstr("2 by the right class and cause (of 1 the "
                                              "verdict names another"));
}

// A false accusation beside a right one is to be seen.
TEST(NegativeTable, TellsWhatElseWasFound) {
  CaughtRun run;
  run.report.verdict.checks[0].findings.push_back(finding(Class::overstay, Cause::none, 5, 6));
  NegativeTable table;
  table.rows = {row_of(run.report, run.history)};
  EXPECT_EQ(table.rows[0].beside, "mutual_exclusion: premature_break");
  EXPECT_THAT(table_markdown(table), HasSubstr("| mutual_exclusion: premature_break |"));
}

// Nobody can say that a lock is wedged when it begins to be.
TEST(NegativeTable, AWedgeIsEvidentAtItsEnd) {
  CaughtRun run;
  run.report.scenario.expect = {Expect::Value::violated, "wedge", "", 1};
  run.report.verdict.checks[0].findings = {finding(Class::wedge, Cause::none, 4, 9)};
  EXPECT_DOUBLE_EQ(row_of(run.report, run.history).seconds, 9);
}

TEST(NegativeTable, WhatIsFoundAsSomethingElseIsCaughtAndNotRight) {
  CaughtRun run;
  run.report.status = ExitStatus::mismatch;
  run.report.verdict.checks[0].findings.pop_back();
  const NegativeRow row = row_of(run.report, run.history);
  EXPECT_TRUE(row.caught);
  EXPECT_FALSE(row.right);
  EXPECT_THAT(row_text(row), HasSubstr("WRONG    two-breakers"));
  EXPECT_THAT(row_text(row), HasSubstr("expected was mutual_exclusion: double_break"));
  EXPECT_THAT(row_text(row), HasSubstr("holdfast run it"));
}

TEST(NegativeTable, WhatIsNotFoundIsMissed) {
  CaughtRun run;
  run.report.status = ExitStatus::mismatch;
  run.report.verdict = {};
  run.report.verdict.value = Value::valid;
  const NegativeRow row = row_of(run.report, run.history);
  EXPECT_FALSE(row.caught || row.right);
  EXPECT_THAT(row_text(row), HasSubstr("MISSED   two-breakers              valid"));
}

// A skip is no success: it is not among those of which all were caught.
TEST(NegativeTable, ASkippedOneIsCountedForItself) {
  NegativeTable table;
  table.rows = {row_of(CaughtRun().report, CaughtRun().history), {}};
  table.rows[1].skipped = true;
  EXPECT_THAT(table_summary(table), HasSubstr("1 of 1 planted mistakes caught, 1 by"));
  EXPECT_THAT(table_summary(table), HasSubstr("; 1 skipped"));
  table.rows.pop_back();
  EXPECT_THAT(table_summary(table), Not(HasSubstr("skipped")));
}

TEST(NegativeTable, NamesTheWorldAndWhatIsDoneInIt) {
  const auto scenario = parse_scenario(
      R"({"version": 1, "contender": "excl", "hosts": [{"name": "a", "machine": "separate"}],
          "faults": [{"fault": "kill", "every": "1s"}, {"fault": "kill", "at": "1s"}],
          "mount": {"emulate": "nfs-noac",
                    "faults": [{"fault": "lost_reply", "operation": "link"}]}})",
      "a.json", {});
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(world_of(*scenario), "mount nfs-noac, containers");
  EXPECT_EQ(faults_of(*scenario), "kill any, lost reply");
}

}  // namespace
}  // namespace holdfast::harness
