// The checkers that hold a lock's answer against its state: ghost_hold and false_hold.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

Outcome outcome(Story& story, const Terms& terms, const char* checker) {
  return check_of(judge(story.history(), terms), checker).outcome;
}

TEST(GhostHold, ALockThatSaysMineAfterARefusalIsFound) {
  Story story;
  story.refuse(1, 5, 0).probe(6, 0, ProbedState::mine).grant(7, 8, 1).release(9, 1);
  const Verdict verdict = judge(story.history(), plain_terms());
  EXPECT_EQ(verdict.first_class, Class::ghost_hold);
  EXPECT_THAT(verdict.reason, HasSubstr("was held in its name"));
}

TEST(GhostHold, ALockThatSaysOtherIsNone) {
  Story story;
  story.refuse(1, 5, 0).probe(6, 0, ProbedState::other).grant(2, 3, 1).release(9, 1);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

TEST(GhostHold, WhatAnEarlierHoldMayHaveLeftIsNone) {
  Story story;
  story.grant(1, 2, 0).release(3, 0, Phase::info).refuse(4, 5, 0).probe(6, 0, ProbedState::mine);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

TEST(GhostHold, AnUnknownOutcomeIsNone) {
  Story story;
  story.ask(1, 0, Op::acquire).back(2, 0, Op::acquire, Phase::info).probe(3, 0, ProbedState::mine);
  story.grant(4, 5, 1).release(6, 1);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

/// A refused acquire that made the lock's entry.
Story made_and_refused() {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::mkdir, "lock", "", 7);
  return story;
}

TEST(GhostHold, AnEntryThatIsLeftStandingIsFound) {
  Story story = made_and_refused();
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::error);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::found);
}

// An answer can be so late that what was made has come and gone before it.
TEST(GhostHold, AStateThatWasTakenOverBeforeTheAnswerCameIsNone) {
  for (const bool taken : {true, false}) {
    Story story;
    story.records_files();
    story.ask(1, 0, Op::acquire).ask(2, 1, Op::acquire);
    if (taken) story.file(8, 9, 1, FileOp::rename, "lock/held,1", "lock/held,2");
    story.file(3, 20, 0, FileOp::rename, "lock/free,0", "lock/held,1");
    story.back(21, 0, Op::acquire, Phase::fail, 0, Why::timeout);
    story.back(22, 1, Op::acquire, Phase::fail, 0, Why::timeout);
    const Verdict verdict = judge(story.history(), own_terms());
    const auto& found = check_of(verdict, "ghost_hold").findings;
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().parties.front().worker, taken ? 1U : 0U);
  }
}

// A rename can be reported as failed and be applied, and what it made be taken over by somebody who
// had begun to by the time of the answer; only then is it not held in the failed one's name.
TEST(GhostHold, AStateThatMayHaveBeenTakenOverInTimeIsNone) {
  for (const double began_ms : {8.0, 21.5}) {
    Story story;
    story.records_files();
    story.ask(1, 0, Op::acquire).ask(2, 1, Op::acquire);
    story.file(3, 5, 0, FileOp::rename, "lock/free,0", "lock/held,1", 0, ENOENT);
    story.back(21, 0, Op::acquire, Phase::fail, 0, Why::cancelled);
    story.file(began_ms, 22, 1, FileOp::rename, "lock/held,1", "lock/held,2");
    story.back(23, 1, Op::acquire, Phase::ok, 2).release(24, 1);
    EXPECT_EQ(outcome(story, own_terms(), "ghost_hold"),
              began_ms < 21 ? Outcome::passed : Outcome::found);
  }
}

/// A refused acquire that made a held state.
Story taken_and_refused() {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire).ask(2, 1, Op::acquire);
  story.file(3, 5, 0, FileOp::rename, "lock/free,0", "lock/held,1");
  return story;
}

TEST(GhostHold, AStateThatSomebodyWhoDiedMayHaveTakenOverIsNone) {
  Story story = taken_and_refused();
  story.file(8, 8, 1, FileOp::rename, "lock/held,1", "lock/held,2");
  story.raw().events.back().phase = Phase::invoke;
  story.kill(9, 9, 1).back(21, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  EXPECT_EQ(outcome(story, own_terms(), "ghost_hold"), Outcome::passed);
}

// The reply of giving it back was lost, and the call that was sent again found nothing.
TEST(GhostHold, AStateThatMayHaveBeenGivenBackIsNone) {
  for (const int error : {ENOENT, EIO, EACCES}) {
    Story story = taken_and_refused();
    story.file(6, 7, 0, FileOp::rename, "lock/held,1", "lock/free,1", 0, error);
    story.back(8, 0, Op::acquire, Phase::fail, 0, Why::timeout);
    story.back(9, 1, Op::acquire, Phase::fail, 0, Why::timeout);
    EXPECT_EQ(outcome(story, own_terms(), "ghost_hold"),
              error == EACCES ? Outcome::found : Outcome::passed);
  }
}

// A breaker that has moved away another's entry than the one it judged puts it back.
TEST(GhostHold, AnEntryOfAnothersThatWasPutBackIsNone) {
  for (const std::uint64_t inode : {7U, 8U}) {
    Story story;
    story.records_files();
    story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::rename, "lock", "aside", 7);
    story.file(4, 5, 0, FileOp::link, "aside", "lock", inode);
    story.back(8, 0, Op::acquire, Phase::fail, 0, Why::timeout);
    EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"),
              inode == 7 ? Outcome::passed : Outcome::found);
  }
}

