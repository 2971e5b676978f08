// The life of a baton where nothing goes wrong but holders: names on disk, tokens, news, time.
#include <gtest/gtest.h>
#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/testing/world.h>

#include <chrono>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::held_name;
using testing::Operation;
using testing::Party;
using testing::World;

class BatonTest : public ::testing::Test {
 protected:
  std::error_code take(Baton& baton, Patience patience = Patience::none(), Token least = 0) {
    std::error_code error;
    Request request;
    request.min_token = least;
    grant_ = baton.acquire(patience, request, error);
    return error;
  }
  std::error_code give(Baton& baton) {
    std::error_code error;
    baton.release(error);
    return error;
  }
  std::error_code renew(Baton& baton, Duration lifetime = seconds(15)) {
    std::error_code error;
    baton.refresh(lifetime, error);
    return error;
  }
  State state_of(Baton& baton) {
    std::error_code error;
    const State state = baton.state(error);
    EXPECT_FALSE(error) << error.message();
    return state;
  }
  BatonState on_disk() const {
    const std::optional<BatonState> state = parse_state(world_.value());
    EXPECT_TRUE(state) << world_.value();
    return state.value_or(BatonState{});
  }

  World world_;
  Party& a_ = world_.party("a.example", 11);
  Party& b_ = world_.party("b.example", 22);
  Grant grant_;
};

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

TEST_F(BatonTest, AWaiterTakesOverAfterLifetimeDriftAndMargin) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  ASSERT_FALSE(take(*a));
  const Token first = grant_.token;
  ASSERT_FALSE(take(*b, Patience::of(seconds(60))));
  EXPECT_GE(b_.host.waited, milliseconds(15250));
  EXPECT_LT(b_.host.waited, milliseconds(15260));
  EXPECT_EQ(grant_.token, first + 1);
  EXPECT_TRUE(grant_.follows_dead);
  EXPECT_EQ(on_disk().taken, first + 1);
  EXPECT_TRUE(on_disk().news);
  EXPECT_EQ(renew(*a), Errc::lost);
  EXPECT_FALSE(a->held());
  EXPECT_EQ(give(*a), Errc::not_held);
  ASSERT_FALSE(give(*b));
  EXPECT_EQ(world_.value(),
            state_name({false, first + 1, first + 1, false, 0, {}, {}, 0, 0, 0, 0}));
}

TEST_F(BatonTest, ARefreshBeginsTheObservationAnew) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(take(*b, Patience::of(seconds(10))), Errc::timed_out);
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(take(*b, Patience::of(seconds(10))), Errc::timed_out);
  EXPECT_EQ(take(*b, Patience::of(seconds(5))), Errc::timed_out);
  EXPECT_FALSE(take(*b, Patience::of(milliseconds(260))));
}

// A long-lived program that tries now and then accumulates what it has seen.
TEST_F(BatonTest, TheObservationIsKeptAcrossAttempts) {
  const auto a = world_.baton(a_);
  const auto b = world_.baton(b_);
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(take(*b), Errc::timed_out);
  EXPECT_EQ(state_of(*b), State::unknown);
  world_.clock.advance(milliseconds(15249));
  EXPECT_EQ(take(*b), Errc::timed_out);
  world_.clock.advance(milliseconds(1));
  EXPECT_EQ(state_of(*b), State::theirs_expired);
  EXPECT_FALSE(take(*b));
}

// A suspended host has not watched.
TEST_F(BatonTest, AWaiterDoesNotCountItsSuspension) {
  const auto b = world_.baton(b_);
  world_.put({held_name(5)});
  EXPECT_EQ(take(*b), Errc::timed_out);
  world_.clock.suspend(seconds(100));
  EXPECT_EQ(take(*b), Errc::timed_out);
}

// The lease goes on while its host is suspended.
TEST_F(BatonTest, AHolderCountsItsSuspension) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  world_.clock.suspend(seconds(16));
  EXPECT_FALSE(a->held());
  EXPECT_EQ(a->remaining(), Duration::zero());
  EXPECT_EQ(state_of(*a), State::ours_expired);
}

// On a hard mount a listing can block for seconds, and show a state that is younger than its start.
TEST_F(BatonTest, AnObservationCountsFromAfterTheListingThatBeganIt) {
  const auto b = world_.baton(b_);
  world_.put({held_name(5)});
  bool blocked = false;
  b_.files.after = [&](const auto& call) {
    if (call.operation != Operation::list || blocked) return;
    world_.clock.advance(seconds(7));
    blocked = true;
  };
  EXPECT_EQ(take(*b), Errc::timed_out);
  b_.files.after = nullptr;
  world_.clock.advance(milliseconds(15249));
  EXPECT_EQ(take(*b), Errc::timed_out) << "the seconds before the listing returned were counted";
  world_.clock.advance(milliseconds(1));
  EXPECT_FALSE(take(*b));
}

