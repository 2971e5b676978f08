// What a caller waited while its mount did not answer is not the lock's doing.
#include <gtest/gtest.h>

#include "harness/checker/checker.h"
#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

/// Of workers of h1 and h2; an acquire of the first, from 1 s on, has a patience of a second, and
/// comes back at `back_ms`.
Story patient(double back_ms) {
  Story story;
  story.ask(1000, 0, Op::acquire);
  story.raw().events.back().until_ns = 2000 * kMs;
  if (back_ms > 0) story.back(back_ms, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  return story;
}

Story& add(Story& story, const char* kind, double from_ms, double to_ms, std::uint32_t host = 0) {
  Fault fault;
  fault.id = 1;
  fault.kind = kind;
  fault.host = host;
  fault.start_ns = static_cast<std::int64_t>(from_ms * kMs);
  fault.end_ns = static_cast<std::int64_t>(to_ms * kMs);
  fault.effective = true;
  story.raw().faults.push_back(fault);
  return story;
}

Outcome judged(Story story, double end_ms = 100'000) {
  Terms terms = own_terms();
  terms.timeout_slack_ns = 100 * kMs;
  return check_of(judge(story.history(end_ms), terms), "api_contract").outcome;
}

TEST(Stalls, ACallThatNobodyAnswersIsNoOverrun) {
  for (const char* kind : {"partition", "server_pause", "server_crash", "server_down", "hang",
                           "lost_reply", "delay"}) {
    Story story = patient(4000);
    EXPECT_EQ(judged(add(story, kind, 1500, 3900)), Outcome::passed) << kind;
  }
  for (const char* kind : {"clock", "server_clock", "error"}) {
    Story story = patient(4000);
    EXPECT_EQ(judged(add(story, kind, 1500, 3900)), Outcome::found) << kind;
  }
}

TEST(Stalls, AFaultOfAnotherHostIsNoExcuseAndOneOfTheServerIs) {
  Story other = patient(4000), all = patient(4000);
  EXPECT_EQ(judged(add(other, "partition", 1500, 3900, 1)), Outcome::found);
  EXPECT_EQ(judged(add(all, "server_pause", 1500, 3900, kNobody)), Outcome::passed);
}

TEST(Stalls, AFaultThatTookNoEffectIsNoExcuse) {
  Story story = patient(4000);
  add(story, "partition", 1500, 3900).raw().faults.back().effective = false;
  EXPECT_EQ(judged(story), Outcome::found);
}

// It was answered between the fault and its return: only what was late by the fault is excused.
TEST(Stalls, WhoeverWasAnsweredAfterwardsWaitsForTheLockAgain) {
  const auto answered_at = [](double look_ms) {
    Story story = patient(4000);
    story.raw().events.pop_back();
    story.file(look_ms, look_ms, 0, FileOp::stat, "lock");
    story.back(4000, 0, Op::acquire, Phase::fail, 0, Why::timeout);
    return judged(add(story, "partition", 1500, 1900));
  };
  EXPECT_EQ(answered_at(3900), Outcome::passed) << "a tenth of a second later it is back";
  EXPECT_EQ(answered_at(3899), Outcome::found);
  EXPECT_EQ(answered_at(2301), Outcome::found);
  EXPECT_EQ(answered_at(2300), Outcome::passed) << "the next call still met it";
}

// A connection that was cut tries again after as long as it has tried already.
TEST(Stalls, AFaultIsFeltForAsLongAgain) {
  Story late = patient(4000), later = patient(4000);
  EXPECT_EQ(judged(add(late, "partition", 0, 500)), Outcome::passed);
  EXPECT_EQ(judged(add(later, "partition", 0, 499)), Outcome::found);
}

TEST(Stalls, ACallThatNeverComesBackIsExcusedTheSameWay) {
  Story cut = patient(0), answered = patient(0);
  cut.kill(4000, 4010, 0);
  answered.kill(4000, 4010, 0);
  EXPECT_EQ(judged(add(cut, "server_pause", 1500, 3900, kNobody)), Outcome::passed);
  EXPECT_EQ(judged(answered), Outcome::found);
}

TEST(Stalls, ACallThatNobodyAnswersNeedNotBeCancelled) {
  Story story;
  story.ask(1, 0, Op::acquire).kill(5200, 5210, 0);
  EXPECT_EQ(judged(add(story, "partition", 4000, 5300), 5000), Outcome::passed);
}

}  // namespace
}  // namespace holdfast::harness