TEST(GhostHold, AnEntryThatWasRemovedAgainIsNone) {
  Story story = made_and_refused();
  story.file(3.5, 4, 0, FileOp::rmdir, "lock", "", 7);
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::error);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

TEST(GhostHold, AnEntryThatSomebodyElseMayHaveRemovedIsNone) {
  Story story = made_and_refused();
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::error);
  story.file(4, 6, 1, FileOp::rmdir, "lock", "", 7);  // recorded later than it took effect
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

TEST(GhostHold, IsNotConcludedFromFilesWhereClocksAreUncertain) {
  Story story = made_and_refused();
  story.raw().hosts[1].uncertainty_ns = kMs;
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::error);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::passed);
}

TEST(GhostHold, ARenameThatWasReportedAsFailedAndAppliedIsFound) {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire);
  story.file(2, 3, 0, FileOp::rename, "lock/free,1", "lock/held,2", 0, EIO);
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  story.ask(6, 1, Op::acquire).file(7, 8, 1, FileOp::rename, "lock/held,2", "lock/held,3");
  story.back(9, 1, Op::acquire, Phase::ok, 3).release(10, 1);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::found);
}

/// Worker 0's link makes the lock's entry at `made_ms`, and is told that it was there already.
Fault lost_reply_of_a_link(Story& story, double made_ms) {
  story.file(made_ms, made_ms + 1, 0, FileOp::link, "claim", "lock", 7, EEXIST);
  Fault fault;
  fault.id = 5;
  fault.kind = "lost_reply";
  fault.host = 0;
  fault.start_ns = static_cast<std::int64_t>((made_ms + 0.2) * kMs);
  fault.end_ns = static_cast<std::int64_t>((made_ms + 0.4) * kMs);
  fault.effective = true;
  fault.at_operation = "link claim lock: done, then EEXIST";
  return fault;
}

// Its own entry refuses it the lock again and again: that is one mistake, not many.
TEST(GhostHold, OfALinkWhoseReplyWasLostNamesItAndIsFoundOnce) {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire);
  story.raw().faults = {lost_reply_of_a_link(story, 2)};
  story.back(5, 0, Op::acquire, Phase::fail, 0, Why::timeout).probe(6, 0, ProbedState::mine);
  story.ask(7, 0, Op::acquire).file(8, 9, 0, FileOp::link, "claim", "lock", 7, EEXIST);
  story.back(10, 0, Op::acquire, Phase::fail, 0, Why::timeout).probe(11, 0, ProbedState::mine);
  const Verdict verdict = judge(story.history(), plain_terms());
  EXPECT_EQ(verdict.first_class, Class::ghost_hold);
  EXPECT_EQ(verdict.first_cause, Cause::lost_reply);
  EXPECT_EQ(verdict.counts.at(Class::ghost_hold), 1U);
  const Finding& finding = check_of(verdict, "ghost_hold").findings.front();
  EXPECT_THAT(finding.faults, testing::ElementsAre(5U));
  EXPECT_THAT(finding.sentence, HasSubstr("made by a call at 0.003000 s that was reported"));
}

// What a failed acquire left behind refuses the next ones, too, until something is known to have
// ended it.
TEST(GhostHold, OfOneEntryIsFoundOnceHoweverOftenItRefuses) {
  enum class Between { nothing, said_otherwise, removed, granted };
  for (const Between one :
       {Between::nothing, Between::said_otherwise, Between::removed, Between::granted}) {
    Story story;
    story.records_files();
    story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::mkdir, "lock", "", 7);
    story.back(5, 0, Op::acquire, Phase::fail, 0, Why::timeout);
    for (int i = 1; i < 4; ++i) {
      story.ask(10 * i, 0, Op::acquire);
      story.file(10 * i + 1, 10 * i + 2, 0, FileOp::mkdir, "lock", "", 0, EEXIST);
      story.back(10 * i + 3, 0, Op::acquire, Phase::fail, 0, Why::timeout);
      story.probe(10 * i + 4, 0, ProbedState::mine);
    }
    if (one == Between::said_otherwise) story.probe(15, 0, ProbedState::other);
    if (one == Between::removed) story.file(15, 16, 1, FileOp::rmdir, "lock", "", 7);
    if (one == Between::granted) story.grant(15, 16, 1).release(17, 1);
    const Verdict verdict = judge(story.history(), plain_terms());
    const auto& found = check_of(verdict, "ghost_hold").findings;
    ASSERT_EQ(found.size(), one == Between::nothing ? 1U : 2U) << int(one);
    EXPECT_THAT(found.back().sentence,
                HasSubstr(one == Between::nothing ? "3 later acquires of its failed while it held"
                                                  : "1 later acquire of its failed while it held"));
  }
}

