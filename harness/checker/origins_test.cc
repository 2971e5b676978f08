// What a request that no call was told of leads to: one history for each way that it takes.
#include "harness/checker/origins.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

/// Of host h1's; carried out the first time at the one instant, once more at the other.
void repeat(Story& story, const std::string& request, double first_ms, double again_ms) {
  Fault fault;
  fault.id = static_cast<std::uint32_t>(story.raw().faults.size() + 1);
  fault.kind = "duplicate";
  fault.host = 0;
  fault.start_ns = static_cast<std::int64_t>(first_ms * kMs);
  fault.end_ns = static_cast<std::int64_t>(again_ms * kMs);
  fault.effective = true;
  fault.at_operation = request + ": done, once more: done";
  story.raw().faults.push_back(fault);
}

/// Worker 0 has had the lock, and gave it back at 8 ms.
Story given_back() {
  Story story = named();
  take(story, 5, 0, 50);
  story.ask(7, 0, Op::release);
  remove(story, 8, 0, 50);
  story.back(8.5, 0, Op::release, Phase::ok);
  return story;
}

/// And of those who took it next worker 1 gives back by name, at 31 ms, what is worker 2's by then.
Story given_back_by_name() {
  Story story = given_back();
  take(story, 10, 1, 100);
  take(story, 20, 2, 200);
  story.ask(30, 1, Op::release);
  remove(story, 31, 1, 200);
  story.back(32, 1, Op::release, Phase::ok);
  return story;
}

// The next one's entry is gone, and so another takes the lock.
TEST(Origins, ARemovalOnceMoreTakesTheNextOnesEntry) {
  for (const double again_ms : {15.0, 25.0, 9.0}) {
    Story story = given_back();
    take(story, 10, 1, 100);
    take(story, 20, 2, 200);
    story.release(40, 1).release(50, 2);
    repeat(story, "unlink lock", 7.95, again_ms);
    const Finding found = overlap_of(story, plain_terms());
    EXPECT_EQ(found.cause, again_ms == 15 ? Cause::lost_reply : Cause::not_excluding);
    if (again_ms != 15) continue;
    EXPECT_THAT(found.sentence, HasSubstr("The entry of h2.w1 was removed when the server carried "
                                          "out a request at 0.015000 s of which nobody was told "
                                          "(unlink lock: done, once more: done)."));
  }
}

// It can be carried out before the call has come back that made the entry.
TEST(Origins, ARemovalOnceMoreCanMeetACallThatIsUnderWay) {
  Story story = given_back();
  story.ask(9, 1, Op::acquire).file(9, 14, 1, FileOp::open_create, "lock", "", 100);
  story.back(15, 1, Op::acquire, Phase::ok);
  take(story, 20, 2, 200);
  story.lose(30, 31, 1).release(40, 1, Phase::fail, Why::lost).release(50, 2);
  repeat(story, "unlink lock", 7.95, 12);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  EXPECT_EQ(only(verdict, "mutual_exclusion").cause, Cause::lost_reply);
  EXPECT_EQ(only(verdict, "spurious_loss").cause, Cause::lost_reply);
}

// What failed the first time, as there was no such name, finds one the second time.
TEST(Origins, ARemovalThatHadFailedTakesWhatIsThereOnceMore) {
  Story story = given_back();
  story.ask(9, 0, Op::release).file(9.1, 9.2, 0, FileOp::unlink, "lock", "", 0, ENOENT);
  story.back(9.3, 0, Op::release, Phase::fail, 0, Why::lost);
  take(story, 11, 1, 100);
  take(story, 20, 2, 200);
  story.release(40, 1).release(50, 2);
  repeat(story, "unlink lock", 9.15, 15);
  story.raw().faults.back().at_operation = "unlink lock: ENOENT, once more: done";
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::lost_reply);
}

