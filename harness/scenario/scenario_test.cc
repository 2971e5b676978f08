#include "harness/scenario/scenario.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Scenario parsed(const std::string& text, const std::vector<Override>& overrides = {}) {
  auto scenario = parse_scenario(text, "/scenarios/crash/some.json", overrides);
  if (!scenario) {
    ADD_FAILURE() << scenario.error().text();
    return {};
  }
  return *scenario;
}

constexpr const char* kFull = R"({
  "version": 1,
  "about": "Everything that can be said.",
  "contender": { "lock": "baton", "lifetime": "2s",
                 "options": { "drift": 0.02, "margin": "50ms" }, "record_files": false },
  "locks": 4,
  "hosts": [ { "name": "a", "workers": 8 }, { "workers": 3, "machine": "separate" } ],
  "work": { "hold": { "exponential": "1ms", "max": "50ms" }, "think": { "uniform": ["0ms", "2ms"] },
            "refresh_every": "500ms", "resource": "fenced", "arrivals": "closed",
            "patience": "3s" },
  "mode": "ordered",
  "until": { "duration": "20s", "grants": 1000 },
  "faults": [
    { "fault": "kill", "target": "holder", "every": "100ms", "jitter": 0.5, "times": 7 },
    { "fault": "kill", "operation": "rename", "when": "after", "within": 40 },
    { "fault": "kill", "operation": "link", "when": "before", "nth": 3 },
    { "fault": "clock", "target": "h2", "offset": "-1h", "at": "5s" },
    { "fault": "clock", "target": "all", "strobe": "2s", "every": "10ms", "rate": 1.004 },
    { "fault": "clock", "target": "a", "step": "1s", "every": "2s" },
    { "fault": "pause", "target": "any", "for": { "uniform": ["10ms", "3s"] }, "every": "2s" }
  ],
  "bounds": { "recovery": "2.5s", "wait": "10s", "orphans": 0, "bypassed": 9, "overstays": 1,
              "wedge": "1s", "timeout_slack": "2s", "reply": "3s" },
  "expect": { "verdict": "violated", "class": "mutual_exclusion", "cause": "double_break" },
  "requires": ["root", "program:/usr/bin/python3"],
  "seed": "5a3f09c1"
})";

TEST(Scenario, ReadsEveryKey) {
  const Scenario s = parsed(kFull);
  EXPECT_EQ(s.name, "crash/some");
  EXPECT_EQ(s.about, "Everything that can be said.");
  EXPECT_EQ(s.contender.lock, "baton");
  EXPECT_EQ(s.contender.name, "baton");
  EXPECT_EQ(s.contender.lifetime, seconds(2));
  EXPECT_FALSE(s.contender.record_files);
  EXPECT_EQ(s.contender.options, R"({"drift":0.02,"margin":"50ms"})");
  EXPECT_EQ(s.locks, 4U);
  ASSERT_EQ(s.hosts.size(), 2U);
  EXPECT_EQ(s.hosts[0].name, "a");
  EXPECT_EQ(s.hosts[0].workers, 8U);
  EXPECT_FALSE(s.hosts[0].separate_machine);
  EXPECT_EQ(s.hosts[1].name, "h2");
  EXPECT_TRUE(s.hosts[1].separate_machine);
  EXPECT_EQ(s.work.hold.shape, Distribution::Shape::exponential);
  EXPECT_EQ(s.work.hold.low, milliseconds(1));
  EXPECT_EQ(s.work.hold.high, milliseconds(50));
  EXPECT_EQ(s.work.think.shape, Distribution::Shape::uniform);
  EXPECT_EQ(s.work.think.high, milliseconds(2));
  EXPECT_EQ(s.work.refresh_every, milliseconds(500));
  EXPECT_EQ(s.work.resource, Resource::fenced);
  EXPECT_FALSE(s.work.arrivals);
  EXPECT_EQ(s.work.patience, seconds(3));
  EXPECT_TRUE(s.ordered);
  EXPECT_EQ(s.until.duration, seconds(20));
  EXPECT_EQ(s.until.grants, 1000U);
  EXPECT_EQ(s.bounds.recovery, milliseconds(2500));
  EXPECT_EQ(s.bounds.orphans, 0U);
  EXPECT_EQ(s.bounds.bypassed, 9U);
  EXPECT_EQ(s.bounds.wedge, seconds(1));
  EXPECT_EQ(s.expect.verdict, Expect::Value::violated);
  EXPECT_EQ(s.expect.what, "mutual_exclusion");
  EXPECT_EQ(s.expect.cause, "double_break");
  EXPECT_EQ(s.require, (std::vector<std::string>{"root", "program:/usr/bin/python3"}));
  EXPECT_EQ(s.seed, 0x5a3f09c1U);
}

