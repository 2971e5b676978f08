// Who renamed a state: each cause once as it is recognised.
#include <gtest/gtest.h>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

TEST(Cause, OfARenamedStateOfALiveHolderIsAPrematureBreak) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6", 6);
  grant(story, 20, 1, "held,6", "held,7", 7);
  story.release(40, 0).release(50, 1);
  EXPECT_EQ(cause_of(story, plain_terms()), Cause::premature_break);
}

TEST(Cause, OfAStateTakenOverAfterItsLeaseIsTheRefreshThatWasReportedAsDone) {
  Story story = named();
  grant(story, 10, 0, "free,5", "held,6", 6);  // with a lease of 100 ms, from when it was asked for
  grant(story, 120, 1, "held,6", "held,7", 7);
  story.refresh(130, 131, 0, 0).release(150, 0).release(160, 1);
  EXPECT_EQ(cause_of(story, program_terms(100)), Cause::false_refresh);
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

}  // namespace
}  // namespace holdfast::harness
