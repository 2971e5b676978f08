#include "harness/report/measure.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "harness/report/sample_history.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMs = 1'000'000;

void expect_one(const Histogram& histogram, std::int64_t ms) {
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.min(), ms * kMs);
}

TEST(Measure, AnEmptyHistoryHasNoFigures) {
  const Measures m = measure(History{}, 0);
  EXPECT_EQ(m.grants, 0U);
  EXPECT_EQ(m.all.wait.count(), 0U);
  EXPECT_FALSE(m.operations_recorded);
}

TEST(Measure, ALoneUsersStepsAreTimed) {
  SampleHistory h;
  h.ask(10, 0);
  h.grant(12, 0);
  h.add(15, 0, Op::refresh, Phase::invoke);
  h.add(16, 0, Op::refresh, Phase::ok);
  h.release(20, 0);
  h.released(23, 0);
  const Measures m = measure(h.history, 0);
  EXPECT_EQ(m.grants, 1U);
  expect_one(m.all.wait, 2);
  expect_one(m.all.acquire, 2);
  expect_one(m.all.refresh, 1);
  expect_one(m.all.hold, 8);
  expect_one(m.all.release, 3);
  EXPECT_EQ(m.all.handoff.count(), 0U);
  EXPECT_EQ(m.all.recovery.count(), 0U);
  EXPECT_EQ(m.all.intended_wait.count(), 0U);
  expect_one(m.by_host[0].wait, 2);
  EXPECT_EQ(m.by_host[1].wait.count(), 0U);
  expect_one(m.quiet.wait, 2);
  EXPECT_EQ(m.under_fault.wait.count(), 0U);
}

TEST(Measure, AHandoffIsFromTheReleaseToTheGrantOfOneWhoWasWaiting) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.ask(2, 2);
  h.release(10, 0);
  h.grant(13, 2);
  h.released(14, 0);
  const Measures m = measure(h.history, 0);
  expect_one(m.all.handoff, 3);
  expect_one(m.by_host[1].handoff, 3);
  // The lock was not free all the while, so this wait says nothing of what taking a free one costs.
  EXPECT_EQ(m.all.acquire.count(), 1U);
  EXPECT_EQ(m.all.wait.max(), 11 * kMs);
}

TEST(Measure, WhoComesAfterTheReleaseIsNotHandedTheLock) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.ask(2, 1);
  h.release(10, 0);
  h.released(11, 0);
  h.ask(12, 2);
  h.grant(13, 2);  // past number 1, who is still waiting
  h.release(14, 2);
  h.grant(17, 1);
  const Measures m = measure(h.history, 0);
  expect_one(m.all.handoff, 3);
  EXPECT_EQ(m.fairness.most_bypassed, 1U);
  EXPECT_EQ(m.fairness.most_bypassed_waiter, 1U);
  EXPECT_EQ(m.fairness.longest_wait_ns, 15 * kMs);
  EXPECT_EQ(m.fairness.longest_waiter, 1U);
}

TEST(Measure, RecoveryIsFromTheHoldersEndToTheNextGrant) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.ask(2, 1);
  h.kill(5, 8, 0);
  h.grant(30, 1);
  const Measures m = measure(h.history, 0);
  expect_one(m.all.recovery, 25);
  EXPECT_EQ(m.all.hold.min(), 4 * kMs);  // ended by the kill
  EXPECT_EQ(m.all.handoff.count(), 0U);
}

// The signal is sent some time before it strikes, and the victim's own events say that it lived.
TEST(Measure, AKilledProcessEndsAfterItsLastEvent) {
  SampleHistory h;
  h.ask(0, 1);
  h.ask(1, 0);
  h.kill(2, 9, 0);
  h.grant(6, 0);
  h.grant(16, 1);
  expect_one(measure(h.history, 0).all.recovery, 10);
}

