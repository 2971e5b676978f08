#include "harness/sim/explorer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "harness/sim/cases.h"
#include "harness/sim/mutant.h"
#include "harness/sim/replay_file.h"

namespace holdfast::harness::sim {
namespace {

const std::atomic<bool> kNeverStop{false};

Task task(const std::string& contender, std::uint64_t schedules) {
  Task task;
  task.range.contender = contender;
  task.schedules = schedules;
  return task;
}

TEST(Explorer, FindsNothingWrongWithBaton) {
  const Found found = explore(task("baton", 3000), kNeverStop);
  EXPECT_FALSE(found.failure) << found.failure->mistake.sentence;
  EXPECT_EQ(found.counts.schedules, 3000U);
  // What is drawn must be worth exploring.
  EXPECT_GT(found.counts.handoffs, 3000U);
  EXPECT_GT(found.counts.taken, 300U);
  EXPECT_GT(found.counts.crashes, 300U);
  EXPECT_GT(found.counts.mishaps, 1000U);
  EXPECT_LT(found.counts.too_long, 30U);
}

/// scenarios/negative: what each planted mistake must be found by.
std::vector<Case> planted() {
  const std::string path = std::string(HOLDFAST_SCENARIOS) + "/negative/planted.exploration";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto cases = parse_cases(text.str(), path);
  if (!cases) throw std::runtime_error(cases.error().text());
  return *cases;
}

TEST(Explorer, HasAPropertyForEveryPlantedMistake) {
  std::set<std::string> named, all;
  for (const Case& one : planted()) {
    EXPECT_TRUE(named.insert(one.range.contender).second) << one.name;
    EXPECT_NE(one.expects, "any") << one.name;
  }
  for (const Kind& kind : mutants()) all.insert(kind.name);
  EXPECT_EQ(named, all);
}

// A violation that nobody can find is no evidence of anything when none is found; nor is another
// one than that which the mistake must lead to.
TEST(Explorer, FindsEveryPlantedMistakeByItsProperty) {
  for (const Case& one : planted()) {
    // The renewal that fails and is applied all the same, just before a waiter looks and until the
    // lease is over, takes more schedules than a test has time for: holdfast explore
    // scenarios/negative.
    if (one.name == "baton_later_try") continue;
    Task task{.range = one.range, .schedules = 20'000, .only = one.sought()};
    const Found found = explore(task, kNeverStop);
    ASSERT_TRUE(found.failure) << one.name;
    EXPECT_EQ(found.failure->mistake.checker, one.expects) << one.name;
    EXPECT_TRUE(one.cause.empty() || found.failure->mistake.cause == one.cause) << one.name;
  }
}

// With nothing at all going wrong, baton is as good as with everything.
TEST(Explorer, FindsNothingWhereNothingGoesWrong) {
  Task quiet = task("baton", 500);
  quiet.range.most_mishaps = 0;
  quiet.range.crashes = false;
  const Found found = explore(quiet, kNeverStop);
  EXPECT_FALSE(found.failure) << found.failure->mistake.sentence;
  EXPECT_EQ(found.counts.mishaps + found.counts.crashes, 0U);
  EXPECT_EQ(found.counts.too_long, 0U);
}

// Beyond the contract there are violations, and they are called what they are.
TEST(Explorer, NamesWhatTheContractExcludes) {
  Task fast = task("baton", 20'000);
  fast.range.fast_clocks = true;
  const Found out_of_contract = explore(fast, kNeverStop);
  ASSERT_TRUE(out_of_contract.failure);
  EXPECT_TRUE(out_of_contract.failure->mistake.out_of_contract);
  Task forgetful = task("baton", 20'000);
  forgetful.range.forgetful_server = true;
  const Found lost = explore(forgetful, kNeverStop);
  ASSERT_TRUE(lost.failure);
  EXPECT_EQ(lost.failure->mistake.cause, "server_lost_state");
}

TEST(Explorer, ReportsTheSameFailureOnAnyNumberOfThreads) {
  Task alone = task("baton_no_chance", 5000);
  Task together = alone;
  together.threads = 3;
  const Found first = explore(alone, kNeverStop);
  const Found second = explore(together, kNeverStop);
  ASSERT_TRUE(first.failure && second.failure);
  EXPECT_EQ(first.number, second.number);
  EXPECT_EQ(replay_text(*first.failure), replay_text(*second.failure));
}

TEST(Explorer, StopsWhenItIsTold) {
  const std::atomic<bool> stop{true};
  const Found found = explore(task("baton", std::uint64_t{1} << 40), stop);
  EXPECT_TRUE(found.interrupted);
}

// What takes no part in a failure is not in its replay, and nobody's number has a gap before it.
TEST(Shrink, LeavesNobodyWhoDoesNothing) {
  Stage stage;
  for (const char* const contender : {"baton_late_lease", "baton_gone_is_mine"}) {
    Task four = task(contender, 20'000);
    four.range.least_processes = four.range.most_processes = 4;
    const Found found = explore(four, kNeverStop);
    ASSERT_TRUE(found.failure) << contender;
    ASSERT_EQ(found.failure->setting.processes.size(), 4U);
    const Failure small = shrink(*found.failure, stage);
    EXPECT_LE(small.setting.processes.size(), 3U) << contender;
    EXPECT_LE(small.setting.hosts.size(), small.setting.processes.size()) << contender;
    for (const ProcessSetting& process : small.setting.processes) {
      EXPECT_FALSE(process.rounds.empty()) << contender;
    }
    for (const Choice& choice : small.choices) {
      if (choice.what == Choice::What::fate) {
        EXPECT_LT(choice.actor, small.setting.processes.size()) << contender;
      }
    }
  }
}

TEST(Shrink, MakesAFailureSmallAndKeepsIt) {
  Stage stage;
  for (const char* const contender : {"baton_late_lease", "baton_early_look", "baton_no_chance"}) {
    const Found found = explore(task(contender, 20'000), kNeverStop);
    ASSERT_TRUE(found.failure) << contender;
    const Failure small = shrink(*found.failure, stage);
    EXPECT_LE(small.choices.size(), 6U) << contender;
    EXPECT_EQ(small.mistake.checker, found.failure->mistake.checker);
    const auto stored = parse_replay(replay_text(small), "a.json");
    ASSERT_TRUE(stored) << stored.error().text();
    Replaying decisions(stored->choices);
    stage.look_for({small.mistake.checker});
    const auto mistake = stage.run(stored->setting, decisions);
    ASSERT_TRUE(mistake) << contender;
    EXPECT_EQ(mistake->sentence, small.mistake.sentence);
    EXPECT_TRUE(decisions.missed().empty());
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
