// Scenarios that are like others, and their long forms: what is said is laid over, nothing else is
// changed, and a mistake is told with the file that it stands in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

class CompositionTest : public testing::Test {
 protected:
  CompositionTest() { fs::create_directories(folder_ / "family"); }
  ~CompositionTest() override {
    std::error_code ignored;  // what stays among the temporary files does no harm
    fs::remove_all(folder_, ignored);
  }
  std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = folder_ / name;
    std::ofstream(file) << text;
    return file.string();
  }
  Result<Scenario> read(const std::string& text, Form form = Form::usual,
                        const std::vector<Override>& overrides = {}) const {
    return read_scenario(write("family/this.json", text), overrides, form);
  }
  std::string problem_of(const std::string& text) const {
    const auto scenario = read(text);
    return scenario ? "none" : scenario.error().text();
  }

  fs::path folder_ = fs::temp_directory_path() / ("composition-" + std::to_string(::getpid()));
};

constexpr const char* kPattern = R"({
  "version": 1, "about": "the pattern", "name": "pattern",
  "contender": {"program": ["./lock.py"], "lifetime": "2s"},
  "work": {"hold": "5ms", "think": "1s"},
  "mount": {"emulate": "smb-like"},
  "until": {"duration": "8s"},
  "long": {"until": {"duration": "15min"}, "expect": {"effective": 10}}
})";

TEST_F(CompositionTest, WhatItSaysIsLaidOverWhatItIsLike) {
  write("pattern.json", kPattern);
  const auto scenario = read(R"({"version": 1, "like": "../pattern.json", "mount": null,
                                 "work": {"hold": "7ms"}, "lab": {"nfs": "3"}})");
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(scenario->work.hold.low, std::chrono::milliseconds(7));
  EXPECT_EQ(scenario->work.think.low, seconds(1));
  EXPECT_FALSE(scenario->mount);
  EXPECT_EQ(scenario->lab->nfs, "3");
  EXPECT_EQ(scenario->until.duration, seconds(8));
}

// Two that are alike would otherwise be one in every summary.
TEST_F(CompositionTest, ItsNameAndWhatItIsAboutAreItsOwn) {
  write("pattern.json", kPattern);
  const auto scenario = read(R"({"version": 1, "like": "../pattern.json"})");
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(scenario->name, "family/this");
  EXPECT_EQ(scenario->about, "");
}

TEST_F(CompositionTest, AProgramOfThePatternIsSoughtBesideThePattern) {
  write("pattern.json", kPattern);
  const auto scenario = read(R"({"version": 1, "like": "../pattern.json"})");
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_THAT(scenario->contender.program, testing::ElementsAre((folder_ / "lock.py").string()));
}

TEST_F(CompositionTest, AContendersNameAloneCanBeLaidOver) {
  write("pattern.json", R"({"version": 1, "contender": "baton"})");
  const auto scenario =
      read(R"({"version": 1, "like": "../pattern.json", "contender": {"lifetime": "3s"}})");
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(scenario->contender.lock, "baton");
  EXPECT_EQ(scenario->contender.lifetime, seconds(3));
}

TEST_F(CompositionTest, TheLongFormIsThereOnlyWhenItIsAskedFor) {
  const auto usual = read(kPattern);
  const auto longer = read(kPattern, Form::lengthened);
  ASSERT_TRUE(usual && longer);
  EXPECT_EQ(usual->until.duration, seconds(8));
  EXPECT_EQ(usual->expect.effective, 1U);
  EXPECT_EQ(longer->until.duration, minutes(15));
  EXPECT_EQ(longer->expect.effective, 10U);
}

TEST_F(CompositionTest, OneThatHasNoLongFormIsWhatItIs) {
  const auto longer = read(R"({"version": 1, "contender": "baton"})", Form::lengthened);
  ASSERT_TRUE(longer) << longer.error().text();
  EXPECT_EQ(longer->until.duration, seconds(10));
}

TEST_F(CompositionTest, TheLongFormOfThePatternIsOnesOwn) {
  write("pattern.json", kPattern);
  const auto longer = read(R"({"version": 1, "like": "../pattern.json",
                               "long": {"until": {"grants": 20000}}})",
                           Form::lengthened);
  ASSERT_TRUE(longer) << longer.error().text();
  EXPECT_EQ(longer->until.duration, minutes(15));
  EXPECT_EQ(longer->until.grants, 20'000U);
}

TEST_F(CompositionTest, WhatTheCommandLineSaysComesLast) {
  const auto longer = read(kPattern, Form::lengthened, {{"/until/duration", "1min"}});
  ASSERT_TRUE(longer) << longer.error().text();
  EXPECT_EQ(longer->until.duration, minutes(1));
}

TEST_F(CompositionTest, WhatIsWrongIsToldWithTheFileThatItStandsIn) {
  EXPECT_THAT(problem_of(R"({"version": 1, "like": "nowhere.json"})"), HasSubstr("nowhere.json"));
  EXPECT_THAT(problem_of(R"({"version": 1, "like": 3})"),
              HasSubstr("this.json: /like: found 3, allowed is another scenario's file"));
  EXPECT_THAT(problem_of(R"({"version": 1, "contender": "baton", "long": "2h"})"),
              HasSubstr(R"(this.json: /long: found "2h", allowed is an object)"));
  write("pattern.json", R"({"version": 1, "contender": "batno"})");
  EXPECT_THAT(problem_of(R"({"version": 1, "like": "../pattern.json", "contender": "baton"})"),
              HasSubstr("pattern.json: /contender/lock: unknown lock \"batno\""));
  write("pattern.json", R"({"version": 1, "like": "family/this.json"})");
  EXPECT_THAT(problem_of(R"({"version": 1, "like": "../pattern.json"})"),
              HasSubstr("pattern.json: /like: is like another scenario itself"));
}

// Else it would be told only when a night is already lost.
TEST_F(CompositionTest, AMistakeInTheLongFormIsToldAtOnce) {
  EXPECT_THAT(problem_of(R"({"version": 1, "contender": "baton", "long": {"untli": 3}})"),
              HasSubstr("in its long form"));
}

}  // namespace
}  // namespace holdfast::harness