TEST(Measure, WhereNobodyWaitsRecoveryBeginsWithTheFirstWhoDoes) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.kill(5, 8, 0);
  h.ask(100, 1);
  h.grant(104, 1);
  expect_one(measure(h.history, 0).all.recovery, 4);
}

TEST(Measure, AKillOutsideAHoldOrWithoutEffectIsNoRecovery) {
  SampleHistory h;
  h.ask(0, 0);
  h.kill(1, 2, 0);
  h.ask(3, 1);
  h.grant(4, 1);
  h.kill(5, 6, 1).effective = false;
  h.release(8, 1);
  h.ask(9, 2);
  h.grant(10, 2);
  const Measures m = measure(h.history, 0);
  EXPECT_EQ(m.all.recovery.count(), 0U);
  EXPECT_EQ(m.unfinished, 2U);  // the victim's acquire, and the release that never came back
}

TEST(Measure, OpenArrivalsAreCountedFromTheirIntendedStartToo) {
  SampleHistory h;
  h.ask(10, 0);
  h.history.events.back().began_ns = 4 * kMs;
  h.grant(12, 0);
  h.release(13, 0);
  h.ask(20, 0);  // in time
  h.grant(21, 0);
  const Measures m = measure(h.history, 0);
  EXPECT_EQ(m.all.wait.max(), 2 * kMs);
  EXPECT_EQ(m.all.intended_wait.count(), 2U);
  EXPECT_EQ(m.all.intended_wait.max(), 8 * kMs);
  EXPECT_EQ(m.all.intended_wait.min(), 1 * kMs);
}

TEST(Measure, FailuresAndUnknownOutcomesAreCounted) {
  SampleHistory h;
  h.ask(0, 0);
  h.fail(5, 0, Op::acquire, Why::timeout);
  h.ask(6, 0);
  h.fail(7, 0, Op::acquire, Why::timeout);
  h.ask(8, 0);
  h.add(9, 0, Op::acquire, Phase::info);
  h.ask(10, 0);
  h.add(11, 0, Op::acquire, Phase::info).code = static_cast<int>(Why::contender);
  h.add(12, 0, Op::leave, Phase::info);  // that is the harness's affair
  const Measures m = measure(h.history, 0);
  EXPECT_EQ(m.failed_acquires, (std::map<Why, std::uint64_t>{{Why::timeout, 2}}));
  EXPECT_EQ(m.unknown_outcomes, 2U);
  EXPECT_EQ(m.contender_errors, 1U);
  EXPECT_EQ(m.grants, 0U);
  EXPECT_EQ(m.fairness.longest_wait_ns, 5 * kMs);
}

TEST(Measure, AWaitThatTheRunCutOffCountsForFairness) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.ask(2, 1);
  h.release(3, 0);
  h.released(4, 0);
  const Measures m = measure(h.history, 0);
  EXPECT_EQ(m.fairness.longest_wait_ns, 998 * kMs);
  EXPECT_EQ(m.fairness.longest_waiter, 1U);
  EXPECT_EQ(m.unfinished, 1U);
}

TEST(Measure, JainIsOneWhereAllGetTheSameAndOneOverNWhereOneGetsAll) {
  SampleHistory h;
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (const std::uint32_t worker : {0U, 1U}) {
      h.ask(10 * round + worker, worker);
      h.grant(10 * round + worker + 0.1, worker);
      h.release(10 * round + worker + 0.2, worker);
      h.released(10 * round + worker + 0.3, worker);
    }
  }
  EXPECT_DOUBLE_EQ(measure(h.history, 0).fairness.jain, 1);
  h.lock = 1;
  h.ask(50, 3);
  h.ask(51, 2);
  h.grant(52, 2);
  const Fairness fairness = measure(h.history, 0).fairness;
  EXPECT_DOUBLE_EQ(fairness.least_jain, 0.5);
  EXPECT_DOUBLE_EQ(fairness.jain, 0.75);
}

