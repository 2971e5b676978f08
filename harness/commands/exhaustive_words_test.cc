// What `holdfast explore --exhaustive` says of what it has completed, and of what it has not.
#include "harness/commands/exhaustive_words.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/commands/commands.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// A scene of which one crash was asked for, and what became of each of its two levels.
SceneCovered scene(sim::End nothing_goes_wrong, sim::End with_a_crash) {
  SceneCovered one;
  one.scene = sim::scenes("baton").front();
  one.scene.bounds = {.crashes = 1};
  one.mount = "plain";
  one.levels.resize(2);
  one.levels[0].covered.end = nothing_goes_wrong;
  one.levels[1].bounds = {.crashes = 1};
  one.levels[1].covered.end = with_a_crash;
  return one;
}

json as_json(const SceneCovered& one, bool must_complete) {
  return json::parse(exhaustive_json({one}, must_complete))["exhaustive"][0];
}

TEST(ExhaustiveWords, SayWhenAllIsComplete) {
  const SceneCovered one = scene(sim::End::finished, sim::End::finished);
  EXPECT_EQ(exit_status(one, false), ExitStatus::as_expected);
  EXPECT_EQ(exit_status(one, true), ExitStatus::as_expected);
  EXPECT_THAT(conclusion_text(one), HasSubstr("any schedule with at most: 1 crash\n"));
  EXPECT_THAT(conclusion_text(one), Not(HasSubstr("NOT COMPLETE")));
  EXPECT_EQ(as_json(one, true)["complete"], true);
  EXPECT_EQ(as_json(one, true)["completed"]["crashes"], 1);
}

TEST(ExhaustiveWords, SayWhatIsCompleteWhereNotAllIs) {
  for (const auto end : {sim::End::out_of_time, sim::End::out_of_memory}) {
    const SceneCovered one = scene(sim::End::finished, end);
    EXPECT_EQ(exit_status(one, false), ExitStatus::as_expected);
    EXPECT_EQ(exit_status(one, true), ExitStatus::unknown);
    EXPECT_THAT(conclusion_text(one), HasSubstr("any schedule with at most: nothing goes wrong\n"));
    EXPECT_THAT(conclusion_text(one), HasSubstr("NOT COMPLETE: asked for was 1 crash"));
    EXPECT_EQ(as_json(one, false)["complete"], false);
    EXPECT_EQ(as_json(one, false)["completed"]["crashes"], 0);
    EXPECT_EQ(as_json(one, false)["asked"]["crashes"], 1);
    EXPECT_EQ(as_json(one, false)["status"], 0);
    EXPECT_EQ(as_json(one, true)["status"], 2);
  }
}

// A level that the time did not suffice to begin is missing altogether.
TEST(ExhaustiveWords, SayWhatWasNotBegun) {
  SceneCovered one = scene(sim::End::finished, sim::End::finished);
  one.levels.pop_back();
  EXPECT_EQ(exit_status(one, true), ExitStatus::unknown);
  EXPECT_THAT(conclusion_text(one), HasSubstr("NOT COMPLETE: asked for was 1 crash"));
}

TEST(ExhaustiveWords, SayThatNothingIsComplete) {
  SceneCovered one = scene(sim::End::out_of_time, sim::End::out_of_time);
  one.levels.pop_back();
  EXPECT_EQ(exit_status(one, false), ExitStatus::unknown);
  EXPECT_THAT(conclusion_text(one), HasSubstr("UNKNOWN"));
  EXPECT_THAT(conclusion_text(one), Not(HasSubstr("no wedge")));
  EXPECT_TRUE(as_json(one, false)["completed"].is_null());
  EXPECT_EQ(as_json(one, false)["status"], 2);
  // Schedules that were given up have not been seen to their end.
  one.levels[0].covered.end = sim::End::finished;
  one.levels[0].covered.too_long = 1;
  EXPECT_EQ(exit_status(one, false), ExitStatus::unknown);
}

TEST(ExhaustiveWords, PutAViolationFirst) {
  SceneCovered one = scene(sim::End::finished, sim::End::violated);
  one.levels[1].covered.failure.emplace();
  one.levels[1].covered.failure->mistake = {"wedge", "nobody gets it", "", {}};
  EXPECT_EQ(exit_status(one, false), ExitStatus::violated);
  EXPECT_THAT(conclusion_text(one), HasSubstr("VIOLATED: wedge"));
  EXPECT_EQ(as_json(one, false)["status"], 1);
}

// By the command: it has room for ten states, and the scene has thousands.
TEST(ExhaustiveWords, StandInTheExitStatusOfTheCommand) {
  const auto status_of = [](const Arguments& more) {
    Arguments all = {"--exhaustive", "handover", "--threads", "1", "--crashes", "0",
                     "--replies",    "0",        "--json"};
    all.insert(all.end(), more.begin(), more.end());
    testing::internal::CaptureStdout();
    const int status = explore_command(all);
    const json said = json::parse(testing::internal::GetCapturedStdout());
    EXPECT_EQ(said["exhaustive"][0]["status"], status);
    return status;
  };
  EXPECT_EQ(status_of({"--clock-steps", "0", "--complete"}), 0);
  EXPECT_EQ(status_of({"--clock-steps", "0", "--most-states", "10"}), 2);
  EXPECT_EQ(status_of({"--clock-steps", "1", "--most-states", "5000"}), 0);
  EXPECT_EQ(status_of({"--clock-steps", "1", "--most-states", "5000", "--complete"}), 2);
}

}  // namespace
}  // namespace holdfast::harness