// It came while the removal before it was under way, and the entry was made: either took either.
TEST(Origins, ARemovalOnceMoreThatOverlapsTheOneBeforeExplainsNothing) {
  Story story = given_back();
  take(story, 10, 1, 100);
  story.ask(11, 3, Op::release);
  story.ask(12, 2, Op::acquire).file(13, 17, 2, FileOp::open_create, "lock", "", 200);
  story.back(18, 2, Op::acquire, Phase::ok);
  story.file(11.5, 19, 3, FileOp::unlink, "lock", "", 100);
  story.back(19.5, 3, Op::release, Phase::ok);
  take(story, 20, 0, 300);
  story.release(40, 1).release(50, 2).release(60, 0);
  repeat(story, "unlink lock", 7.95, 15);
  const Verdict verdict = judge(story.history(), plain_terms());
  const auto& findings = check_of(verdict, "mutual_exclusion").findings;
  ASSERT_EQ(findings.size(), 3U);
  for (const Finding& finding : findings) EXPECT_EQ(finding.cause, Cause::unexplained);
  EXPECT_THAT(findings[0].sentence,
              HasSubstr("The entry of h2.w1 (inode 100) was removed when the server carried out a "
                        "request at 0.015000 s of which nobody was told (unlink lock: done, once "
                        "more: done), or by another that overlapped it."));
}

// A host whose file was moved away goes on seeing it under the name that it gave it itself, and
// records its inode: what it moved is the next one's all the same.
TEST(Origins, ATrainGoesOnWhereEachSeesItsOwnFile) {
  Story story = given_back();
  take(story, 10, 1, 100);
  take(story, 20, 2, 200);
  story.ask(30, 1, Op::release);
  story.file(30.5, 31, 1, FileOp::rename, "lock", "lock.aside.1", 100);
  story.back(32, 1, Op::release, Phase::ok);
  take(story, 35, 3, 300);
  story.ask(40, 2, Op::release);
  story.file(40.5, 41, 2, FileOp::rename, "lock", "lock.aside.2", 200);
  story.back(42, 2, Op::release, Phase::ok);
  take(story, 45, 0, 400);
  story.release(60, 3).release(70, 0);
  repeat(story, "unlink lock", 7.95, 15);
  const Verdict verdict = judge(story.history(), plain_terms());
  const auto& findings = check_of(verdict, "mutual_exclusion").findings;
  ASSERT_EQ(findings.size(), 3U);
  for (const Finding& finding : findings) EXPECT_EQ(finding.cause, Cause::lost_reply);
}

// Each gives back by name what is the next one's by then.
TEST(Origins, ATrainOfReleasesGoesBackToTheRequestThatBeganIt) {
  for (const bool repeated : {true, false}) {
    Story story = given_back();
    take(story, 10, 1, 100);
    if (!repeated) remove(story, 15, 3, 100);  // somebody else's doing
    take(story, 20, 2, 200);
    story.ask(30, 1, Op::release);
    remove(story, 31, 1, 200);
    story.back(32, 1, Op::release, Phase::ok);
    take(story, 35, 3, 300);
    story.ask(40, 2, Op::release);
    remove(story, 41, 2, 300);
    story.back(42, 2, Op::release, Phase::ok);
    take(story, 45, 0, 400);
    story.release(60, 3).release(70, 0);
    if (repeated) repeat(story, "unlink lock", 7.95, 15);
    const Verdict verdict = judge(story.history(), plain_terms());
    const auto& findings = check_of(verdict, "mutual_exclusion").findings;
    ASSERT_EQ(findings.size(), 3U);
    for (std::size_t i = 1; i < findings.size(); ++i) {
      EXPECT_EQ(findings[i].cause, repeated ? Cause::lost_reply : Cause::stolen_release);
    }
  }
}

// Of another lock it is another matter.
TEST(Origins, ARequestOfAnotherLockIsNone) {
  Story story = given_back();
  story.lock("other");
  take(story, 10, 1, 100);
  take(story, 20, 2, 200);
  story.release(40, 1).release(50, 2);
  repeat(story, "unlink other", 7.95, 15);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::not_excluding);
}

// Whoever breaks it sees the times that an earlier touch had given it.
TEST(Origins, ATouchOnceMoreOverALaterOneMakesALeaseLookOld) {
  for (const bool later : {true, false}) {
    Story story = named();
    story.ask(8, 0, Op::acquire).file(8.1, 8.2, 0, FileOp::utime, "claim");
    story.file(9, 9.5, 0, FileOp::link, "claim", "lock", 100);
    story.back(10, 0, Op::acquire, Phase::ok);
    if (later) {
      story.ask(60, 0, Op::refresh).file(60.1, 60.2, 0, FileOp::utime, "claim");
      story.back(61, 0, Op::refresh, Phase::ok);
    }
    story.ask(90, 1, Op::acquire).file(90.1, 90.2, 1, FileOp::stat, "lock", "", 100);
    remove(story, 91, 1, 100);
    story.file(91.1, 91.2, 1, FileOp::link, "claim2", "lock", 200);
    story.back(92, 1, Op::acquire, Phase::ok).release(95, 0).release(120, 1);
    repeat(story, "utime claim", 8.15, 70);
    EXPECT_EQ(cause_of(story, program_terms(100)),
              later ? Cause::lost_reply : Cause::premature_break);
  }
}

