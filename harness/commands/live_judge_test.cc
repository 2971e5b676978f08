#include "harness/commands/live_judge.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "harness/history/recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

class LiveJudgeTest : public testing::Test {
 protected:
  LiveJudgeTest() {
    std::filesystem::create_directory(folder_ / "history");
    run_.hosts = {{"h1", 0}};
    run_.locks = {"lock"};
    run_.start_ns = recorder_now_ns();
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      const std::string name = "h1.w" + std::to_string(slot + 1);
      auto made =
          Recorder::create(folder_ / ("history/" + name + ".events"), {name, "h1", slot, 10});
      EXPECT_TRUE(made.has_value()) << made.error().text();
      workers_.push_back(std::move(*made));
      record(slot, Op::worker, Phase::invoke);
    }
  }

  void record(std::uint32_t worker, Op op, Phase phase) {
    Event event;
    event.op = op;
    event.phase = phase;
    workers_.at(worker)->record(event);
  }
  void take(std::uint32_t worker) {
    record(worker, Op::acquire, Phase::invoke);
    record(worker, Op::acquire, Phase::ok);
  }
  void give_back(std::uint32_t worker) {
    record(worker, Op::release, Phase::invoke);
    record(worker, Op::release, Phase::ok);
  }
  std::optional<std::uint64_t> violations(std::int64_t until_ns = recorder_now_ns()) const {
    return violations_until(folder_.path(), run_, {}, until_ns);
  }

  TestFolder folder_;
  RunRecord run_;
  std::vector<std::unique_ptr<Recorder>> workers_;
};

TEST_F(LiveJudgeTest, HoldsThatFollowEachOtherAreNone) {
  take(0);
  give_back(0);
  take(1);
  EXPECT_EQ(violations(), 0U);
}

// The workers write on, and none of them has ended.
TEST_F(LiveJudgeTest, TwoInsideAtOnceAreSeenWhileTheyWork) {
  take(0);
  take(1);
  give_back(0);
  give_back(1);
  EXPECT_EQ(violations(), 1U);
  take(1);
  take(0);
  give_back(1);
  give_back(0);
  EXPECT_EQ(violations(), 2U);
}

// Its death is not logged yet: it is taken for inside no longer than it was seen alive.
TEST_F(LiveJudgeTest, AWorkerThatMayBeDeadIsNotInsideBesideTheNextOne) {
  take(0);
  take(1);
  give_back(1);
  EXPECT_EQ(violations(), 0U);
  Fault kill;
  kill.id = 1;
  kill.kind = "kill";
  kill.host = 0;
  kill.worker_name = "h1.w1";
  kill.start_ns = kill.end_ns = recorder_now_ns();
  kill.effective = true;
  ASSERT_TRUE(append_fault(folder_.path(), kill));
  EXPECT_EQ(violations(), 1U) << "it was alive until then, and inside";
}

TEST_F(LiveJudgeTest, WhatCameLaterIsNotLookedAt) {
  take(0);
  const std::int64_t before_ns = recorder_now_ns();
  take(1);
  give_back(0);
  give_back(1);
  EXPECT_EQ(violations(before_ns), 0U);
}

// The next look sees it whole.
TEST_F(LiveJudgeTest, ASnapshotThatCannotBeReadIsPassedOver) {
  std::ofstream(folder_ / "history/h1.w3.events") << "half a header";
  EXPECT_EQ(violations(), std::nullopt);
}

TEST_F(LiveJudgeTest, BeforeAnythingCanBeSureThereIsNothing) {
  EXPECT_EQ(violations(run_.start_ns - 1), 0U);
}

TEST(ClocksMayExcuse, OnlyWhatTheLockDeclares) {
  Scenario scenario;
  Terms terms;
  terms.contract_drift = 0.01;
  FaultSpec bent;
  bent.kind = FaultSpec::Kind::clock;
  bent.offset = std::chrono::hours(1);
  scenario.faults = {bent};
  EXPECT_FALSE(clocks_may_excuse(scenario, terms)) << "offsets are nothing to it";
  scenario.faults.push_back(bent);
  scenario.faults.back().rate = 1.004;
  EXPECT_FALSE(clocks_may_excuse(scenario, terms));
  scenario.faults.push_back(bent);
  scenario.faults.back().rate = 0.99;
  EXPECT_TRUE(clocks_may_excuse(scenario, terms)) << "apart by more than either is off";
  terms.contract_drift.reset();
  EXPECT_FALSE(clocks_may_excuse(scenario, terms)) << "nothing declared, nothing excused";
  terms.contract_offset_ns = 1;
  EXPECT_TRUE(clocks_may_excuse(scenario, terms));
  scenario.faults.clear();
  EXPECT_FALSE(clocks_may_excuse(scenario, terms));
}

TEST(ClocksMayExcuse, AServersClockThatIsSetInTheRunOnlyWhereThatIsDeclared) {
  Scenario scenario;
  scenario.mount.emplace();
  MountFault& set = scenario.mount->faults.emplace_back();
  set.kind = MountFault::Kind::server_clock;
  set.offset = std::chrono::hours(1);
  set.at = std::chrono::seconds(1);
  Terms terms;
  EXPECT_FALSE(clocks_may_excuse(scenario, terms));
  terms.steady_server_clock = true;
  EXPECT_TRUE(clocks_may_excuse(scenario, terms));
  set.at = Nanoseconds{};
  EXPECT_FALSE(clocks_may_excuse(scenario, terms)) << "it is off from the start, and left alone";
}

// Were it not woken from its rest, this would take an hour.
TEST_F(LiveJudgeTest, TheThreadEndsAtOnceWhenItIsNotWantedAnyMore) {
  const LiveJudge judge(folder_.path(), run_, {}, std::chrono::hours(1));
  EXPECT_EQ(judge.violations(), std::nullopt) << "nothing was looked at yet";
}

}  // namespace
}  // namespace holdfast::harness
