#include "harness/checker/holds.h"

#include <gmock/gmock.h>

#include "harness/checker/story.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;

Holds holds_of(const History& history, const Terms& terms) {
  return find_holds(history, terms, Trail(history, terms));
}

Span ms(double from, double until) {
  return {static_cast<std::int64_t>(from * kMs), static_cast<std::int64_t>(until * kMs)};
}

std::vector<Span> leases(const Holds& holds, std::size_t index) {
  const auto span = holds.leases_of(holds.holds.at(index));
  return {span.begin(), span.end()};
}

Span hold(const Holds& holds, std::size_t index) {
  return {holds.holds.at(index).from_ns, holds.holds.at(index).until_ns};
}

TEST(Holds, BeginWithTheGrantAndEndWhenReleaseIsCalled) {
  Story story;
  story.grant(1, 5, 0, 7, 1005).ask(20, 0, Op::release).back(29, 0, Op::release, Phase::ok);
  const History history = story.history();
  const Holds holds = holds_of(history, own_terms());
  ASSERT_EQ(holds.holds.size(), 1U);
  EXPECT_EQ(hold(holds, 0), ms(5, 20));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::released);
  EXPECT_EQ(holds.holds[0].token, 7U);
  EXPECT_EQ(holds.holds[0].gone_ns, 29 * kMs);
  EXPECT_THAT(leases(holds, 0), ElementsAre(ms(5, 1005)));
}

TEST(Holds, EndWithTheNextAcquireOrTheWorkerWhereNobodyCalledRelease) {
  Story story;
  story.grant(1, 5, 0).refuse(20, 30, 0).grant(1, 6, 1).end(40, 1);
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(hold(holds, 0), ms(5, 20));
  EXPECT_EQ(hold(holds, 1), ms(6, 40));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::abandoned);
}

TEST(Holds, OfAWorkerOfWhomNothingIsKnownEndWithItsLastEvent) {
  Story story;
  story.grant(1, 5, 0).ask(17, 0, Op::probe);
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(hold(holds, 0), ms(5, 17));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::unseen);
  EXPECT_EQ(holds.holds[0].gone_ns, kNever);
}

TEST(Holds, OfAKilledProgramEndWhenTheKillCanHaveTakenEffect) {
  Story story;
  story.grant(1, 5, 0).back(50, 0, Op::told, Phase::ok).kill(30, 40, 0);
  const History history = story.history();
  const Holds holds = holds_of(history, program_terms(1000));
  EXPECT_EQ(hold(holds, 0), ms(5, 30));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::died);
  EXPECT_EQ(holds.holds[0].gone_ns, 40 * kMs);
}

TEST(Holds, OfAKilledWorkerLastAsLongAsItsEventsProveItsLife) {
  Story story;
  story.grant(1, 5, 0, 1, 1005).told(33, 0).kill(30, 40, 0);
  const History history = story.history();
  EXPECT_EQ(hold(holds_of(history, own_terms()), 0), ms(5, 33));
}

TEST(Holds, ThatABuiltInLockGaveBackWithinTheKillWereNotKilledInside) {
  // A kill takes effect a while after it was begun; what the victim did by then it did alive.
  Story story;
  story.grant(1, 5, 0).ask(33, 0, Op::release).kill(30, 40, 0);
  const History history = story.history();
  Terms terms = plain_terms();
  terms.in_process = true;
  const Holds holds = holds_of(history, terms);
  EXPECT_EQ(hold(holds, 0), ms(5, 33));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::released);
  EXPECT_EQ(judge(history, terms).power.kills_inside, 0U);
  EXPECT_EQ(judge(history, plain_terms()).power.kills_inside, 1U);
}

TEST(Holds, ThatWereGivenBackBeforeTheKillAreNotTouchedByIt) {
  Story story;
  story.grant(1, 5, 0).ask(20, 0, Op::release).kill(30, 40, 0);
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(hold(holds, 0), ms(5, 20));
  EXPECT_EQ(holds.holds[0].end, HoldEnd::released);
  // The release never came back: the lock was gone when the process surely was.
  EXPECT_EQ(holds.holds[0].gone_ns, 40 * kMs);
}

TEST(Holds, ReplacementsSurviveTheKillOfTheirHost) {
  Story story;
  const std::uint32_t second = story.worker("h1.w1'2", 0);
  story.grant(1, 5, 0).grant(50, 55, second).release(60, second).kill(30, 40, 0);
  story.raw().faults[0].worker = kNobody;
  story.raw().faults[0].worker_name.clear();
  story.raw().faults[0].host = 0;
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(hold(holds, 0), ms(5, 30));
  EXPECT_EQ(hold(holds, 1), ms(55, 60));
}

TEST(Holds, AReleaseThatWasTriedAgainIsOverWithItsLastAnswer) {
  Story story;
  story.grant(1, 5, 0).release(20, 0, Phase::fail, Why::error).release(35, 0);
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(hold(holds, 0), ms(5, 20));
  EXPECT_EQ(holds.holds[0].gone_ns, 35 * kMs);
}

TEST(Leases, OfAnOwnLockEndWhereItsOwnWordSays) {
  Story story;
  story.grant(1, 5, 0, 1, 1001).refresh(400, 410, 0, 1400).release(500, 0);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, own_terms()), 0), ElementsAre(ms(5, 1400)));
}

