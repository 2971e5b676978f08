#include "harness/sim/replay_file.h"

#include <gtest/gtest.h>

#include "harness/sim/draw.h"

namespace holdfast::harness::sim {
namespace {

Failure drawn(std::uint64_t seed) {
  Range range;
  range.forgetful_server = seed % 2 == 0;
  Setting setting = draw_setting(range, seed);
  setting.lock_exists = true;
  RandomDecisions decisions;
  decisions.reset(range, setting, seed);
  Recording recording(decisions);
  Stage stage;
  stage.run(setting, recording);
  Failure failure{setting, recording.choices(), {"mutual_exclusion", "two at once", "", {}}, {}};
  failure.mistake.out_of_contract = seed % 3 == 0;
  if (seed % 4 != 0) failure.seed = seed << 60;
  return failure;
}

TEST(ReplayFile, KeepsEverythingThatMakesASchedule) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Failure failure = drawn(seed);
    const std::string text = replay_text(failure);
    const auto read = parse_replay(text, "a.json");
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(replay_text(*read), text);
    EXPECT_EQ(read->choices, failure.choices);
  }
}

TEST(ReplayFile, NamesWhatIsWrongAndWhere) {
  const std::string text = replay_text(drawn(3));
  const auto error_of = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    if (at == std::string::npos) return "no " + from;
    changed.replace(at, from.size(), to);
    const auto read = parse_replay(changed, "a.json");
    return read ? "it was read" : read.error().text();
  };
  EXPECT_EQ(error_of("\"lock_exists\": true", "\"lock_exists\": 7"),
            "a.json: /setting/lock_exists: expected true or false");
  EXPECT_EQ(error_of("\"lock_exists\"", "\"lock_exits\""),
            "a.json: /setting: 'lock_exists' is missing");
  EXPECT_EQ(error_of("\"version\": 3", "\"version\": 2"),
            "a.json: /version: 2 is not within 3 and 3");
  EXPECT_EQ(error_of("\"contender\": \"baton\"", "\"contender\": \"x\""),
            "a.json: /setting/contender: there is no contender 'x'");
  EXPECT_EQ(error_of("\"choices\": [", "\"choices\": [{\"number\": 1, \"of\": \"q\"},"),
            "a.json: /choices/0/of: 'q' is nobody; such are p1, late p1, incident 1, time");
  EXPECT_NE(error_of("{", "[").find("a.json: "), std::string::npos);
}

}  // namespace
}  // namespace holdfast::harness::sim
