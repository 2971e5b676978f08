#include "harness/sim/choices.h"

#include <gtest/gtest.h>

#include "harness/sim/draw.h"
#include "harness/sim/schedule.h"
#include "harness/sim/story.h"

namespace holdfast::harness::sim {
namespace {

std::string story_of(Stage& stage, const Setting& setting, Decisions& decisions) {
  Story story(stage);
  stage.run(setting, decisions, &story);
  return story.text();
}

// The same seed gives the same schedule to the letter, and so do its kept choices alone.
TEST(Choices, ReplayASchedule) {
  Stage stage;
  const Range range;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Setting setting = draw_setting(range, seed);
    RandomDecisions decisions;
    decisions.reset(range, setting, seed);
    Recording recording(decisions);
    const std::string first = story_of(stage, setting, recording);
    decisions.reset(range, setting, seed);
    ASSERT_EQ(story_of(stage, setting, decisions), first) << seed;
    Replaying replaying(recording.choices());
    ASSERT_EQ(story_of(stage, setting, replaying), first) << seed;
    ASSERT_TRUE(replaying.missed().empty()) << seed;
  }
}

// A replay that was made for another version of the code must say so, and not tell another story.
TEST(Choices, SayWhenTheirMomentNeverComes) {
  Setting setting;
  setting.processes.resize(1);
  setting.processes[0].rounds.resize(1);
  const Choices choices = {
      {.actor = 0, .operation = 900, .call = Call::rename, .fate = {Mishap::lost_reply, {}}},
      {.actor = 0, .operation = 1, .call = Call::link, .fate = {Mishap::lost_reply, {}}}};
  Stage stage;
  Replaying replaying(choices);
  EXPECT_FALSE(stage.run(setting, replaying));
  EXPECT_EQ(replaying.missed(), (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace holdfast::harness::sim
