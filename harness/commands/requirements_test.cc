#include "harness/commands/requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

constexpr const char* kNowhere = "/nowhere/at/all";

TEST(Requirements, OfAScenarioThatNeedsNothingAreMet) {
  EXPECT_EQ(what_is_missing({}, kNowhere), std::nullopt);
}

TEST(Requirements, AProgramMustBeThereAndExecutable) {
  Scenario scenario;
  scenario.require = {"program:/bin/sh"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere), std::nullopt);
  scenario.require = {"program:/bin/sh", "program:/nowhere/sh"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere),
            "requires the program /nowhere/sh: No such file or directory");
  scenario.require = {"program:/etc/passwd"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere),
            "requires the program /etc/passwd: Permission denied");
}

// What a program cannot do without, and is no program itself: a module of Python's.
TEST(Requirements, AFileMustBeThereAndReadable) {
  Scenario scenario;
  scenario.require = {"file:/etc/passwd"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere), std::nullopt);
  scenario.require = {"file:/nowhere/module.py"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere),
            "requires the file /nowhere/module.py: No such file or directory");
}

TEST(Requirements, RootIsTheEffectiveUser) {
  Scenario scenario;
  scenario.require = {"root"};
  EXPECT_EQ(what_is_missing(scenario, kNowhere).has_value(), ::geteuid() != 0);
}

// The library that bends a program's clock stands beside the program; baton needs none.
TEST(Requirements, ABentClockNeedsItsLibrariesForProgramsOnly) {
  Scenario scenario;
  scenario.contender.lock = "baton";
  scenario.faults.emplace_back().kind = FaultSpec::Kind::clock;
  EXPECT_EQ(what_is_missing(scenario, kNowhere), std::nullopt);
  scenario.contender.lock = "";
  scenario.contender.program = {"/bin/sh"};
  const auto missing = what_is_missing(scenario, kNowhere);
  ASSERT_TRUE(missing);
  EXPECT_THAT(*missing, HasSubstr("the clock fault cannot be injected: /nowhere/at/all/"));
}

}  // namespace
}  // namespace holdfast::harness
