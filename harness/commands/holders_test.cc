#include "harness/commands/holders.h"

#include <gtest/gtest.h>

#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

class HoldersTest : public testing::Test {
 protected:
  std::unique_ptr<Recorder> history(const std::string& name) const {
    auto made = Recorder::create(folder_ / (name + ".events"), {name, "h1", 0, 4711});
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }

  static void enter(Recorder& recorder) {
    Event granted;
    granted.op = Op::acquire;
    granted.phase = Phase::ok;
    recorder.record(granted);
  }

  std::optional<std::string> drawn() {
    Random random(1);
    return holders_.host(random);
  }

  TestFolder folder_;
  Holders holders_{folder_.path()};
};

TEST_F(HoldersTest, NobodyIsInsideWhereNobodyWorksYet) {
  EXPECT_FALSE(drawn());
  const auto one = history("h1.w1");
  EXPECT_FALSE(drawn());
  enter(*one);
  EXPECT_EQ(drawn(), "h1");
}

// Who was killed inside is inside for ever by his own words.
TEST_F(HoldersTest, OfALaterLifeTheEarlierSaysNothing) {
  const auto dead = history("h1.w1"), alive = history("h1.w1'12");
  enter(*dead);
  EXPECT_FALSE(drawn());
  enter(*alive);
  EXPECT_EQ(drawn(), "h1");
}

// In any order of the directory: a program's own histories have no live words.
TEST_F(HoldersTest, WhatAProgramRecordsOfItsFilesHidesNoHolder) {
  std::vector<std::unique_ptr<Recorder>> programs;
  for (int pid = 10; pid < 20; ++pid) {
    programs.push_back(history("h1.w1'2.program." + std::to_string(pid)));
  }
  const auto worker = history("h1.w1'2");
  for (int pid = 20; pid < 30; ++pid) {
    programs.push_back(history("h1.w1'2.program." + std::to_string(pid)));
  }
  enter(*worker);
  EXPECT_EQ(drawn(), "h1");
}

}  // namespace
}  // namespace holdfast::harness
