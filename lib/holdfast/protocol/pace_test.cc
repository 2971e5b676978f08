#include <gtest/gtest.h>
#include <holdfast/os/testing/scripted_host.h>
#include <holdfast/protocol/pace.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

namespace holdfast {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesFromTheLeastToTheMostWithJitterOfAHalf) {
  Backoff backoff(microseconds(50), milliseconds(250));
  for (Duration whole = microseconds(50); whole < milliseconds(250); whole *= 2) {
    Backoff low = backoff;
    EXPECT_EQ(low.next(0), whole / 2);
    const Duration delay = backoff.next(0x123456789abcdef);
    EXPECT_GE(delay, whole / 2);
    EXPECT_LT(delay, whole);
  }
  for (int count = 0; count < 100; ++count) {
    EXPECT_LE(backoff.next(static_cast<std::uint64_t>(count) * 7919), milliseconds(250));
  }
  backoff.quicken();
  EXPECT_EQ(Backoff(backoff).next(0), microseconds(31250));
  for (int count = 0; count < 100; ++count) backoff.quicken();
  EXPECT_EQ(backoff.next(0), microseconds(25));
  for (int count = 0; count < 100; ++count) backoff.next(0);
  backoff.restart();
  EXPECT_EQ(backoff.next(0), microseconds(25));
}

TEST(Backoff, AFloorEndsTheFallAndNeverLengthensAStep) {
  Backoff backoff(microseconds(50), milliseconds(250));
  backoff.quicken(milliseconds(20));
  EXPECT_EQ(Backoff(backoff).next(0), microseconds(25)) << "it was shorter than the floor";
  for (int count = 0; count < 20; ++count) backoff.next(0);
  for (int count = 0; count < 20; ++count) backoff.quicken(milliseconds(20));
  EXPECT_EQ(backoff.next(0), milliseconds(10));
}

TEST(Backoff, TheSmallestStepsDoNotBreakIt) {
  Backoff backoff(Duration(1), Duration(1));
  EXPECT_GE(backoff.next(~std::uint64_t{0}), Duration::zero());
}

class PaceTest : public ::testing::Test {
 protected:
  PaceTest() {
    host_.on_wait = [this](Duration at_most) {
      waits_.push_back(at_most);
      return os::Wake::elapsed;
    };
  }
  void wait(Duration at_most = seconds(1000)) { pace_.wait(at_most, std::nullopt, {}); }

  os::testing::ManualClock clock_;
  os::testing::ScriptedHost host_{clock_, {"h", 11, 1, 0}};
  std::vector<Duration> waits_;
  os::RawTime granted_{};
  Pace pace_{"/d/LOCK", milliseconds(250), {}, {nullptr, &clock_, &host_}};
};

TEST_F(PaceTest, TheFirstWaitOnlyBeginsToWatch) {
  wait();
  EXPECT_EQ(waits_, std::vector<Duration>{Duration::zero()});
  EXPECT_EQ(pace_.counts().waits, 0u);
}

// Whether this host has events or not: nobody knows yet whether they tell.
TEST_F(PaceTest, AWaiterStartsAtMicrosecondsAndStaysBelowTheCap) {
  for (const bool notifies : {false, true}) {
    host_.notifies = notifies;
    waits_.clear();
    Pace pace("/d/LOCK", milliseconds(250), {}, {nullptr, &clock_, &host_});
    for (int count = 0; count < 200; ++count) pace.wait(seconds(1000), std::nullopt, {});
    EXPECT_LE(waits_.at(1), microseconds(50));
    EXPECT_LE(waits_.at(2), microseconds(100));
    EXPECT_LE(*std::max_element(waits_.begin(), waits_.end()), milliseconds(250));
    EXPECT_GE(*std::max_element(waits_.begin(), waits_.end()), milliseconds(125));
    EXPECT_EQ(pace.counts().waits, 199u);
    EXPECT_EQ(pace.counts().unnotified, notifies ? 0u : 199u);
    EXPECT_GT(std::set<Duration>(waits_.begin(), waits_.end()).size(), 100u) << "jitter";
  }
}

TEST_F(PaceTest, EachCallStartsAtMicrosecondsWhereEventsDoNotTell) {
  host_.notifies = true;
  for (int count = 0; count < 50; ++count) wait();
  EXPECT_GE(*std::max_element(waits_.begin(), waits_.end()), milliseconds(1));
  pace_.begin(clock_.now().raw);
  wait();
  EXPECT_LE(waits_.back(), microseconds(50));
}