TEST(Origins, ALossGoesBackToARemovalOnceMore) {
  for (const double again_ms : {15.0, 9.0}) {
    Story story = given_back();
    take(story, 10, 1, 100);
    story.lose(20, 21, 1).release(22, 1, Phase::fail, Why::lost);
    repeat(story, "unlink lock", 7.95, again_ms);
    const Verdict verdict = judge(story.history(), program_terms(1000));
    const Finding& found = only(verdict, "spurious_loss");
    EXPECT_EQ(found.cause, again_ms > 10 ? Cause::lost_reply : Cause::none);
    EXPECT_THAT(found.sentence,
                HasSubstr(again_ms > 10 ? "of which nobody was told" : "the record does not tell"));
    EXPECT_EQ(found.faults.size(), again_ms > 10 ? 1U : 0U);
  }
}

// Its own release is sent again, and what it has moved aside the second time is the next one's.
TEST(Origins, ALossGoesBackToTheOwnReleaseOnceMore) {
  for (const bool repeated : {true, false}) {
    Story story = named();
    take(story, 5, 0, 50);
    story.ask(7, 0, Op::release).file(7.1, 20, 0, FileOp::rename, "lock", "aside", 50);
    take(story, 10, 1, 100);
    story.back(21, 0, Op::release, Phase::fail, 0, Why::lost).release(30, 1);
    repeat(story, "rename lock aside", 7.2, 15);
    story.raw().faults.back().kind = "lost_reply";
    story.raw().faults.back().at_operation = "rename lock aside: done, then done";
    if (!repeated) story.raw().faults.clear();
    const Verdict verdict = judge(story.history(), program_terms(1000));
    EXPECT_EQ(only(verdict, "spurious_loss").cause, repeated ? Cause::lost_reply : Cause::none);
  }
}

// Also where it was taken by one who gave back by name.
TEST(Origins, ALossGoesBackThroughTheReleaseOfAnother) {
  Story story = given_back_by_name();
  story.lose(33, 34, 2).release(35, 2, Phase::fail, Why::lost);
  repeat(story, "unlink lock", 7.95, 15);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  EXPECT_EQ(only(verdict, "spurious_loss").cause, Cause::lost_reply);
}

// The refresh looked at something else than the entry; that it was gone was the network's doing.
TEST(Origins, AFalseHoldGoesBackThroughTheReleaseOfAnother) {
  Story story = given_back_by_name();
  story.refresh(40, 41, 2, 1000).release(50, 2);
  repeat(story, "unlink lock", 7.95, 15);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  EXPECT_EQ(only(verdict, "false_hold").cause, Cause::lost_reply);
}

// A link that is carried out once more makes the lock of whoever has given it back.
TEST(Origins, ALinkOnceMoreLeavesALockThatNobodyHolds) {
  for (const bool removed : {false, true}) {
    Story story = named();
    story.ask(4, 0, Op::acquire).file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
    story.back(5, 0, Op::acquire, Phase::ok).ask(7, 0, Op::release);
    remove(story, 8, 0, 50);
    story.back(8.5, 0, Op::release, Phase::ok);
    if (removed) remove(story, 12, 2, 50);
    repeat(story, "link claim lock", 4.55, 10);
    story.ask(100, 1, Op::acquire);
    story.file(101, 102, 1, FileOp::link, "claim2", "lock", 0, EEXIST);
    Terms terms = plain_terms();
    terms.wedge_bound_ns = 500 * kMs;
    const Verdict verdict = judge(story.history(6000), terms);
    const Finding& found = only(verdict, "wedge");
    EXPECT_EQ(found.cause, removed ? Cause::unexplained : Cause::lost_reply);
    if (removed) continue;
    EXPECT_THAT(found.sentence, HasSubstr("made by a call of h1.w1 at 0.004600 s, once more"));
  }
}

