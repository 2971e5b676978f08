#include "harness/sim/bounded.h"

#include <gtest/gtest.h>

namespace holdfast::harness::sim {
namespace {

const std::atomic<bool> kNeverStop{false};
constexpr Duration kLong = std::chrono::minutes(4);

TEST(Bounded, TriesEverythingWithinSmallBoundsAndFindsNothingInBaton) {
  for (const Scene& scene : scenes()) {
    const Searched searched = search(scene.setting, {.turns = 1}, kLong, kNeverStop);
    EXPECT_TRUE(searched.complete) << scene.name;
    EXPECT_FALSE(searched.failure) << scene.name << ": " << searched.failure->mistake.sentence;
    EXPECT_GT(searched.states, 10U) << scene.name;
  }
}

// A mistake that one turn brings about is found by trying them all.
TEST(Bounded, FindsWhatIsThereToBeFound) {
  Setting setting = scenes()[0].setting;
  setting.contender = "baton_gone_is_mine";
  const Searched searched = search(setting, {.turns = 1}, kLong, kNeverStop);
  ASSERT_TRUE(searched.failure);
  Stage stage;
  Replaying replaying(searched.failure->choices);
  const auto mistake = stage.run(searched.failure->setting, replaying);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->sentence, searched.failure->mistake.sentence);
}

// What the digests leave out must not matter: merged or not, everything ends in the same ways.
TEST(Bounded, MergingStatesLosesNoEnding) {
  for (const Scene& scene : scenes()) {
    for (Bounds bounds : {Bounds{.turns = 2}, Bounds{.turns = 1, .crashes = 1, .mishaps = 0},
                          Bounds{.turns = 1, .crashes = 0, .mishaps = 1}}) {
      const Searched merged = search(scene.setting, bounds, kLong, kNeverStop);
      bounds.merges = false;
      const Searched all = search(scene.setting, bounds, kLong, kNeverStop);
      ASSERT_TRUE(merged.complete && all.complete);
      EXPECT_LE(merged.schedules, all.schedules);
      EXPECT_TRUE(merged.endings == all.endings)
          << scene.name << ", turns " << bounds.turns << ", crashes " << bounds.crashes
          << ", mishaps " << bounds.mishaps << ": " << merged.endings.size() << " of "
          << all.endings.size();
    }
  }
}

// Without bounds to spend there is one schedule.
TEST(Bounded, TheUneventfulCourseIsOneSchedule) {
  const Searched searched = search(scenes()[0].setting, {.turns = 0}, kLong, kNeverStop);
  EXPECT_TRUE(searched.complete);
  EXPECT_EQ(searched.schedules, 1U);
}

TEST(Bounded, SaysThatItIsNotComplete) {
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(search(scenes()[0].setting, {.turns = 3}, kLong, stop).complete);
}

}  // namespace
}  // namespace holdfast::harness::sim
