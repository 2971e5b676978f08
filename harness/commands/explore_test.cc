// What `holdfast explore` says of a replay.
#include <gmock/gmock.h>

#include <filesystem>

#include "harness/commands/commands.h"
#include "harness/history/test_folder.h"
#include "harness/report/exit_status.h"
#include "harness/report/stored_file.h"
#include "harness/sim/replay_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ExploreReplay : public testing::Test {
 protected:
  static sim::Failure shipped(const std::string& name) {
    const auto text = read_stored(std::string(HOLDFAST_REPLAYS) + "/" + name + ".json");
    if (!text) throw std::runtime_error(text.error().text());
    auto failure = sim::parse_replay(*text, "shipped");
    if (!failure) throw std::runtime_error(failure.error().text());
    return *failure;
  }
  std::string file(const sim::Failure& failure) {
    const std::string path = folder_ / "replay.json";
    if (!write_stored(path, sim::replay_text(failure))) throw std::runtime_error(path);
    return path;
  }
  /// A shipped replay, with all of its choices or none of them: then nothing goes wrong.
  std::string file(bool with_choices) {
    sim::Failure failure = shipped("link-repeated-rename");
    if (!with_choices) failure.choices.clear();
    return file(failure);
  }
  int run(const Arguments& arguments) {
    testing::internal::CaptureStdout();
    const int status = explore_command(arguments);
    said_ = testing::internal::GetCapturedStdout();
    return status;
  }

  TestFolder folder_;
  std::string said_;
};

TEST_F(ExploreReplay, SaysWhereItHasKeptTheRun) {
  const std::string runs = folder_ / "runs";
  EXPECT_EQ(run({"--replay", file(true), "--output", runs}), int(ExitStatus::violated));
  EXPECT_THAT(said_, HasSubstr("verdict    VIOLATED: mutual_exclusion"));
  EXPECT_THAT(said_, HasSubstr("report     "));
  EXPECT_THAT(said_, Not(HasSubstr("kept       nothing")));
  EXPECT_TRUE(fs::exists(runs));
}

// Silence would leave whoever asked for a run looking for it.
TEST_F(ExploreReplay, SaysThatNothingGoesWrongAndNothingIsKept) {
  const std::string runs = folder_ / "runs";
  EXPECT_EQ(run({"--replay", file(false), "--output", runs}), int(ExitStatus::mismatch));
  EXPECT_THAT(said_, HasSubstr("verdict    nothing goes wrong"));
  EXPECT_THAT(said_, HasSubstr("kept       nothing, in " + runs));
  EXPECT_FALSE(fs::exists(runs));
}

// "Nothing goes wrong" would hide it.
TEST_F(ExploreReplay, TellsOfAnotherPropertyThanTheFileNames) {
  sim::Failure failure = shipped("link-repeated-rename");
  failure.mistake = {"wedge", "p2 waits for ever", "", {}};
  const std::string runs = folder_ / "runs";
  EXPECT_EQ(run({"--replay", file(failure), "--output", runs}), int(ExitStatus::mismatch));
  EXPECT_THAT(said_, HasSubstr("verdict    VIOLATED: mutual_exclusion"));
  EXPECT_THAT(said_,
              HasSubstr("ANOTHER MISTAKE than the file's, which is not made any more: wedge"));
  EXPECT_THAT(said_, HasSubstr("p2 waits for ever"));
  EXPECT_THAT(said_, Not(HasSubstr("nothing goes wrong")));
  EXPECT_THAT(said_, HasSubstr("is granted the lock"));  // the story
  EXPECT_TRUE(fs::exists(runs));
}

TEST_F(ExploreReplay, TellsOfAnotherCauseThanTheFileNames) {
  sim::Failure failure = shipped("flufl-two-breakers");
  ASSERT_EQ(failure.mistake.cause, "double_break");
  EXPECT_EQ(run({"--replay", file(failure)}), int(ExitStatus::violated));
  failure.mistake.cause = "stolen_release";
  EXPECT_EQ(run({"--replay", file(failure)}), int(ExitStatus::mismatch));
  EXPECT_THAT(said_, HasSubstr("VIOLATED: mutual_exclusion (double_break)"));
  EXPECT_THAT(said_, HasSubstr("made any more: mutual_exclusion (stolen_release)"));
}

// The mistake that the file names is what counts, also where others come before it.
TEST_F(ExploreReplay, LooksForTheFilesOwnMistakeFirst) {
  for (const auto& entry : fs::directory_iterator(HOLDFAST_REPLAYS)) {
    const std::string name = entry.path().stem();
    EXPECT_EQ(run({"--replay", file(shipped(name))}), int(ExitStatus::violated)) << name;
    EXPECT_THAT(said_, Not(HasSubstr("ANOTHER MISTAKE"))) << name;
  }
}

TEST_F(ExploreReplay, WhatCannotBeWrittenIsNoBadUsage) {
  const std::string nowhere = "/proc/x/y.json";
  EXPECT_EQ(run({"--replay", file(true), "--export", nowhere}), int(ExitStatus::harness_failed));
  EXPECT_EQ(run({"--schedules", "1", "--output", nowhere}), int(ExitStatus::harness_failed));
}

// Too little time shows nothing: neither that a mistake is found, nor that it is not.
TEST_F(ExploreReplay, ACaseWhoseTimeWasOverIsUnknown) {
  const std::string cases = folder_ / "a.exploration";
  ASSERT_TRUE(write_stored(cases, R"({"version": 1, "holdfast": "exploration", "cases": [
      {"contender": "baton", "schedules": 100000000, "expects": "wedge"}]})"));
  EXPECT_EQ(run({"--seconds", "0.01", "--threads", "1", cases}), int(ExitStatus::unknown));
  EXPECT_THAT(said_, HasSubstr("NOT FINISHED: its time was over"));
}

TEST_F(ExploreReplay, SaysNothingOfFoldersThatNobodyHasAskedFor) {
  EXPECT_EQ(run({"--replay", file(false)}), int(ExitStatus::mismatch));
  EXPECT_THAT(said_, Not(HasSubstr("kept")));
}

}  // namespace
}  // namespace holdfast::harness
