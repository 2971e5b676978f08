// Who removed an entry: each cause once as it is recognised, and once as it must not be.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;

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

// It saw an entry, then that there was none, which it took for a reason to remove what is there.
TEST(Cause, OfABreakerWhoLastSawAnEarlierEntryGoIsADoubleBreak) {
  for (const bool tried_since : {false, true}) {
    Story story = named();
    take(story, 10, 0, 100);
    story.ask(18, 1, Op::acquire).file(18.1, 18.2, 1, FileOp::stat, "lock", "", 100);
    story.ask(19, 0, Op::release);
    remove(story, 19.5, 0, 100);
    story.back(19.6, 0, Op::release, Phase::ok);
    story.file(19.7, 19.8, 1, FileOp::stat, "lock", "", 0, ENOENT);
    take(story, 20, 2, 200);
    if (tried_since) {
      story.file(20.7, 20.8, 1, FileOp::open_create, "lock", "", 0, EEXIST);
    }
    remove(story, 21, 1, 200);
    story.file(21.5, 21.6, 1, FileOp::open_create, "lock", "", 300);
    story.back(22, 1, Op::acquire, Phase::ok).release(50, 1).release(60, 2);
    EXPECT_EQ(cause_of(story, plain_terms()),
              tried_since ? Cause::premature_break : Cause::double_break);
  }
}

// A program may answer before a removal that it has begun is done, and be asked again meanwhile.
TEST(Cause, OfARemovalThatIsStillUnderWayIsThatOfTheCallThatBeganIt) {
  for (const double began_ms : {10.9, 11.5, 13.5}) {
    Story story = named();
    story.ask(10, 1, Op::acquire);
    story.file(10.1, 10.2, 1, FileOp::mkdir, "lock", "", 100);
    remove(story, 10.8, 2, 100);
    story.back(11, 1, Op::acquire, Phase::fail, 0, Why::error);
    take(story, 12, 0, 200);
    story.ask(13, 1, Op::acquire).file(13.1, 13.2, 1, FileOp::stat, "lock", "", 200);
    story.file(began_ms, 14, 1, FileOp::rmdir, "lock", "", 200);
    take(story, 20, 3, 300);
    story.release(40, 0).release(50, 3);
    EXPECT_EQ(cause_of(story, plain_terms()),
              began_ms < 13 ? Cause::stolen_release : Cause::premature_break)
        << began_ms;
  }
}

// What comes after the lease's end is lawful; wrong is who says that the lease goes on.
TEST(Cause, OfABreakAfterTheLeasesEndIsTheRefreshThatWasReportedAsDone) {
  for (const bool in_time : {true, false}) {
    Story story = named();
    take(story, 10, 0, 100);  // with a lease of 100 ms, from when it was asked for
    const double at_ms = in_time ? 105 : 115;
    story.ask(at_ms, 1, Op::acquire);
    story.file(at_ms + 0.1, at_ms + 0.2, 1, FileOp::stat, "lock", "", 100);
    remove(story, at_ms + 1, 1, 100);
    story.file(at_ms + 2, at_ms + 3, 1, FileOp::open_create, "lock", "", 200);
    story.back(at_ms + 4, 1, Op::acquire, Phase::ok);
    story.refresh(130, 131, 0, 0).release(150, 0).release(160, 1);
    const Finding found = overlap_of(story, program_terms(100));
    EXPECT_EQ(found.cause, in_time ? Cause::premature_break : Cause::false_refresh);
    if (!in_time) {
      EXPECT_THAT(found.sentence, AllOf(HasSubstr("The lease of h1.w1 had run out at 0.109000 s"),
                                        HasSubstr("h2.w1 broke it at 0.116000 s"),
                                        HasSubstr("a refresh that came back at 0.131000 s")));
    }
  }
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

/// Worker 0 has the lock when worker 1 removes it, by a release or in its acquire, and is told.
Story lost_to(bool released, bool judged_an_earlier) {
  Story story = named();
  if (released) {
    take(story, 10, 1, 100);
    remove(story, 15, 3, 100);
  }
  story.ask(18, 1, released ? Op::release : Op::acquire);
  if (!released && judged_an_earlier) {
    story.file(18.1, 18.2, 1, FileOp::stat, "lock", "", 200);
  }
  take(story, 20, 0, 200);
  if (!released && !judged_an_earlier) {
    story.file(20.1, 20.2, 1, FileOp::stat, "lock", "", 200);
  }
  remove(story, 21, 1, 200);
  story.lose(30, 31, 0).release(40, 0, Phase::fail, Why::lost);
  return story;
}

// Who is told that he has lost his lock is told to whom by the report, as of two who meet.
TEST(Cause, OfALossIsWhatTookTheEntryAway) {
  const auto loss_of = [](Story story) {
    return check_of(judge(story.history(), program_terms(1000)), "spurious_loss").findings.at(0);
  };
  const Finding stolen = loss_of(lost_to(true, false));
  EXPECT_EQ(stolen.cause, Cause::stolen_release);
  EXPECT_THAT(stolen.sentence, HasSubstr("Giving back what it no longer had, h2.w1 removed the "
                                         "entry of h1.w1 (inode 200)"));
  EXPECT_EQ(loss_of(lost_to(false, true)).cause, Cause::double_break);
  EXPECT_EQ(loss_of(lost_to(false, false)).cause, Cause::premature_break);
}

// A release that removed its own entry, and says lost, lost it to nobody.
TEST(Cause, OfALossIsNotWhatItsOwnProgramRemoved) {
  Story story = named();
  take(story, 20, 0, 200);
  story.ask(30, 0, Op::release);
  remove(story, 31, 0, 200);
  story.back(32, 0, Op::release, Phase::fail, 0, Why::lost);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  const Finding& found = check_of(verdict, "spurious_loss").findings.at(0);
  EXPECT_EQ(found.cause, Cause::none);
  EXPECT_THAT(found.sentence, HasSubstr("the record does not tell"));
}

}  // namespace
}  // namespace holdfast::harness
