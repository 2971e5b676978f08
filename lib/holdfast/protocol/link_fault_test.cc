// Every file operation of every step of a link, with everything that can happen to it: refused,
// applied with its reply lost, sent twice, applied later, or the last thing that the process does.
//
// What must hold whatever happens: an answer says no more than is certain; what was not granted
// does not stay, and does not come back; and nobody is kept from the lock for longer than lifetime,
// slop and the breakers' baton.
#include <holdfast/os/testing/errnos.h>
#include <holdfast/protocol/testing/link_faults.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace holdfast {
namespace {

using os::testing::kDoubts;
using os::testing::kRefusals;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::acquire_under;
using testing::Effect;
using testing::enumerate;
using testing::Fault;
using testing::kLifetime;
using testing::kMargin;
using testing::kSlop;
using testing::LinkCase;
using testing::make_expired;
using testing::nothing;
using testing::Operation;
using testing::refresh_under;
using testing::release_under;
using testing::take_it;
using testing::text_of;

TEST(LinkFaults, AnAcquireOfAFreeLock) {
  for (const Patience patience : {Patience::none(), Patience::of(seconds(5))}) {
    enumerate(nothing, take_it,
              [&](const Fault& fault) { acquire_under(fault, nothing, patience); });
  }
}

TEST(LinkFaults, ABreak) {
  for (const Patience patience : {Patience::none(), Patience::of(seconds(5))}) {
    enumerate(make_expired, take_it,
              [&](const Fault& fault) { acquire_under(fault, make_expired, patience); });
  }
}

// One try of a one-attempt call is enough for whatever does not say "no".
TEST(LinkFaults, WithPatienceADoubtfulAnswerEndsInAGrant) {
  enumerate(nothing, take_it, [](const Fault& fault) {
    const bool doubtful =
        std::find(std::begin(kDoubts), std::end(kDoubts), fault.error) != std::end(kDoubts);
    if (!doubtful && fault.effect != Effect::resent) return;
    LinkCase one;
    one.a.files.add(fault);
    EXPECT_FALSE(one.take(*one.lock, Patience::of(seconds(5))));
  });
}

TEST(LinkFaults, ARelease) {
  const auto give = [](LinkCase& one) {
    std::error_code error;
    one.lock->release(error);
    EXPECT_FALSE(error);
  };
  enumerate(take_it, give, [](const Fault& fault) { release_under(fault, take_it); });
}

TEST(LinkFaults, ARefresh) {
  const auto renew = [](LinkCase& one) {
    std::error_code error;
    one.lock->refresh(kLifetime, error);
    EXPECT_FALSE(error);
  };
  const auto prepare = [](LinkCase& one) {
    take_it(one);
    one.world.clock.advance(seconds(10));
  };
  enumerate(prepare, renew, [&](const Fault& fault) { refresh_under(fault, prepare); });
}

// The lease is short from then on: the request for it may be the one that counts.
TEST(LinkFaults, AnOpenRenewalEndsTheLeaseAtTheEarliest) {
  LinkCase one;
  take_it(one);
  for (std::size_t nth = 1; nth <= 100; ++nth) {
    one.a.files.add({Operation::set_modified, Effect::late, EIO, 1});
  }
  std::error_code error;
  one.lock->refresh(seconds(3), error);
  EXPECT_EQ(error, Errc::outcome_unknown);
  EXPECT_LE(one.lock->remaining(), seconds(3));
  EXPECT_GT(one.lock->remaining(), seconds(1));
}

struct Step {
  const char* name;
  std::function<void(LinkCase&)> prepare;
  std::function<std::error_code(LinkCase&)> act;
};

std::vector<Step> steps() {
  const auto take = [](LinkCase& one) { return one.take(*one.lock, Patience::none()); };
  const auto give = [](LinkCase& one) {
    std::error_code error;
    one.lock->release(error);
    return error;
  };
  const auto renew = [](LinkCase& one) {
    std::error_code error;
    one.lock->refresh(kLifetime, error);
    return error;
  };
  return {{"acquire", nothing, take},
          {"break", make_expired, take},
          {"release", take_it, give},
          {"refresh", take_it, renew}};
}

// No file system refuses what it has done. But a request that was applied may be sent again, and be
// refused then, as somebody has changed the permissions in between. Whoever is told "no" so may
// leave a lock in its name: nobody gets in beside a holder, and that lock is a dead holder's.
TEST(LinkFaults, WhatWasAppliedAndThenRefusedIsAtWorstADeadHolders) {
  std::size_t cases = 0;
  for (const Step& step : steps()) {
    LinkCase clean;
    step.prepare(clean);
    clean.a.files.forget_calls();
    EXPECT_FALSE(step.act(clean));
    std::map<Operation, std::size_t> count;
    for (const os::testing::Call& call : clean.a.files.calls()) {
      const std::size_t nth = ++count[call.operation];
      for (const int error : kRefusals) {
        SCOPED_TRACE(std::string(step.name) + ": " +
                     text_of({call.operation, Effect::reply_lost, error, nth}));
        LinkCase one;
        step.prepare(one);
        one.a.files.add({call.operation, Effect::reply_lost, error, nth});
        static_cast<void>(step.act(one));
        if (one.lock->held()) {
          EXPECT_TRUE(one.is_as(one.lock->claim_path()));
          EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
        }
        std::error_code ignored;  // it may be owed, or not be there any more
        one.lock->release(ignored);
        EXPECT_FALSE(one.lock->held());
        one.expect_recovery(kLifetime + kSlop + kMargin);
        ++cases;
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
  EXPECT_GT(cases, 300u);
}

// What a client has looked up in vain it may not see for half a minute: ENOENT is all that such a
// look can tell. Any other error is told, or is waited out; nothing is made up.
TEST(LinkFaults, NoOtherErrorMakesALookTellWhatIsNotSo) {
  struct Look {
    State right;
    std::function<void(LinkCase&)> prepare;
  };
  const auto held = [](LinkCase& one) { EXPECT_FALSE(one.take(*one.earlier, Patience::none())); };
  for (const Look& look : {Look{State::unlocked, nothing}, Look{State::ours, take_it},
                           Look{State::unknown, held}, Look{State::unknown, make_expired}}) {
    const bool there = look.right != State::unlocked;
    for (const Operation operation : {Operation::status, Operation::read}) {
      for (const int errno_value : os::testing::all_errnos()) {
        for (std::size_t nth = 1; nth <= 3 && errno_value != ENOENT; ++nth) {
          SCOPED_TRACE(text_of({operation, Effect::refused, errno_value, nth}));
          LinkCase one;
          look.prepare(one);
          one.a.files.add({operation, Effect::refused, errno_value, nth});
          std::error_code error;
          const State state = one.lock->state(error);
          EXPECT_TRUE(state == look.right || state == State::unknown) << static_cast<int>(state);
          const std::optional<Holder> holder = one.lock->holder(error);
          EXPECT_TRUE(error || holder.has_value() == there);
          const std::optional<os::WallTime> expiration = one.lock->expiration(error);
          EXPECT_TRUE(error || expiration.has_value() == there);
          EXPECT_EQ(one.world.exists("LOCK"), there) << "a look changes nothing";
        }
      }
    }
  }
}

// Two and more faults in one life: acquire, refresh and release, over and over, by two hosts that
// must never hold the lock at once.
TEST(LinkFaults, ManyFaultsAtOnceNeverMakeTwoHolders) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  constexpr Operation kOperations[] = {
      Operation::create,       Operation::link,   Operation::unlink,         Operation::rename,
      Operation::set_modified, Operation::status, Operation::make_directory, Operation::read};
  int granted = 0;
  for (int life = 0; life < 300 && !::testing::Test::HasFailure(); ++life) {
    LinkCase one;
    const std::size_t faults = 1 + pick(5);
    for (std::size_t added = 0; added < faults; ++added) {
      Fault fault{kOperations[pick(std::size(kOperations))]};
      fault.nth = 1 + pick(6);
      fault.effect = std::array{Effect::refused, Effect::reply_lost, Effect::late}[pick(3)];
      fault.error = kDoubts[pick(std::size(kDoubts))];
      one.a.files.add(fault);
    }
    for (int round = 0; round < 4; ++round) {
      std::error_code error = one.take(*one.lock, Patience::of(seconds(pick(4))));
      if (!error) ++granted;
      if (pick(2) == 0) one.lock->refresh(kLifetime, error);
      const bool held = one.lock->held();
      const bool next = !one.take(*one.next, Patience::none());
      EXPECT_FALSE(held && next) << "round " << round << " of life " << life;
      if (pick(2) == 0) one.a.files.deliver_late();
      if (next) {
        one.next->release(error);
        EXPECT_FALSE(error) << "round " << round << " of life " << life;
      }
      one.lock->release(error);
    }
  }
  EXPECT_GT(granted, 300);
}

// Behaviours of flufl.lock's own tests that are about errors.

TEST(LinkFaults, AReadIsTriedAgainOnTheErrorsThatTheUserNames) {
  Options options;
  options.retry_errnos = {ESTALE, ENOMEM};
  LinkCase one(options);
  take_it(one);
  one.a.files.forget_calls();
  one.a.files.add({Operation::read, Effect::refused, ESTALE, 1});
  one.a.files.add({Operation::read, Effect::refused, ENOMEM, 1});
  std::error_code error;
  one.lock->refresh(kLifetime, error);
  EXPECT_FALSE(error);
  EXPECT_EQ(one.a.files.count(Operation::read), 3u);
  one.a.files.forget_calls();
  one.a.files.add({Operation::read, Effect::refused, ESTALE, 1});
  EXPECT_EQ(one.lock->state(error), State::ours);
  EXPECT_FALSE(error);
}

// The lock has changed hands, twice, while this client looked at it: somebody else's it is.
TEST(LinkFaults, ALockThatIsReplacedWhileItIsLookedAtIsJustNotOurs) {
  LinkCase one;
  take_it(one);
  one.b.files.add(
      {Operation::status, Effect::refused, ESTALE, 3});  // after the place and the claim
  EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
  const auto& calls = one.b.files.calls();
  EXPECT_TRUE(std::any_of(calls.begin(), calls.end(), [](const os::testing::Call& call) {
    return call.from.ends_with("LOCK") && call.error.value() == ESTALE;
  }));
}

TEST(LinkFaults, AnErrorThatNobodyNamedIsTold) {
  LinkCase one;
  take_it(one);
  one.a.files.add({Operation::read, Effect::refused, EIO, 1});
  std::error_code error;
  one.lock->state(error);
  EXPECT_EQ(error.value(), EIO);
  one.a.files.add({Operation::status, Effect::refused, EIO, 1});
  one.lock->holder(error);
  EXPECT_EQ(error.value(), EIO);
  one.a.files.add({Operation::status, Effect::refused, EACCES, 1});
  one.lock->expiration(error);
  EXPECT_EQ(error.value(), EACCES);
  EXPECT_EQ(one.lock->last_failure().operation, "stat");
}

TEST(LinkFaults, ATimeThatMayNotBeSetIsNoRenewal) {
  LinkCase one;
  take_it(one);
  one.world.clock.advance(seconds(4));
  one.a.files.add({Operation::set_modified, Effect::refused, EPERM, 1});
  std::error_code error;
  one.lock->refresh(kLifetime, error);
  EXPECT_EQ(error.value(), EPERM);
  EXPECT_EQ(one.lock->remaining(), seconds(11)) << "the lease runs on as it was";
}

TEST(LinkFaults, ALinkIsTriedAgainWhileItsNameSeemsNotToBeThere) {
  LinkCase one;
  one.a.files.add({Operation::link, Effect::refused, ENOENT, 1});
  one.a.files.add({Operation::link, Effect::refused, ESTALE, 1});
  EXPECT_FALSE(one.take(*one.lock, Patience::of(seconds(5))));
  EXPECT_EQ(one.a.files.count(Operation::link), 3u);
}

TEST(LinkFaults, AFileSystemWithoutHardLinksIsTold) {
  for (const int error : {EPERM, EOPNOTSUPP, EMLINK, ENOSYS}) {
    LinkCase one;
    one.a.files.add({Operation::link, Effect::refused, error, 1});
    EXPECT_EQ(one.take(*one.lock, Patience::for_ever()).value(), error);
    EXPECT_EQ(one.lock->last_failure().operation, "link");
    EXPECT_TRUE(one.world.siblings().empty());
  }
}

TEST(LinkFaults, AnErrorThatStaysForALifetimeIsToldToWhoWaitsForEver) {
  LinkCase one;
  for (int times = 0; times < 1000; ++times) {
    one.a.files.add({Operation::link, Effect::refused, EIO, 1});
  }
  EXPECT_EQ(one.take(*one.lock, Patience::for_ever()).value(), EIO);
  EXPECT_GE(one.a.host.waited, kLifetime - milliseconds(250));
}

}  // namespace
}  // namespace holdfast
