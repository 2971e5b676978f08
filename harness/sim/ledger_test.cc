// What the ledger makes of a mistake: its cause, and what excuses it.
#include "harness/sim/ledger.h"

#include <gtest/gtest.h>

#include "harness/sim/explorer.h"

namespace holdfast::harness::sim {
namespace {

const std::atomic<bool> kNeverStop{false};

Failure first_failure(Task task) {
  task.schedules = 1'000'000;
  const Found found = explore(task, kNeverStop);
  if (found.failure) return *found.failure;
  ADD_FAILURE() << "nothing was found with " << task.range.contender;
  return {};
}

std::optional<Mistake> again(const Failure& failure) {
  Stage stage;
  stage.look_for({failure.mistake.checker});
  Replaying decisions(failure.choices);
  return stage.run(failure.setting, decisions);
}

// A crash that was to cost an async server some changes costs a sync one none, and an async one
// none that it does not have: only what was really forgotten explains anything.
TEST(Ledger, AServerThatForgetsNothingExcusesNothing) {
  Task task;
  task.range.contender = "baton_gone_is_mine";
  task.range.most_mishaps = 2;
  Failure failure = first_failure(task);
  failure.setting.incidents.push_back(
      {.kind = Incident::Kind::server_crash, .at = {}, .length = {}, .amount = 3});
  const auto mistake = again(failure);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->cause, failure.mistake.cause);
  EXPECT_NE(mistake->cause, "server_lost_state");
}

// That clocks were too far apart does not hide how the lock was broken.
TEST(Ledger, ClocksThatAreTooFarApartDoNotHideTheCause) {
  Task task;
  task.range.contender = "flufl_exact";
  task.range.most_mishaps = 0;
  task.range.crashes = false;
  task.range.fast_clocks = true;
  task.range.wall_offset = std::chrono::hours(1);
  task.only = {"mutual_exclusion", "premature_break", true};
  const Failure failure = first_failure(task);
  EXPECT_EQ(failure.mistake.cause, "premature_break");
  EXPECT_TRUE(failure.mistake.out_of_contract);
  EXPECT_EQ(words_of(failure.mistake), "mutual_exclusion (premature_break, out_of_contract)");
}

TEST(Ledger, FindsWhatIsSoughtAlone) {
  const Mistake mistake{"mutual_exclusion", "", "double_break", {}, true};
  EXPECT_TRUE(Sought{}.is(mistake));
  EXPECT_TRUE((Sought{"mutual_exclusion", "double_break", true}.is(mistake)));
  EXPECT_FALSE((Sought{"wedge"}.is(mistake)));
  EXPECT_FALSE((Sought{"mutual_exclusion", "stolen_release"}.is(mistake)));
  EXPECT_FALSE((Sought{.out_of_contract = true}.is({"wedge", "", "", {}, false})));
}

}  // namespace
}  // namespace holdfast::harness::sim
