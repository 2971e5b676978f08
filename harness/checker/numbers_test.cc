// The checkers that compare numbers: tokens of grants, updates of a counter, writes through a
// fence.
#include <gmock/gmock.h>

#include "harness/checker/fenwick.h"
#include "harness/checker/highest.h"
#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::uint64_t count_of(Story& story, const Terms& terms, Class what) {
  const Verdict verdict = judge(story.history(), terms);
  return verdict.counts.contains(what) ? verdict.counts.at(what) : 0;
}

// --- token_regression

TEST(TokenRegression, ALaterGrantWithALowerOrEqualTokenIsFound) {
  for (const std::uint64_t token : {4U, 5U}) {
    Story story;
    story.grant(1, 2, 0, 5, 1000).release(10, 0).grant(11, 12, 1, token, 1010).release(20, 1);
    const Verdict verdict = judge(story.history(), own_terms());
    EXPECT_EQ(verdict.first_class, Class::token_regression);
    EXPECT_THAT(verdict.reason, HasSubstr("had been granted token 5"));
  }
}

// A pause on the way back has eaten a lease that began before the pause. The next holder's grant
// came back when its own lease was over, and says nothing of when the lock was free before.
TEST(TokenRegression, OfAGrantThatCameBackAfterItsLeaseIsNone) {
  Story story;
  story.ask(11, 3, Op::acquire).ask(12, 2, Op::acquire).ask(13, 1, Op::acquire);
  story.back(13.5, 3, Op::acquire, Phase::ok, 1).ask(15, 0, Op::acquire);
  story.back(17, 1, Op::acquire, Phase::ok, 2).pause(20, 22, 0);
  story.back(21, 2, Op::acquire, Phase::ok, 4).back(22, 0, Op::acquire, Phase::ok, 3);
  story.release(30, 3, Phase::fail, Why::lost).release(31, 1, Phase::fail, Why::lost);
  story.release(32, 2, Phase::fail, Why::lost).release(33, 0, Phase::fail, Why::lost);
  Terms terms = program_terms(3);
  terms.tokens = true;
  EXPECT_EQ(count_of(story, terms, Class::token_regression), 0U);
}

TEST(TokenRegression, GrowingTokensPass) {
  Story story;
  story.grant(1, 2, 0, 5, 1000).release(10, 0).grant(11, 12, 1, 6, 1010).release(20, 1);
  EXPECT_EQ(count_of(story, own_terms(), Class::token_regression), 0U);
}

TEST(TokenRegression, OtherLocksCountByThemselves) {
  Story story;
  const auto other = story.lock("other");
  story.grant(1, 2, 0, 5, 1000).release(10, 0);
  story.of(other).grant(11, 12, 1, 3, 1010).release(20, 1);
  EXPECT_EQ(count_of(story, own_terms(), Class::token_regression), 0U);
}

TEST(TokenRegression, AGrantThatCameBackAfterItsLeaseIsLeftOut) {
  Story story;
  story.grant(1500, 1600, 0, 6, 2500).release(1700, 0);
  story.grant(1, 1800, 1, 5, 1000).release(1810, 1);  // its lease had run out long before
  EXPECT_EQ(count_of(story, own_terms(), Class::token_regression), 0U);
}

TEST(TokenRegression, WhatClocksCannotTellApartIsLeftOut) {
  Story story;
  story.raw().hosts[0].uncertainty_ns = story.raw().hosts[1].uncertainty_ns = 10 * kMs;
  story.grant(1, 2, 0, 5, 1000).release(3, 0).grant(11, 12, 1, 4, 1010).release(20, 1);
  EXPECT_EQ(count_of(story, own_terms(), Class::token_regression), 0U);
}

TEST(TokenRegression, DoesNotApplyWithoutTokens) {
  Story story;
  story.grant(1, 2, 0).release(10, 0);
  const Verdict verdict = judge(story.history(), plain_terms());
  EXPECT_EQ(check_of(verdict, "token_regression").outcome, Outcome::not_applicable);
}

TEST(Highest, IsOfWhatWasSurelyBefore) {
  History history;
  history.hosts = {{"h1", 5}, {"h2", 5}};
  history.workers.resize(2);
  history.workers[1].host = 1;
  HighestSoFar highest(history);
  highest.add(0, {10, 7, 1});
  highest.add(0, {20, 9, 2});
  EXPECT_EQ(highest.before(0, 10), nullptr);
  EXPECT_EQ(highest.before(0, 11)->token, 7U);
  EXPECT_EQ(highest.before(0, 21)->token, 9U);
  EXPECT_EQ(highest.before(1, 20), nullptr);
  EXPECT_EQ(highest.before(1, 30)->token, 7U);
  EXPECT_EQ(highest.before(1, 31)->what, 2U);
}

TEST(Fenwick, CountsAndFindsTheHighestOfTheFirst) {
  CountTree counts(5);
  counts.mark(1);
  counts.mark(1);
  counts.mark(4);
  EXPECT_EQ(counts.before(1), 0U);
  EXPECT_EQ(counts.before(2), 2U);
  EXPECT_EQ(counts.before(5), 3U);
  MaxTree highest(5);
  EXPECT_FALSE(highest.before(5).any());
  highest.set(3, 8);
  highest.set(0, 5);
  EXPECT_EQ(highest.before(3).value, 5U);
  EXPECT_EQ(highest.before(5).place, 3U);
}

