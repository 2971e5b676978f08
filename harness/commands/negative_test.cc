// holdfast negative, and holdfast league: tables of many short runs.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// --- planted mistakes; all of them are a stage of their own

TEST_F(WholeRuns, PlantedMistakesAreCaughtAndKeptInATable) {
  const Said said = holdfast("negative", {"--output", runs(), "--only", "negative/token-",
                                          std::string(HOLDFAST_SCENARIOS) + "/negative"});
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("caught   token-in-the-lock         token_regression"));
  EXPECT_THAT(said.out, HasSubstr("3 of 3 planted mistakes caught, 3 by the right class"));
  const json table = read(runs() + "/negative.json");
  EXPECT_EQ(table.at("rows").size(), 3U);
  EXPECT_TRUE(fs::exists(runs() + "/negative.md"));
  expect_nothing_left();
}

// Were it 0, the table would show nothing.
TEST_F(WholeRuns, AMistakeThatIsMissedIsTriedAgainAndIsAnotherExitStatus) {
  const std::string sound =
      playground_.file("negative/sound.json",
                       R"({"version": 1, "contender": "flock", "until": {"duration": "300ms"},
          "expect": {"verdict": "violated", "class": "wedge"}})");
  const Said said = holdfast("negative", {"--output", runs(), "--tries", "2", sound});
  EXPECT_EQ(said.status, 1) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("MISSED   sound"));
  EXPECT_THAT(said.out, HasSubstr("in run 2"));
  EXPECT_EQ(kept().size(), 2U);
}

TEST_F(WholeRuns, SoundLocksThatAreAccusedAreAnotherExitStatus) {
  const std::string bad = playground_.file(
      "control/bad.json", R"({"version": 1, "contender": "planted:nothing", "work": {"hold": "5ms"},
                              "until": {"duration": "300ms"}})");
  const auto control = [&](const std::string& path) {
    return holdfast("negative", {"--output", runs(), "--control", "2", path});
  };
  EXPECT_EQ(control(bad).status, 1);
  const Said said = control(shipped("control/flock-killed"));
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("2 runs of sound locks"));
  EXPECT_THAT(said.out, HasSubstr("0 accused, 0 not as expected"));
  const json table = read(runs() + "/controls.json");
  ASSERT_EQ(table.at("rows").size(), 2U) << "the row of those that were not run is kept";
  EXPECT_GE(table.at("accused"), 1) << "one of two may show nothing on a busy machine";
  EXPECT_EQ(table.at("rows")[1].at("scenario"), "control/flock-killed");
  EXPECT_GT(table.at("rows")[1].at("handoffs"), 0);
}

// A scenario that accuses every lock catches its mistake, too, and shows nothing.
TEST_F(WholeRuns, WherePlantedMistakesAreFoundTheSoundLockIsNotAccused) {
  const auto control = [&](const std::string& path) {
    return holdfast("negative", {"--output", runs(), "--control", "1", path});
  };
  const std::string lock = std::string(HOLDFAST_SCENARIOS) + "/negative/check-then-create.py";
  const std::string adapters = std::string(HOLDFAST_SCENARIOS) + "/../harness/contender/adapters";
  const std::string unfair = playground_.file(
      "negative/unfair.json",
      R"({"version": 1, "contender": {"name": "bad", "program": ["/usr/bin/python3", ")" +
          adapters + R"(/contender.py", ")" + lock + R"("]}, "work": {"hold": "20ms"},
          "hosts": {"count": 1, "workers": 3}, "until": {"duration": "1s"},
          "bounds": {"wait": "1ms"},
          "expect": {"verdict": "violated", "class": "starvation"}})");
  EXPECT_EQ(control(unfair).status, 1);
  const Said said = control(shipped("negative/check-then-create"));
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_EQ(read(runs() + "/controls.json").at("rows")[0].at("lock"), "sound");
  EXPECT_EQ(control(shipped("negative/nothing")).status, 3) << "it is made in another lock";
}

// The table of all mistakes is what the repository says of the harness: a part must not replace it.
TEST_F(WholeRuns, APartOfTheMistakesDoesNotTakeThePlaceOfTheTableOfAll) {
  const std::string table = playground_.file("negative.json", "{}");
  const Said said =
      holdfast("negative", {"--output", runs(), "--only", "token-in", "--table",
                            playground_.folder(), std::string(HOLDFAST_SCENARIOS) + "/negative"});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr("would lose those that are not run: leave --only away"));
  EXPECT_EQ(read(table), json::object());
}

