#include "harness/commands/track_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

std::vector<KnownBug> kept() {
  const std::string file = std::string(HOLDFAST_REPORTS) + "/track-record.json";
  const auto text = read_stored(file);
  EXPECT_TRUE(text) << text.error().text();
  const auto bugs = parse_track_record(*text, file);
  EXPECT_TRUE(bugs) << bugs.error().text();
  return *bugs;
}

// Two files say the same: who changes one by hand is told.
TEST(TrackRecord, IsKeptAsItIsWritten) {
  const auto text = [](const char* name) {
    return read_stored(std::string(HOLDFAST_REPORTS) + name).value();
  };
  EXPECT_EQ(text("/track-record.json"), track_record_json(kept()));
  EXPECT_EQ(text("/track-record.md"), track_record_markdown(kept()));
}

TEST(TrackRecord, NamesOnlyCommandsThatCanBeRunAgain) {
  EXPECT_GE(kept().size(), 10U);
  for (const KnownBug& bug : kept()) {
    EXPECT_TRUE(bug.arguments.front() == "run" || bug.arguments.front() == "explore") << bug.bug;
    EXPECT_EQ(bug.status, bug.arguments.front() == "run" ? 0 : 1) << bug.bug;
    EXPECT_FALSE(bug.lock.empty() || bug.bug.empty() || bug.found.empty());
  }
}

TEST(TrackRecord, ThatDoesNotFitIsToldWithThePlace) {
  const auto complaint = [](const std::string& text) {
    const auto bugs = parse_track_record(text, "track-record.json");
    return bugs ? "" : bugs.error().text();
  };
  EXPECT_THAT(complaint("{"), HasSubstr("track-record.json: is no track record"));
  EXPECT_THAT(complaint(R"({"schema_version": 2, "bugs": []})"), HasSubstr("is no track record"));
  EXPECT_THAT(complaint(R"({"schema_version": 1, "bugs": [{"lock": "a"}]})"),
              HasSubstr("bug 1 does not fit"));
  EXPECT_THAT(complaint(R"({"schema_version": 1, "bugs": [{"lock": "a", "bug": "b", "found": "c",
      "arguments": [], "status": 0, "commit": "", "date": ""}]})"),
              HasSubstr("a: has no arguments"));
}

TEST(TrackRecord, SaysEachCommandAsAShellReadsIt) {
  KnownBug bug;
  bug.arguments = {"run", "a b.json", "--set", "/expect={\"verdict\": \"any\"}", "it's"};
  EXPECT_EQ(typed_command(bug),
            "./holdfast run 'a b.json' --set '/expect={\"verdict\": \"any\"}' 'it'\\''s'");
}

TEST(TrackRecord, SaysWhichScenarioAndSeedFoundABug) {
  KnownBug run, replay;
  run.arguments = {"run", "scenarios/a.json", "--set", "/x=1", "--seed", "5eed"};
  replay.arguments = {"explore", "--replay", "harness/sim/replays/b.json"};
  const std::string text = track_record_markdown({run, replay});
  EXPECT_THAT(text, HasSubstr("| scenarios/a.json | 5eed | never |"));
  EXPECT_THAT(text, HasSubstr("| harness/sim/replays/b.json | one schedule | never |"));
}

}  // namespace
}  // namespace holdfast::harness