TEST(Scenario, ReadsEveryFault) {
  const Scenario s = parsed(kFull);
  ASSERT_EQ(s.faults.size(), 7U);
  EXPECT_EQ(s.faults[0].kind, FaultSpec::Kind::kill);
  EXPECT_EQ(s.faults[0].target, "holder");
  EXPECT_EQ(s.faults[0].every, milliseconds(100));
  EXPECT_DOUBLE_EQ(s.faults[0].jitter, 0.5);
  EXPECT_EQ(s.faults[0].times, 7U);
  EXPECT_EQ(s.faults[1].operation, "rename");
  EXPECT_FALSE(s.faults[1].before);
  EXPECT_TRUE(s.faults[1].after);
  EXPECT_FALSE(s.faults[1].nth);
  EXPECT_EQ(s.faults[1].within, 40U);
  EXPECT_TRUE(s.faults[2].before);
  EXPECT_FALSE(s.faults[2].after);
  EXPECT_EQ(s.faults[2].nth, 3U);
  EXPECT_EQ(s.faults[3].offset, -hours(1));
  EXPECT_EQ(s.faults[3].at, seconds(5));
  EXPECT_EQ(s.faults[4].strobe, seconds(2));
  EXPECT_EQ(s.faults[4].rate, 1.004);
  EXPECT_EQ(s.faults[5].step, seconds(1));
  EXPECT_EQ(s.faults[6].kind, FaultSpec::Kind::pause);
  EXPECT_EQ(s.faults[6].length.high, seconds(3));
}

TEST(Scenario, EveryKeyButTheContenderHasADefault) {
  const Scenario s = parsed(R"({"version": 1, "contender": "link"})");
  EXPECT_EQ(s.contender.lock, "link");
  EXPECT_EQ(s.contender.lifetime, seconds(15));
  EXPECT_TRUE(s.contender.record_files);
  EXPECT_EQ(s.locks, 1U);
  ASSERT_EQ(s.hosts.size(), 2U);
  EXPECT_EQ(s.hosts[1].workers, 4U);
  EXPECT_EQ(s.work.hold.low, milliseconds(1));
  EXPECT_EQ(s.until.duration, seconds(10));
  EXPECT_FALSE(s.until.grants);
  EXPECT_EQ(s.expect.verdict, Expect::Value::valid);
  EXPECT_FALSE(s.ordered);
  EXPECT_FALSE(s.seed);
}

TEST(Scenario, AClockFaultWithoutATimeIsThereFromTheStart) {
  const Scenario s = parsed(R"({"version": 1, "contender": "baton",
                                "faults": [{"fault": "clock", "target": "h1", "offset": "1h"}]})");
  ASSERT_EQ(s.faults.size(), 1U);
  EXPECT_EQ(s.faults[0].at, Nanoseconds(0));
}

TEST(Scenario, CountedHostsAreNamedInOrder) {
  const Scenario s = parsed(R"({"version": 1, "contender": "baton",
      "hosts": {"count": 3, "workers": 5, "machine": "separate"}})");
  ASSERT_EQ(s.hosts.size(), 3U);
  EXPECT_EQ(s.hosts[2].name, "h3");
  EXPECT_EQ(s.hosts[2].workers, 5U);
  EXPECT_TRUE(s.hosts[2].separate_machine);
}

TEST(Scenario, APathInAProgramIsSeenFromTheScenariosFolder) {
  const Scenario s = parsed(R"({"version": 1, "contender":
      {"program": ["python3", "../../x/adapter.py", "./here", "a/b", "..", "--x=../y"]}})");
  EXPECT_EQ(s.contender.program,
            (std::vector<std::string>{"python3", "/x/adapter.py", "/scenarios/crash/here", "a/b",
                                      "..", "--x=../y"}));
}

TEST(Scenario, AProgramIsCalledAfterItsLastPath) {
  const auto name = [](const std::string& contender) {
    return parsed(R"({"version": 1, "contender": )" + contender + "}").contender.name;
  };
  EXPECT_EQ(name(R"({"program": ["/usr/bin/python3", "../x/flufl_lock.py", "-v"]})"), "flufl_lock");
  EXPECT_EQ(name(R"({"program": ["lockd", "--fast"]})"), "lockd");
  EXPECT_EQ(name(R"({"program": ["lockd"], "name": "mine"})"), "mine");
}

TEST(Scenario, OpenArrivalsAreADistribution) {
  const Scenario s = parsed(R"({"version": 1, "contender": "baton",
                                "work": {"arrivals": {"open": {"exponential": "5ms"}}}})");
  ASSERT_TRUE(s.work.arrivals);
  EXPECT_EQ(s.work.arrivals->low, milliseconds(5));
}

