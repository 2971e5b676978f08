// Why two entitled holds met: each cause once as it is recognised, and once as it must not be.
#include "harness/checker/cause.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Finding overlap_of(Story& story, const Terms& terms) {
  const Verdict verdict = judge(story.history(), terms);
  const auto& findings = check_of(verdict, "mutual_exclusion").findings;
  if (findings.empty()) throw std::logic_error("no overlap: " + verdict.reason);
  return findings.front();
}

Cause cause_of(Story& story, const Terms& terms) { return overlap_of(story, terms).cause; }

/// Everybody's file operations are recorded. A lock that is one name, "lock".
Story named() {
  Story story;
  story.records_files();
  return story;
}

/// Worker makes the entry with this inode and is granted the lock.
void take(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode) {
  story.ask(at_ms - 1, worker, Op::acquire);
  story.file(at_ms - 0.5, at_ms - 0.4, worker, FileOp::open_create, "lock", "", inode);
  story.back(at_ms, worker, Op::acquire, Phase::ok);
}

void remove(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode) {
  story.file(at_ms - 0.1, at_ms, worker, FileOp::unlink, "lock", "", inode);
}

TEST(Cause, OfABreakerWhoJudgedAnEarlierEntryIsADoubleBreak) {
  Story story = named();
  take(story, 10, 3, 100);
  story.kill(11, 12, 3);
  // Both have looked at the dead one's entry; the first breaks it and takes the lock...
  story.ask(20, 0, Op::acquire).file(20.1, 20.2, 0, FileOp::stat, "lock", "", 100);
  story.ask(20, 1, Op::acquire).file(20.3, 20.4, 1, FileOp::stat, "lock", "", 100);
  remove(story, 21, 0, 100);
  story.file(21.5, 21.6, 0, FileOp::open_create, "lock", "", 200);
  story.back(22, 0, Op::acquire, Phase::ok);
  // ... and the second breaks that.
  remove(story, 25, 1, 200);
  story.file(25.5, 25.6, 1, FileOp::open_create, "lock", "", 300);
  story.back(26, 1, Op::acquire, Phase::ok).release(40, 0, Phase::fail, Why::lost);
  story.release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::double_break);
  EXPECT_THAT(found.sentence, AllOf(HasSubstr("h2.w1 judged an earlier entry (inode 100)"),
                                    HasSubstr("that of h1.w1 (inode 200)")));
}

TEST(Cause, OfABreakerWhoJudgedTheVeryEntryIsAPrematureBreak) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 1, Op::acquire).file(20.1, 20.2, 1, FileOp::stat, "lock", "", 100);
  remove(story, 21, 1, 100);
  story.file(21.5, 21.6, 1, FileOp::open_create, "lock", "", 200);
  story.back(22, 1, Op::acquire, Phase::ok).release(50, 1).release(60, 0);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::premature_break);
}

/// The second worker removes the first one's entry, and no look of it is recorded.
Story broken_unseen() {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 1, Op::acquire);
  remove(story, 21, 1, 100);
  story.file(21.5, 21.6, 1, FileOp::open_create, "lock", "", 200);
  story.back(22, 1, Op::acquire, Phase::ok).release(50, 1).release(60, 0);
  return story;
}

// A program may look by system calls that the recorder does not see: silence proves nothing.
TEST(Cause, IsNotGuessedWhereNoLookIsRecordedOfAnybody) {
  Story story = broken_unseen();
  const Finding found = overlap_of(story, program_terms(1000));
  EXPECT_EQ(found.cause, Cause::unexplained);
  EXPECT_THAT(found.sentence, HasSubstr("no look at a lock was recorded"));
}

TEST(Cause, OfABreakWithoutALookIsPrematureWhereLooksAreSeen) {
  Story built_in = broken_unseen();
  Terms terms = plain_terms();
  terms.in_process = true;
  EXPECT_EQ(cause_of(built_in, terms), Cause::premature_break);
  Story looked = broken_unseen();
  looked.file(70, 70.1, 2, FileOp::stat, "lock", "", 200);
  const Finding found = overlap_of(looked, program_terms(1000));
  EXPECT_EQ(found.cause, Cause::premature_break);
  EXPECT_THAT(found.sentence, HasSubstr("did not look at the entry of h1.w1"));
}

TEST(Cause, NamesTheClocksOfAPrematureBreak) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 1, Op::acquire).file(20.1, 20.2, 1, FileOp::stat, "lock", "", 100);
  remove(story, 21, 1, 100);
  story.file(21.5, 21.6, 1, FileOp::open_create, "lock", "", 200);
  story.back(22, 1, Op::acquire, Phase::ok).release(50, 1).release(60, 0);
  story.clock(5, 100, 1, 30'000);
  EXPECT_THAT(overlap_of(story, program_terms(1000)).sentence, HasSubstr("clocks 30 s apart"));
}