TEST(GhostHold, IsNotLaidOnALostReplyWhoseEntryIsGoneOrThatWasAnothers) {
  enum class Case { gone, of_another_host, of_another_name };
  for (const Case one : {Case::gone, Case::of_another_host, Case::of_another_name}) {
    Story story;
    story.records_files();
    story.ask(1, 0, Op::acquire);
    Fault fault = lost_reply_of_a_link(story, 2);
    if (one == Case::of_another_host) fault.host = 1;
    if (one == Case::of_another_name) fault.at_operation = "link claim lock1: done, then EEXIST";
    story.raw().faults = {fault};
    if (one == Case::gone) story.file(4, 5, 1, FileOp::unlink, "lock", "", 7);
    story.back(6, 0, Op::acquire, Phase::fail, 0, Why::timeout).probe(7, 0, ProbedState::mine);
    const Verdict verdict = judge(story.history(), plain_terms());
    EXPECT_EQ(verdict.first_class, Class::ghost_hold);
    EXPECT_EQ(verdict.first_cause, Cause::none);
  }
}

TEST(GhostHold, DoesNotApplyWithoutAWitness) {
  Story story;
  story.refuse(1, 5, 0);
  EXPECT_EQ(outcome(story, plain_terms(), "ghost_hold"), Outcome::not_applicable);
  EXPECT_EQ(outcome(story, plain_terms(), "false_hold"), Outcome::not_applicable);
}

// --- false_hold

TEST(FalseHold, ALockThatSaysFreeInsideAHoldIsFound) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).probe(6, 0, ProbedState::free).release(9, 0);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.first_class, Class::false_hold);
  EXPECT_THAT(verdict.reason, HasSubstr("the lock said that nobody held it"));
}

TEST(FalseHold, IsNoneAfterTheLease) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).probe(1001, 0, ProbedState::free).release(1009, 0);
  EXPECT_EQ(outcome(story, own_terms(), "false_hold"), Outcome::passed);
}

TEST(FalseHold, IsNoneWhileSomebodyElseIsAbout) {
  Story story;
  story.grant(1, 2, 0, 1, 1000).probe(6, 0, ProbedState::other).release(9, 0);
  story.ask(5, 1, Op::acquire);
  EXPECT_EQ(outcome(story, own_terms(), "false_hold"), Outcome::passed);
}

/// Worker 0 makes the entry; worker 1 removes it, and worker 0's acquire comes back.
Story taken_away(double removed_ms, double back_ms) {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::open_create, "lock", "", 7);
  story.ask(1, 1, Op::acquire);
  story.file(removed_ms - 0.5, removed_ms, 1, FileOp::unlink, "lock", "", 7);
  story.back(back_ms, 0, Op::acquire, Phase::ok)
      .back(90, 1, Op::acquire, Phase::fail, 0, Why::error);
  story.release(100, 0);
  return story;
}

TEST(FalseHold, AnEntryThatWasRemovedBeforeTheAcquireCameBackIsFound) {
  Story story = taken_away(5, 6);
  EXPECT_EQ(outcome(story, plain_terms(), "false_hold"), Outcome::found);
}

TEST(FalseHold, AnEntryThatWasRemovedAfterwardsIsNone) {
  Story story = taken_away(7, 6);
  EXPECT_EQ(outcome(story, plain_terms(), "false_hold"), Outcome::passed);
}

TEST(FalseHold, ALeaseThatHadRunOutOnTheWayBackIsNone) {
  // Broken lawfully, while the reply of the acquire was late.
  Story story = taken_away(50, 60);
  EXPECT_EQ(outcome(story, program_terms(20), "false_hold"), Outcome::passed);
}

TEST(FalseHold, IsNotConcludedFromFilesWhereClocksAreUncertain) {
  Story story = taken_away(5, 6);
  story.raw().hosts[1].uncertainty_ns = kMs;
  EXPECT_EQ(outcome(story, plain_terms(), "false_hold"), Outcome::passed);
}

TEST(FalseHold, ARefreshOfWhatAnotherHasTakenOverIsFound) {
  Story story;
  story.records_files();
  story.ask(1, 0, Op::acquire).file(2, 3, 0, FileOp::rename, "lock/free,1", "lock/held,2");
  story.back(4, 0, Op::acquire, Phase::ok, 2).ask(1, 1, Op::acquire);
  story.file(10, 11, 1, FileOp::rename, "lock/held,2", "lock/held,3").refresh(20, 21, 0, 0);
  story.back(90, 1, Op::acquire, Phase::fail, 0, Why::error).release(100, 0);
  EXPECT_EQ(outcome(story, plain_terms(), "false_hold"), Outcome::found);
}

}  // namespace
}  // namespace holdfast::harness
