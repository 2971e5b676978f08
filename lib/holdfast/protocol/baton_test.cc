// The life of a baton where nothing goes wrong: names on disk, tokens, states, who waits.
#include <gtest/gtest.h>
#include <holdfast/protocol/testing/baton_fixture.h>

#include <chrono>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Effect;
using testing::held_name;
using testing::Operation;
using testing::Party;

class BatonTest : public testing::BatonFixture {};

TEST_F(BatonTest, TheNameOnDiskSaysWhoHoldsIt) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  const BatonState state = on_disk();
  EXPECT_TRUE(state.held);
  EXPECT_EQ(state.host, "a.example");
  EXPECT_EQ(state.pid, 11u);
  EXPECT_EQ(state.renewal, 0u);
  EXPECT_EQ(state.lifetime, seconds(15));
  EXPECT_EQ(state.taken, 0u);
  EXPECT_FALSE(state.news);
  EXPECT_EQ(state.generation, grant_.token);
  EXPECT_EQ(baton->token(), grant_.token);
  EXPECT_TRUE(baton->held());
  EXPECT_EQ(baton->remaining(), seconds(15));
  EXPECT_EQ(grant_.lease_end, world_.clock.now().raw + seconds(15));
  EXPECT_EQ(baton->lease_end(), grant_.lease_end);
}

TEST_F(BatonTest, GivenBackItIsFreeInTheSameGeneration) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  const Token token = grant_.token;
  ASSERT_FALSE(give(*baton));
  EXPECT_EQ(world_.value(), "free," + std::to_string(token) + ",0,0");
  EXPECT_FALSE(baton->held());
  EXPECT_EQ(baton->token(), 0u);
  EXPECT_EQ(give(*baton), Errc::not_held);
}

TEST_F(BatonTest, ANewLockStartsAtTheWallClockInMicroseconds) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  const auto wall =
      std::chrono::duration_cast<std::chrono::microseconds>(world_.clock.wall().time_since_epoch());
  EXPECT_EQ(grant_.token, static_cast<Token>(wall.count()) + 1);
}

TEST_F(BatonTest, TokensGrowWithEveryGrant) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  Token last = 0;
  for (int round = 0; round < 5; ++round) {
    for (Baton* baton : {a.get(), b.get()}) {
      ASSERT_FALSE(take(*baton));
      EXPECT_GT(grant_.token, last);
      last = grant_.token;
      ASSERT_FALSE(give(*baton));
    }
  }
}

// Two NFS requests are the least possible; everything else would be a third.
TEST_F(BatonTest, ALoneUserPaysTwoRenamesAndNothingElse) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  ASSERT_FALSE(give(*baton));
  a_.files.forget_calls();
  for (int round = 0; round < 10; ++round) {
    ASSERT_FALSE(take(*baton));
    ASSERT_FALSE(give(*baton));
  }
  EXPECT_EQ(a_.files.calls().size(), 20u);
  EXPECT_EQ(a_.files.count(Operation::rename), 20u);
}

TEST_F(BatonTest, AReleaseThatAnEventNamesIsAnsweredByOneRename) {
  const auto giver = world_.baton(a_);
  const auto taker = world_.baton(b_);
  ASSERT_FALSE(take(*giver));
  BatonState free;
  free.generation = on_disk().generation;
  b_.host.notifies = true;
  b_.host.arrives = state_name(free);
  int waits = 0;
  b_.host.on_wait = [&](Duration) {
    if (++waits != 2) return os::Wake::elapsed;  // the first wait only begins to watch
    EXPECT_FALSE(give(*giver));
    b_.files.forget_calls();
    return os::Wake::changed;
  };
  EXPECT_FALSE(take(*taker, Patience::of(seconds(1))));
  EXPECT_EQ(b_.files.calls().size(), 1u);
  EXPECT_EQ(b_.files.count(Operation::rename), 1u);
  EXPECT_EQ(grant_.token, free.generation + 1);
}

// A hint can be out of date, or about anybody's file.
TEST_F(BatonTest, AnEventThatTellsNothingNewChangesNothing) {
  const auto giver = world_.baton(a_);
  const auto taker = world_.baton(b_);
  ASSERT_FALSE(take(*giver));
  const std::string held = world_.value();
  for (const std::string& name : {held, std::string("free,1,0,0"), std::string("free,x"),
                                  std::string(".nfs1"), std::string()}) {
    int waits = 0;
    b_.host.notifies = true;
    b_.host.arrives = name;
    b_.host.on_wait = [&](Duration) { return ++waits < 4 ? os::Wake::changed : os::Wake::elapsed; };
    EXPECT_EQ(take(*taker, Patience::of(milliseconds(300))), Errc::timed_out) << name;
    EXPECT_EQ(world_.value(), held) << name;
  }
}

// What a client has looked up in vain can stay missing for half a minute, touch or no touch.
TEST_F(BatonTest, WhatIsListedAndNotFoundIsAskedForLessAndLess) {
  const auto giver = world_.baton(a_);
  const auto taker = world_.baton(b_);
  ASSERT_FALSE(take(*giver));
  ASSERT_FALSE(give(*giver));
  constexpr std::size_t kMisses = 1000;
  for (std::size_t nth = 1; nth <= kMisses; ++nth) {
    b_.files.add({Operation::rename, Effect::refused, ENOENT, nth, "held,"});
  }
  EXPECT_EQ(take(*taker, Patience::of(seconds(30))), Errc::timed_out);
  EXPECT_LT(b_.files.count(Operation::rename), 60u);
  EXPECT_GT(b_.files.count(Operation::rename), 20u);
  EXPECT_GT(b_.files.count(Operation::create), 20u) << "a probe may help where a touch does not";
  b_.files.forget_faults();
  EXPECT_FALSE(take(*taker));
  EXPECT_EQ(world_.entries().size(), 1u) << "no probe stays";
}