TEST(Cause, OfAReleaseThatRemovedAnothersEntryIsAStolenRelease) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 0, Op::release);
  remove(story, 20.5, 0, 100);
  take(story, 22, 1, 200);
  remove(story, 23, 0, 200);  // once more, by name
  story.back(24, 0, Op::release, Phase::ok);
  take(story, 26, 2, 300);
  story.release(40, 1).release(50, 2);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::stolen_release);
  EXPECT_THAT(found.sentence, HasSubstr("h1.w1 removed the entry of h2.w1 (inode 200)"));
}

// A forked child that tidies up at its end is, for the record, the program that it came from.
TEST(Cause, OfAnEntryThatItsHoldersOwnProgramRemovedIsAStolenRelease) {
  Story story = named();
  story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::open_create, "lock", "", 100);
  remove(story, 4, 0, 100);
  story.back(5, 0, Op::acquire, Phase::ok);
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::stolen_release);
  EXPECT_THAT(found.sentence,
              HasSubstr("h1.w1 was inside, its own program, or a child of that, gave back"));
}

TEST(Cause, OfAnEntryThatNobodyRemovedAndThatWasGoneIsALostState) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(20, 1, Op::acquire);
  story.file(20.1, 20.2, 1, FileOp::stat, "lock", "", 0, ENOENT);
  story.file(20.3, 20.4, 1, FileOp::open_create, "lock", "", 200);
  story.back(21, 1, Op::acquire, Phase::ok).release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::server_lost_state);
}

/// A server that forgot at this instant.
Fault forgot(std::int64_t at_ns) {
  Fault loss;
  loss.kind = "server_forgot";
  loss.start_ns = loss.end_ns = at_ns;
  loss.effective = true;
  return loss;
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

// Whose entry is gone by no doing of his gives back another's, and so it goes on.
TEST(Cause, OfAReleaseAfterTheServerTookItsEntryIsTheServersOrALostReply) {
  Fault twice = forgot(15'000'000);
  twice.kind = "lost_reply";
  twice.at_operation = "rename lock aside: done, then done";
  Fault other = twice;
  other.start_ns = other.end_ns = 5'000'000;
  const std::pair<Fault, Cause> cases[] = {{forgot(15'000'000), Cause::server_lost_state},
                                           {twice, Cause::lost_reply},
                                           {other, Cause::stolen_release}};
  for (const auto& [fault, cause] : cases) {
    Story story = named();
    take(story, 10, 0, 100);
    take(story, 20, 1, 200);  // the first one's entry is gone
    story.ask(30, 0, Op::release);
    remove(story, 31, 0, 200);
    story.back(32, 0, Op::release, Phase::ok);
    take(story, 35, 2, 300);
    story.release(40, 1).release(50, 2);
    story.raw().faults.push_back(fault);
    const Verdict verdict = judge(story.history(), plain_terms());
    const auto& findings = check_of(verdict, "mutual_exclusion").findings;
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings.back().parties.back().worker, 2U);
    EXPECT_EQ(findings.back().cause, cause);
  }
}

TEST(Cause, OfWhatWasNotRecordedWhileTheServerForgotIsALostState) {
  for (const bool between : {true, false}) {
    Story story;
    take(story, 10, 0, 100);
    take(story, 20, 1, 200);
    story.release(40, 0).release(50, 1);
    story.raw().faults.push_back(forgot(between ? 15'000'000 : 30'000'000));
    EXPECT_EQ(cause_of(story, plain_terms()),
              between ? Cause::server_lost_state : Cause::unexplained);
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

TEST(Cause, OfAGrantWithoutAnyFileOperationIsThatItDoesNotExclude) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(19, 1, Op::acquire);
  story.file(19.5, 19.6, 1, FileOp::open_create, "lock", "", 0, EEXIST);
  story.back(20, 1, Op::acquire, Phase::ok).release(40, 0).release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::not_excluding);
  EXPECT_THAT(found.sentence, HasSubstr("had failed (File exists)"));
}

TEST(Cause, IsNotGuessedWhereSomebodyWasKilledInBetween) {
  Story story = named();
  take(story, 10, 0, 100);
  story.ask(12, 2, Op::acquire).kill(15, 16, 2);  // may have removed it, unrecorded
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
}