TEST(Measure, AReplacementHasThePlaceOfTheKilledOne) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(1, 0);
  h.kill(2, 3, 0);
  const std::uint32_t next = h.add_worker(0);
  h.ask(4, next);
  h.grant(5, next);
  EXPECT_DOUBLE_EQ(measure(h.history, 0).fairness.jain, 1);
}

TEST(Measure, GrantsAreCountedInWindowsOfARoundLength) {
  SampleHistory h;
  h.ask(0, 0);
  h.grant(5, 0);
  h.release(6, 0);
  h.ask(995, 0);
  h.grant(1200, 0);  // after the end: workers give back before they leave
  Throughput t = measure(h.history, 0).throughput;
  EXPECT_EQ(t.window_ns, 10 * kMs);
  ASSERT_EQ(t.grants.size(), 100U);
  EXPECT_EQ(t.grants.front(), 1U);
  EXPECT_EQ(t.grants.back(), 1U);
  h.history.end_ns = 30'000 * kMs;
  EXPECT_EQ(measure(h.history, 0).throughput.window_ns, 500 * kMs);
  h.history.end_ns = 15'000 * kMs;
  EXPECT_EQ(measure(h.history, 0).throughput.window_ns, 200 * kMs);
}

TEST(Measure, FileOperationsAreCountedByKindAndErrno) {
  SampleHistory h;
  h.add(1, 0, Op::file, Phase::ok).file = FileOp::rename;
  for (int i = 0; i < 2; ++i) {
    Event& lost = h.add(2, 0, Op::file, Phase::fail);
    lost.file = FileOp::rename;
    lost.code = ENOENT;
  }
  h.add(3, 0, Op::file, Phase::ok).file = FileOp::list;
  const Measures m = measure(h.history, 0);
  EXPECT_TRUE(m.operations_recorded);
  EXPECT_EQ(m.operations.at(FileOp::rename).ok, 1U);
  EXPECT_EQ(m.operations.at(FileOp::rename).failed.at(ENOENT), 2U);
  EXPECT_EQ(m.operations.at(FileOp::list).ok, 1U);
}

TEST(Measure, AFileOperationAfterAFailedOneOfItsKindInOneCallIsARetry) {
  SampleHistory h;
  const auto rename = [&](double ms, std::uint32_t worker, Phase phase) {
    h.add(ms, worker, Op::file, phase).file = FileOp::rename;
  };
  h.ask(0, 0);
  rename(1, 0, Phase::fail);
  rename(2, 1, Phase::ok);  // another's
  h.add(3, 0, Op::file, Phase::ok).file = FileOp::list;
  rename(4, 0, Phase::fail);
  rename(5, 0, Phase::ok);
  h.grant(6, 0);
  h.release(7, 0);
  rename(8, 0, Phase::ok);  // in the next call
  EXPECT_EQ(measure(h.history, 0).operations.at(FileOp::rename).retries, 2U);
}

TEST(Measure, WhatAFaultMayHaveTouchedIsKeptApart) {
  SampleHistory h;
  const auto cycle = [&](double ms) {
    h.ask(ms, 0);
    h.grant(ms + 1, 0);
    h.release(ms + 2, 0);
    h.released(ms + 3, 0);
  };
  h.fault(100, 110, "pause");
  h.fault(300, 301, "clock").planned_offset_ns = 5;
  h.history.faults.back().host = 0;
  h.fault(400, 401, "clock").host = 0;  // back to the right time
  for (const double ms : {90.0, 120.0, 150.0, 350.0, 500.0}) cycle(ms);
  const Measures m = measure(h.history, 20 * kMs);
  EXPECT_EQ(m.under_fault.wait.count(), 2U);  // at 120, in the aftermath, and at 350
  EXPECT_EQ(m.quiet.wait.count(), 3U);
  EXPECT_EQ(m.all.wait.count(), 5U);
}

}  // namespace
}  // namespace holdfast::harness
