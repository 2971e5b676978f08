#include "harness/commands/explored_run.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "harness/checker/checker.h"
#include "harness/history/test_folder.h"
#include "harness/report/command_output.h"
#include "harness/report/stored_file.h"
#include "harness/sim/chronicle.h"
#include "harness/sim/explorer.h"
#include "harness/sim/replay_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<sim::Failure> shipped_replays() {
  std::vector<sim::Failure> all;
  for (const auto& file : fs::directory_iterator(HOLDFAST_REPLAYS)) {
    const auto text = read_stored(file.path());
    if (!text) throw std::runtime_error(text.error().text());
    auto failure = sim::parse_replay(*text, file.path());
    if (!failure) throw std::runtime_error(failure.error().text());
    all.push_back(std::move(*failure));
  }
  return all;
}

/// What the checkers say of the schedule without any file between.
Verdict judged_in_memory(const sim::Failure& failure) {
  sim::Stage stage;
  stage.go_on(true);
  stage.look_for(sim::like(failure.mistake));
  sim::Chronicle chronicle(stage);
  sim::Replaying decisions(failure.choices);
  stage.run(failure.setting, decisions, &chronicle);
  const History history = chronicle.finish();
  return judge(history, chronicle.terms());
}

class ExploredRuns : public testing::Test {
 protected:
  ExploredRun keep(const sim::Failure& failure) {
    auto kept = keep_explored_run(failure, folder_.path(), {"holdfast", "explore"});
    if (!kept) throw std::runtime_error(kept.error().text());
    return std::move(*kept);
  }

  TestFolder folder_;
};

// What the world knew of, the processes' own records show; and files lose nothing of it.
TEST_F(ExploredRuns, AreJudgedLikeTheScheduleItself) {
  for (const sim::Failure& failure : shipped_replays()) {
    SCOPED_TRACE(failure.setting.contender + ": " + failure.mistake.sentence);
    const ExploredRun run = keep(failure);
    const Verdict before = judged_in_memory(failure);
    const Verdict& after = run.report.verdict;
    EXPECT_EQ(after.value, before.value);
    EXPECT_EQ(after.value, Value::violated);
    EXPECT_EQ(after.reason, before.reason);
    EXPECT_EQ(after.first_class, before.first_class);
    EXPECT_EQ(after.first_cause, before.first_cause);
    const auto again = report_run(run.folder);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->verdict.reason, after.reason);
    EXPECT_EQ(again->violations.size(), run.report.violations.size());
  }
}

// The whole way of what nobody has seen before: drawn from a seed, made small, kept in a folder of
// that seed, judged there, reported, and found again by the folder's replay.
TEST_F(ExploredRuns, OfWhatIsFoundAnewCarryItsSeedAndItsMistake) {
  constexpr std::uint64_t kSeed = 0xf00d;
  const std::pair<const char*, const char*> planted[] = {{"baton_gone_is_mine", "mutual_exclusion"},
                                                         {"baton_half_lease", "spurious_loss"},
                                                         {"flufl_exact", "mutual_exclusion"}};
  for (const auto& [contender, checker] : planted) {
    SCOPED_TRACE(contender);
    sim::Task task;
    task.range.contender = contender;
    task.seed = kSeed;
    task.schedules = 1'000'000;
    task.only = {checker};
    // Not every one is seen by the processes that were there: the first one that is.
    std::optional<ExploredRun> seen;
    for (int tries = 0; tries < 100 && !seen; ++tries) {
      const std::atomic<bool> never{false};
      const sim::Found found = sim::explore(task, never);
      ASSERT_TRUE(found.failure);
      task.first = found.number + 1;
      sim::Stage stage;
      const sim::Failure small = sim::shrink(*found.failure, stage);
      EXPECT_EQ(small.seed, kSeed);
      ExploredRun run = keep(small);
      EXPECT_THAT(fs::path(run.folder).filename(), testing::EndsWith("-" + print_seed(kSeed)));
      EXPECT_THAT(run.folder, HasSubstr(std::string("explore-") + contender));
      EXPECT_EQ(run.report.scenario.seed, kSeed);
      const auto text = read_stored(run.folder + "/replay.json");
      ASSERT_TRUE(text);
      const auto stored = sim::parse_replay(*text, "replay.json");
      ASSERT_TRUE(stored) << stored.error().text();
      sim::Replaying decisions(stored->choices);
      stage.look_for({checker});
      const auto mistake = stage.run(stored->setting, decisions);
      ASSERT_TRUE(mistake);
      EXPECT_EQ(mistake->sentence, small.mistake.sentence);
      if (run.report.verdict.value == Value::violated) seen = std::move(run);
    }
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->report.violations.empty());
    for (const char* const file : {"report.html", "report.json", "junit.xml", "story.txt"}) {
      EXPECT_TRUE(fs::exists(seen->folder + "/" + file)) << file;
    }
    const auto again = report_run(seen->folder);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->verdict.value, Value::violated);
    EXPECT_EQ(again->verdict.reason, seen->report.verdict.reason);
  }
}

