// Two who both took the lock: each cause once as it is recognised, and once as it must not be.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

TEST(Cause, OfAnEntryThatNobodyRemovedAndThatWasGoneIsALostState) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 1, Op::acquire);
  story.file(20.1, 20.2, 1, FileOp::stat, "lock", "", 0, ENOENT);
  story.file(20.3, 20.4, 1, FileOp::open_create, "lock", "", 200);
  story.back(21, 1, Op::acquire, Phase::ok).release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::server_lost_state);
}

// A release by name that began when the name was still its own can be carried out much later.
TEST(Cause, OfAnEntryThatWasGoneIsNotGuessedWhereARemovalWasUnderWay) {
  Story story = named();
  take(story, 1, 2, 50);
  story.ask(5, 2, Op::release);
  story.ask(8, 0, Op::acquire).file(9, 10, 0, FileOp::open_create, "lock", "", 100);
  story.file(5.1, 15, 2, FileOp::unlink, "lock", "", 50).back(15.5, 2, Op::release, Phase::ok);
  story.ask(16, 1, Op::acquire);
  story.file(16.1, 16.2, 1, FileOp::stat, "lock", "", 0, ENOENT);
  story.file(16.3, 16.4, 1, FileOp::open_create, "lock", "", 200);
  story.back(17, 1, Op::acquire, Phase::ok).back(18, 0, Op::acquire, Phase::ok);  // hears late
  story.release(40, 0).release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::unexplained);
  EXPECT_THAT(found.sentence, HasSubstr("a removal by h3.w1, begun at 0.005100 s"));
}

// The same where nobody looked: that the second link was made shows that the first was gone.
TEST(Cause, OfTwoLinksIsNotGuessedWhereARemovalWasUnderWay) {
  for (const bool links : {true, false}) {
    const FileOp how = links ? FileOp::link : FileOp::open_create;
    const std::string name = links ? "claim" : "lock", other = links ? "lock" : "";
    Story story = named();
    take(story, 1, 2, 50);
    story.ask(5, 2, Op::release);
    story.ask(8, 0, Op::acquire).file(9, 10, 0, how, name, other, 100);
    story.file(5.1, 10.1, 2, FileOp::unlink, "lock", "", 50).back(11, 2, Op::release, Phase::ok);
    story.ask(11, 1, Op::acquire).file(11, 12, 1, how, name, other, 200);
    story.back(12, 0, Op::acquire, Phase::ok).back(13, 1, Op::acquire, Phase::ok);
    story.release(40, 0).release(50, 1);
    EXPECT_EQ(cause_of(story, plain_terms()), links ? Cause::unexplained : Cause::not_excluding);
  }
}

// Its own entry was gone by then, and that is the mount's doing.
TEST(Cause, OfARemovalThatCameLateAfterOneThatWasCarriedOutTwiceIsALostReply) {
  for (const bool its_own : {false, true}) {
    Story story = named();
    take(story, 1, 2, 50);
    story.ask(5, 2, Op::release);
    story.ask(8, 0, Op::acquire).file(9, 10, 0, FileOp::open_create, "lock", "", 100);
    story.file(5.1, 10.1, 2, FileOp::unlink, "lock", "", 50).back(11, 2, Op::release, Phase::ok);
    story.ask(11, 1, Op::acquire).file(11, 12, 1, FileOp::open_create, "lock", "", 200);
    story.back(12, 0, Op::acquire, Phase::ok).back(13, 1, Op::acquire, Phase::ok);
    story.release(40, 0).release(50, 1);
    Fault twice;
    twice.kind = "lost_reply";
    twice.end_ns = its_own ? 7 * kMs : kMs / 2;  // or before it had taken the lock
    twice.effective = true;
    twice.at_operation = "unlink lock: done, then done";
    story.raw().faults.push_back(twice);
    EXPECT_EQ(cause_of(story, plain_terms()), its_own ? Cause::lost_reply : Cause::not_excluding);
  }
}

TEST(Cause, OfAServerThatForgotBetweenTheTwoIsALostState) {
  for (const bool between : {true, false}) {
    Story story = named();
    take(story, 10, 0, 100);
    take(story, 26, 1, 200);
    story.release(40, 0).release(50, 1);
    story.raw().faults.push_back(forgot(between ? 20'000'000 : 60'000'000));
    EXPECT_EQ(cause_of(story, plain_terms()) == Cause::server_lost_state, between);
  }
}

// A request of a process that died in the midst of it can be applied at any time.
TEST(Cause, OfARemovalThatItsProcessDidNotSurviveIsUnexplained) {
  Story story = named();
  story.ask(1, 2, Op::acquire).file(2, 2, 2, FileOp::unlink, "lock");
  story.raw().events.back().phase = Phase::invoke;
  story.kill(3, 3, 2);
  take(story, 10, 0, 100);
  take(story, 26, 1, 200);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
}

TEST(Cause, OfARequestThatIsKnownToHaveBeenAppliedAgainIsUnexplained) {
  Story story = named();
  take(story, 10, 0, 100);
  take(story, 26, 1, 200);
  story.release(40, 0).release(50, 1);
  Fault again;
  again.kind = "duplicate";
  again.start_ns = 5'000'000;
  again.end_ns = 20'000'000;
  again.effective = true;
  story.raw().faults.push_back(again);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
}

