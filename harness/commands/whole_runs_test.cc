// The program as its users meet it: scenarios run end to end, with real processes, faults and
// clocks.
//
// What a verdict must be is in the scenarios; here it is asked of the exit status. Nothing depends
// on how fast the machine is: runs are short, and what they must show happens many times in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/commands/started.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Words = std::vector<std::string>;

std::string shipped(const std::string& name) {
  return std::string(HOLDFAST_SCENARIOS) + "/" + name + ".json";
}

class WholeRuns : public testing::Test {
 protected:
  Words command(const std::string& name, const Words& more) const {
    Words words = {HOLDFAST_PROGRAM, name};
    if (name == "run") words.insert(words.end(), {"--output", runs()});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Said holdfast(const std::string& name, const Words& more) const {
    return Started(playground_, command(name, more)).wait();
  }
  Said run(const Words& more) const { return holdfast("run", more); }

  std::string runs() const { return playground_.folder() / "runs"; }
  /// Folders of runs, in order.
  Words kept() const {
    Words found;
    if (!fs::exists(runs())) return found;
    for (const auto& scenario : fs::directory_iterator(runs())) {
      if (!scenario.is_directory()) continue;
      for (const auto& entry : fs::directory_iterator(scenario)) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  static json read(const fs::path& path) {
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    json value = json::parse(in, nullptr, false);
    EXPECT_FALSE(value.is_discarded()) << path << " is no JSON";
    return value;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  void expect_nothing_left() const {
    EXPECT_THAT(playground_.processes(), IsEmpty());
    for (const auto& entry : fs::directory_iterator(playground_.temporary())) {
      ADD_FAILURE() << "left behind: " << entry.path();
    }
  }
  /// Starts a run and waits until its workers are at work.
  std::unique_ptr<Started> begun(const Words& more) const {
    auto started = std::make_unique<Started>(playground_, command("run", more));
    EXPECT_TRUE(eventually([&] { return started->err().find("0:00") != std::string::npos; }))
        << started->err();
    return started;
  }

  Playground playground_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

// --- the shipped scenarios, in short form

TEST_F(WholeRuns, SmokeIsValidAndLeavesAReportOfItsSchema) {
  const Said said = run({shipped("smoke/baton"), "--duration", "5s"});
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("VALID   smoke/baton"));
  EXPECT_THAT(said.err, HasSubstr("0:00 of 0:05"));
  ASSERT_EQ(kept().size(), 1U);
  const fs::path folder = kept().front();
  EXPECT_THAT(said.out, HasSubstr((folder / "report.json").string()));
  EXPECT_TRUE(fs::exists(folder / "junit.xml"));
  expect_nothing_left();
  const Said schema = Started(playground_, {"python3", "-c",
                                            "import json, sys, jsonschema\n"
                                            "report, schema = (json.load(open(f)) for f in "
                                            "sys.argv[1:])\n"
                                            "jsonschema.validate(report, schema)\n",
                                            folder / "report.json", HOLDFAST_SCHEMA})
                          .wait();
  EXPECT_EQ(schema.status, 0) << schema.err;
  const json report = read(folder / "report.json");
  EXPECT_GT(report.at("faults").size(), 10U);
}

struct ShortForm {
  const char* scenario;
  const char* duration;
  const char* set = nullptr;
};

void PrintTo(const ShortForm& form, std::ostream* out) {
  *out << form.scenario << " for " << form.duration;
}

class ShippedScenario : public WholeRuns, public testing::WithParamInterface<ShortForm> {};

TEST_P(ShippedScenario, ComesOutAsItSays) {
  Words words = {shipped(GetParam().scenario), "--duration", GetParam().duration};
  if (GetParam().set != nullptr) words.insert(words.end(), {"--set", GetParam().set});
  const Said said = run(words);
  if (said.status == 6) GTEST_SKIP() << said.out << said.err;
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  expect_nothing_left();
}

std::string word_of(const testing::TestParamInfo<ShortForm>& of) {
  std::string name = of.param.scenario;
  for (char& c : name) c = c == '/' || c == '-' || c == '.' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Families, ShippedScenario,
    testing::Values(
        ShortForm{"crash/holder-killed", "4s"}, ShortForm{"crash/holder-killed-separate", "5s"},
        ShortForm{"crash/every-operation", "4s"}, ShortForm{"crash/flock", "2s"},
        ShortForm{"crash/link", "3s"}, ShortForm{"crash/excl", "4s"},
        ShortForm{"clock/offsets", "5s"}, ShortForm{"clock/flufl-ahead", "9s"},
        // How often a fault strikes in so short a time, the machine decides.
        ShortForm{"mount/baton-nfs3-default", "10s", "/expect/effective=10"},
        ShortForm{"mount/excl-forgotten", "8s"}, ShortForm{"mount/link-lost-reply", "4s"},
        ShortForm{"mount/flufl-lost-reply", "6s"},
        ShortForm{"mount/flufl-killed-at-operations", "8s"},
        ShortForm{"mount/mkdir-killed-after", "5s"}, ShortForm{"pause/longer-than-lease", "6s"},
        ShortForm{"scale/thousand-workers", "4s"}),
    word_of);

// On real NFS. The crash of a server takes its time: the whole form of the long ones is some more.
INSTANTIATE_TEST_SUITE_P(
    Lab, ShippedScenario,
    testing::Values(ShortForm{"server/baton-v3", "45s"}, ShortForm{"server/baton-v4.2", "45s"},
                    ShortForm{"server/uncontended-v3", "10s"},
                    ShortForm{"server/uncontended-v4.2", "10s"},
                    ShortForm{"server/flufl-ahead", "15s"}, ShortForm{"server/async-export", "25s"},
                    ShortForm{"server/flock-v3", "5s"}, ShortForm{"server/flock-v4.2", "5s"},
                    ShortForm{"one-fault-lab/partition-past-lease", "30s"}),
    word_of);

// --- what is not as expected

// Were it 0, the scenarios above would show nothing.
TEST_F(WholeRuns, AnotherVerdictThanExpectedIsAnotherExitStatus) {
  const auto status = [&](const std::string& expect) {
    return run({shipped("negative/nothing"), "--duration", "500ms", "--set", "/expect=" + expect})
        .status;
  };
  EXPECT_EQ(status("valid"), 1);
  EXPECT_EQ(status("any"), 0);
  EXPECT_EQ(status(R"({"verdict": "violated", "class": "token_regression"})"), 5);
  EXPECT_EQ(
      status(R"({"verdict": "violated", "class": "mutual_exclusion", "cause": "double_break"})"),
      5);
}

TEST_F(WholeRuns, NothingThatCouldHaveGoneWrongIsUnknown) {
  const std::string alone = playground_.file(
      "alone.json", R"({"version": 1, "contender": "flock", "hosts": {"workers": 2},
                        "work": {"hold": "0ms", "think": "10s"}, "until": {"duration": "200ms"}})");
  EXPECT_EQ(run({alone}).status, 2);
}

TEST_F(WholeRuns, ABadScenarioIsToldWithItsPlaceAndNothingIsRun) {
  const std::string bad = playground_.file(
      "family/bad.json", R"({"version": 1, "contender": "flock", "hosts": [{"wrokers": 3}]})");
  const Said said = run({shipped("crash/flock"), bad});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr(bad + ": /hosts/0/wrokers: unknown key"));
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(WholeRuns, BadUsageIsToldWithTheWayOut) {
  for (const Words& wrong :
       {Words{}, Words{"--set", "foo", shipped("crash/flock")}, Words{"/nowhere"},
        Words{"--seed", "xyz", shipped("crash/flock")}, Words{"--mount", "/nowhere", "x"},
        Words{"--summary", "/nowhere/step.md", shipped("crash/flock")}}) {
    const Said said = run(wrong);
    EXPECT_EQ(said.status, 3);
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr("holdfast run: "));
  }
  EXPECT_THAT(run({"--log-level", "loud", shipped("crash/flock")}).err,
              HasSubstr("--log-level: found \"loud\", allowed are error, warning, info, debug"));
}

TEST_F(WholeRuns, WhatTheMachineLacksIsSkippedWithTheReason) {
  const std::string needs = playground_.file(
      "needs.json",
      R"({"version": 1, "contender": "flock", "requires": ["program:/nowhere/lockd"]})");
  const Said said = run({needs});
  EXPECT_EQ(said.status, 6);
  EXPECT_THAT(said.out, HasSubstr("SKIPPED"));
  EXPECT_THAT(said.out, HasSubstr("/nowhere/lockd"));
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_THAT(text_of(kept().front() + "/junit.xml"), HasSubstr("skipped=\"1\""));
  EXPECT_THAT(text_of(kept().front() + "/junit.xml"), HasSubstr("/nowhere/lockd"));
  EXPECT_THAT(text_of(kept().front() + "/summary.md"), HasSubstr("/nowhere/lockd"));
  EXPECT_FALSE(fs::exists(kept().front() + "/report.json"));
}

TEST_F(WholeRuns, AContenderThatDoesNotStartIsAFailureOfTheHarnessThatNamesIt) {
  const std::string broken = playground_.file(
      "broken.json", R"({"version": 1, "contender": {"program": ["/bin/false"]}})");
  const Said said = run({broken});
  EXPECT_EQ(said.status, 4);
  EXPECT_THAT(said.err, HasSubstr("/bin/false"));
  expect_nothing_left();
}

TEST_F(WholeRuns, SeveralRunsEndInASummaryAndTheWorstStatus) {
  const std::string needs = playground_.file(
      "family/needs.json", R"({"version": 1, "contender": "flock", "requires": ["program:/no"]})");
  const Said said = run({shipped("crash/flock"), needs, "--duration", "700ms", "--repeat", "2",
                         "--set", "/faults=[]"});
  EXPECT_EQ(said.status, 6) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("SUMMARY   4 runs of 2 scenarios, 2 as expected"));
  EXPECT_THAT(said.out, HasSubstr("2 of 2 as expected"));
  EXPECT_EQ(kept().size(), 4U) << "the skipped ones have their junit.xml";
  const std::string summary = text_of(runs() + "/summary.md");
  EXPECT_THAT(summary, HasSubstr("4 runs of 2 scenarios, 2 as expected"));
  EXPECT_THAT(summary, HasSubstr("| crash/flock | VALID | valid | 2 of 2 as expected |"));
  EXPECT_THAT(summary, HasSubstr("| family/needs | SKIPPED |"));
}

// A workflow's file has what earlier steps wrote, and keeps it.
TEST_F(WholeRuns, TheSummaryIsAddedToTheFileThatWasAskedFor) {
  const std::string file = playground_.file("step.md", "before\n");
  run({shipped("crash/flock"), "--duration", "300ms", "--set", "/faults=[]", "--summary", file});
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(text_of(file), "before\n" + text_of(kept().front() + "/summary.md") + "\n");
}

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
  EXPECT_THAT(first.out, HasSubstr("alone   ofd   valid"));
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

// --- where things lie

TEST_F(WholeRuns, TheLocksStandInTheMountWhileItLastsAndNothingStaysThere) {
  const fs::path mount = playground_.folder() / "mount";
  fs::create_directory(mount);
  std::ofstream(mount / "theirs") << "precious";
  const auto started = begun({shipped("crash/flock"), "--duration", "2s", "--mount", mount});
  EXPECT_EQ(std::distance(fs::directory_iterator(mount), {}), 2);
  EXPECT_EQ(started->wait().status, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(mount), {}), 1);
  expect_nothing_left();
}

