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
  /// A shipped replay, with all of its choices or none of them: then nothing goes wrong.
  std::string file(bool with_choices) {
    const auto text = read_stored(std::string(HOLDFAST_REPLAYS) + "/link-repeated-rename.json");
    if (!text) throw std::runtime_error(text.error().text());
    auto failure = sim::parse_replay(*text, "shipped");
    if (!failure) throw std::runtime_error(failure.error().text());
    if (!with_choices) failure->choices.clear();
    const std::string path = folder_ / "replay.json";
    if (!write_stored(path, sim::replay_text(*failure))) throw std::runtime_error(path);
    return path;
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

TEST_F(ExploreReplay, SaysNothingOfFoldersThatNobodyHasAskedFor) {
  EXPECT_EQ(run({"--replay", file(false)}), int(ExitStatus::mismatch));
  EXPECT_THAT(said_, Not(HasSubstr("kept")));
}

}  // namespace
}  // namespace holdfast::harness
