// Why two entitled holds met: who entered without having taken the lock, and what was the server's.
#include "harness/checker/cause.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

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

// A link whose reply was lost is sent again and finds its own work: it fails, and has the lock.
TEST(Cause, OfALockThatAFailedLinkTookIsWhoRemovedTheOthers) {
  Story story = named();
  take(story, 1, 2, 100);
  story.ask(5, 2, Op::release);
  remove(story, 6, 2, 100);
  story.back(7, 2, Op::release, Phase::ok);
  take(story, 10, 0, 200);
  story.ask(14, 2, Op::release);
  remove(story, 15, 2, 200);  // once more, by name
  story.back(16, 2, Op::release, Phase::ok);
  story.ask(19, 1, Op::acquire);
  story.file(19.5, 22, 1, FileOp::link, "claim", "lock", 300, EEXIST);
  story.back(23, 1, Op::acquire, Phase::ok).release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::not_excluding) << "for all that is known";
  Fault lost;
  lost.kind = "lost_reply";
  lost.host = story.raw().workers[1].host;
  lost.start_ns = 20 * kMs;
  lost.end_ns = 21 * kMs;
  lost.effective = true;
  lost.at_operation = "link claim lock: done, then EEXIST";
  story.raw().faults.push_back(lost);
  const Finding found = overlap_of(story, plain_terms());
  EXPECT_EQ(found.cause, Cause::stolen_release);
  EXPECT_THAT(found.sentence, HasSubstr("h3.w1 removed the entry of h1.w1 (inode 200)"));
}

TEST(Cause, IsNotGuessedWhereNothingWasRecorded) {
  Story story;
  take(story, 10, 0, 100);
  take(story, 20, 1, 200);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::unexplained);
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