TEST_F(WholeRuns, JsonIsTheReportAndAllThatStandsOnStandardOutput) {
  const Said said = run({shipped("crash/flock"), "--duration", "2s", "--json"});
  EXPECT_EQ(said.status, 0) << said.err;
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(json::parse(said.out, nullptr, false), read(kept().front() + "/report.json"));
  EXPECT_THAT(said.err, HasSubstr("VALID"));
}

// --- check

class StoredRun : public WholeRuns {
 protected:
  void store(const Words& more) {
    EXPECT_EQ(run(more).status, 0);
    ASSERT_EQ(kept().size(), 1U);
    folder_ = kept().front();
  }
  fs::path folder_;
};

TEST_F(StoredRun, IsJudgedAgainBitForBitTheSame) {
  for (const char* scenario : {"crash/holder-killed", "negative/two-breakers"}) {
    fs::remove_all(runs());
    store({shipped(scenario), "--duration", "3s"});
    const Said said = holdfast("check", {folder_, "--json"});
    EXPECT_EQ(said.status, 0) << said.err;
    const json before = read(folder_ / "report.json");
    const json after = json::parse(said.out, nullptr, false);
    EXPECT_EQ(before.at("verdict"), after.at("verdict"));
    EXPECT_EQ(before.at("violations"), after.at("violations"));
    EXPECT_THAT(said.err, Not(HasSubstr("says otherwise")));
  }
}

