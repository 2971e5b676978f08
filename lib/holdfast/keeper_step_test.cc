#include <gtest/gtest.h>
#include <holdfast/keeper_step.h>

#include <chrono>
#include <stdexcept>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KeeperStepTest : public ::testing::Test {
 protected:
  KeeperMove move(Duration left, bool renewing = false, Duration since_failed = Duration::max()) {
    return next_keeper_move(rules_, {left, renewing, false, since_failed}, warned_);
  }
  const KeeperRules rules_{seconds(15), 1.0 / 3, 1.0 / 3};
  bool warned_ = false;
};

TEST_F(KeeperStepTest, SleepsUntilTheRenewalIsDue) {
  const KeeperMove first = move(seconds(15));
  EXPECT_FALSE(first.renew || first.warn || first.lose);
  EXPECT_NEAR(static_cast<double>(first.wait.count()), 5e9, 10);
}

TEST_F(KeeperStepTest, RenewsWhenItsShareHasPassed) {
  EXPECT_FALSE(move(milliseconds(10001)).renew);
  EXPECT_TRUE(move(seconds(10)).renew);
}

TEST_F(KeeperStepTest, DoesNotRenewTwiceAtOnce) {
  const KeeperMove while_renewing = move(seconds(9), true);
  EXPECT_FALSE(while_renewing.renew);
  EXPECT_NEAR(static_cast<double>(while_renewing.wait.count()), 4e9, 10) << "until the warning";
}

TEST_F(KeeperStepTest, WarnsOnceBeforeTheEndAndNotAfter) {
  EXPECT_FALSE(move(milliseconds(5001), true).warn);
  const KeeperMove warning = move(milliseconds(4900), true);
  EXPECT_TRUE(warning.warn);
  EXPECT_FALSE(warning.lose);
  EXPECT_EQ(warning.wait, milliseconds(4900)) << "until the end";
  EXPECT_FALSE(move(milliseconds(3000), true).warn);
}

TEST_F(KeeperStepTest, WarnsAgainAfterARenewalWentWell) {
  EXPECT_TRUE(move(seconds(4), true).warn);
  EXPECT_FALSE(move(seconds(14)).warn);
  EXPECT_TRUE(move(seconds(4), true).warn);
}

TEST_F(KeeperStepTest, TriesAgainAWhileAfterAFailure) {
  const Duration retry = keeper_retry_after(seconds(15));
  const KeeperMove early = move(seconds(9), false, retry - milliseconds(1));
  EXPECT_FALSE(early.renew);
  EXPECT_EQ(early.wait, milliseconds(1));
  EXPECT_TRUE(move(seconds(9), false, retry).renew);
}

TEST_F(KeeperStepTest, LosesAtTheEndOfTheLease) {
  EXPECT_FALSE(move(Duration(1), true).lose);
  EXPECT_TRUE(move(Duration::zero(), true).lose);
  EXPECT_TRUE(move(-seconds(1)).lose);
}

TEST_F(KeeperStepTest, LosesWhenARenewalSaysSo) {
  EXPECT_TRUE(next_keeper_move(rules_, {seconds(9), false, true, Duration::max()}, warned_).lose);
}

// Whatever is seen: never a wait past the lease's end, never no wait without a move.
TEST_F(KeeperStepTest, AlwaysComesBackInTime) {
  for (int left = 1; left <= 15000; left += 7) {
    for (const bool renewing : {false, true}) {
      for (const Duration failed :
           {Duration::zero(), Duration(milliseconds(300)), Duration::max()}) {
        for (const bool warned : {false, true}) {
          warned_ = warned;
          const KeeperMove next = move(milliseconds(left), renewing, failed);
          EXPECT_LE(next.wait, milliseconds(left));
          EXPECT_TRUE(next.wait > Duration::zero() || next.renew) << left;
        }
      }
    }
  }
}

TEST_F(KeeperStepTest, SharesThatMakeNoSenseAreRefused) {
  EXPECT_NO_THROW(check_keeper_rules(rules_));
  EXPECT_THROW(check_keeper_rules({seconds(1), 0, 0.1}), std::invalid_argument);
  EXPECT_THROW(check_keeper_rules({seconds(1), 1, 0.1}), std::invalid_argument);
  EXPECT_THROW(check_keeper_rules({seconds(1), 0.5, 0}), std::invalid_argument);
  EXPECT_THROW(check_keeper_rules({seconds(1), 0.5, 0.6}), std::invalid_argument);
}

}  // namespace
}  // namespace holdfast
