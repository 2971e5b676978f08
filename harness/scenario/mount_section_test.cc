#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

using ::testing::HasSubstr;
using Kind = MountFault::Kind;

Result<MountSpec> read(const std::string& text) {
  return parse_mount(text, "m.json", {"h1", "h2"});
}

std::string complaint(const std::string& text) {
  const auto spec = read(text);
  return spec ? "none" : spec.error().text();
}

TEST(MountSection, EverythingHasADefault) {
  const auto spec = read("{}");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->emulate, "nfs3-default");
  EXPECT_TRUE(spec->faults.empty());
  EXPECT_FALSE(spec->renames);
  EXPECT_EQ(read(R"({"renames": "of_the_file"})")->renames, Renames::of_the_file);
}

TEST(MountSection, ReadsEveryKindOfFault) {
  const auto spec = read(R"({"emulate": "nfs-async", "file_times": ["1s", "2s"], "soft": "5s",
    "hard_links": "refused", "faults": [
    {"fault": "lost_reply", "operation": "link", "probability": 0.5, "host": "h2"},
    {"fault": "duplicate", "operation": ["unlink", "rename"], "for": "5ms", "nth": 3},
    {"fault": "delay", "path": "*.lock", "for": {"exponential": "1ms"}, "from": "1s",
     "until": "2s"},
    {"fault": "reorder", "by": 2},
    {"fault": "error", "error": "EDQUOT", "applied": "later", "for": "1s", "times": 7},
    {"fault": "hang"},
    {"fault": "partition", "host": "h1", "at": "1s", "for": "2s", "direction": "replies"},
    {"fault": "server_pause", "every": "2s", "for": "1s", "jitter": 0.5},
    {"fault": "server_crash", "every": "2s", "for": "10ms", "forget": 3},
    {"fault": "server_clock", "step": "-1h"}]})");
  ASSERT_TRUE(spec) << spec.error().text();
  ASSERT_EQ(spec->faults.size(), 10U);
  EXPECT_EQ(spec->links, Links::refused);
  EXPECT_EQ(spec->files->most, std::chrono::seconds(2));
  EXPECT_EQ(spec->faults[0].host, "h2");
  EXPECT_EQ(spec->faults[1].operations.size(), 2U);
  EXPECT_EQ(spec->faults[1].nth, 3U);
  EXPECT_EQ(spec->faults[2].until, std::chrono::seconds(2));
  EXPECT_EQ(spec->faults[3].overtaken_by, 2U);
  EXPECT_EQ(spec->faults[4].applied, MountFault::Applied::later);
  EXPECT_FALSE(spec->faults[6].requests);
  EXPECT_EQ(spec->faults[7].at, std::chrono::seconds(2));
  EXPECT_EQ(spec->faults[8].forget, 3U);
  EXPECT_EQ(spec->faults[9].step, -std::chrono::hours(1));
}

TEST(MountSection, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(complaint(R"({"emulate": "nfs3"})"), HasSubstr("m.json: /emulate"));
  EXPECT_THAT(complaint(R"({"emulat": "local"})"), HasSubstr("did you mean \"emulate\""));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "lost_replay"}]})"),
              HasSubstr("/faults/0/fault: unknown fault \"lost_replay\"; did you mean"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "hang", "host": "h3"}]})"), HasSubstr("h2"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "hang", "operation": "lnik"}]})"),
              HasSubstr("\"link\""));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "delay"}]})"), HasSubstr("how long"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "error"}]})"), HasSubstr("says not which"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "server_clock"}]})"), HasSubstr("offset"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "hang", "from": "2s", "until": "1s"}]})"),
              HasSubstr("ends before it begins"));
  EXPECT_THAT(complaint(R"({"file_times": ["2s", "1s"]})"), HasSubstr("/file_times"));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "partition", "for": "1s", "times": 2}]})"),
              HasSubstr("\"times\" needs \"every\""));
  EXPECT_THAT(complaint(R"({"faults": [{"fault": "server_crash", "for": "1s", "forget": 2}]})"),
              HasSubstr("nfs-async"));
}

TEST(MountSection, AServersTimesTickInTwoSecondsAtMost) {
  EXPECT_EQ(read(R"({"tick": "2s"})")->tick, std::chrono::seconds(2));
  EXPECT_THAT(complaint(R"({"tick": "3s"})"),
              HasSubstr("/tick: found \"3s\", allowed is a duration of at most 2s"));
  EXPECT_THAT(complaint(R"({"tick": "0s"})"), HasSubstr("/tick"));
}

TEST(MountSection, AHangWithoutALengthIsForEverAndOneOfLengthZeroIsNot) {
  const std::string begin = R"({"version": 1, "contender": "baton", "mount": {"faults": [)";
  for (const bool given : {true, false}) {
    const std::string fault = given ? R"({"fault": "hang", "for": "0s"})" : R"({"fault": "hang"})";
    const auto scenario = parse_scenario(begin + fault + "]}}", "a.json", {});
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_EQ(scenario->mount->faults.at(0).for_ever, !given);
    const auto again = parse_scenario(scenario->text, "a.json", {});
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->mount->faults.at(0).for_ever, !given);
  }
}

// A report echoes the scenario, and a stored run is judged by the echo.
TEST(MountSection, IsWrittenOutWholeAndReadAgain) {
  const std::string text = R"({"version": 1, "contender": "baton", "mount": {
    "emulate": "nfs-async", "tick": "5ms", "faults": [
    {"fault": "error", "error": "EIO", "operation": "rename", "probability": 0.1},
    {"fault": "duplicate", "for": {"uniform": ["1ms", "9ms"]}, "times": 5, "until": "3s"},
    {"fault": "partition", "host": "h2", "every": "3s", "for": "1s", "direction": "requests"},
    {"fault": "server_crash", "at": "2s", "for": "20ms", "forget": 4}]}})";
  const auto first = parse_scenario(text, "a/b.json", {});
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(first->mount);
  const auto again = parse_scenario(first->text, "a/b.json", {});
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->text, first->text);
  ASSERT_EQ(again->mount->faults.size(), 4U);
  EXPECT_FALSE(again->mount->faults[2].replies);
  EXPECT_EQ(again->mount->faults[3].at, std::chrono::seconds(2));
}

TEST(MountSection, AScenarioWithoutOneHasNone) {
  EXPECT_FALSE(parse_scenario(R"({"version": 1, "contender": "baton"})", "a/b.json", {})->mount);
}

// The mount sees what any program does; without one only baton and link know where they are.
TEST(MountSection, OnAMountEveryContenderCanBeKilledAtAnOperation) {
  const std::string kill =
      R"("faults": [{"fault": "kill", "operation": "link", "when": "after", "within": 3}])";
  for (const std::string contender : {R"("excl")", R"({"program": ["/bin/lock"]})"}) {
    const std::string text = R"({"version": 1, "contender": )" + contender + ", " + kill;
    EXPECT_FALSE(parse_scenario(text + "}", "a.json", {})) << contender;
    const auto scenario = parse_scenario(text + R"(, "mount": {}})", "a.json", {});
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_EQ(scenario->faults.at(0).operation, "link");
    EXPECT_FALSE(scenario->faults.at(0).before);
  }
}

}  // namespace
}  // namespace holdfast::harness