TEST(Scenario, OverridesReplaceAppendAndMakeWhatIsMissing) {
  const Scenario s = parsed(kFull, {{"/hosts/0/workers", "16"},
                                    {"/contender/lifetime", "9s"},
                                    {"/faults/-", R"({"fault":"kill","every":"1s"})"},
                                    {"/until", R"({"grants": 5})"},
                                    {"/expect", "any"},
                                    {"/about", "a bare word"},
                                    {"/seed", "abc"}});
  EXPECT_EQ(s.hosts[0].workers, 16U);
  EXPECT_EQ(s.contender.lifetime, seconds(9));
  EXPECT_EQ(s.faults.size(), 8U);
  EXPECT_FALSE(s.until.duration);
  EXPECT_EQ(s.until.grants, 5U);
  EXPECT_EQ(s.expect.verdict, Expect::Value::any);
  EXPECT_EQ(s.expect.what, "");
  EXPECT_EQ(s.about, "a bare word");
  EXPECT_EQ(s.seed, 0xabcU);
  const Scenario made = parsed(R"({"version": 1, "contender": "baton"})",
                               {{"/bounds/wait", "4s"}, {"/contender/lifetime", "3s"}});
  EXPECT_EQ(made.bounds.wait, seconds(4));
  EXPECT_EQ(made.contender.lifetime, seconds(3));
}

TEST(Scenario, TheTextAsRunReadsBackAsTheSameScenario) {
  for (const char* text : {kFull, R"({"version": 1, "contender": "flock"})",
                           R"({"version": 1, "contender": {"program": ["../a", "b"]},
                               "work": {"arrivals": {"open": "1ms"}}, "expect": "any"})"}) {
    const Scenario s = parsed(text, {{"/locks", "3"}});
    const auto again = parse_scenario(s.text, "/elsewhere/run/scenario.json", {});
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->text, s.text);
    EXPECT_EQ(again->name, "crash/some");
    EXPECT_EQ(again->contender.program, s.contender.program);
    EXPECT_NE(s.text.find("\"locks\": 3"), std::string::npos);
  }
}

TEST(Scenario, ASeedSetLaterStandsInTheText) {
  Scenario s = parsed(R"({"version": 1, "contender": "baton"})");
  EXPECT_EQ(s.text.find("seed"), std::string::npos);
  set_seed(s, 0x1f);
  EXPECT_NE(s.text.find("\"seed\": \"0000001f\""), std::string::npos);
  EXPECT_EQ(parsed(s.text).seed, 0x1fU);
}

TEST(Scenario, SeedsReadBackAsPrinted) {
  for (const std::uint64_t seed : {0ULL, 1ULL, 0x5a3f09c1ULL, ~0ULL}) {
    const auto read = parse_seed(print_seed(seed));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, seed);
  }
}

class ScenarioFiles : public testing::Test {
 protected:
  ScenarioFiles() {
    std::filesystem::create_directories(folder_ / "b" / "deep");
    write("b/two.json");
    write("b/deep/three.json");
    write("one.json");
    write("notes.txt");
  }
  ~ScenarioFiles() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name) {
    std::ofstream(folder_ / name) << R"({"version": 1, "contender": "baton"})";
  }
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("scenario_test-" + std::to_string(::getpid()));
};

TEST_F(ScenarioFiles, AFolderStandsForAllScenariosInAndBelowIt) {
  const auto found = find_scenarios(folder_.string());
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{folder_ / "b/deep/three.json", folder_ / "b/two.json",
                                              folder_ / "one.json"}));
}

TEST_F(ScenarioFiles, AFileStandsForItself) {
  const auto found = find_scenarios((folder_ / "notes.txt").string());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1U);
}

TEST_F(ScenarioFiles, AFolderWithoutScenariosAndAMissingOneAreErrors) {
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_FALSE(find_scenarios((folder_ / "empty").string()));
  EXPECT_FALSE(find_scenarios((folder_ / "nowhere").string()));
}

TEST_F(ScenarioFiles, AScenarioIsCalledAfterItsFolderAndFile) {
  const auto s = read_scenario((folder_ / "b/two.json").string(), {});
  ASSERT_TRUE(s) << s.error().text();
  EXPECT_EQ(s->name, "b/two");
  EXPECT_EQ(s->file, (folder_ / "b/two.json").string());
}

// Explored runs are about locks that no real run can have.
TEST(Scenario, OfTheSimulatedWorldNamesAnyLock) {
  const std::string text =
      R"({"version": 1, "world": "simulated", "contender": "baton_no_margin"})";
  const auto scenario = parse_scenario(text, "a.json", {});
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(scenario->world, WorldKind::simulated);
  EXPECT_EQ(scenario->contender.lock, "baton_no_margin");
  const auto again = parse_scenario(scenario->text, "a.json", {});
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->text, scenario->text);
  EXPECT_FALSE(parse_scenario(R"({"version": 1, "contender": "baton_no_margin"})", "a.json", {}));
}

}  // namespace
}  // namespace holdfast::harness
