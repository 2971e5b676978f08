#include "harness/commands/exported_scenario.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "harness/scenario/scenario.h"
#include "harness/sim/replay_file.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

sim::Failure shipped(const std::string& name) {
  const std::string path = std::string(HOLDFAST_REPLAYS) + "/" + name + ".json";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  auto failure = sim::parse_replay(text.str(), path);
  EXPECT_TRUE(failure) << failure.error().text();
  return failure ? *failure : sim::Failure{};
}

TEST(ExportedScenario, HasTheMishapsOfTheReplayAsFaultsOfTheMount) {
  const auto exported = export_scenario(shipped("link-repeated-rename"), "a.json");
  ASSERT_TRUE(exported) << exported.error().text();
  const auto scenario = parse_scenario(exported->text, "scenarios/found/a.json", {});
  ASSERT_TRUE(scenario) << scenario.error().text();
  ASSERT_TRUE(scenario->mount);
  ASSERT_EQ(scenario->mount->faults.size(), 1U);
  const MountFault& fault = scenario->mount->faults.front();
  EXPECT_EQ(fault.kind, MountFault::Kind::duplicate);
  EXPECT_EQ(fault.path, "lock1");
  EXPECT_THAT(fault.operations, ElementsAre("rename"));
  EXPECT_EQ(scenario->expect.verdict, Expect::Value::violated);
}

TEST(ExportedScenario, SaysWhatItCannotExpress) {
  sim::Failure failure = shipped("link-repeated-rename");
  failure.choices.push_back({.what = sim::Choice::What::turn, .actor = 0, .instead = 1});
  const auto exported = export_scenario(failure, "a.json");
  ASSERT_TRUE(exported) << exported.error().text();
  EXPECT_THAT(exported->notes.back(), HasSubstr("whose turn it is"));
}

TEST(ExportedScenario, IsRefusedForALockThatOnlyTheSimulatedWorldHas) {
  sim::Failure failure = shipped("link-repeated-rename");
  failure.setting.contender = "link_no_slop";
  const auto exported = export_scenario(failure, "a.json");
  ASSERT_FALSE(exported);
  EXPECT_THAT(exported.error().text(), HasSubstr("'link_no_slop' exists in the simulated world"));
}

}  // namespace
}  // namespace holdfast::harness