// A timer that is about to fire makes an event dearer, and each look is a request. But where events
// do not tell, as of other hosts, nothing may be lost by it.
TEST_F(PaceTest, WhereEventsTellPollingIsRareAndWhereLookingDoesItIsFrequent) {
  host_.notifies = true;
  host_.on_wait = [this](Duration at_most) {
    waits_.push_back(at_most);
    return os::Wake::changed;
  };
  for (int count = 0; count < 50; ++count) {
    wait();
    pace_.saw(true);
    pace_.begin(clock_.now().raw);
  }
  EXPECT_GE(waits_.back(), milliseconds(10)) << "events told of all changes";
  EXPECT_LE(waits_.back(), milliseconds(40)) << "and yet not only they are relied on";
  host_.on_wait = [this](Duration at_most) {
    waits_.push_back(at_most);
    return os::Wake::elapsed;
  };
  wait();
  pace_.saw(true);
  pace_.begin(clock_.now().raw);
  wait();
  EXPECT_LE(waits_.back(), microseconds(50)) << "the newest change was found by looking";
}

TEST_F(PaceTest, WhereEventsHaveEndedTheyAreReliedOnNoMore) {
  host_.notifies = true;
  host_.on_wait = [this](Duration at_most) {
    waits_.push_back(at_most);
    return os::Wake::changed;
  };
  for (int count = 0; count < 50; ++count) {
    wait();
    pace_.saw(true);
  }
  host_.notifies = false;
  pace_.drop_watch();
  wait();
  wait();
  pace_.begin(clock_.now().raw);
  wait();
  EXPECT_LE(waits_.back(), microseconds(50));
}

// Waking up takes as long as all else of a handoff. Whoever waits for long gains nothing by that.
TEST_F(PaceTest, ACallSpinsIfTheOneBeforeWasGrantedSoon) {
  Pace pace("/d/LOCK", milliseconds(250), microseconds(500), {nullptr, &clock_, &host_});
  const auto call = [&](Duration granted_after) {
    pace.begin(granted_);
    for (int count = 0; count < 3; ++count) pace.wait(microseconds(1), std::nullopt, {});
    const Duration spun = host_.spins;
    granted_ = clock_.now().raw + granted_after;
    clock_.advance(granted_after);
    return spun;
  };
  EXPECT_EQ(call(microseconds(400)), Duration::zero()) << "nothing is known yet";
  EXPECT_GT(call(microseconds(400)), microseconds(490)) << "of the call's first half millisecond";
  EXPECT_GT(call(microseconds(600)), Duration::zero());
  EXPECT_EQ(call(seconds(1)), Duration::zero()) << "the one before waited for longer";
}

TEST_F(PaceTest, ACallThatGoesOnWaitingSleeps) {
  Pace pace("/d/LOCK", milliseconds(250), microseconds(500), {nullptr, &clock_, &host_});
  pace.wait(microseconds(1), std::nullopt, {});
  pace.wait(microseconds(1), std::nullopt, {});
  pace.begin(clock_.now().raw);
  pace.wait(microseconds(400), std::nullopt, {});
  EXPECT_EQ(host_.spins, microseconds(500));
  clock_.advance(microseconds(600));
  pace.wait(seconds(1), std::nullopt, {});
  EXPECT_EQ(host_.spins, Duration::zero());
}

// It was not granted at all: its patience was short.
TEST_F(PaceTest, AfterACallInVainNobodySpins) {
  Pace pace("/d/LOCK", milliseconds(250), microseconds(500), {nullptr, &clock_, &host_});
  const os::RawTime granted = clock_.now().raw;
  clock_.advance(seconds(1));
  for (int count = 0; count < 2; ++count) pace.wait(microseconds(1), std::nullopt, {});
  pace.begin(granted);
  pace.wait(microseconds(1), std::nullopt, {});
  EXPECT_EQ(host_.spins, Duration::zero());
}

TEST_F(PaceTest, NoWaitIsLongerThanItMayBe) {
  for (int count = 0; count < 50; ++count) wait();
  waits_.clear();
  wait(microseconds(3));
  EXPECT_EQ(waits_, std::vector<Duration>{microseconds(3)});
}

TEST_F(PaceTest, ATouchIsDueAfterOneToTwoSecondsWithoutAChange) {
  wait();
  pace_.saw(false);
  EXPECT_FALSE(pace_.touch_due());
  clock_.advance(milliseconds(999));
  EXPECT_FALSE(pace_.touch_due());
  clock_.advance(milliseconds(1001));
  EXPECT_TRUE(pace_.touch_due());
  pace_.saw(true);
  EXPECT_FALSE(pace_.touch_due()) << "a change was seen";
}

}  // namespace
}  // namespace holdfast
