#include "harness/sim/story_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/sim/replay_file.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness::sim {
namespace {

using nlohmann::json;

class StoryFile : public testing::Test {
 protected:
  StoryFile() : story_(stage_) {}

  json tell(const std::string& replay) {
    std::ifstream file(std::string(HOLDFAST_REPLAYS) + "/" + replay);
    std::ostringstream text;
    text << file.rdbuf();
    const auto read = parse_replay(text.str(), replay);
    if (!read) {
      ADD_FAILURE() << read.error().text();
      return {};
    }
    failure_ = *read;
    Replaying decisions(failure_.choices);
    stage_.look_for({failure_.mistake.checker});
    stage_.run(failure_.setting, decisions, &story_);
    return json::parse(story_json(story_));
  }

  Failure failure_;
  Stage stage_;
  Story story_;
};

// A page that shows lanes, the share beside each step and the clocks finds them in each.
TEST_F(StoryFile, HasLanesShareAndClocksOfEachStep) {
  const json story = tell("link-repeated-rename.json");
  EXPECT_EQ(story.at("contender"), "link");
  EXPECT_EQ(story.at("mistake").at("class"), failure_.mistake.checker);
  EXPECT_EQ(story.at("mistake").at("sentence"), failure_.mistake.sentence);
  const std::size_t hosts = failure_.setting.hosts.size();
  const std::size_t processes = failure_.setting.processes.size();
  ASSERT_EQ(story.at("hosts").size(), hosts);
  ASSERT_EQ(story.at("processes").size(), processes);
  ASSERT_GT(story.at("steps").size(), 5U);
  std::int64_t last_ns = 0;
  for (const json& step : story.at("steps")) {
    EXPECT_EQ(step.at("lanes").size(), processes);
    EXPECT_EQ(step.at("clocks").size(), hosts);
    EXPECT_LT(step.at("state"), story.at("states").size());
    EXPECT_FALSE(step.at("words").get<std::string>().empty());
    EXPECT_GE(step.at("at_ns"), last_ns);
    last_ns = step.at("at_ns");
    for (std::size_t host = 0; host < hosts; ++host) {
      const json& clock = step.at("clocks")[host];
      const json& start = story.at("hosts")[host];
      if (start.at("rate_ppm") != 0) continue;
      EXPECT_EQ(clock.at("wall_ns"), last_ns + start.at("wall_offset_ns").get<std::int64_t>());
    }
  }
}

// What the share looks like is what is there, by its own name, and not how people call it.
TEST_F(StoryFile, ShowsTheLocksFileComeAndGo) {
  const json story = tell("link-repeated-rename.json");
  const auto& states = story.at("states");
  int with_lock = 0;
  for (const json& state : states) {
    for (const json& file : state.at("files")) {
      if (file.at("path") != "lock") continue;
      EXPECT_EQ(file.at("type"), "file");
      EXPECT_GE(file.at("links"), 1);
      ++with_lock;
    }
  }
  EXPECT_GT(with_lock, 0);
  EXPECT_LT(with_lock, static_cast<int>(states.size()));
}

// The mistake's own step is the last one: two are inside.
TEST_F(StoryFile, EndsWithTheMistake) {
  const json story = tell("link-repeated-rename.json");
  const json& lanes = story.at("steps").back().at("lanes");
  EXPECT_EQ(std::count(lanes.begin(), lanes.end(), json("holds")), 2) << lanes;
}

// What is delivered while its process does something else is a step of its own.
TEST_F(StoryFile, TellsOfRequestsThatComeLate) {
  const json story = tell("link-repeated-rename.json");
  const auto& steps = story.at("steps");
  EXPECT_TRUE(std::any_of(steps.begin(), steps.end(),
                          [](const json& step) { return step.at("kind") == "arrival"; }));
}

}  // namespace
}  // namespace holdfast::harness::sim
