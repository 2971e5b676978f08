// Two sets of runs, told apart.
#include "harness/archive/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/archive/comparison_report.h"
#include "harness/report/readable.h"
#include "harness/report/sample_reports.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

StoredReport stored(const Report& report) {
  auto read = parse_stored_report(report_json(report), "report.json");
  EXPECT_TRUE(read) << read.error().text();
  return *read;
}

/// A valid run whose waits are about `factor` times as long as the sample's, with a little noise.
StoredReport run(double factor, double noise) {
  StoredReport report = stored(valid_sample());
  for (auto& [step, latency] : report.latency) {
    latency.p50_ns =
        static_cast<std::int64_t>(static_cast<double>(latency.p50_ns) * factor * noise);
    latency.p99_ns =
        static_cast<std::int64_t>(static_cast<double>(latency.p99_ns) * factor * noise);
  }
  return report;
}

std::vector<StoredReport> runs(double factor) {
  return {run(factor, 0.97), run(factor, 1), run(factor, 1.02), run(factor, 0.99),
          run(factor, 1.01)};
}

const Compared& find(const ScenarioComparison& scenario, const std::string& step,
                     double percentile) {
  const auto found = std::find_if(
      scenario.latencies.begin(), scenario.latencies.end(),
      [&](const Compared& it) { return it.what == step && it.percentile == percentile; });
  EXPECT_NE(found, scenario.latencies.end()) << step;
  return *found;
}

// A scenario that takes anything is as it expects whatever comes out.
TEST(Comparison, TellsAnotherVerdictWhereBothAreAsExpected) {
  StoredReport broken = run(1, 1);
  broken.verdict = "violated";
  broken.found = "mutual_exclusion: not_excluding";
  const Comparison comparison = compare({run(1, 1)}, {broken});
  const ScenarioComparison& scenario = comparison.scenarios.front();
  EXPECT_FALSE(scenario.worse() || scenario.better() || scenario.same_verdicts());
  EXPECT_THAT(comparison_text({"a", "b"}, comparison), HasSubstr("OTHER VERDICT"));
  EXPECT_THAT(comparison_markdown({"a", "b"}, comparison), Not(HasSubstr("✅")));
}

// Two runs against one: an interval without bounds to speak of is not written out.
TEST(Comparison, SaysWhereThereWereTooFewRuns) {
  const Comparison comparison = compare({run(1, 0.9), run(1, 1.2)}, {run(1, 1)});
  const std::string text = comparison_text({"a", "b"}, comparison);
  EXPECT_THAT(text, HasSubstr("too few runs"));
  EXPECT_THAT(text, Not(testing::ContainsRegex("[0-9]{9}")));
}