TEST_F(StoredRun, WhoseReportSaysOtherwiseIsToldSo) {
  store({shipped("crash/flock"), "--duration", "2s"});
  json report = read(folder_ / "report.json");
  report.at("verdict").clear();
  std::ofstream(folder_ / "report.json") << report;
  const Said said = holdfast("check", {folder_});
  EXPECT_EQ(said.status, 4) << said.out;
  EXPECT_THAT(said.err, HasSubstr("report.json: says otherwise"));
}

TEST_F(StoredRun, ThatIsNotWholeIsToldWithTheFile) {
  store({shipped("crash/flock"), "--duration", "2s"});
  fs::remove(folder_ / "run.json");
  Said said = holdfast("check", {folder_});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr((folder_ / "run.json").string()));
  said = holdfast("check", {playground_.folder() / "nowhere"});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr("nowhere: no such folder"));
  said = holdfast("check", {runs()});
  EXPECT_EQ(said.status, 3);
  EXPECT_THAT(said.err, HasSubstr("no whole run"));
}

// A folder above stands for all runs below; one that was cut off must not go unmentioned.
TEST_F(StoredRun, IsFoundBelowAFolderBesideOneThatWasCutOff) {
  store({shipped("crash/flock"), "--duration", "2s"});
  fs::create_directories(runs() + "/other/cut-off");
  std::ofstream(runs() + "/other/cut-off/scenario.json") << "{}";
  const Said said = holdfast("check", {runs()});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("VALID   crash/flock"));
  EXPECT_THAT(said.err, HasSubstr("cut-off: passed over"));
}

