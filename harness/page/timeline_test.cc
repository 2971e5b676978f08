#include "harness/page/timeline.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/page/sample_runs.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

json timeline(const SampleRun& run, std::size_t most = kMostHolds) {
  return json::parse(timeline_json(run.report, run.history, most));
}

TEST(Timeline, TellsEveryHoldOfARunThatIsNotTooLong) {
  const json told = timeline(valid_run());
  EXPECT_EQ(told["holds"]["count"], 293);
  EXPECT_EQ(told["holds"]["of"], 293);
  EXPECT_TRUE(told["sketch"].is_null());
  EXPECT_EQ(told["workers"].size(), 8U);
}

// A million are summarised, not refused.
TEST(Timeline, SketchesALongRunAndTellsWhatIsNearFaults) {
  const SampleRun run = long_run(2'000);
  const json told = timeline(run, 500);
  EXPECT_EQ(told["holds"]["of"], 2'000);
  EXPECT_GT(told["holds"]["count"], 100);
  EXPECT_LE(told["holds"]["count"], 500);
  EXPECT_EQ(told["sketch"]["stretches"], 8'000);
  EXPECT_GT(told["sketch"]["stretch_ns"], 0);
}

TEST(Timeline, CountsWhoFollowedWhom) {
  const json follows = timeline(valid_run())["follows"];
  EXPECT_EQ(follows["by"], "lane");
  std::uint64_t all = 0, grants = 0;
  for (const json& row : follows["counts"]) {
    for (const json& count : row) all += count.get<std::uint64_t>();
  }
  for (const json& count : follows["grants"]) grants += count.get<std::uint64_t>();
  EXPECT_EQ(grants, 293U);
  EXPECT_EQ(all, 292U);  // the first followed nobody
}

TEST(Timeline, TellsWaitsAsTheRunWentOn) {
  const json over_time = timeline(valid_run())["over_time"];
  const json& count = over_time["wait"]["count"];
  std::uint64_t all = 0;
  for (const json& window : count) all += window.get<std::uint64_t>();
  EXPECT_EQ(all, 293U);
  EXPECT_EQ(count.size(), over_time["wait"]["p99_ns"].size());
}

// Whoever replaces a killed worker has its place, and so its lane; places need not be counted on.
TEST(Timeline, MakesLanesOfPlacesHoweverTheyAreNumbered) {
  SampleRun run = unknown_run();
  run.history.workers[0].slot = 0xfffffff0;
  EXPECT_EQ(timeline(run)["workers"][0]["lane"], 0);
}

}  // namespace
}  // namespace holdfast::harness
