// The replays that ship with the project: what was found once is found again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/sim/replay_file.h"
#include "harness/sim/schedule.h"
#include "harness/sim/story.h"

namespace holdfast::harness::sim {
namespace {

struct Replayed {
  Failure failure;
  std::optional<Mistake> mistake;
  std::vector<std::size_t> missed;
  std::string story;
};

Replayed replay(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const auto read = parse_replay(text.str(), path);
  if (!read) {
    ADD_FAILURE() << read.error().text();
    return {};
  }
  Replayed replayed{*read, {}, {}, {}};
  Stage stage;
  Story story(stage);
  Replaying decisions(replayed.failure.choices);
  stage.look_for({replayed.failure.mistake.checker});
  replayed.mistake = stage.run(replayed.failure.setting, decisions, &story);
  replayed.missed = decisions.missed();
  replayed.story = story.text();
  return replayed;
}

std::vector<std::string> shipped() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_REPLAYS)) {
    paths.push_back(entry.path().string());
  }
  return paths;
}

TEST(ShippedReplays, StillHappen) {
  ASSERT_GE(shipped().size(), 5U);
  for (const std::string& path : shipped()) {
    const Replayed replayed = replay(path);
    ASSERT_TRUE(replayed.mistake) << path;
    EXPECT_EQ(replayed.mistake->checker, replayed.failure.mistake.checker) << path;
    EXPECT_EQ(replayed.mistake->cause, replayed.failure.mistake.cause) << path;
    EXPECT_EQ(replayed.mistake->sentence, replayed.failure.mistake.sentence) << path;
    EXPECT_TRUE(replayed.missed.empty()) << path;
  }
}

// A story that nobody reads to its end tells nothing.
TEST(ShippedReplays, AreShortStories) {
  for (const std::string& path : shipped()) {
    const std::string story = replay(path).story;
    EXPECT_LT(std::count(story.begin(), story.end(), '\n'), 150) << path << "\n" << story;
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