// What was not drawn has the seed of its processes' random bits.
TEST_F(ExploredRuns, OfWhatWasNotDrawnCarryTheSeedOfItsRandomBits) {
  const sim::Failure failure = shipped_replays().front();
  ASSERT_FALSE(failure.seed);
  EXPECT_EQ(keep(failure).report.scenario.seed, failure.setting.chance_seed);
}

// What befell the schedule stands in the report, as what a nemesis does in that of a real run.
TEST_F(ExploredRuns, ReportTheFaultsOfTheSchedule) {
  for (const sim::Failure& failure : shipped_replays()) {
    const ExploredRun run = keep(failure);
    EXPECT_GE(run.report.faults.size(), failure.choices.empty() ? 0U : 1U) << run.folder;
    for (const Fault& fault : run.report.faults) EXPECT_TRUE(fault.effective);
  }
}

// The replay of the run's folder is the schedule again, to the letter.
TEST_F(ExploredRuns, HaveAReplayThatIsWhole) {
  const sim::Failure failure = shipped_replays().front();
  const ExploredRun run = keep(failure);
  const auto text = read_stored(run.folder + "/replay.json");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, sim::replay_text(failure));
  EXPECT_THAT(run.report.facts.again, HasSubstr("explore --replay "));
  EXPECT_THAT(explored_run_text(run), HasSubstr(run.report.facts.again));
}

// Where real processes can be brought to it, a scenario stands beside the replay.
TEST_F(ExploredRuns, HaveAScenarioOfWhatRealProcessesCanDo) {
  for (const sim::Failure& failure : shipped_replays()) {
    const ExploredRun run = keep(failure);
    EXPECT_EQ(run.for_real.empty(), failure.setting.contender != "link");
    if (run.for_real.empty()) continue;
    const auto scenario = read_scenario(run.for_real, std::vector<Override>{});
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_EQ(scenario->world, WorldKind::real);
    EXPECT_THAT(explored_run_text(run), HasSubstr("for real   holdfast run "));
  }
}

// Of one second and seed there can be several.
TEST_F(ExploredRuns, NeverShareAFolder) {
  const sim::Failure failure = shipped_replays().front();
  EXPECT_NE(keep(failure).folder, keep(failure).folder);
}

TEST_F(ExploredRuns, ThatCannotBeKeptAreToldWithTheFile) {
  ASSERT_TRUE(write_stored(folder_ / "file", ""));
  const auto kept =
      keep_explored_run(shipped_replays().front(), folder_ / "file", {"holdfast", "explore"});
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().text(), HasSubstr(folder_ / "file"));
}

// The comparison that reports are held to: every field is described, met, and of its type.
TEST_F(ExploredRuns, HaveStoriesThatFitTheirSchema) {
  constexpr const char* kPython = "/usr/bin/python3";
  if (::access(kPython, X_OK) != 0) GTEST_SKIP() << "there is no " << kPython;
  const std::string stories = folder_ / "stories";
  fs::create_directory(stories);
  int number = 0;
  for (const sim::Failure& failure : shipped_replays()) {
    fs::copy_file(keep(failure).folder + "/story.json",
                  stories + "/" + std::to_string(number++) + ".json");
  }
  const CommandOutput compared =
      run_command(std::string(kPython) + " '" + HOLDFAST_SCHEMA_TEST + "' '" + HOLDFAST_REPORTS +
                  "/story.schema.json' '" + stories + "'");
  if (compared.status == 77) GTEST_SKIP() << compared.output;
  EXPECT_EQ(compared.status, 0) << compared.output;
}

}  // namespace
}  // namespace holdfast::harness
