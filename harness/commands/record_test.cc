// holdfast record: bugs on record are shown again, or it is said that they were not.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class RecordCommand : public WholeRuns {
 protected:
  /// A table of one bug, which this replay shows with exit status 1.
  void keep(const std::string& replay, int status) {
    const json bug = {{"lock", "flufl_exact"},
                      {"bug", "two break one lock"},
                      {"found", "mutual_exclusion: double_break"},
                      {"arguments", {"explore", "--replay", replay}},
                      {"status", status},
                      {"commit", ""},
                      {"date", ""}};
    table_ =
        playground_.file("track-record.json", json{{"schema_version", 1}, {"bugs", {bug}}}.dump());
  }
  Said record(Words more = {}) const {
    more.insert(more.begin(), {"--table", playground_.folder(), "--tries", "2"});
    return holdfast("record", more);
  }
  json bug() const { return read(table_).at("bugs").at(0); }

  const std::string replay_ =
      std::string(HOLDFAST_SCENARIOS) + "/../harness/sim/replays/flufl-two-breakers.json";
  std::string table_;
};

TEST_F(RecordCommand, ShowsABugAgain) {
  keep(replay_, 1);
  const Said said = record();
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("shown     flufl_exact: mutual_exclusion: double_break\n"));
  EXPECT_THAT(said.out, HasSubstr("1 of 1 shown again"));
  EXPECT_EQ(bug().at("commit"), "") << "nobody asked for --update";
  EXPECT_EQ(record({"--only", "double_break"}).status, 0);
  EXPECT_EQ(record({"--only", "wedge"}).status, 3);
}

TEST_F(RecordCommand, SaysThatABugWasNotShown) {
  keep(replay_, 0);
  const Said said = record();
  EXPECT_EQ(said.status, 5);
  EXPECT_THAT(said.out, HasSubstr("NOT SHOWN flufl_exact: mutual_exclusion: double_break, in try "
                                  "2\n          ./holdfast explore --replay "));
}

// That says nothing about the bug, and trying it again says no more.
TEST_F(RecordCommand, ACommandThatCannotBeCarriedOutIsNoBugThatWasNotShown) {
  keep("/nowhere.json", 1);
  const Said said = record();
  EXPECT_EQ(said.status, 4) << said.out;
  EXPECT_THAT(said.err, HasSubstr("/nowhere.json"));
  EXPECT_THAT(said.err, HasSubstr("was not carried out, exit status 3"));
}

// A program that was built from what is in no commit has nothing to note.
TEST_F(RecordCommand, NotesTheCommitOrRefusesTo) {
  keep(replay_, 1);
  const Said said = record({"--update"});
  if (said.status == 3) {
    EXPECT_THAT(said.err, HasSubstr("commit first"));
    EXPECT_EQ(bug().at("commit"), "");
  } else {
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_NE(bug().at("commit"), "");
    EXPECT_THAT(text_of(playground_.folder() / "track-record.md"), HasSubstr("double_break"));
  }
}

}  // namespace
}  // namespace holdfast::harness