TEST(Cause, OfTwoMakingsWithNothingRemovedIsThatItDoesNotExclude) {
  Story story = named();
  take(story, 10, 0, 100);
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::not_excluding);
}

TEST(Cause, IsNotGuessedWhereSomebodyWasKilledInBetween) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(12, 2, Op::acquire).kill(15, 16, 2);  // may have removed it, unrecorded
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
}

TEST(Cause, ARemovalThatWasRecordedLateStillCameFirst) {
  // The next one's making was recorded before the removal that it followed: both are of one pair of
  // hands, and what a release took away was its own.
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 0, Op::release).ask(19, 1, Op::acquire);
  story.file(20.4, 20.5, 1, FileOp::open_create, "lock", "", 200);
  story.file(20.3, 20.6, 0, FileOp::unlink, "lock", "", 100);
  story.back(20.7, 0, Op::release, Phase::ok).back(21, 1, Op::acquire, Phase::ok);
  take(story, 30, 2, 300);
  story.release(40, 1).release(50, 2);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::not_excluding);
}

TEST(Cause, IsNotGuessedWhereAnEntryOfNobodysWasRemovedInBetween) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(14, 2, Op::acquire);
  remove(story, 15, 2, 777);
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::unexplained);
  EXPECT_THAT(found.sentence, HasSubstr("h3.w1 removed an entry at 0.015000 s"));
}

// A request that was under way all the while can have taken effect in between.
TEST(Cause, IsNotGuessedWhereARemovalWasUnderWayInBetween) {
  Story story = named();
  take(story, 1, 2, 50);
  story.ask(5, 2, Op::release);
  take(story, 10, 0, 100);
  take(story, 20, 1, 200);
  story.file(5.1, 30, 2, FileOp::unlink, "lock", "", 50);
  story.back(31, 2, Op::release, Phase::ok);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
}

// The lock's own record says that nothing was there to remove; the mount's log knows better.
TEST(Cause, OfARemovalThatFailedAndWasCarriedOutIsALostReply) {
  for (const bool logged : {true, false}) {
    Story story = named();
    take(story, 10, 0, 100);
    take(story, 20, 1, 200);
    story.ask(14, 2, Op::release);
    // Others are recorded before it, and began after it.
    story.file(22, 23, 3, FileOp::stat, "lock", "", 200);
    story.file(15, 30, 2, FileOp::unlink, "lock", "", 100, ENOENT);
    story.back(31, 2, Op::release, Phase::fail, 0, Why::lost);
    story.release(40, 0).release(50, 1);
    Fault fault;
    fault.kind = "lost_reply";
    fault.host = story.raw().workers[2].host;
    fault.start_ns = 16 * kMs;
    fault.end_ns = 29 * kMs;
    fault.effective = logged;
    fault.at_operation = "unlink lock: done, then ENOENT";
    story.raw().faults.push_back(fault);
    EXPECT_EQ(cause_of(story, plain_terms()), logged ? Cause::lost_reply : Cause::unexplained);
  }
}

// The lock's own record has one removal, of what it knew; the mount's log says that there were two.
TEST(Cause, OfARemovalThatTheServerCarriedOutTwiceIsALostReply) {
  const auto cause = [](const std::string& kind, const std::string& what, std::int64_t end_ns) {
    Story story = named();
    take(story, 10, 0, 100);
    take(story, 20, 1, 200);
    story.release(40, 0).release(50, 1);
    Fault fault;
    fault.kind = kind;
    fault.start_ns = 5'000'000;
    fault.end_ns = end_ns;
    fault.effective = true;
    fault.at_operation = what;
    story.raw().faults.push_back(fault);
    return cause_of(story, plain_terms());
  };
  const std::int64_t between = 15'000'000, after = 30'000'000;
  EXPECT_EQ(cause("lost_reply", "rename lock aside: done, then done", between), Cause::lost_reply);
  EXPECT_EQ(cause("lost_reply", "rmdir lock: done, then done", between), Cause::lost_reply);
  EXPECT_EQ(cause("duplicate", "unlink lock: done, once more: done", between), Cause::lost_reply);
  EXPECT_EQ(cause("lost_reply", "unlink lock: done, then ENOENT", between), Cause::not_excluding);
  EXPECT_EQ(cause("lost_reply", "rename lock aside: done, then done", after), Cause::not_excluding);
  EXPECT_EQ(cause("lost_reply", "mkdir lock: done, then done", between), Cause::not_excluding);
}

TEST(Cause, OfOneStateTakenTwiceIsADuplicateGrant) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6,a", 6);
  grant(story, 20, 1, "free,5", "held,6,b", 6);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::duplicate_grant);
}

TEST(Cause, OfOneTokenGrantedTwiceIsADuplicateGrant) {
  Story story = named();
  take(story, 10, 0, 100);
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  for (Event& event : story.raw().events) {
    if (event.op == Op::acquire && event.phase == Phase::ok) event.token = 9;
  }
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::duplicate_grant);
}

}  // namespace
}  // namespace holdfast::harness