// --- report

TEST_F(StoredRun, IsShownInEveryFormAgain) {
  store({shipped("crash/flock"), "--duration", "1s", "--set", "/expect={\"verdict\": \"any\"}"});
  const auto shown = [&](const char* format) {
    const Said said = holdfast("report", {folder_, "--format", format});
    EXPECT_EQ(said.status, 0) << said.err;
    return said.out;
  };
  EXPECT_EQ(shown("markdown"), text_of(folder_ / "summary.md"));
  EXPECT_THAT(shown("text"), HasSubstr("crash/flock   seed "));
  EXPECT_THAT(shown("html"), HasSubstr("</html>"));
  EXPECT_THAT(shown("junit"), HasSubstr("<testsuite name=\"crash/flock\""));
  const json report = json::parse(shown("json"), nullptr, false);
  EXPECT_EQ(report.at("latency"), read(folder_ / "report.json").at("latency"));
  // A folder of the one run stands for it, and so does a file in it.
  EXPECT_EQ(holdfast("report", {runs()}).out, shown("text"));
  EXPECT_EQ(holdfast("report", {folder_ / "report.json"}).out, shown("text"));
}

TEST_F(StoredRun, OfAnOlderSchemaIsMadeAnew) {
  store({shipped("crash/flock"), "--duration", "1s", "--set", "/expect={\"verdict\": \"any\"}"});
  std::ofstream(folder_ / "report.json") << R"({"schema_version": 0})";
  const Said said =
      holdfast("report", {folder_, "--format", "json", "--output", folder_ / "report.json"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(read(folder_ / "report.json").at("schema_version"), 1);
}

TEST_F(StoredRun, ThatCannotBeShownIsToldWithTheWayOut) {
  const auto refused = [&](const Words& words, const char* why) {
    const Said said = holdfast("report", words);
    EXPECT_EQ(said.status, 3);
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr(why));
  };
  refused({playground_.folder() / "nowhere"}, "nowhere: no such folder");
  refused({runs(), "--format", "pdf"}, "found \"pdf\", allowed are text, markdown, json");
  playground_.file("alone/report.json", "{}");
  refused({playground_.folder() / "alone"}, "keep the whole folder of a run");
  for (const char* name : {"runs/a/1", "runs/a/2"}) {
    for (const char* file : {"/scenario.json", "/run.json"}) {
      playground_.file(std::string(name) + file, "{}");
    }
  }
  refused({runs()}, "holds 2 runs, one is shown at a time:\n  ");
  refused({runs() + "/a/1"}, "scenario.json");
}

// --- compare

TEST_F(WholeRuns, AreComparedWithEachOther) {
  const std::string any = "/expect={\"verdict\": \"any\"}";
  const auto kept_in = [&](const std::string& folder, const Words& more) {
    Words words = {HOLDFAST_PROGRAM,
                   "run",
                   shipped("crash/flock"),
                   "--duration",
                   "300ms",
                   "--set",
                   any,
                   "--output",
                   playground_.folder() / folder};
    words.insert(words.end(), more.begin(), more.end());
    Started(playground_, words).wait();
    return (playground_.folder() / folder).string();
  };
  const std::string before = kept_in("before", {"--repeat", "2"});
  const std::string after = kept_in("after", {"--repeat", "2", "--set", "/hosts/workers=3"});
  const Said text = holdfast("compare", {before, after});
  EXPECT_EQ(text.status, 0) << text.out << text.err;
  EXPECT_THAT(text.out, HasSubstr("SAME VERDICT   crash/flock"));
  EXPECT_THAT(text.out, HasSubstr("/hosts/0/workers"));
  const json compared = json::parse(holdfast("compare", {before, after, "--json"}).out);
  EXPECT_EQ(compared.at("scenarios").at(0).at("b").at("runs"), 2);
  EXPECT_THAT(holdfast("compare", {before, after, "--markdown"}).out, HasSubstr("|---|"));
  EXPECT_EQ(holdfast("compare", {before, after, "--fail-slower", "1000"}).status, 0);
  // A planted change of what was expected is worse, and the way back is better.
  for (const auto& entry : fs::recursive_directory_iterator(after)) {
    if (entry.path().filename() != "report.json") continue;
    json report = read(entry.path());
    report.at("verdict").at("exit_status") = 1;
    std::ofstream(entry.path()) << report;
  }
  EXPECT_EQ(holdfast("compare", {before, after}).status, 1);
  EXPECT_EQ(holdfast("compare", {after, before}).status, 0);
}

TEST_F(StoredRun, ThatCannotBeComparedIsToldWithTheWayOut) {
  store({shipped("crash/flock"), "--duration", "300ms", "--set", "/expect={\"verdict\": \"any\"}"});
  const auto refused = [&](const Words& words, const char* why) {
    const Said said = holdfast("compare", words);
    EXPECT_EQ(said.status, 3);
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr(why));
  };
  refused({folder_}, "B is required");
  refused({folder_, "/nowhere"}, "/nowhere: no such folder");
  refused({folder_, folder_, "--fail-slower", "1.2"}, "takes several runs");
  refused({folder_, folder_, "--fail-slower", "0.5"}, "--fail-slower");
  json report = read(folder_ / "report.json");
  report.at("schema_version") = 0;
  std::ofstream(folder_ / "report.json") << report;
  refused({folder_, folder_}, "make it anew from what was recorded");
}