TEST_F(BatonTest, TheLeaseCountsFromBeforeTheRename) {
  const auto a = world_.baton(a_);
  a_.files.after = [&](const auto& call) {
    if (call.operation == Operation::rename) world_.clock.advance(seconds(4));
  };
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(a->remaining(), seconds(11));
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(11));
}

TEST_F(BatonTest, AGrantThatComesTooLateIsGivenBack) {
  const auto a = world_.baton(a_);
  world_.put({"free,7,0,1"});
  int slow = 1;
  a_.files.after = [&](const auto& call) {
    if (call.operation == Operation::rename && slow-- > 0) world_.clock.advance(seconds(16));
  };
  ASSERT_FALSE(take(*a, Patience::for_ever()));
  EXPECT_EQ(grant_.token, 9u);
  EXPECT_TRUE(grant_.follows_dead) << "giving back what nobody was told of keeps the news";
  EXPECT_EQ(a->remaining(), seconds(15));
  ASSERT_FALSE(give(*a));
  slow = 100;
  EXPECT_EQ(take(*a), Errc::timed_out) << "every attempt comes too late";
  EXPECT_FALSE(parse_state(world_.value())->held);
}

TEST_F(BatonTest, AnExpiredHoldIsGivenBackBeforeANewOne) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  const Token first = grant_.token;
  world_.clock.advance(seconds(15));
  EXPECT_FALSE(a->held());
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(grant_.token, first + 1);
  EXPECT_FALSE(grant_.follows_dead) << "it was given back by its own holder";
}

TEST_F(BatonTest, AnOverstayerMayStillRenewWhatNobodyTook) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  world_.clock.advance(seconds(100));
  EXPECT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
  world_.clock.advance(seconds(100));
  EXPECT_FALSE(give(*a));
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

// The news stays until a holder was told, whatever happens on the way.
TEST_F(BatonTest, NewsStaysUntilAHolderWasTold) {
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

TEST_F(BatonTest, AHolderProvedDeadIsFollowedAtOnce) {
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

TEST_F(BatonTest, ADeathWakesAWaiter) {
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

TEST_F(BatonTest, NothingIsProvedFromAnotherMachine) {
  Party& dead = world_.party("m", 100, 77);
  Party& waiter = world_.party("m", 101, 78);
  const auto first = world_.baton(dead);
  const auto second = world_.baton(waiter);
  ASSERT_FALSE(take(*first));
  waiter.host.dead.insert(100);
  EXPECT_EQ(take(*second), Errc::timed_out);
  EXPECT_EQ(state_of(*second), State::unknown);
}

TEST_F(BatonTest, ProofOfDeathCanBeTurnedOff) {
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
TEST_F(BatonTest, ALongHostNameDoesNotHinderProof) {
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

TEST_F(BatonTest, AForcedBreakTakesExactlyTheStateShown) {
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

TEST_F(BatonTest, OnlyAHeldStateCanBeBroken) {
  const auto b = world_.baton(b_);
  world_.put({"free,7,0,0"});
  std::error_code error;
  b->break_shown("free,7,0,0", error);
  EXPECT_EQ(error, std::errc::invalid_argument);
  b->break_shown("LOCK", error);
  EXPECT_EQ(error, std::errc::invalid_argument);
}

// Whoever holds for days must not lose its file to a cleaner that looks for old ones.
TEST_F(BatonTest, ALongHoldTouchesItsFileNowAndThen) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  ASSERT_FALSE(renew(*a, std::chrono::hours(5)));
  a_.files.forget_calls();
  ASSERT_FALSE(renew(*a, std::chrono::hours(5)));
  EXPECT_EQ(a_.files.count(Operation::touch), 0u);
  world_.clock.advance(std::chrono::hours(2));
  ASSERT_FALSE(renew(*a, std::chrono::hours(5)));
  EXPECT_EQ(a_.files.count(Operation::touch), 1u);
  world_.clock.advance(std::chrono::hours(2));
  a_.files.add({Operation::touch, testing::Effect::refused, EPERM});
  EXPECT_FALSE(renew(*a)) << "it may be another user's file";
}

TEST_F(BatonTest, ADurableGrantIsSynced) {
  Options options;
  options.durable = true;
  const auto a = world_.baton(a_, options);
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(a_.files.count(Operation::sync), 2u) << "the directory, and its parent once";
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a_.files.count(Operation::sync), 3u);
  ASSERT_FALSE(give(*a));
  EXPECT_EQ(a_.files.count(Operation::sync), 3u);
  a_.files.add({Operation::sync, testing::Effect::refused, EIO});
  EXPECT_EQ(take(*a), std::errc::io_error);
  EXPECT_FALSE(parse_state(world_.value())->held) << "a grant that is not on disk is given back";
}

}  // namespace
}  // namespace holdfast
