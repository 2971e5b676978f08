// Holders that die or are thrown out: proof, news for the next holder, the forced break.
#include <gtest/gtest.h>
#include <holdfast/protocol/testing/baton_fixture.h>

#include <chrono>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::held_name;
using testing::Operation;
using testing::Party;

class BatonDeathTest : public testing::BatonFixture {};

// The news stays until a holder was told, whatever happens on the way.
TEST_F(BatonDeathTest, NewsStaysUntilAHolderWasTold) {
  const auto a = world_.baton(a_);
  world_.put({"free,7,3,1"});
  ASSERT_FALSE(take(*a));
  EXPECT_TRUE(grant_.follows_dead);
  ASSERT_FALSE(renew(*a));
  EXPECT_TRUE(on_disk().news);
  ASSERT_FALSE(give(*a));
  EXPECT_EQ(world_.value(), "free,8,3,0");
  ASSERT_FALSE(take(*a));
  EXPECT_FALSE(grant_.follows_dead);
}

TEST_F(BatonDeathTest, AHolderProvedDeadIsFollowedAtOnce) {
  Party& dead = world_.party("m", 100, 77);
  Party& waiter = world_.party("m", 101, 77);
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter);
  ASSERT_FALSE(take(*first));
  EXPECT_EQ(take(*second), Errc::timed_out);
  waiter.host.dead.insert(100);
  EXPECT_EQ(state_of(*second), State::stale);
  ASSERT_FALSE(take(*second));
  EXPECT_TRUE(grant_.follows_dead);
}

TEST_F(BatonDeathTest, ADeathWakesAWaiter) {
  Party& dead = world_.party("m", 100, 77);
  Party& waiter = world_.party("m", 101, 77);
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter);
  ASSERT_FALSE(take(*first));
  waiter.host.on_wait = [&](Duration at_most) {
    if (at_most == Duration::zero() || waiter.host.waited < milliseconds(50)) {
      return os::Wake::elapsed;
    }
    waiter.host.dead.insert(100);
    return os::Wake::ended;
  };
  ASSERT_FALSE(take(*second, Patience::for_ever()));
  EXPECT_LT(waiter.host.waited, milliseconds(500));
}

TEST_F(BatonDeathTest, NothingIsProvedFromAnotherMachine) {
  Party& dead = world_.party("m", 100, 77);
  Party& waiter = world_.party("m", 101, 78);
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter);
  ASSERT_FALSE(take(*first));
  waiter.host.dead.insert(100);
  EXPECT_EQ(take(*second), Errc::timed_out);
  EXPECT_EQ(state_of(*second), State::unknown);
}

TEST_F(BatonDeathTest, ProofOfDeathCanBeTurnedOff) {
  Party& dead = world_.party("m", 100, 77);
  Party& waiter = world_.party("m", 101, 77);
  Options options;
  options.proof_of_death = false;
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter, options);
  ASSERT_FALSE(take(*first));
  waiter.host.dead.insert(100);
  EXPECT_EQ(take(*second), Errc::timed_out);
}

// What is compared is what was written: a long name is cut there.
TEST_F(BatonDeathTest, ALongHostNameDoesNotHinderProof) {
  const std::string host = std::string(60, 'h') + "_and_more.example.org";
  Party& dead = world_.party(host, 100, 77);
  Party& waiter = world_.party(host, 101, 77);
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter);
  ASSERT_FALSE(take(*first));
  EXPECT_LE(on_disk().host.size(), kMostHost);
  waiter.host.dead.insert(100);
  EXPECT_FALSE(take(*second));
}

TEST_F(BatonDeathTest, AForcedBreakTakesExactlyTheStateShown) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  ASSERT_FALSE(take(*a));
  const Token token = grant_.token;
  std::error_code error;
  const std::string shown = b->holder(error)->shown;
  ASSERT_FALSE(renew(*a));
  b->break_shown(shown, error);
  EXPECT_EQ(error, Errc::not_held) << "renewed since it was shown";
  EXPECT_TRUE(a->held());
  b->break_shown(b->holder(error)->shown, error);
  EXPECT_FALSE(error) << error.message();
  EXPECT_EQ(world_.value(), state_name({false, token + 1, token + 1, true, 0, {}, {}, 0, 0, 0, 0}));
  EXPECT_EQ(renew(*a), Errc::lost);
  ASSERT_FALSE(take(*b));
  EXPECT_TRUE(grant_.follows_dead) << "the next holder is told";
}

TEST_F(BatonDeathTest, OnlyAHeldStateCanBeBroken) {
  const auto b = world_.baton(b_);
  world_.put({"free,7,0,0"});
  std::error_code error;
  b->break_shown("free,7,0,0", error);
  EXPECT_EQ(error, std::errc::invalid_argument);
  b->break_shown("LOCK", error);
  EXPECT_EQ(error, std::errc::invalid_argument);
}

}  // namespace
}  // namespace holdfast
