// What a link does seldom, with every fault at each of its file operations: it waits, it puts back
// what it should not have moved, it mends its claim, it gives back what is overdue, and it clears
// away what the dead have left.
#include <holdfast/protocol/testing/link_faults.h>

#include <filesystem>
#include <functional>
#include <utility>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::acquire_under;
using testing::Call;
using testing::Crash;
using testing::enumerate;
using testing::Fault;
using testing::kForeignClaim;
using testing::kLifetime;
using testing::kMargin;
using testing::kSlop;
using testing::LinkCase;
using testing::make_expired;
using testing::Operation;
using testing::Party;
using testing::refresh_under;
using testing::release_under;
using testing::take_it;

void take_patiently(LinkCase& one) { EXPECT_FALSE(one.take(*one.lock, Patience::of(seconds(5)))); }
void give_it(LinkCase& one) { one.give(*one.lock); }
void renew_it(LinkCase& one) {
  std::error_code error;
  one.lock->refresh(kLifetime, error);
  EXPECT_FALSE(error) << error.message();
}

/// Another has the lock, and gives it back after so long that the waiter has asked the server
/// itself meanwhile. `first`: what happens when the waiting begins.
void wait_behind(LinkCase& one, std::function<void()> first = nullptr) {
  EXPECT_FALSE(one.take(*one.earlier, Patience::none()));
  const os::Stamp start = one.world.clock.now();
  one.a.host.on_wait = [&one, start, first = std::move(first)](Duration) mutable {
    if (first) std::exchange(first, nullptr)();
    const bool long_enough = os::least_elapsed(start, one.world.clock.now()) > milliseconds(2200);
    if (long_enough && one.earlier->held()) one.give(*one.earlier);
    return os::Wake::elapsed;
  };
}

TEST(LinkDetours, AnAcquireThatWaits) {
  const auto prepare = [](LinkCase& one) { wait_behind(one); };
  enumerate(prepare, take_patiently,
            [&](const Fault& fault) { acquire_under(fault, prepare, Patience::of(seconds(5))); });
}

TEST(LinkDetours, AWaiterWhoseClaimACleanerTakes) {
  const auto prepare = [](LinkCase& one) {
    wait_behind(one, [&one] { std::filesystem::remove(one.lock->claim_path()); });
  };
  enumerate(prepare, take_patiently,
            [&](const Fault& fault) { acquire_under(fault, prepare, Patience::of(seconds(5))); });
}

/// A process of the same machine is dead, and has left its lock, a claim and a lock moved aside.
void leave_a_dead_holder(LinkCase& one) {
  Party& gone = one.world.party("a.example", 77, 1001);
  const auto held = one.world.link(gone);
  EXPECT_FALSE(one.take(*held, Patience::none()));
  const std::string waited = one.world.link(gone)->claim_path();
  one.world.write(waited.substr(waited.rfind('/') + 1), waited);
  one.world.write("LOCK.aside.0123456789abcdef", waited);
  one.a.host.dead.insert(77);
}

TEST(LinkDetours, ABreakOfWhatADeadHolderHasLeft) {
  const auto run = [](LinkCase& one) {
    take_it(one);
    EXPECT_FALSE(one.world.exists("LOCK.aside.0123456789abcdef"));
    EXPECT_EQ(one.world.siblings().size(), 3u) << "lock, claim and the breakers' baton";
  };
  enumerate(leave_a_dead_holder, run, [](const Fault& fault) {
    acquire_under(fault, leave_a_dead_holder, Patience::none(), kLifetime + kSlop + kMargin);
  });
}

void hold_for_too_long(LinkCase& one) {
  take_it(one);
  one.world.clock.advance(kLifetime + seconds(1));
}

TEST(LinkDetours, AnOverdueRelease) {
  enumerate(hold_for_too_long, give_it,
            [](const Fault& fault) { release_under(fault, hold_for_too_long); });
}

void lose_the_claim(LinkCase& one) {
  take_it(one);
  one.world.clock.advance(seconds(10));
  std::filesystem::remove(one.lock->claim_path());
}

TEST(LinkDetours, ARefreshWhoseClaimACleanerHasTaken) {
  enumerate(lose_the_claim, renew_it,
            [](const Fault& fault) { refresh_under(fault, lose_the_claim); });
}

