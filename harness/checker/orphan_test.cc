// What may lie in the locks' directory when all is over.
#include <gtest/gtest.h>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

constexpr const char* kHeld = "lock/held,7,0,1000,6,0,h1,4711,99,5,6";

/// How many orphans are found among `left`; worker 0 is process 4711.
std::uint64_t orphans(std::vector<std::string> left, bool killed = false) {
  Story story;
  story.grant(0, 1, 0, 7, 1000);
  story.raw().workers[0].pid = 4711;
  if (killed) {
    story.kill(2, 3, 0);
  } else {
    story.release(2, 0);
  }
  story.raw().left_behind = std::move(left);
  Terms terms = own_terms();
  terms.orphan_bound = 0;
  const Verdict verdict = judge(story.history(), terms);
  const auto count = verdict.counts.find(Class::orphan);
  return count == verdict.counts.end() ? 0 : count->second;
}

TEST(Orphan, IsNoneWhereNothingIsLeft) { EXPECT_EQ(orphans({}), 0U); }

TEST(Orphan, ABatonsDirectoryWithItsOneStateIsNone) {
  EXPECT_EQ(orphans({"lock/", "lock/free,7,6,0"}), 0U);
}

TEST(Orphan, ASecondStateOrAnythingElseInItIsOne) {
  EXPECT_EQ(orphans({"lock/", "lock/free,7,6,0", "lock/free,8,6,0"}), 1U);
  EXPECT_EQ(orphans({"lock/", "lock/free,7,6,0", "lock/notes"}), 1U);
}

TEST(Orphan, AFileOfAnotherLockIsOne) {
  EXPECT_EQ(orphans({"lock|h1|4711|5"}), 1U);
  EXPECT_EQ(orphans({"free,7,6,0"}), 1U);
}

// It ended in order, so it should have given the lock back.
TEST(Orphan, AStateThatOneWhoEndedInOrderHoldsIsOne) { EXPECT_EQ(orphans({"lock/", kHeld}), 2U); }

// Who is killed at the very end leaves a lock that nobody was there to take over.
TEST(Orphan, AStateThatTheDeadHoldIsNone) {
  EXPECT_EQ(orphans({"lock/", kHeld}, true), 0U);
  EXPECT_EQ(orphans({"lock/", "lock/held,7,0,1000,6,0,h1,4712,99,5,6"}, true), 2U);
  EXPECT_EQ(orphans({"lock/", "lock/held,7,0"}, true), 2U);
}

}  // namespace
}  // namespace holdfast::harness