// --- index

// Folders of runs are anybody's: one that is broken, or has a pipe where a file should be, is
// named.
TEST_F(StoredRun, IsListedOnAPageBesideThoseThatCannotBe) {
  store({shipped("crash/flock"), "--duration", "300ms", "--set", "/expect={\"verdict\": \"any\"}"});
  playground_.file("runs/a/cut-off/scenario.json", "{}");
  playground_.file("runs/a/old/report.json", R"({"schema_version": 0})");
  playground_.file("runs/a/pipe/scenario.json", "{}");
  ASSERT_EQ(::mkfifo((runs() + "/a/pipe/report.json").c_str(), 0600), 0);
  const Said said = holdfast("index", {runs()});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("index.html: 1 run; named as not readable: 3 folders"));
  const std::string page = text_of(runs() + "/index.html");
  EXPECT_THAT(page, HasSubstr("./crash-flock/" + folder_.filename().string() + "/report.json"));
  EXPECT_THAT(page, HasSubstr("the run was cut off"));
  EXPECT_THAT(page, HasSubstr("found schema_version 0"));
  EXPECT_EQ(holdfast("index", {"/nowhere"}).status, 3);
  EXPECT_EQ(holdfast("index", {runs(), "--output", "/nowhere/index.html"}).status, 4);
}

// --- interrupted

TEST_F(WholeRuns, InterruptedOnceTheyEndInOrderAndAreJudged) {
  const auto started = begun({shipped("smoke/baton"), "--duration", "10min", "--repeat", "3"});
  EXPECT_GE(playground_.processes().size(), 37U);
  started->signal(SIGINT);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 130) << said.out << said.err;
  ASSERT_EQ(kept().size(), 1U) << "it went on with the next run";
  EXPECT_TRUE(fs::exists(kept().front() + "/report.json"));
  expect_nothing_left();
}

