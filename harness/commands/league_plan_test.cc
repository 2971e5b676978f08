#include "harness/commands/league_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

// A lock that no run can be made with would be found out after a quarter of an hour.
TEST(LeaguePlan, HasLocksThatFitEveryCondition) {
  const auto plan = read_league_plan(HOLDFAST_LEAGUE "/all.league");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_GE(plan->locks.size(), 17U);
  EXPECT_GE(plan->conditions.size(), 8U);
  for (const LeagueLock& lock : plan->locks) {
    for (const LeagueCondition& condition : plan->conditions) {
      const auto scenario = read_scenario(
          condition.scenario.file, {{"/contender", lock.contender}, {"/requires", lock.needs}});
      EXPECT_TRUE(scenario) << lock.name << ": " << scenario.error().text();
    }
  }
}

class LeaguePlanFile : public testing::Test {
 protected:
  LeaguePlanFile() {
    std::ofstream(folder_.path() + "/alone.json") << R"({"version": 1, "contender": "flock"})";
  }
  std::string told(const std::string& text) {
    const std::string file = folder_.path() + "/all.league";
    std::ofstream(file) << text;
    const auto read = read_league_plan(file);
    return read ? "" : read.error().text();
  }
  TestFolder folder_;
};

TEST_F(LeaguePlanFile, ThatDoesNotFitIsToldWithItsPlace) {
  EXPECT_THAT(told("[]"), HasSubstr("all.league: found no league"));
  EXPECT_THAT(told(R"({"version": 1, "conditions": [{"runs": 3}], "locks": []})"),
              HasSubstr("all.league: /conditions/0: allowed is"));
  EXPECT_THAT(
      told(R"({"version": 1, "conditions": [{"scenario": "alone.json", "runs": 0}], "locks": []})"),
      HasSubstr("all.league: /conditions/0/runs: found 0"));
  EXPECT_THAT(told(R"({"version": 1, "conditions": [{"scenario": "alone.json"}],
                       "locks": [{"name": "a"}]})"),
              HasSubstr("all.league: /locks/0: a lock needs"));
}

// Whoever adds a condition would else look for it in the table in vain.
TEST_F(LeaguePlanFile, NamesEveryScenarioBesideIt) {
  EXPECT_THAT(told(R"({"version": 1, "conditions": [], "locks": []})"),
              HasSubstr("all.league: /conditions: does not name"));
  EXPECT_EQ(told(R"({"version": 1, "conditions": [{"scenario": "alone.json"}], "locks": []})"), "");
}

}  // namespace
}  // namespace holdfast::harness