// --- lost_update

Terms counting(std::uint64_t in_the_end) {
  Terms terms = own_terms();
  terms.counter = true;
  terms.final_counter = in_the_end;
  return terms;
}

TEST(LostUpdate, TwoWhoWroteTheSameNumberLostOne) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).update(8, 9, 0, 1).release(10, 0);
  story.grant(11, 12, 1, 2, 1010).update(18, 19, 1, 1).release(20, 1);
  const Verdict verdict = judge(story.history(), counting(1));
  EXPECT_EQ(verdict.first_class, Class::lost_update);
  EXPECT_THAT(verdict.reason, HasSubstr("lost the update of h1.w1"));
}

TEST(LostUpdate, ARisingCounterLostNone) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).update(8, 9, 0, 1).release(10, 0);
  story.grant(11, 12, 1, 2, 1010).update(18, 19, 1, 2).release(20, 1);
  EXPECT_EQ(judge(story.history(), counting(2)).value, Value::valid);
}

TEST(LostUpdate, ACounterThatEndsLowerThanItsLastUpdateLostSome) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).update(8, 9, 0, 1).release(10, 0);
  EXPECT_THAT(judge(story.history(), counting(0)).reason, HasSubstr("must say at least 1"));
}

TEST(LostUpdate, AnUpdateAfterTheLeaseIsNoFaultOfTheLock) {
  // The first one is paused past its lease and puts an old number back.
  Story story;
  story.grant(1, 2, 0, 1, 1000).pause(500, 1500, 0).update(1600, 1610, 0, 1).release(1620, 0);
  story.grant(1100, 1200, 1, 2, 2200).update(1290, 1300, 1, 1).release(1310, 1);
  story.grant(1700, 1710, 2, 3, 2700).update(1720, 1730, 2, 2).release(1740, 2);
  EXPECT_EQ(judge(story.history(), counting(2)).value, Value::valid);
}

TEST(LostUpdate, WhoWasKilledInTheMiddleMayHaveWritten) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).ask(8, 0, Op::update).kill(9, 10, 0);
  story.grant(11, 1012, 1, 2, 2010).update(1018, 1019, 1, 2).release(1020, 1);
  EXPECT_EQ(judge(story.history(), counting(2)).value, Value::valid);
}

TEST(LostUpdate, IsNotCheckedIfNobodyReadTheCounter) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).release(10, 0);
  Terms terms = counting(0);
  terms.final_counter.reset();
  const Verdict verdict = judge(story.history(), terms);
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(check_of(verdict, "lost_update").outcome, Outcome::not_checked);
}

TEST(LostUpdate, DoesNotApplyWithoutACounter) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).release(10, 0);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(check_of(verdict, "lost_update").outcome, Outcome::not_applicable);
}

// --- unfenced_late_write

Terms fenced() {
  Terms terms = own_terms();
  terms.fenced = true;
  return terms;
}

/// One write, or raise, with a token.
Story& write(Story& story, double sent_ms, double at_ms, std::uint32_t worker, Op op,
             std::uint64_t token, Phase phase = Phase::ok) {
  story.ask(sent_ms, worker, op, token);
  const Why why = phase == Phase::fail ? Why::stale_token : Why::none;
  return story.back(at_ms, worker, op, phase, token, why);
}

TEST(UnfencedLateWrite, AWriteBelowWhatTheFenceWasRaisedToIsFound) {
  for (const Op higher : {Op::raise, Op::publish}) {
    Story story;
    story.grant(0, 1, 3, 9, 1000).release(2, 3);
    write(story, 10, 11, 1, higher, 5);
    write(story, 12, 13, 0, Op::publish, 4);
    const Verdict verdict = judge(story.history(), fenced());
    EXPECT_EQ(verdict.first_class, Class::unfenced_late_write);
    EXPECT_THAT(check_of(verdict, "unfenced_late_write").findings.at(0).events, testing::SizeIs(3));
  }
}

TEST(UnfencedLateWrite, WhatWasAskedForBeforeTheHigherOneCameBackIsLawful) {
  Story story;
  story.grant(0, 1, 3, 9, 1000).release(2, 3);
  write(story, 10, 12, 1, Op::raise, 5);
  write(story, 12, 13, 0, Op::publish, 4);
  EXPECT_EQ(judge(story.history(), fenced()).value, Value::valid);
}

TEST(UnfencedLateWrite, ARefusedWriteIsWhatAFenceIsFor) {
  Story story;
  story.grant(0, 1, 3, 9, 1000).release(2, 3);
  write(story, 10, 11, 1, Op::raise, 5);
  write(story, 12, 13, 0, Op::publish, 4, Phase::fail);
  EXPECT_EQ(judge(story.history(), fenced()).value, Value::valid);
}

TEST(UnfencedLateWrite, DoesNotApplyWithoutAFence) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).release(10, 0);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(check_of(verdict, "unfenced_late_write").outcome, Outcome::not_applicable);
}

}  // namespace
}  // namespace holdfast::harness
