// Why nobody gets a lock that nobody holds: each cause once as it is recognised.
#include "harness/checker/wedge_cause.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"
#include "harness/history/last_operations.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

Terms wedging() {
  Terms terms = plain_terms();
  terms.wedge_bound_ns = 500 * kMs;
  return terms;
}

/// Worker 1 asks at 100 ms, and waits to the end of the run.
Finding wedge_of(Story& story, FileOp refused_by = FileOp::mkdir, int refused = EEXIST) {
  story.ask(100, 1, Op::acquire).file(101, 102, 1, refused_by, "lock", "", 0, refused);
  const Verdict verdict = judge(story.history(6000), wedging());
  const auto& found = check_of(verdict, "wedge").findings;
  if (found.size() != 1) throw std::logic_error("not one wedge: " + verdict.reason);
  return found.front();
}

/// Worker 0 takes the lock by this operation, and has it from 10 ms on.
Story taken(FileOp by = FileOp::mkdir) {
  Story story = named();
  story.ask(9, 0, Op::acquire).file(9.5, 9.6, 0, by, "lock", "", 7);
  story.back(10, 0, Op::acquire, Phase::ok);
  return story;
}

TEST(WedgeCause, OfADeadHoldersEntryIsThatItWasLeftByTheDead) {
  for (const FileOp by : {FileOp::mkdir, FileOp::open_create}) {
    Story story = taken(by);
    story.kill(20, 21, 0);
    const Finding found = wedge_of(story, by);
    EXPECT_EQ(found.cause, Cause::left_by_the_dead);
    EXPECT_THAT(found.sentence, HasSubstr("made by h1.w1 at 0.009600 s, who has died since."));
  }
}

// Its own recorder never heard of it; the mount that killed it knows.
TEST(WedgeCause, OfAnEntryWhoseMakerWasKilledBeforeItHeardIsThatItWasLeftByTheDead) {
  for (const bool made : {true, false}) {
    Story story = taken();
    story.ask(20, 0, Op::release).file(20.1, 20.2, 0, FileOp::rmdir, "lock", "", 7);
    story.back(21, 0, Op::release, Phase::ok);
    story.ask(30, 2, Op::acquire).kill(40, 41, 2);
    story.raw().faults.back().at_operation =
        std::string("after mkdir 1: mkdir lock: ") + (made ? "done" : "EEXIST");
    add_last_operations(story.raw());
    const Finding found = wedge_of(story);
    EXPECT_EQ(found.cause, made ? Cause::left_by_the_dead : Cause::unexplained);
    if (!made) continue;
    EXPECT_THAT(found.sentence, HasSubstr("made by h3.w1 at 0.040000 s, who has died since."));
  }
}

TEST(WedgeCause, OfAReleaseThatRemovesNothingIsThatItWasLeftByTheLiving) {
  Story story = taken();
  story.release(20, 0);
  const Finding found = wedge_of(story);
  EXPECT_EQ(found.cause, Cause::left_by_the_living);
  EXPECT_THAT(found.sentence, HasSubstr("made by h1.w1 at 0.009600 s, who lives on."));
}

TEST(WedgeCause, OfAStateLooksAtTheNewestTransition) {
  for (const bool freed : {true, false}) {
    Story story = named();
    grant(story, 10, 0, "free,5", "held,6", 6);
    story.ask(20, 0, Op::release);
    if (freed) story.file(20.1, 20.2, 0, FileOp::rename, state("held,6"), state("free,6"));
    story.back(21, 0, Op::release, Phase::ok);
    EXPECT_EQ(wedge_of(story).cause, freed ? Cause::unexplained : Cause::left_by_the_living);
  }
}

// It made the entry itself, and takes it for another's.
TEST(WedgeCause, OfAnEntryWhoseMakerWasToldThatItFailedIsTheLostReply) {
  for (const bool removed : {false, true}) {
    Story story = taken();
    story.ask(20, 0, Op::release).file(20.1, 20.2, 0, FileOp::rmdir, "lock", "", 7);
    story.back(21, 0, Op::release, Phase::ok);
    Fault lost = forgot(101'500'000);
    lost.kind = "lost_reply";
    lost.host = 1;
    lost.at_operation = "mkdir lock: done, then EEXIST";
    story.raw().faults.push_back(lost);
    if (removed) story.file(103, 104, 2, FileOp::rmdir, "lock");
    const Finding found = wedge_of(story);
    EXPECT_EQ(found.cause, removed ? Cause::unexplained : Cause::lost_reply);
    if (removed) continue;
    EXPECT_THAT(found.sentence, HasSubstr("made by a call of h2.w1 at 0.102000 s"));
  }
}

TEST(WedgeCause, OfAnEntryThatWasRemovedIsTheServersIfItForgot) {
  for (const double forgot_ms : {30.0, 5.0}) {
    Story story = taken();
    story.ask(20, 0, Op::release).file(20.1, 20.2, 0, FileOp::rmdir, "lock", "", 7);
    story.back(21, 0, Op::release, Phase::ok);
    story.raw().faults.push_back(forgot(static_cast<std::int64_t>(forgot_ms * kMs)));
    EXPECT_EQ(wedge_of(story).cause,
              forgot_ms > 10 ? Cause::server_lost_state : Cause::unexplained);
  }
}

// An opened file by itself refuses nobody: that somebody waits has another reason.
TEST(WedgeCause, OfALockThatNobodyEverGotIsThat) {
  Story story = named();
  const Finding found = wedge_of(story, FileOp::open_create, 0);
  EXPECT_EQ(found.cause, Cause::never_granted);
  EXPECT_THAT(found.sentence, HasSubstr("Nobody was ever granted it."));
}

TEST(WedgeCause, OfWhatWasNotRecordedIsUnexplained) {
  Story story = taken();
  story.records_files(false);
  std::erase_if(story.raw().events, [](const Event& event) { return event.op == Op::file; });
  story.release(20, 0).refuse(100, 5000, 1);
  const Verdict verdict = judge(story.history(6000), wedging());
  EXPECT_EQ(check_of(verdict, "wedge").findings.at(0).cause, Cause::unexplained);
}

}  // namespace
}  // namespace holdfast::harness
