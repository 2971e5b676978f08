// How long a lease lasts for its holder, and when a waiter may take over what has run out.
#include <gtest/gtest.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/protocol/testing/baton_fixture.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::held_name;
using testing::Operation;
using testing::Party;

class BatonTimeTest : public testing::BatonFixture {};

TEST_F(BatonTimeTest, AWaiterTakesOverAfterLifetimeDriftAndMargin) {
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

TEST_F(BatonTimeTest, ARefreshBeginsTheObservationAnew) {
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
TEST_F(BatonTimeTest, TheObservationIsKeptAcrossAttempts) {
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
TEST_F(BatonTimeTest, AWaiterDoesNotCountItsSuspension) {
  const auto b = world_.baton(b_);
  world_.put({held_name(5)});
  EXPECT_EQ(take(*b), Errc::timed_out);
  world_.clock.suspend(seconds(100));
  EXPECT_EQ(take(*b), Errc::timed_out);
}

// The lease goes on while its host is suspended.
TEST_F(BatonTimeTest, AHolderCountsItsSuspension) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  world_.clock.suspend(seconds(16));
  EXPECT_FALSE(a->held());
  EXPECT_EQ(a->remaining(), Duration::zero());
  EXPECT_EQ(state_of(*a), State::ours_expired);
}

// On a hard mount a listing can block for seconds, and show a state that is younger than its start.
TEST_F(BatonTimeTest, AnObservationCountsFromAfterTheListingThatBeganIt) {
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

TEST_F(BatonTimeTest, TheLeaseCountsFromBeforeTheRename) {
  const auto a = world_.baton(a_);
  a_.files.after = [&](const auto& call) {
    if (call.operation == Operation::rename) world_.clock.advance(seconds(4));
  };
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(a->remaining(), seconds(11));
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(11));
}

TEST_F(BatonTimeTest, AGrantThatComesTooLateIsGivenBack) {
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

TEST_F(BatonTimeTest, AnExpiredHoldIsGivenBackBeforeANewOne) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  const Token first = grant_.token;
  world_.clock.advance(seconds(15));
  EXPECT_FALSE(a->held());
  ASSERT_FALSE(take(*a));
  EXPECT_EQ(grant_.token, first + 1);
  EXPECT_FALSE(grant_.follows_dead) << "it was given back by its own holder";
}

TEST_F(BatonTimeTest, AnOverstayerMayStillRenewWhatNobodyTook) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  world_.clock.advance(seconds(100));
  EXPECT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
  world_.clock.advance(seconds(100));
  EXPECT_FALSE(give(*a));
}

// Whoever holds for days must not lose its file to a cleaner that looks for old ones.
TEST_F(BatonTimeTest, ALongHoldTouchesItsFileNowAndThen) {
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

TEST_F(BatonTimeTest, ADurableGrantIsSynced) {
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

// The answer came after the lease, and after somebody else's patience: nothing is left to give
// back, and the wait goes on.
TEST_F(BatonTimeTest, AGrantThatComesTooLateAndWasTakenOverIsNoReasonToGiveUp) {
  const auto a = world_.baton(a_);
  world_.put({"free,7,0,0"});
  bool slow = true;
  a_.files.after = [&](const auto& call) {
    if (call.operation != Operation::rename || !slow) return;
    slow = false;
    world_.clock.advance(seconds(16));
    world_.put({held_name(9, 0, seconds(1), 9, true)});
  };
  ASSERT_FALSE(take(*a, Patience::of(seconds(30))));
  EXPECT_EQ(grant_.token, 10u);
  EXPECT_TRUE(grant_.follows_dead);
}

// As for a grant: an answer that took longer than the lease is no renewal.
TEST_F(BatonTimeTest, ARenewalThatComesTooLateIsMadeAgain) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  bool slow = true;
  a_.files.after = [&](const auto& call) {
    if (call.operation != Operation::rename || !slow) return;
    slow = false;
    world_.clock.advance(milliseconds(1100));
  };
  ASSERT_FALSE(renew(*a, seconds(1)));
  EXPECT_EQ(a->remaining(), Duration::zero()) << "the patience is a third of the lifetime";
  slow = true;
  a_.files.after = [&](const auto& call) {
    if (call.operation != Operation::rename || !slow) return;
    slow = false;
    world_.clock.suspend(seconds(16));
  };
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
  EXPECT_EQ(on_disk().renewal, 3u);
}

TEST_F(BatonTimeTest, WhileARenewalIsInDoubtTheLeaseEndsAtTheEarliestCandidate) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  world_.clock.advance(seconds(5));
  a_.files.add({Operation::rename, testing::Effect::late, EIO});
  for (int count = 0; count < 100; ++count) {
    a_.files.add({Operation::rename, testing::Effect::refused, EIO});
  }
  EXPECT_EQ(renew(*a, milliseconds(600)), Errc::outcome_unknown);
  a_.files.forget_faults();
  EXPECT_LE(a->remaining(), milliseconds(400)) << "the short renewal may be the one that counts";
  a_.files.deliver_late();
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
}

// After a power cut the lock would be in the state before.
TEST_F(BatonTimeTest, ARenewalThatIsNotSyncedDoesNotCount) {
  Options options;
  options.durable = true;
  const auto a = world_.baton(a_, options);
  ASSERT_FALSE(take(*a));
  world_.clock.advance(seconds(10));
  for (int count = 0; count < 2; ++count) {
    a_.files.add({Operation::sync, testing::Effect::refused, EIO});
    EXPECT_EQ(renew(*a), std::errc::io_error);
    EXPECT_EQ(a->remaining(), seconds(5));
  }
  ASSERT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
}

// Months of outage must not stop an object for good: every try is a name of its own.
TEST_F(BatonTimeTest, AnOutageOfAnyLengthEndsWithTheServersFirstAnswer) {
  const auto a = world_.baton(a_);
  ASSERT_FALSE(take(*a));
  bool out = true;
  a_.files.before = [&](const auto& call) {
    if (!out) return;
    a_.files.forget_faults();
    static_cast<void>(call);
    for (const Operation operation : {Operation::rename, Operation::touch, Operation::create}) {
      a_.files.add({operation, testing::Effect::refused, EIO});
    }
  };
  a_.files.before({Operation::rename, {}, {}, {}});
  for (int count = 0; count < 30; ++count) EXPECT_EQ(renew(*a), Errc::outcome_unknown);
  out = false;
  a_.files.forget_faults();
  EXPECT_FALSE(renew(*a));
  EXPECT_EQ(a->remaining(), seconds(15));
  EXPECT_FALSE(give(*a));
}

/// A server whose stamps are the world's time, and a program that has seen nothing yet.
class BatonServerClockTest : public ::testing::Test {
 protected:
  BatonServerClockTest() {
    EXPECT_FALSE(server_.make_directory("/d", 0777));
    EXPECT_FALSE(server_.make_directory("/d/LOCK", 0777));
  }
  void put_old(const std::string& name, Duration age) {
    ASSERT_FALSE(server_.create("/d/LOCK/" + name, "", 0666));
    clock_.advance(age);
  }
  std::error_code try_once(bool vouched) {
    Options options;
    options.server_clock = vouched;
    Baton baton("/d/LOCK", options, {&files_, &clock_, &host_});
    std::error_code error;
    grant_ = baton.acquire(Patience::none(), {}, error);
    return error;
  }
  std::vector<std::string> entries() {
    os::Listing listing;
    EXPECT_FALSE(server_.list("/d/LOCK", 100, listing));
    return listing.names;
  }

  os::testing::ManualClock clock_;
  os::testing::MemoryFiles server_{clock_};
  testing::FaultyFiles files_{server_};
  testing::ScriptedHost host_{clock_, {"h", 11, 1, 0}};
  Grant grant_;
};

// A program that tries once cannot watch for a lifetime, but it can ask how old the state is.
TEST_F(BatonServerClockTest, OneAttemptIsEnoughWhereTheServersClockIsVouchedFor) {
  put_old(held_name(5), milliseconds(17250));
  EXPECT_EQ(try_once(false), Errc::timed_out) << "never by itself";
  ASSERT_FALSE(try_once(true));
  EXPECT_EQ(grant_.token, 6u);
  EXPECT_TRUE(grant_.follows_dead);
}

// Stamps are cut, to whole seconds or two: the state may be younger than they say.
TEST_F(BatonServerClockTest, AYoungStateIsLeftAndAProbeLeavesNothing) {
  put_old(held_name(5), milliseconds(17249));
  EXPECT_EQ(try_once(true), Errc::timed_out);
  EXPECT_EQ(entries(), std::vector<std::string>{held_name(5)});
}

// All states share one inode: a cached stamp may be that of the state before. So the status of
// exactly the name that was listed is asked for, and if that is gone, nothing is known.
TEST_F(BatonServerClockTest, TheStampOfExactlyTheStateIsAskedForAfresh) {
  put_old(held_name(5), seconds(100));
  bool renewed = false;
  files_.before = [&](const auto& call) {
    const bool of_state = call.from.find("/held,") != std::string::npos;
    if (call.operation != Operation::status || !of_state || renewed) return;
    renewed = true;  // at the last moment
    ASSERT_FALSE(server_.rename(call.from, "/d/LOCK/" + held_name(5, 1)));
  };
  EXPECT_EQ(try_once(true), Errc::timed_out);
  EXPECT_TRUE(renewed);
  EXPECT_EQ(entries(), std::vector<std::string>{held_name(5, 1)});
}

TEST_F(BatonServerClockTest, WhoCannotMakeAProbeObserves) {
  put_old(held_name(5), seconds(100));
  files_.add({Operation::create, testing::Effect::refused, EACCES});
  EXPECT_EQ(try_once(true), Errc::timed_out);
}

}  // namespace
}  // namespace holdfast
