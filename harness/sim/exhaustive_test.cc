#include "harness/sim/exhaustive.h"

#include <gtest/gtest.h>

#include "harness/sim/replay_file.h"
#include "harness/sim/scenes.h"

namespace holdfast::harness::sim {
namespace {

const std::atomic<bool> kNeverStop{false};

Scene scene(const std::string& name, const std::string& contender = "baton") {
  for (Scene& one : scenes(contender)) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "there is no scene " << name;
  return {};
}

struct Small {
  const char* scene;
  Bounds bounds;
};

/// Seconds of work, all together.
const Small kSmall[] = {
    {"handover", {.crashes = 1}},          {"handover", {.clock_steps = 1}},
    {"takeover", {.crashes = 1}},          {"takeover", {.pauses = 1}},
    {"race", {.replies = 1, .pauses = 1}},
};

TEST(Exhaustive, FinishesSmallBoundsAndFindsNothingWrongWithBaton) {
  for (const Small& small : kSmall) {
    const Covered covered =
        explore_all(scene(small.scene).setting, small.bounds, {.threads = 2}, kNeverStop);
    EXPECT_TRUE(covered.complete()) << small.scene;
    EXPECT_FALSE(covered.failure) << small.scene << ": " << covered.failure->mistake.sentence;
    EXPECT_GT(covered.states, 2000U) << small.scene;
    const bool ends_holds = small.bounds != Bounds{.clock_steps = 1};
    EXPECT_EQ(covered.taken > 100, ends_holds) << small.scene;
  }
}

// Making a lock takes more steps than two bounds together leave time for.
TEST(Exhaustive, FinishesTheCreationOfALockByTwo) {
  Setting setting = scene("creation").setting;
  setting.processes.pop_back();
  const Covered covered = explore_all(setting, {.crashes = 1}, {.threads = 2}, kNeverStop);
  EXPECT_TRUE(covered.complete());
  EXPECT_FALSE(covered.failure) << covered.failure->mistake.sentence;
}

// A search that finds nothing is evidence only if it finds what is there.
TEST(Exhaustive, FindsPlantedMistakes) {
  const std::pair<const char*, Small> planted[] = {
      {"baton_gone_is_mine", {"handover", {.clock_steps = 1}}},
      {"baton_forced_release", {"takeover", {.pauses = 1}}},
      {"baton_late_lease", {"handover", {.replies = 1}}},
      {"baton_early_look", {"race", {.replies = 1, .pauses = 1}}},
      {"baton_ignores_renewals", {"race", {.replies = 1, .pauses = 1}}},
      {"baton_break_by_unlink", {"race", {.replies = 1, .pauses = 1}}},
      {"baton_no_generation", {"handover", {}}},
  };
  for (const auto& [mutant, small] : planted) {
    const Covered covered =
        explore_all(scene(small.scene, mutant).setting, small.bounds, {}, kNeverStop);
    EXPECT_EQ(covered.end, End::violated) << mutant;
    ASSERT_TRUE(covered.failure) << mutant;
  }
}

// What was found stays what it was: by its file, and made small.
TEST(Exhaustive, WhatItFindsIsAReplay) {
  const Setting setting = scene("race", "baton_ignores_renewals").setting;
  const Covered covered = explore_all(setting, {.clock_steps = 3}, {}, kNeverStop);
  ASSERT_TRUE(covered.failure);
  Stage stage;
  const Failure small = shrink(*covered.failure, stage);
  const auto stored = parse_replay(replay_text(small), "a.json");
  ASSERT_TRUE(stored) << stored.error().text();
  EXPECT_EQ(stored->setting.clock_step, setting.clock_step);
  Replaying decisions(stored->choices);
  const auto mistake = stage.run(stored->setting, decisions);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->sentence, small.mistake.sentence);
  EXPECT_TRUE(decisions.missed().empty());
}

// How many situations there are does not depend on who found them first.
TEST(Exhaustive, FindsTheSameStatesOnAnyNumberOfThreads) {
  const Setting setting = scene("takeover").setting;
  const Covered alone = explore_all(setting, {.crashes = 1}, {}, kNeverStop);
  const Covered together = explore_all(setting, {.crashes = 1}, {.threads = 3}, kNeverStop);
  EXPECT_EQ(alone.states, together.states);
  EXPECT_TRUE(alone.endings == together.endings);
}

TEST(Exhaustive, SaysWhyItDidNotFinish) {
  const Scene large = scene("handover");
  const std::atomic<bool> stop{true};
  EXPECT_EQ(explore_all(large.setting, large.bounds, {}, stop).end, End::interrupted);
  const Limits little{.most_states = 100};
  const Covered full = explore_all(large.setting, large.bounds, little, kNeverStop);
  EXPECT_EQ(full.end, End::out_of_memory);
  EXPECT_FALSE(full.complete());
  const Limits late{.at_most = std::chrono::milliseconds(1)};
  EXPECT_EQ(explore_all(large.setting, large.bounds, late, kNeverStop).end, End::out_of_time);
}

// Other mounts have other dangers, and baton withstands those as well.
TEST(Exhaustive, FindsNothingWrongWithBatonOnOtherMounts) {
  for (const MountKind kind : {MountKind::soft, MountKind::version_3}) {
    Setting setting = scene("race").setting;
    mount_as(kind, setting);
    const Covered covered = explore_all(setting, {.replies = 1}, {.threads = 2}, kNeverStop);
    EXPECT_TRUE(covered.complete()) << word(kind);
    EXPECT_FALSE(covered.failure) << word(kind) << ": " << covered.failure->mistake.sentence;
  }
}

// What those who were there leave behind may hurt only who comes after them: here a process ends
// when it has made the lock's directory and nothing in it, and nobody else is there to see that.
TEST(Exhaustive, LetsALatecomerComeToEveryStateThatIsLeft) {
  Scene scene = sim::scene("creation", "baton_made_in_place");
  scene.resize(1);
  Setting& setting = scene.setting;
  for (const bool comes : {false, true}) {
    setting.latecomer = comes;
    const Covered covered = explore_all(setting, {.crashes = 1}, {}, kNeverStop);
    EXPECT_EQ(covered.failure.has_value(), comes);
    EXPECT_EQ(covered.latecomers > 0, comes);
    if (!covered.failure) continue;
    EXPECT_EQ(covered.failure->mistake.checker, "wedge");
    // It is found again by its file alone.
    Stage stage;
    Replaying decisions(covered.failure->choices);
    const auto mistake = stage.run(covered.failure->setting, decisions);
    ASSERT_TRUE(mistake);
    EXPECT_EQ(mistake->sentence, covered.failure->mistake.sentence);
  }
}

TEST(Scenes, WidenOneThingAtATime) {
  const auto way = on_the_way_to({.crashes = 1, .clock_steps = 2});
  const std::vector<Bounds> expected = {
      {}, {.crashes = 1}, {.crashes = 1, .clock_steps = 1}, {.crashes = 1, .clock_steps = 2}};
  EXPECT_TRUE(way == expected);
}

}  // namespace
}  // namespace holdfast::harness::sim