TEST_F(WholeRuns, AScenarioIsMeasuredByTheMistakesThatItWouldHaveCaught) {
  const std::string in = playground_.file(
      "in.json", R"({"version": 1, "contender": "baton", "hosts": {"count": 2, "workers": 2},
                     "work": {"hold": "2ms", "resource": "fenced"},
                     "until": {"duration": "1s"}})");
  const Said said =
      holdfast("negative", {"--output", runs(), "--in", in, "--json", shipped("negative/nothing"),
                            shipped("negative/repeated-unlink")});
  EXPECT_EQ(said.status, 0) << "what is missed is no failure\n" << said.out << said.err;
  const json table = json::parse(said.out);
  EXPECT_EQ(table.at("in"), in);
  EXPECT_EQ(table.at("caught"), 1) << said.out;
  EXPECT_EQ(table.at("rows")[0].at("found"), "mutual_exclusion: not_excluding");
  EXPECT_EQ(table.at("rows")[1].at("bug"), "repeated-unlink");
  EXPECT_FALSE(table.at("rows")[1].at("caught")) << "no reply is lost here";
  EXPECT_EQ(read(runs() + "/power.json"), table);
  EXPECT_THAT(said.err, HasSubstr("1 of 2 planted mistakes caught in " + in));
  EXPECT_EQ(holdfast("negative", {"--in", std::string(HOLDFAST_SCENARIOS) + "/clock"}).status, 3)
      << "one scenario, not seven";
  expect_nothing_left();
}

TEST_F(WholeRuns, PlantedMistakesThatAreInterruptedLeaveNothing) {
  Started started(playground_,
                  command("negative", {"--output", runs(), shipped("negative/pid-reuse")}));
  EXPECT_TRUE(eventually([&] { return playground_.processes().size() > 4; }));
  started.signal(SIGINT);
  EXPECT_EQ(started.wait().status, 130) << started.err();
  expect_nothing_left();
}

// --- the league

TEST_F(WholeRuns, TheLeagueKeepsItsTableAndResumesIt) {
  const auto league = [&](const Words& more) {
    Words words = {"--output", runs(), "--table", playground_.folder(), "--condition", "alone"};
    words.insert(words.end(), more.begin(), more.end());
    return holdfast("league", words);
  };
  const Said first = league({"--lock", "ofd"});
  EXPECT_EQ(first.status, 0) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("alone   ofd   unknown (vacuous)"));
  const Said second = league({"--lock", "f", "--resume", "--lock", "fcntl"});
  EXPECT_EQ(second.status, 3) << "one word only";
  EXPECT_EQ(league({"--lock", "fcntl", "--resume"}).status, 0);
  const Said again = league({"--lock", "fcntl", "--resume"});
  EXPECT_THAT(again.out, Not(HasSubstr("alone"))) << "it is in the table";
  const json table = read(playground_.folder() / "league.json");
  EXPECT_EQ(table.at("cells").size(), 2U);
  EXPECT_EQ(league({"--lock", "no such lock"}).status, 3);
  expect_nothing_left();
}

// A cell names one build: of what another one found there it would say what is not so.
TEST_F(WholeRuns, TheLeagueBeginsACellAnewThatAnotherBuildHasBegun) {
  const Words words = {"--output", runs(), "--condition", "alone", "--lock", "ofd"};
  EXPECT_EQ(holdfast("league", words).status, 0);
  json table = read(runs() + "/league.json");
  table.at("cells")[0].at("harness") = "0.0 abc";
  table.at("cells")[0].at("tally") = {{"wedge", 1}};
  std::ofstream(runs() + "/league.json") << table;
  Words resumed = words;
  resumed.insert(resumed.end(), {"--runs", "2", "--resume"});
  EXPECT_EQ(holdfast("league", resumed).status, 0);
  EXPECT_EQ(read(runs() + "/league.json").at("cells")[0].at("tally"), json({{"unknown", 2}}));
}

}  // namespace
}  // namespace holdfast::harness