TEST_F(BatonTest, EveryRenameHasANonceOfItsOwn) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  const std::uint64_t first = on_disk().nonce;
  ASSERT_FALSE(renew(*baton));
  const std::uint64_t second = on_disk().nonce;
  ASSERT_FALSE(give(*baton));
  ASSERT_FALSE(take(*baton));
  EXPECT_NE(first, second);
  EXPECT_NE(on_disk().nonce, first);
  EXPECT_NE(on_disk().nonce, second);
}

TEST_F(BatonTest, RefreshGoesOneRenewalUp) {
  const auto baton = world_.baton(a_);
  ASSERT_FALSE(take(*baton));
  world_.clock.advance(seconds(10));
  EXPECT_EQ(baton->remaining(), seconds(5));
  ASSERT_FALSE(renew(*baton, seconds(20)));
  EXPECT_EQ(on_disk().renewal, 1u);
  EXPECT_EQ(on_disk().lifetime, seconds(20));
  EXPECT_EQ(on_disk().generation, grant_.token);
  EXPECT_EQ(baton->remaining(), seconds(20));
}

TEST_F(BatonTest, AHeldLockTimesOutAndTheHolderIsNamed) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(take(*b), Errc::timed_out);
  EXPECT_EQ(take(*b, Patience::of(seconds(3))), Errc::timed_out);
  EXPECT_EQ(b_.host.waited, seconds(3));
  std::error_code error;
  const std::optional<Holder> holder = b->holder(error);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->host, "a.example");
  EXPECT_EQ(holder->pid, 11);
  EXPECT_EQ(holder->token, a->token());
  EXPECT_EQ(holder->shown, world_.value());
  // 15 s x 1.01 + 100 ms, of which 3 s have been seen.
  EXPECT_EQ(holder->at_most_left, milliseconds(12250));
}

TEST_F(BatonTest, TwoObjectsOfOneProcessExcludeEachOther) {
  const auto one = world_.baton(a_);
  const auto two = world_.baton(a_);
  ASSERT_FALSE(take(*one));
  EXPECT_EQ(take(*two), Errc::timed_out);
  EXPECT_EQ(take(*one), Errc::already_held);
}

TEST_F(BatonTest, ALeastTokenIsPromised) {
  const auto a = world_.baton(a_);
  world_.put({"free,7,3,1"});
  ASSERT_FALSE(take(*a, Patience::none(), 100));
  EXPECT_EQ(grant_.token, 100u);
  EXPECT_EQ(on_disk().taken, 3u);
  EXPECT_TRUE(grant_.follows_dead) << "a burn carries the news";
  ASSERT_FALSE(give(*a));
  ASSERT_FALSE(take(*a, Patience::none(), 50));
  EXPECT_EQ(grant_.token, 101u);
}

TEST_F(BatonTest, ALeastTokenHoldsForANewLockToo) {
  const auto a = world_.baton(a_);
  const Token least = kMostGeneration / 2;
  ASSERT_FALSE(take(*a, Patience::none(), least));
  EXPECT_EQ(grant_.token, least);
}

TEST_F(BatonTest, ALeastTokenHoldsAfterATakeOver) {
  const auto a = world_.baton(a_);
  world_.put({held_name(5, 0, seconds(1))});
  ASSERT_FALSE(take(*a, Patience::of(seconds(5)), 1000));
  EXPECT_EQ(grant_.token, 1000u);
  EXPECT_TRUE(grant_.follows_dead);
}

TEST_F(BatonTest, ATokenBeyondTheNamesIsRefused) {
  const auto a = world_.baton(a_);
  EXPECT_EQ(take(*a, Patience::none(), kMostGeneration + 1), std::errc::invalid_argument);
  world_.put({"free," + std::to_string(kMostGeneration) + ",0,0"});
  EXPECT_EQ(take(*a), Errc::unsupported);
}

TEST_F(BatonTest, AStopRequestCancels) {
  const auto b = world_.baton(b_);
  world_.put({held_name(5)});
  std::stop_source stop;
  Request request;
  request.stop = stop.get_token();
  b_.host.on_wait = [&](Duration) {
    if (b_.host.waited > seconds(1)) stop.request_stop();
    return stop.stop_requested() ? os::Wake::stopped : os::Wake::elapsed;
  };
  std::error_code error;
  b->acquire(Patience::for_ever(), request, error);
  EXPECT_EQ(error, Errc::cancelled);
  EXPECT_LT(b_.host.waited, seconds(2));
}

TEST_F(BatonTest, StatesAreToldAsTheyAre) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  EXPECT_EQ(state_of(*a), State::unlocked) << "no directory";
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(state_of(*a), State::ours);
  EXPECT_EQ(state_of(*b), State::unknown);
  world_.clock.advance(seconds(15));
  EXPECT_EQ(state_of(*a), State::ours_expired);
  ASSERT_FALSE(give(*a));
  EXPECT_EQ(state_of(*b), State::unlocked);
}

}  // namespace
}  // namespace holdfast