TEST(Leases, ThatRanOutAndWereRenewedHaveAGap) {
  Story story;
  story.grant(1, 5, 0, 1, 1001).refresh(1100, 1110, 0, 2100).release(1500, 0);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, own_terms()), 0), ElementsAre(ms(5, 1001), ms(1110, 2100)));
}

TEST(Leases, EndWithTheNewsOfTheirLoss) {
  Story story;
  story.grant(1, 5, 0, 1, 1001).lose(400, 410, 0).release(500, 0);
  const History history = story.history();
  const Holds holds = holds_of(history, own_terms());
  EXPECT_THAT(leases(holds, 0), ElementsAre(ms(5, 410)));
  EXPECT_EQ(holds.holds[0].told_ns, 410 * kMs);
  EXPECT_EQ(holds.holds[0].left_when_told_ns, 591 * kMs);
}

TEST(Leases, OfAProgramAreCountedFromItsRequest) {
  Story story;
  story.grant(1, 5, 0).refresh(400, 410, 0, 0).release(500, 0);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, program_terms(1000)), 0), ElementsAre(ms(5, 1400)));
}

TEST(Leases, OfAProgramAreNotEatenByTheWait) {
  Story story;
  story.grant(1, 5, 0).release(3000, 0).grant(100, 3010, 1).release(3500, 1);
  const History history = story.history();
  const Holds holds = holds_of(history, program_terms(4000));
  EXPECT_THAT(leases(holds, 1), ElementsAre(ms(3010, 7000)));
}

TEST(Leases, OfAProgramAfterADeadOneAreCountedFromTheDeath) {
  Story story;
  story.grant(1, 5, 0).kill(700, 710, 0).grant(100, 5010, 1).release(5500, 1);
  const History history = story.history();
  const Holds holds = holds_of(history, program_terms(4000));
  EXPECT_THAT(leases(holds, 1), ElementsAre(ms(5010, 4700)));
}

TEST(Leases, OfAProgramAfterAnOverstayAreCountedFromTheEndOfThatLease) {
  Story story;
  story.grant(1, 5, 0).release(9000, 0).grant(100, 5010, 1).release(5500, 1);
  const History history = story.history();
  const Holds holds = holds_of(history, program_terms(4000));
  EXPECT_THAT(leases(holds, 1), ElementsAre(ms(5010, 8001)));
}

TEST(Leases, OfAContenderWithoutLeasesLastForTheWholeHold) {
  Story story;
  story.grant(1, 5, 0).lose(10, 11, 0).release(500'000, 0);
  const History history = story.history();
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(holds.lease_end(holds.holds[0]), kNever);
  EXPECT_TRUE(holds.entitled_at(holds.holds[0], 400'000 * kMs));
  EXPECT_FALSE(holds.entitled_at(holds.holds[0], 500'000 * kMs));
}

TEST(Leases, OfAProgramThatCameBackLateAreCountedFromWhenItTookTheLock) {
  // Its reply was late, and another has had the lock since: that gives it no new lease.
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::open_create, "lock", "", 7);
  story.back(9000, 0, Op::acquire, Phase::ok).release(9100, 0);
  story.ask(4500, 1, Op::acquire).file(5000, 5001, 1, FileOp::open_create, "lock", "", 8);
  story.back(5010, 1, Op::acquire, Phase::ok).release(8000, 1);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, program_terms(4000)), 1), ElementsAre(ms(9000, 4001)));
}

TEST(Leases, OfAProgramThatWasPausedOnItsWayBackAreCountedFromBeforeThePause) {
  Story story;
  story.grant(1, 9000, 0).release(9100, 0).pause(10, 8900, 0);
  story.grant(4500, 5010, 1).release(8000, 1);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, program_terms(4000)), 1), ElementsAre(ms(9000, 4001)));
}

TEST(Leases, OfAProgramAreNotStretchedByWhatClocksCannotTell) {
  Story story;
  story.raw().hosts[0].uncertainty_ns = story.raw().hosts[1].uncertainty_ns = 10 * kMs;
  story.grant(1, 5, 0).release(3000, 0).grant(100, 3030, 1).release(3500, 1);
  const History history = story.history();
  EXPECT_THAT(leases(holds_of(history, program_terms(4000)), 1), ElementsAre(ms(3030, 6980)));
}

TEST(Leases, KnowWhatWasLeftWhenTheLossWasFirstTold) {
  Story story;
  story.grant(1, 5, 0, 1, 1001).lose(400, 410, 0).told(410, 0).release(500, 0);
  const History history = story.history();
  EXPECT_EQ(holds_of(history, own_terms()).holds[0].left_when_told_ns, 591 * kMs);
}

TEST(Attempts, ThatNeverCameBackEndWithTheirWorkerOrTheRun) {
  Story story;
  story.ask(10, 0, Op::acquire).kill(30, 40, 0).ask(20, 1, Op::acquire);
  const History history = story.history(5000);
  const Holds holds = holds_of(history, plain_terms());
  EXPECT_EQ(holds.attempts[0].back_ns, 30 * kMs);
  EXPECT_TRUE(holds.attempts[0].died);
  EXPECT_EQ(holds.attempts[1].back_ns, 5000 * kMs);
  EXPECT_FALSE(holds.attempts[1].died);
}

}  // namespace
}  // namespace holdfast::harness
