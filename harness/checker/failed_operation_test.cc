// What programs make of an error: one history for each mistake.
#include "harness/checker/failed_operation.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

// Its link was done, its next operation failed, and it leaves the lock behind.
TEST(FailedOperation, AfterTheMakingLeavesAGhost) {
  for (const int error : {ENOSPC, EACCES, ENOENT}) {
    Story story = named();
    story.ask(3, 0, Op::acquire).file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
    story.file(5, 5.1, 0, FileOp::utime, "claim", "", 50, error);
    story.back(6, 0, Op::acquire, Phase::fail, 0, Why::error);
    const Finding found = only(judge(story.history(), program_terms(1000)), "ghost_hold");
    // That a name is not there is an answer, and no error.
    EXPECT_EQ(found.cause, error == ENOENT ? Cause::none : Cause::failed_operation);
    if (error != ENOSPC) continue;
    EXPECT_THAT(found.sentence, HasSubstr("It had made its entry at 0.004600 s, and its utime of "
                                          "claim had failed at 0.005100 s: No space left"));
  }
}

/// Worker 0's release fails to remove the entry, and is reported as done; its next acquire is
/// refused by that, and `mishap_ms` says when something else fails.
Story not_removed(int error, double mishap_ms) {
  Story story = named();
  story.ask(3, 0, Op::acquire).file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
  story.back(5, 0, Op::acquire, Phase::ok).ask(7, 0, Op::release);
  story.file(7.5, 8, 0, FileOp::unlink, "lock", "", 50, error);
  story.back(9, 0, Op::release, Phase::ok);
  story.ask(12, 0, Op::acquire).file(12.3, 12.4, 0, FileOp::link, "claim", "lock", 0, EEXIST);
  if (mishap_ms > 0) story.file(mishap_ms, mishap_ms, 0, FileOp::utime, "lock", "", 50, EIO);
  story.back(13, 0, Op::acquire, Phase::fail, 0, Why::error).probe(14, 0, ProbedState::mine);
  return story;
}

TEST(FailedOperation, OfTheRemovalLeavesAGhost) {
  const Verdict verdict = judge(not_removed(ESTALE, 0).history(), program_terms(1000));
  const Finding& found = only(verdict, "ghost_hold");
  EXPECT_EQ(found.cause, Cause::failed_operation);
  EXPECT_THAT(found.sentence, HasSubstr("its unlink of lock had failed at 0.008000 s"));
}

// What fails when it has asked anew has not left what stands there.
TEST(FailedOperation, OfALaterAcquireLeavesNothing) {
  const Verdict verdict = judge(not_removed(ENOENT, 12.5).history(), program_terms(1000));
  EXPECT_EQ(only(verdict, "ghost_hold").cause, Cause::none);
}

// Nor has a renewal that failed, where the release forgets to remove anything.
TEST(FailedOperation, OfARenewalLeavesNothing) {
  Story story = named();
  story.ask(3, 0, Op::acquire).file(4.5, 4.6, 0, FileOp::link, "claim", "lock", 50);
  story.back(5, 0, Op::acquire, Phase::ok).ask(6, 0, Op::refresh);
  story.file(6.1, 6.2, 0, FileOp::utime, "claim", "", 50, EIO);
  story.back(6.5, 0, Op::refresh, Phase::fail, 0, Why::error);
  story.release(9, 0).ask(12, 0, Op::acquire);
  story.file(12.3, 12.4, 0, FileOp::link, "claim", "lock", 0, EEXIST);
  story.back(13, 0, Op::acquire, Phase::fail, 0, Why::error).probe(14, 0, ProbedState::mine);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  EXPECT_EQ(only(verdict, "ghost_hold").cause, Cause::none);
}

// An error is taken for the sign that the lock is another's.
TEST(FailedOperation, InTheCallThatToldOfALossIsItsCause) {
  for (const bool in_call : {true, false}) {
    Story story = named();
    take(story, 5, 0, 50);
    if (!in_call) story.file(6, 6.5, 0, FileOp::utime, "lock", "", 50, EACCES);
    story.ask(7, 0, Op::release);
    if (in_call) story.file(7.5, 8, 0, FileOp::utime, "lock", "", 50, EACCES);
    story.back(9, 0, Op::release, Phase::fail, 0, Why::lost);
    const Finding found = only(judge(story.history(), program_terms(1000)), "spurious_loss");
    EXPECT_EQ(found.cause, in_call ? Cause::failed_operation : Cause::none);
    EXPECT_THAT(found.sentence, HasSubstr(in_call ? "its utime of lock had failed at 0.008000 s"
                                                  : "the record does not tell"));
  }
}

}  // namespace
}  // namespace holdfast::harness
