#include "harness/page/timeline.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "harness/checker/story.h"
#include "harness/checker/trail.h"
#include "harness/page/sample_runs.h"
#include "harness/page/timeline_parts.h"

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

// An overstay begins inside, even where the lease was over before the call came back.
TEST(Timeline, SketchesNoOverstayOfAWait) {
  const auto sketch = [](double lease_end_ms) {
    SampleRun run = wedged_run();
    Story story(1);
    story.grant(3'100, 3'900, 0, 2, lease_end_ms).release(3'910, 0);
    run.history = story.history(4'000);
    return timeline(run, 0)["sketch"];
  };
  EXPECT_EQ(sketch(3'500), sketch(3'900));
  EXPECT_NE(sketch(3'500), sketch(3'905));
}

// ... and ends where a renewal has brought another lease.
TEST(Timeline, PacksNoOverstayOfAWait) {
  const auto packed = [](double lease_end_ms) {
    SampleRun run = wedged_run();
    Story story(1);
    story.grant(3'100, 3'900, 0, 2, lease_end_ms).refresh(3'940, 3'950, 0, 4'900);
    run.history = story.release(4'000, 0).history(5'000);
    return timeline(run)["holds"]["packed"];
  };
  EXPECT_EQ(packed(3'500), packed(3'900));
  EXPECT_NE(packed(3'500), packed(3'905));
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

// The curve on the page and the histogram beside it are of the same handoffs.
TEST(Timeline, TellsTheHandoffsThatTheReportHas) {
  for (const SampleRun& run : {valid_run(), violated_run(), overstay_run()}) {
    std::uint64_t all = 0;
    const json told = timeline(run)["over_time"]["handoff"];
    for (const json& window : told["count"]) all += window.get<std::uint64_t>();
    EXPECT_EQ(all, run.report.measures.all.handoff.count()) << run.name;
  }
}

TEST(Timeline, TellsFileOperationsAndWhatTheyFailedWith) {
  SampleRun run = violated_run();
  const json files = timeline(run)["files"];
  EXPECT_EQ(files["count"], 5);
  EXPECT_EQ(files["of"], 5);
  EXPECT_EQ(files["errors"], json::object());
  for (Event& event : run.history.events) {
    if (event.file != FileOp::unlink) continue;
    event.phase = Phase::fail;
    event.code = ENOENT;
  }
  EXPECT_EQ(timeline(run)["files"]["errors"], (json{{"2", "ENOENT"}}));
}

// One that was cut off, since its worker was killed, is there as well.
TEST(Timeline, TellsRenewalsAndWhatCameOfThem) {
  Story story(1);
  story.grant(10, 11, 0, 1, 1'011).refresh(20, 22, 0, 1'022).lose(30, 31, 0).refresh(40, 41, 0, 0);
  story.raw().events.pop_back();
  SampleRun run = overstay_run();
  EXPECT_EQ(timeline(run)["renewals"]["count"], 1);
  run.history = story.history(100);
  EXPECT_EQ(timeline(run)["renewals"]["count"], 3);
  EXPECT_EQ(timeline(run, 4)["renewals"]["count"], 1);
  EXPECT_EQ(timeline(run, 4)["renewals"]["of"], 3);
}

// Those around what was found are there, however long the run was before.
TEST(Timeline, OfManyFileOperationsHasThoseNearFindings) {
  const SampleRun run = violated_run();
  const json files = timeline(run, 8)["files"];
  EXPECT_EQ(files["count"], 2);
  EXPECT_EQ(files["of"], 5);
}

// Of a shared mount there is one for each request that it hit.
TEST(Timeline, OfMoreFaultsThanHoldsCanBeToldHasSomeAllThroughTheRun) {
  SampleRun run = long_run(2'000);
  const Fault pause = run.report.faults.front();
  for (std::int64_t i = 0; i < 2'000; ++i) {
    run.report.faults.push_back(pause);
    run.report.faults.back().start_ns = i * 4 * kMs;
  }
  const Trail trail(run.history, run.report.facts.terms);
  const Holds holds = find_holds(run.history, run.report.facts.terms, trail);
  const Lanes lanes = lanes_of(run.history);
  const auto chosen = chosen_holds({run.report, run.history, holds, lanes}, 500);
  EXPECT_GT(chosen.back(), 1'900U);
  EXPECT_LE(chosen.size(), 500U);
}

// Whoever replaces a killed worker has its place, and so its lane; places need not be counted on.
TEST(Timeline, MakesLanesOfPlacesHoweverTheyAreNumbered) {
  SampleRun run = unknown_run();
  run.history.workers[0].slot = 0xfffffff0;
  EXPECT_EQ(timeline(run)["workers"][0]["lane"], 0);
}

}  // namespace
}  // namespace holdfast::harness