// --- what was moved aside, and is somebody's hold

/// Does `act` just before the lock is moved aside for the first time.
void before_it_is_aside(LinkCase& one, std::function<void()> act) {
  one.a.files.before = [act = std::move(act)](const Call& call) mutable {
    const bool aside =
        call.operation == Operation::rename && call.to.find(".aside.") != std::string::npos;
    if (aside && act) std::exchange(act, nullptr)();
  };
}

/// The holder of what looks expired renews it at the last moment.
void renew_at_the_last_moment(LinkCase& one) {
  make_expired(one);
  before_it_is_aside(one, [&one] { one.world.set_modified("LOCK", kLifetime); });
}

/// Whoever held it by then holds it yet, unless the process ended with the lock in its hands.
void expect_still_held(LinkCase& one) {
  EXPECT_FALSE(one.lock->held());
  EXPECT_TRUE(one.is_as(kForeignClaim)) << "a live lock was taken away";
  one.a.files.deliver_late();
  EXPECT_TRUE(one.is_as(kForeignClaim)) << "a live lock was taken away later";
}

TEST(LinkDetours, ABreakThatMovesALockThatIsRenewed) {
  const auto run = [](LinkCase& one) {
    EXPECT_EQ(one.take(*one.lock, Patience::none()), Errc::timed_out);
    expect_still_held(one);
  };
  enumerate(renew_at_the_last_moment, run, [](const Fault& fault) {
    LinkCase one;
    renew_at_the_last_moment(one);
    one.a.files.add(fault);
    try {
      EXPECT_TRUE(one.take(*one.lock, Patience::none()));
      expect_still_held(one);
    } catch (const Crash&) {
    }
    one.expect_recovery(kLifetime + kSlop + kMargin);
  });
}

// It is put back as soon as the breaker has seen that it is not the one to break.
TEST(LinkDetours, WhatABreakerHasInItsHandsIsNotLost) {
  LinkCase one;
  take_it(one);
  const std::string aside = one.world.lock_path() + ".aside.0123456789abcdef";
  std::error_code error;
  std::filesystem::rename(one.world.lock_path(), aside);
  one.lock->refresh(kLifetime, error);
  EXPECT_EQ(error, Errc::outcome_unknown);
  std::filesystem::rename(aside, one.world.lock_path());
  one.lock->refresh(kLifetime, error);
  EXPECT_FALSE(error) << error.message();
  EXPECT_TRUE(one.lock->held());

  std::filesystem::rename(one.world.lock_path(), aside);
  one.lock->release(error);
  EXPECT_EQ(error, Errc::outcome_unknown);
  EXPECT_TRUE(one.lock->owes_release());
  std::filesystem::rename(aside, one.world.lock_path());
  one.lock->release(error);
  EXPECT_FALSE(error) << error.message();
  EXPECT_FALSE(one.world.exists("LOCK"));
}

/// Another breaks and takes the lock while its late holder is about to give it back.
void lose_it_at_the_last_moment(LinkCase& one) {
  take_it(one);
  before_it_is_aside(one, [&one] {
    std::filesystem::remove(one.world.lock_path());
    make_expired(one);
    one.world.set_modified("LOCK", kLifetime);
  });
}

TEST(LinkDetours, AReleaseThatMovesTheNextHoldersLock) {
  const auto run = [](LinkCase& one) {
    std::error_code error;
    one.lock->release(error);
    EXPECT_EQ(error, Errc::lost);
    expect_still_held(one);
  };
  enumerate(lose_it_at_the_last_moment, run, [](const Fault& fault) {
    LinkCase one;
    lose_it_at_the_last_moment(one);
    one.a.files.add(fault);
    std::error_code error;
    try {
      one.lock->release(error);
      if (one.world.exists("LOCK|elsewhere|99|4711")) expect_still_held(one);
      if (one.lock->owes_release()) one.lock->release(error);
      EXPECT_FALSE(one.lock->owes_release());
    } catch (const Crash&) {
    }
    one.expect_recovery(kLifetime + kSlop + kMargin);
  });
}

}  // namespace
}  // namespace holdfast
