// The verbs that only read what runs have left: check, report, compare, index.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/commands/whole_runs.h"
#include "harness/report/report.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// --- check

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

// A schedule that failed is a run like any other, and its replay leads to it again.
TEST_F(StoredRun, OfTheSimulatedWorldIsARunLikeAnyOther) {
  const Said found = holdfast("explore", {"--contender", "baton_no_margin", "--output", runs()});
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("checkers   VIOLATED"));
  ASSERT_EQ(kept().size(), 1U) << found.out;
  folder_ = kept().front();
  EXPECT_THAT(found.out, HasSubstr((folder_ / "report.html").string()));
  expect_fits_schema(folder_ / "report.json", HOLDFAST_SCHEMA);
  expect_fits_schema(folder_ / "story.json", HOLDFAST_STORY_SCHEMA);
  const json report = read(folder_ / "report.json");
  EXPECT_EQ(report.at("run").at("world"), "simulated");
  const Said checked = holdfast("check", {folder_, "--json"});
  EXPECT_EQ(checked.status, 1) << checked.err;
  const json after = json::parse(checked.out, nullptr, false);
  EXPECT_EQ(after.at("verdict"), report.at("verdict"));
  EXPECT_EQ(after.at("violations"), report.at("violations"));
  EXPECT_THAT(checked.err, Not(HasSubstr("says otherwise")));
  const Said shown = holdfast("report", {folder_, "--format", "html"});
  EXPECT_THAT(shown.out, HasSubstr("\"left_out_before\""));
  EXPECT_EQ(holdfast("compare", {folder_, folder_}).status, 0);
  EXPECT_EQ(holdfast("index", {runs()}).status, 0);
  EXPECT_THAT(text_of(fs::path(runs()) / "index.html"), HasSubstr("explore/baton_no_margin"));
  EXPECT_THAT(run({folder_ / "scenario.json"}).err, HasSubstr("holdfast explore --replay"));
}

// The same schedule, told; a run of it is kept only where somebody has asked for it.
TEST_F(StoredRun, IsMadeOfAReplayWhereThatIsAskedFor) {
  const std::string replay = std::string(HOLDFAST_REPLAYS) + "/flufl-two-breakers.json";
  const Said told = holdfast("explore", {"--replay", replay});
  EXPECT_EQ(told.status, 1) << told.err;
  EXPECT_THAT(told.out, Not(HasSubstr("report     ")));
  const Said stored = holdfast("explore", {"--replay", replay, "--output", runs()});
  EXPECT_EQ(stored.status, 1) << stored.err;
  EXPECT_TRUE(stored.out.starts_with(told.out)) << stored.out;
  ASSERT_EQ(kept().size(), 1U);
  const Said again = holdfast("explore", {"--replay", kept().front() + "/replay.json"});
  EXPECT_EQ(again.out, told.out);
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
  std::ofstream(folder_ / "report.json") << R"({"schema_version": 1})";
  const Said said =
      holdfast("report", {folder_, "--format", "json", "--output", folder_ / "report.json"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(read(folder_ / "report.json").at("schema_version"), kReportSchemaVersion);
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
  playground_.file("runs/somebodys/junit.xml", "<testsuites/>");
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
  EXPECT_EQ(holdfast("index", {runs(), "--output", runs() + "/a"}).status, 4);
  const Said elsewhere = holdfast("index", {runs(), "--output", "/nowhere/index.html"});
  EXPECT_EQ(elsewhere.status, 3);
  EXPECT_THAT(elsewhere.err, HasSubstr("/nowhere/index.html: its links lead below"));
  const std::string above = playground_.folder() / "all.html";
  EXPECT_EQ(holdfast("index", {runs(), "--output", above}).status, 0);
  EXPECT_THAT(text_of(above), HasSubstr("./runs/crash-flock/"));
}

}  // namespace
}  // namespace holdfast::harness
