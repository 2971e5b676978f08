// The scenarios that come with holdfast, and the page that explains them: both can be trusted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/scenario/scenario.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

const std::string kFolder = HOLDFAST_SCENARIOS;

std::string readme() {
  std::ostringstream text;
  text << std::ifstream(kFolder + "/README.md").rdbuf();
  EXPECT_FALSE(text.str().empty());
  return text.str();
}

TEST(ShippedScenarios, AreAllInOrder) {
  const auto files = find_scenarios(kFolder);
  ASSERT_TRUE(files) << files.error().text();
  EXPECT_GE(files->size(), 15U);
  std::set<std::string> names;
  for (const std::string& file : *files) {
    const auto scenario = read_scenario(file, {});
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_FALSE(scenario->about.empty()) << file << " does not say what it is about";
    EXPECT_TRUE(names.insert(scenario->name).second) << scenario->name << " stands twice";
    EXPECT_FALSE(scenario->seed) << file << ": with one seed it shows the same every time";
  }
}

TEST(ShippedScenarios, FindTheAdapterThatTheyName) {
  const auto files = find_scenarios(kFolder);
  ASSERT_TRUE(files);
  for (const std::string& file : *files) {
    const auto scenario = read_scenario(file, {});
    ASSERT_TRUE(scenario);
    for (const std::string& argument : scenario->contender.program) {
      if (!argument.ends_with(".py")) continue;
      EXPECT_TRUE(std::filesystem::exists(argument)) << argument;
    }
  }
}

// A lock with a mistake that must not be found is no negative scenario.
TEST(ShippedScenarios, ThatAreNegativeNameTheClassThatMustBeFound) {
  const auto files = find_scenarios(kFolder + "/negative");
  ASSERT_TRUE(files);
  for (const std::string& file : *files) {
    const auto scenario = read_scenario(file, {});
    ASSERT_TRUE(scenario);
    EXPECT_EQ(scenario->expect.verdict, Expect::Value::violated) << file;
    EXPECT_NE(scenario->expect.what, "") << file;
    static const std::set<std::string> with_causes = {"mutual_exclusion", "overstay", "wedge"};
    if (scenario->expect.what == "ghost_hold") continue;  // some have one
    EXPECT_EQ(scenario->expect.cause.empty(), !with_causes.contains(scenario->expect.what)) << file;
  }
}

TEST(ScenarioReadme, HasExamplesThatAreScenarios) {
  const std::string text = readme();
  const std::string begin = "```json\n";
  int examples = 0;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    const std::string example = text.substr(from, text.find("```", from) - from);
    const auto scenario = parse_scenario(example, "README.md", {});
    EXPECT_TRUE(scenario) << scenario.error().text();
    ++examples;
  }
  EXPECT_EQ(examples, 5);
}

TEST(ScenarioReadme, ShowsTheErrorsAsTheyAreTold) {
  const auto told = parse_scenario(R"({"version": 1, "contender": "baton",
                                       "hosts": [{"wrokers": 3}], "work": {"hold": 5}})",
                                   "scenarios/crash/mine.json", {});
  ASSERT_FALSE(told);
  EXPECT_THAT(readme(), testing::HasSubstr(told.error().text()));
}

/// The keys that the parser knows, as it says itself when it is asked for one that it does not.
std::set<std::string> known_keys() {
  const auto told = parse_scenario(R"({
    "version": 1, "?": 0,
    "contender": {"lock": "baton", "options": {"?": 0}, "?": 0},
    "hosts": [{"?": 0}],
    "work": {"hold": {"exponential": "1ms", "?": 0}, "arrivals": {"open": "1ms", "?": 0}, "?": 0},
    "until": {"?": 0},
    "faults": [
      {"fault": "kill", "every": "1s", "?": 0},
      {"fault": "kill", "operation": "any", "?": 0},
      {"fault": "pause", "every": "1s", "for": "1s", "?": 0},
      {"fault": "clock", "every": "1s", "offset": "1s", "?": 0}],
    "bounds": {"?": 0},
    "expect": {"?": 0}
  })",
                                   "a.json", {});
  EXPECT_FALSE(told);
  const auto counted = parse_scenario(
      R"({"version": 1, "contender": "baton", "hosts": {"count": 1, "?": 0}})", "a.json", {});
  EXPECT_FALSE(counted);
  std::istringstream text(told.error().text() + "\n" + counted.error().text());
  std::set<std::string> keys;
  int objects = 0;
  for (std::string line; std::getline(text, line);) {
    const std::string before = "Known are: ";
    const std::size_t at = line.find(before);
    if (at == std::string::npos) continue;
    ++objects;
    std::istringstream list(line.substr(at + before.size()));
    for (std::string key; list >> key;) {
      key.erase(std::remove(key.begin(), key.end(), ','), key.end());
      keys.insert(key);
    }
  }
  EXPECT_EQ(objects, 15);
  return keys;
}

TEST(ScenarioReadme, ExplainsEveryKeyThatTheParserKnows) {
  const std::string text = readme();
  const auto keys = known_keys();
  EXPECT_GE(keys.size(), 55U);
  for (const std::string& key : keys) {
    const bool there = text.find("`" + key + "`") != std::string::npos ||
                       text.find("\"" + key + "\":") != std::string::npos;
    EXPECT_TRUE(there) << key;
  }
}

TEST(ScenarioReadme, NamesEveryWordThatAKeyCanBe) {
  const std::string text = readme();
  for (const auto& words : {built_in_locks(), expectable_classes(), expectable_causes()}) {
    for (const std::string& word : words) {
      EXPECT_THAT(text, testing::HasSubstr("`" + word + "`"));
    }
  }
}

// A default that the page states and the parser does not have is worse than none.
TEST(ScenarioReadme, StatesTheDefaults) {
  const auto plain = parse_scenario(R"({"version": 1, "contender": "baton"})", "a/b.json", {});
  const auto spelled = parse_scenario(R"({
    "version": 1, "name": "a/b", "about": "",
    "contender": {"lock": "baton", "name": "baton", "lifetime": "15s", "options": {},
                  "record_files": true},
    "locks": 1,
    "hosts": [{"name": "h1", "workers": 4, "machine": "shared"},
              {"name": "h2", "workers": 4, "machine": "shared"}],
    "work": {"hold": "1ms", "think": "0s", "arrivals": "closed", "resource": "none",
             "patience": "for ever", "planted_fence": ""},
    "until": {"duration": "10s"},
    "faults": [],
    "bounds": {"wedge": "5s", "timeout_slack": "1s", "reply": "30s"},
    "expect": "valid", "requires": []
  })",
                                      "a/b.json", {});
  ASSERT_TRUE(plain && spelled);
  EXPECT_EQ(plain->text, spelled->text);
}

}  // namespace
}  // namespace holdfast::harness
