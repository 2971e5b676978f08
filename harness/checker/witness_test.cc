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
