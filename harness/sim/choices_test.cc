#include "harness/sim/choices.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/sim/draw.h"
#include "harness/sim/process.h"
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
      {.actor = 0, .call = Call::rename, .number = 900, .fate = {Mishap::lost_reply, {}}},
      {.actor = 0, .call = Call::link, .number = 1, .fate = {Mishap::lost_reply, {}}}};
  Stage stage;
  Replaying replaying(choices);
  EXPECT_FALSE(stage.run(setting, replaying));
  EXPECT_EQ(replaying.missed(), (std::vector<std::size_t>{0, 1}));
}

/// What befell whom, while two processes make a file each and link it; `more`: and look around
/// first, and in between.
std::vector<std::string> befallen(const Choices& choices, bool more, bool& all_taken) {
  class Hears final : public Observer {
   public:
    void answered(const Process& process, const Operation& operation, const Fate& fate,
                  int) override {
      if (operation.call == Call::status) return;
      heard.push_back(name_of(process) + " " + word(operation.call) + " " + word(fate.mishap));
    }
    std::vector<std::string> heard;
  };
  Setting setting;
  setting.processes.resize(2);
  World world;
  Hears hears;
  Replaying replaying(choices);
  world.reset(setting, replaying, hears);
  for (ProcessSetting& process : setting.processes) {
    world.add(process, [more](Process& self) {
      const std::string own = "/" + std::to_string(self.index);
      os::FileStatus status;
      if (more) self.files.status("/", os::Revalidate::forced, status);
      self.files.create(own, "", 0644);
      if (more) self.files.status(own, os::Revalidate::forced, status);
      self.files.link(own, own + ".1");
      self.files.link(own, own + ".2");
    });
  }
  world.run(1000);
  all_taken = replaying.missed().empty();
  return hears.heard;
}

// Code that has nothing to do with what was found may do more than it did.
TEST(Choices, StayValidWhenOtherOperationsComeIn) {
  const Choices choices = {
      {.actor = 1, .call = Call::link, .number = 2, .fate = {Mishap::late_reply, Duration(1000)}},
      {.what = Choice::What::turn, .actor = 0, .call = Call::link, .number = 1, .instead = 1}};
  bool before = false, after = false;
  const std::vector<std::string> first = befallen(choices, false, before);
  EXPECT_EQ(befallen(choices, true, after), first);
  EXPECT_TRUE(before && after);
  EXPECT_EQ(first.front(), "p1 create none");
  EXPECT_NE(std::find(first.begin(), first.end(), "p2 link late_reply"), first.end());
}

}  // namespace
}  // namespace holdfast::harness::sim