// Its program gives nothing back for as long as it is waited for: only the second interrupt helps.
TEST_F(WholeRuns, InterruptedTwiceTheyAreOverAtOnceAndNothingIsKept) {
  const std::string program = playground_.file("deaf.sh", R"(trap '' TERM INT
while read line; do
  case $line in
    *hello*) echo '{"ok":true,"version":1,"name":"deaf"}'; exec sleep 1000 ;;
  esac
done
)");
  const std::string deaf = playground_.file(
      "deaf.json", R"({"version": 1, "contender": {"program": ["/bin/sh", "./deaf.sh"]},
                       "work": {"hold": "1h"}, "until": {"duration": "1h"}})");
  const auto started = begun({deaf});
  started->signal(SIGINT);
  // Two signals at once are one.
  EXPECT_TRUE(eventually(
      [&] { return started->err().find("once more ends it at once") != std::string::npos; }));
  EXPECT_FALSE(playground_.processes().empty());
  started->signal(SIGINT);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 130) << said.out << said.err;
  EXPECT_THAT(kept(), IsEmpty());
  expect_nothing_left();
}

TEST_F(WholeRuns, AKilledControllerLeavesNoProcessAndNoDirectory) {
  const auto started = begun({shipped("smoke/baton"), "--duration", "10min"});
  EXPECT_GE(playground_.processes().size(), 37U);
  started->signal(SIGKILL);
  EXPECT_EQ(started->wait().status, -SIGKILL);
  EXPECT_TRUE(eventually([this] { return playground_.processes().empty(); }));
  expect_nothing_left();
}

// --- the emulated mount, when those who have to do with it are killed

class MountedRuns : public WholeRuns {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/fuse cannot be opened";
  }
  std::size_t mounted() const {
    std::ifstream mounts("/proc/self/mounts");
    std::size_t count = 0;
    for (std::string line; std::getline(mounts, line);) {
      count += line.find(" " + playground_.temporary().string() + "/") != std::string::npos;
    }
    return count;
  }
  /// The processes of the run whose command is this: "agent", "mountserver".
  std::vector<pid_t> of_kind(const std::string& command) const {
    std::vector<pid_t> found;
    for (const pid_t process : playground_.processes()) {
      std::ifstream words("/proc/" + std::to_string(process) + "/cmdline");
      std::string program, first;
      if (std::getline(words, program, '\0') && std::getline(words, first, '\0') &&
          first == command) {
        found.push_back(process);
      }
    }
    return found;
  }
};

TEST_F(MountedRuns, AKilledControllerLeavesNothingMounted) {
  const auto started = begun({shipped("mount/baton-nfs3-default"), "--duration", "10min"});
  EXPECT_EQ(mounted(), 3U);
  started->signal(SIGKILL);
  EXPECT_EQ(started->wait().status, -SIGKILL);
  EXPECT_TRUE(eventually([this] { return mounted() == 0 && playground_.processes().empty(); }));
}

// Without the mounts every host would see a directory of its own.
TEST_F(MountedRuns, WhoseServerIsKilledAreNotJudgedAndNothingStaysMounted) {
  const auto started = begun({shipped("mount/baton-nfs3-default"), "--duration", "3s"});
  const std::vector<pid_t> servers = of_kind("mountserver");
  ASSERT_FALSE(servers.empty());
  for (const pid_t server : servers) ::kill(server, SIGKILL);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 4) << said.out << said.err;
  EXPECT_TRUE(eventually([this] { return mounted() == 0; }));
  expect_nothing_left();
}

// A host is lost with its agent: its workers are dead, the others go on with their mounts.
TEST_F(MountedRuns, AHostThatIsKilledLeavesNothingMountedInTheEnd) {
  const auto started =
      begun({shipped("mount/baton-local"), "--duration", "4s", "--set", "/expect=any"});
  const std::vector<pid_t> agents = of_kind("agent");
  ASSERT_GE(agents.size(), 3U);  // one more where a host has process numbers of its own
  ::kill(agents.front(), SIGKILL);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_EQ(mounted(), 0U);
  expect_nothing_left();
}

}  // namespace
}  // namespace holdfast::harness