// He finds his own claim at the lock's name, and is told that he has the lock already.
TEST(Origins, ALinkOnceMoreMakesAGhost) {
  for (const bool repeated : {true, false}) {
    Story story = named();
    story.ask(4, 0, Op::acquire).file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
    story.back(5, 0, Op::acquire, Phase::ok).ask(7, 0, Op::release);
    remove(story, 8, 0, 50);
    story.back(8.5, 0, Op::release, Phase::ok);
    story.ask(12, 0, Op::acquire);
    story.file(12.1, 12.2, 0, FileOp::link, "claim", "lock", 0, EEXIST);
    story.back(13, 0, Op::acquire, Phase::fail, 0, Why::error).probe(14, 0, ProbedState::mine);
    if (repeated) repeat(story, "link claim lock", 4.55, 10);
    const Verdict verdict = judge(story.history(), plain_terms());
    EXPECT_EQ(only(verdict, "ghost_hold").cause, repeated ? Cause::lost_reply : Cause::none);
  }
}

/// Worker 0 takes the lock with a claim that it has written, which is opened once more at
/// `again_ms`; its release takes the lock for another's and leaves it, and its next acquire fails.
Story emptied(const std::string& what, double again_ms,
              const std::string& request = "open_create") {
  Story story = named();
  story.file(0.9, 1.1, 0, FileOp::unlink, "claim", "", 40);
  story.ask(3, 0, Op::acquire).file(3.1, 3.2, 0, FileOp::open_create, "claim", "", 50);
  story.file(3.3, 3.4, 0, FileOp::open_create, "other", "", 60);
  story.file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
  story.back(5, 0, Op::acquire, Phase::ok).release(12, 0, Phase::fail, Why::lost);
  story.ask(13, 0, Op::acquire).file(13.1, 13.2, 0, FileOp::open_create, "claim", "", 50);
  story.file(13.3, 13.4, 0, FileOp::link, "claim", "lock", 0, EEXIST);
  story.back(14, 0, Op::acquire, Phase::fail, 0, Why::error).probe(15, 0, ProbedState::mine);
  repeat(story, request + " " + what, what == "claim" ? 3.15 : 3.35, again_ms);
  return story;
}

// By itself, or by the setting of its size that comes after it.
TEST(Origins, AnOpeningOnceMoreEmptiesAClaim) {
  for (const char* const request : {"open_create", "utime"}) {
    for (const double again_ms : {4.0, 10.0}) {  // before it is linked, or after
      Story story = emptied("claim", again_ms, request);
      const Verdict verdict = judge(story.history(), program_terms(1000));
      const Finding& ghost = only(verdict, "ghost_hold");
      EXPECT_EQ(ghost.cause, Cause::lost_reply);
      EXPECT_THAT(ghost.sentence, HasSubstr("emptied by a call at 0.003200 s, once more"));
      EXPECT_EQ(only(verdict, "spurious_loss").cause, Cause::lost_reply);
    }
  }
}

// Before its program has written a byte it empties nothing.
TEST(Origins, AnOpeningOnceMoreBeforeItIsAnsweredEmptiesNothing) {
  for (const char* const request : {"open_create", "utime"}) {
    const Verdict verdict = judge(emptied("claim", 3.19, request).history(), program_terms(1000));
    EXPECT_EQ(only(verdict, "ghost_hold").cause, Cause::none) << request;
  }
}

// The claim has the name that the last one had, whose removal comes once more.
TEST(Origins, ARemovalOnceMoreTakesTheClaim) {
  for (const double again_ms :
       {4.0, 10.0, 2.0}) {  // before it is linked, after; before it was made
    Story story = emptied("claim", 0);
    story.raw().faults.clear();
    repeat(story, "unlink claim", 1, again_ms);
    const Verdict verdict = judge(story.history(), program_terms(1000));
    const Finding& ghost = only(verdict, "ghost_hold");
    const Cause expected = again_ms == 2 ? Cause::none : Cause::lost_reply;
    EXPECT_EQ(ghost.cause, expected);
    EXPECT_EQ(only(verdict, "spurious_loss").cause, expected);
    if (again_ms == 2) continue;
    EXPECT_THAT(ghost.sentence, HasSubstr("The claim that it is a link of was removed by a call"));
  }
}

TEST(Origins, AnOpeningOfAnotherFileOrAfterwardsEmptiesNothing) {
  for (Story story : {emptied("other", 10), emptied("claim", 13.35)}) {
    const Verdict verdict = judge(story.history(), program_terms(1000));
    EXPECT_EQ(only(verdict, "ghost_hold").cause, Cause::none);
    EXPECT_EQ(only(verdict, "spurious_loss").cause, Cause::none);
  }
}

}  // namespace
}  // namespace holdfast::harness
