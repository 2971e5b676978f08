// What exhaustive exploration leaves out must not matter: steps in another order that nobody
// notices, situations that were met before, processes that are alike and have changed places.
#include <gtest/gtest.h>

#include "harness/sim/exhaustive.h"
#include "harness/sim/scenes.h"

namespace holdfast::harness::sim {
namespace {

const std::atomic<bool> kNeverStop{false};

Setting setting_of(const std::string& name, std::size_t processes,
                   const std::string& contender = "baton") {
  for (Scene& one : scenes(contender)) {
    if (one.name != name) continue;
    one.setting.processes.resize(processes);
    for (ProcessSetting& process : one.setting.processes) process.rounds.resize(1);
    return one.setting;
  }
  ADD_FAILURE() << "there is no scene " << name;
  return {};
}

Setting mounted(MountKind kind, Setting setting) {
  mount_as(kind, setting);
  return setting;
}

std::string text(const Bounds& bounds) {
  return std::to_string(bounds.crashes) + " crashes, " + std::to_string(bounds.replies) +
         " replies, " + std::to_string(bounds.pauses) + " pauses, " +
         std::to_string(bounds.clock_steps) + " clock steps";
}

/// Explores all and some, which must end in the same ways.
void expect_same_endings(const Setting& setting, const Bounds& bounds, const Limits& without) {
  const Covered all = explore_all(setting, bounds, without, kNeverStop);
  const Covered some = explore_all(setting, bounds, {}, kNeverStop);
  ASSERT_TRUE(all.complete() && some.complete());
  EXPECT_LE(some.executions, all.executions);
  EXPECT_TRUE(some.endings == all.endings)
      << some.endings.size() << " of " << all.endings.size() << " endings with " << text(bounds);
}

constexpr Limits kNothingLeftOut{.merges = false, .reduces = false};
constexpr Limits kNoReduction{.reduces = false};

TEST(Reduction, LeavesOutNoEndingOfWhatCanBeTriedWithoutIt) {
  Setting two = setting_of("handover", 2);
  Setting unlike = two;
  unlike.processes[0].rounds[0].hold = two.clock_step;
  for (const Setting& setting : {two, unlike}) {
    for (const Bounds& bounds :
         {Bounds{}, Bounds{.crashes = 1}, Bounds{.pauses = 1}, Bounds{.clock_steps = 1}}) {
      expect_same_endings(setting, bounds, kNothingLeftOut);
    }
  }
  expect_same_endings(mounted(MountKind::version_3, two), {}, kNothingLeftOut);
  expect_same_endings(mounted(MountKind::version_3, two), {.pauses = 1}, kNothingLeftOut);
  expect_same_endings(mounted(MountKind::soft, two), {}, kNothingLeftOut);
}

// With more in them than all orders leave time for: there, situations that were met are known.
TEST(Reduction, LeavesOutNoEndingOfLargerOnes) {
  const Setting making = setting_of("creation", 2);
  for (const Bounds& bounds :
       {Bounds{}, Bounds{.crashes = 1}, Bounds{.replies = 1}, Bounds{.pauses = 1},
        Bounds{.clock_steps = 1}, Bounds{.crashes = 1, .clock_steps = 1}}) {
    expect_same_endings(making, bounds, kNoReduction);
  }
  const Setting three = setting_of("takeover", 3);
  expect_same_endings(three, {.crashes = 1}, kNoReduction);
  expect_same_endings(three, {.pauses = 1}, kNoReduction);
  const Setting race = setting_of("race", 2);
  expect_same_endings(race, {.replies = 1, .pauses = 1}, kNoReduction);
  expect_same_endings(race, {.clock_steps = 2}, kNoReduction);
}

// Nor a mistake: what is found with everything tried is found without it.
TEST(Reduction, LeavesOutNoPlantedMistake) {
  struct Planted {
    const char* mutant;
    const char* scene;
    Bounds bounds;
    MountKind mount = MountKind::plain;
  };
  const Planted all[] = {
      {"baton_late_lease", "handover", {.replies = 1}},
      {"baton_early_look", "race", {.replies = 1, .pauses = 1}},
      {"baton_gone_is_mine", "handover", {}},
      {"baton_error_is_success", "creation", {.replies = 1}, MountKind::soft},
      {"baton_break_by_unlink", "handover", {.replies = 1}},
      {"baton_forced_release", "handover", {.replies = 1}},
      {"baton_ignores_renewals", "race", {.replies = 1, .pauses = 1}},
      {"baton_no_generation", "creation", {.crashes = 1}},
      {"baton_made_in_place", "creation", {.crashes = 1}},
      {"baton_empties_in_place", "creation", {.replies = 1}, MountKind::soft},
  };
  for (const auto& [mutant, scene, bounds, mount] : all) {
    const Setting setting = mounted(mount, setting_of(scene, 2, mutant));
    for (const bool reduces : {false, true}) {
      const Covered covered = explore_all(setting, bounds, {.reduces = reduces}, kNeverStop);
      EXPECT_EQ(covered.end, End::violated) << mutant << (reduces ? ", reduced" : "");
    }
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