// However large a ratio is, runs that agree on it know it well.
TEST(Comparison, TellsALargeRatioWithItsInterval) {
  const std::string text = comparison_text({"a", "b"}, compare(runs(1), runs(40'000)));
  EXPECT_THAT(text, Not(HasSubstr("too few runs")));
  EXPECT_THAT(text, testing::ContainsRegex("3[0-9]{4} to 4[0-9]{4}"));
  EXPECT_THAT(comparison_text({"a", "b"}, compare(runs(40'000), runs(1))),
              testing::ContainsRegex("0\\.00002[0-9] to 0\\.00002[0-9]"));
}

// Few runs that differ much can still show that one side is slower, though not by how much.
TEST(Comparison, TellsTheEndOfAWideIntervalThatIsKnown) {
  const auto wide = [](double factor) {
    return std::vector<StoredReport>{run(factor, 1), run(factor, 1.6)};
  };
  EXPECT_THAT(comparison_text({"a", "b"}, compare(wide(1), wide(3'000'000))),
              testing::ContainsRegex("at least [0-9]+ +longer"));
  EXPECT_THAT(comparison_text({"a", "b"}, compare(wide(3'000'000), wide(1))),
              testing::ContainsRegex("at most 0\\.[0-9]+ +shorter"));
}

TEST(Comparison, OfTheSameRunsSeesNoDifference) {
  const Comparison comparison = compare(runs(1), runs(1));
  ASSERT_EQ(comparison.scenarios.size(), 1U);
  const ScenarioComparison& scenario = comparison.scenarios.front();
  EXPECT_FALSE(scenario.worse() || scenario.better());
  EXPECT_THAT(scenario.appeared, IsEmpty());
  EXPECT_THAT(scenario.went, IsEmpty());
  EXPECT_THAT(scenario.scenario, IsEmpty());
  EXPECT_THAT(scenario.environment, IsEmpty());
  EXPECT_THAT(slower_than(scenario, 1), IsEmpty());
  EXPECT_THAT(comparison_text({"a", "b"}, comparison), HasSubstr("no difference seen"));
}

TEST(Comparison, SeesWhatTakesTwiceAsLong) {
  const Comparison comparison = compare(runs(1), runs(2));
  const ScenarioComparison& scenario = comparison.scenarios.front();
  EXPECT_TRUE(find(scenario, "wait", 0.5).estimate.larger());
  EXPECT_NEAR(find(scenario, "wait", 0.5).estimate.ratio, 2, 0.1);
  EXPECT_THAT(slower_than(scenario, 1.5), Not(IsEmpty()));
  EXPECT_THAT(slower_than(scenario, 2.5), IsEmpty());
  EXPECT_TRUE(compare(runs(2), runs(1)).scenarios.front().latencies.front().estimate.smaller());
}

// How long a holder stays is the scenario's choice: a change of that is no slower lock.
TEST(Comparison, DoesNotBlameTheLockForWhatTheScenarioSets) {
  const ScenarioComparison scenario = compare(runs(1), runs(2)).scenarios.front();
  EXPECT_TRUE(find(scenario, "hold", 0.5).estimate.larger());
  for (const Compared& latency : slower_than(scenario, 1)) EXPECT_NE(latency.what, "hold");
}

TEST(Comparison, OfOneRunEachClaimsNothing) {
  const Comparison comparison = compare({run(1, 1)}, {run(50, 1)});
  EXPECT_THAT(slower_than(comparison.scenarios.front(), 1), IsEmpty());
  const std::string text = comparison_text({"a", "b"}, comparison);
  EXPECT_THAT(text, HasSubstr("not judged: one run each"));
  EXPECT_THAT(text, HasSubstr("--repeat 5"));
}

TEST(Comparison, TellsWhatAppearedAndWent) {
  std::vector<StoredReport> broken = runs(1);
  broken[2].status = ExitStatus::violated;
  broken[2].verdict = "violated";
  broken[2].found = "wedge";
  broken[2].classes = {{"wedge", 3}};
  broken[1].classes = {{"starvation", 1}};
  const ScenarioComparison there = compare(runs(1), broken).scenarios.front();
  EXPECT_THAT(there.appeared, ElementsAre("starvation", "wedge"));
  EXPECT_THAT(there.went, IsEmpty());
  EXPECT_TRUE(there.worse());
  EXPECT_EQ(there.b.as_expected, 4U);
  const ScenarioComparison back = compare(broken, runs(1)).scenarios.front();
  EXPECT_TRUE(back.better());
  EXPECT_THAT(back.went, ElementsAre("starvation", "wedge"));
}

// A planted mistake that is not found any more is worse, although "valid" sounds better.
TEST(Comparison, MeasuresAVerdictByWhatItsScenarioExpects) {
  StoredReport found = stored(planted_sample()), missed = found;
  missed.verdict = "valid";
  missed.status = ExitStatus::mismatch;
  EXPECT_TRUE(compare({found}, {missed}).scenarios.front().worse());
  EXPECT_TRUE(worse_than(ExitStatus::violated, ExitStatus::mismatch));
  EXPECT_TRUE(worse_than(ExitStatus::harness_failed, ExitStatus::violated));
  EXPECT_FALSE(worse_than(ExitStatus::violated, ExitStatus::violated));
}

TEST(Comparison, NamesEveryKeyThatChanged) {
  std::vector<StoredReport> changed = runs(1);
  for (StoredReport& report : changed) {
    report.scenario_keys["/hosts/0/workers"] = "16";
    report.scenario_keys.erase("/work/patience");
    report.environment_keys["/holdfast/commit"] = "\"fedcba987654\"";
  }
  const ScenarioComparison scenario = compare(runs(1), changed).scenarios.front();
  ASSERT_EQ(scenario.scenario.size(), 2U);
  EXPECT_EQ(scenario.scenario[0].key, "/hosts/0/workers");
  EXPECT_THAT(scenario.scenario[0].b, ElementsAre("16"));
  EXPECT_THAT(scenario.scenario[1].b, IsEmpty());
  ASSERT_EQ(scenario.environment.size(), 1U);
  const std::string text = comparison_text({"a", "b"}, compare(runs(1), changed));
  EXPECT_THAT(text, HasSubstr("/hosts/0/workers"));
  EXPECT_THAT(text, HasSubstr("(no such key)"));
}

TEST(Comparison, PutsRunsTogetherByTheirScenario) {
  std::vector<StoredReport> a = runs(1), b = runs(1);
  a[0].scenario = "gone/one";
  b[0].scenario = "come/one";
  const Comparison comparison = compare(a, b);
  ASSERT_EQ(comparison.scenarios.size(), 1U);
  EXPECT_EQ(comparison.scenarios.front().a.runs, 4U);
  EXPECT_THAT(comparison.only_a, ElementsAre("gone/one"));
  EXPECT_THAT(comparison.only_b, ElementsAre("come/one"));
  EXPECT_THAT(comparison_text({"a", "b"}, comparison), HasSubstr("Only A has runs of: gone/one."));
}

TEST(Comparison, OfSeveralLocksInOneScenarioComparesEachWithItself) {
  StoredReport fast = run(1, 1), slow = run(2, 2), gone = run(1, 3);
  fast.contender = "fast";
  slow.contender = "slow";
  gone.contender = "gone";
  const Comparison comparison = compare({fast, slow, gone}, {fast, slow});
  ASSERT_EQ(comparison.scenarios.size(), 2U);
  for (const ScenarioComparison& one : comparison.scenarios) {
    EXPECT_EQ(one.a.runs, 1U);
    EXPECT_FALSE(find(one, "wait", 0.5).estimate.larger());
  }
  EXPECT_EQ(comparison.scenarios.front().a.scenario, "crash/sample, fast");
  EXPECT_THAT(comparison.only_a, ElementsAre("crash/sample, gone"));
}

TEST(Comparison, OfTwoScenariosWithSeveralLocksNamesBoth) {
  StoredReport one = run(1, 1), two = run(1, 2), other = run(1, 1);
  one.contender = other.contender = "one";
  two.contender = "two";
  other.scenario = "another/name";
  const Comparison comparison = compare({one, two}, {other});
  ASSERT_EQ(comparison.scenarios.size(), 1U);
  EXPECT_EQ(comparison.scenarios.front().a.scenario, "crash/sample, one");
  EXPECT_EQ(comparison.scenarios.front().b.scenario, "another/name, one");
  EXPECT_THAT(comparison.only_a, ElementsAre("crash/sample, two"));
}

// Another version of a lock has another name.
TEST(Comparison, OfOneLockOnEachSideComparesThese) {
  StoredReport other = run(1, 1);
  other.contender = "flufl.lock 10";
  EXPECT_EQ(compare({run(1, 1)}, {other}).scenarios.size(), 1U);
}

TEST(Comparison, OfTwoScenariosComparesThese) {
  StoredReport other = run(1, 1);
  other.scenario = "another/name";
  const Comparison comparison = compare({run(1, 1)}, {other});
  ASSERT_EQ(comparison.scenarios.size(), 1U);
  EXPECT_THAT(comparison_text({"a", "b"}, comparison), HasSubstr("crash/sample and another/name"));
}

// Runs without a grant have no latencies; there is nothing to compare, and nothing breaks.
TEST(Comparison, OfRunsWithoutAGrantHasNoRatios) {
  const Comparison comparison = compare({stored(empty_sample())}, {run(1, 1)});
  EXPECT_THAT(comparison.scenarios.front().latencies, IsEmpty());
  EXPECT_THAT(comparison_text({"a", "b"}, comparison), HasSubstr("verdict"));
}

TEST(Comparison, IsPlainTextWhateverTheRunsMet) {
  StoredReport hostile = stored(foreign_sample());
  hostile.scenario_keys["/about"] = "\"\x1b[1m<b>|`@you`\"";
  const Comparison comparison = compare({run(1, 1)}, {hostile});
  std::string text = comparison_text({"\x1b[1m", "b"}, comparison);
  std::erase(text, '\n');
  EXPECT_EQ(text, readable(text));
  const std::string markdown = comparison_markdown({"<i>", "b"}, comparison);
  EXPECT_THAT(markdown, Not(HasSubstr("<b>")));
  EXPECT_THAT(markdown, Not(HasSubstr("<i>")));
  EXPECT_THAT(markdown, Not(HasSubstr("@you")));
}

}  // namespace
}  // namespace holdfast::harness
