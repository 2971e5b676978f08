// What the ledger makes of a mistake: its cause, and what excuses it.
#include "harness/sim/ledger.h"

#include <gtest/gtest.h>

#include <set>

#include "harness/sim/explorer.h"
#include "harness/sim/process.h"

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

/// One process, which asks for the lock and sleeps.
class Sleeper {
 public:
  Ending sleep(Duration length) {
    setting_.processes.resize(1);
    world_.reset(setting_, uneventful_, ledger_);
    ledger_.reset(world_, *find_kind("baton"));
    world_.add(setting_.processes[0], [&](Process& self) {
      ledger_.acquires(self, Round::kForEver);
      self.door.sleep(length, {});
    });
    return world_.run(100);
  }
  Ledger& ledger() { return ledger_; }
  Duration enough() const { return most_wait(setting_, *find_kind("baton")).all(); }

 private:
  Setting setting_;
  Uneventful uneventful_;
  World world_;
  Ledger ledger_;
};

// Nobody asks it to: it does no operation after which it could be asked how long it has waited.
TEST(Ledger, ToSleepForLongerThanAWaitMayLastIsAWedge) {
  Sleeper sleeper;
  EXPECT_EQ(sleeper.sleep(sleeper.enough()), Ending::all_done);
  EXPECT_FALSE(sleeper.ledger().mistake());
  EXPECT_EQ(sleeper.sleep(sleeper.enough() + std::chrono::milliseconds(1)), Ending::stopped);
  ASSERT_TRUE(sleeper.ledger().mistake());
  EXPECT_EQ(sleeper.ledger().mistake()->checker, "wedge");
}

TEST(Ledger, ToSleepForEverIsAWedge) {
  Sleeper sleeper;
  EXPECT_EQ(sleeper.sleep(Duration::max()), Ending::stopped);
  ASSERT_TRUE(sleeper.ledger().mistake());
  EXPECT_EQ(sleeper.ledger().mistake()->checker, "wedge");
  EXPECT_EQ(sleeper.ledger().mistake()->sentence,
            "p1 waits for the lock, and nobody who is left will ever do anything again");
  sleeper.ledger().look_for({"ghost_hold"});
  EXPECT_EQ(sleeper.sleep(Duration::max()), Ending::stuck);
}

// The same of a lock that is one: the waiter is told of changes on its own host, and there are
// none.
TEST(Ledger, AWaiterThatNobodyWakesIsAWedge) {
  Setting setting;
  setting.contender = "baton_trusts_watch";
  setting.hosts.resize(2);
  setting.processes.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    setting.hosts[i].name = std::string(1, static_cast<char>('a' + i));
    setting.hosts[i].machine = i + 1;
    setting.processes[i].host = i;
    setting.processes[i].rounds.resize(1);
    setting.processes[i].rounds[0].hold = std::chrono::milliseconds(5);
  }
  Uneventful decisions;
  Stage stage;
  const auto mistake = stage.run(setting, decisions);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->checker, "wedge");
  setting.contender = "baton";
  EXPECT_FALSE(stage.run(setting, decisions));
}

// How soon a wait is one too long belongs to the situation: what comes of it is not the same.
TEST(Ledger, ADigestTellsForHowLongSomebodyHasWaitedUndisturbed) {
  Setting setting;
  setting.processes.resize(1);
  Uneventful decisions;
  Observer nobody;
  std::set<std::uint64_t> digests;
  for (const int disturbed_at : {0, 1, 2}) {
    World world;
    Ledger ledger;
    world.reset(setting, decisions, nobody);
    ledger.reset(world, *find_kind("baton"));
    world.add(setting.processes[0], [&](Process& self) {
      ledger.acquires(self, Round::kForEver);
      for (int at = 0; at < 3; ++at) {
        if (at == disturbed_at) ledger.happened({.kind = Incident::Kind::clock_step}, 0);
        self.door.sleep(std::chrono::milliseconds(1), {});
      }
      Digest digest;
      ledger.add_to(digest);
      digests.insert(digest.value());
    });
    world.run(100);
  }
  EXPECT_EQ(digests.size(), 3U);
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