TEST(Cause, IsNotGuessedWhereNothingWasRecorded) {
  Story story;
  take(story, 10, 0, 100);
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

/// Of a lock whose worker makes the entry itself, and looks up its inode afterwards.
Terms built_in_terms() {
  Terms terms = plain_terms();
  terms.in_process = true;
  return terms;
}

TEST(Cause, AnInodeThatWasLookedUpAfterTheNextOneWasMadeIsNotBelieved) {
  // The first one's look at what it had made came after the second breaker had removed that and
  // made its own: one inode for two entries.
  for (const double looked_ms : {21.45, 21.9}) {
    Story story = named();
    take(story, 10, 3, 50);
    story.kill(11, 12, 3);
    story.ask(20, 0, Op::acquire).ask(20, 1, Op::acquire);
    story.file(20.3, 20.4, 1, FileOp::stat, "lock", "", 50);
    remove(story, 20.9, 0, 50);
    story.file(21, looked_ms, 0, FileOp::open_create, "lock", "", 200);
    remove(story, 21.3, 1, 100);
    story.file(21.4, 21.5, 1, FileOp::open_create, "lock", "", 200);
    story.back(22, 0, Op::acquire, Phase::ok).back(21.6, 1, Op::acquire, Phase::ok);
    story.release(40, 0).release(50, 1);
    const Finding found = overlap_of(story, built_in_terms());
    EXPECT_EQ(found.cause, Cause::double_break) << looked_ms;
    EXPECT_THAT(found.sentence, HasSubstr("removed by name, at 0.021300 s, that of h1.w1"));
  }
}

/// The maker's look at its entry came after a breaker had judged and replaced that entry.
Story broken_before_the_look() {
  Story story = named();
  story.ask(9, 0, Op::acquire).ask(9, 1, Op::acquire);
  story.file(10, 10.9, 0, FileOp::open_create, "lock", "", 200);
  story.file(10.1, 10.2, 1, FileOp::stat, "lock", "", 100);
  remove(story, 10.5, 1, 100);
  story.file(10.6, 10.7, 1, FileOp::open_create, "lock", "", 200);
  story.back(11, 0, Op::acquire, Phase::ok).back(11, 1, Op::acquire, Phase::ok);
  story.release(40, 0).release(50, 1);
  return story;
}

TEST(Cause, OfABreakerWhoJudgedTheVeryEntryIsPrematureWhateverItsMakerSawOfIt) {
  Story story = broken_before_the_look();
  take(story, 9.2, 2, 300);
  story.ask(9.5, 2, Op::release);
  remove(story, 9.7, 2, 300);
  story.back(9.8, 2, Op::release, Phase::ok);
  EXPECT_EQ(cause_of(story, built_in_terms()), Cause::premature_break);
}

TEST(Cause, IsNotGuessedWhereTheRemovedEntryMayHaveStoodThereBefore) {
  Story story = broken_before_the_look();
  EXPECT_EQ(cause_of(story, built_in_terms()), Cause::unexplained);
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

// --- locks whose states are names

std::string state(const std::string& name) { return "lock/" + name; }

void grant(Story& story, double at_ms, std::uint32_t worker, const std::string& from,
           const std::string& to, std::uint64_t token, int error = 0) {
  story.ask(at_ms - 1, worker, Op::acquire);
  story.file(at_ms - 0.5, at_ms - 0.4, worker, FileOp::rename, state(from), state(to), 0, error);
  story.back(at_ms, worker, Op::acquire, Phase::ok, token);
}

TEST(Cause, OfARenamedStateOfALiveHolderIsAPrematureBreak) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6", 6);
  grant(story, 20, 1, "held,6", "held,7", 7);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::premature_break);
}

TEST(Cause, FollowsAHoldersRenewals) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6,0", 6);
  story.ask(12, 0, Op::refresh);
  story.file(12.1, 12.2, 0, FileOp::rename, state("held,6,0"), state("held,6,1"));
  story.back(13, 0, Op::refresh, Phase::ok);
  grant(story, 20, 1, "held,6,1", "held,7,0", 7);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::premature_break);
}

TEST(Cause, OfAReleaseThatFreedAnothersStateIsAStolenRelease) {
  Story story = named();
  grant(story, 5, 2, "free,4", "held,5", 5);
  grant(story, 10, 0, "held,5", "held,6", 6);
  story.ask(12, 2, Op::release);
  story.file(12.1, 12.2, 2, FileOp::rename, state("held,6"), state("free,6"));
  story.back(13, 2, Op::release, Phase::ok);
  grant(story, 20, 1, "free,6", "held,7", 7);
  story.release(40, 0).release(50, 1);
  const Verdict verdict = judge(story.history(), plain_terms());
  const auto& findings = check_of(verdict, "mutual_exclusion").findings;
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].cause, Cause::stolen_release);
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

TEST(Cause, OfACallThatFailedAndWasAppliedIsALostReply) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6", 6, EIO);  // was there later all the same
  grant(story, 20, 1, "held,6", "held,7", 7);
  story.release(40, 0).release(50, 1);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::lost_reply);
  EXPECT_THAT(found.sentence, HasSubstr("reported as failed"));
}

TEST(Cause, OfACallThatFailedAndWasNotAppliedIsNoLostReply) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6", 6, EIO);
  grant(story, 20, 1, "free,5", "held,6,b", 6);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::not_excluding);
}

}  // namespace
}  // namespace holdfast::harness
