// Every file operation of every step of a link, with everything that can happen to it: refused,
// applied with its reply lost, sent twice, applied later, or the last thing that the process does.
//
// What must hold whatever happens: an answer says no more than is certain; what was not granted
// does not stay, and does not come back; and nobody is kept from the lock for longer than lifetime,
// slop and the breakers' baton.
#include <holdfast/protocol/testing/link_fixture.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace holdfast {
namespace {

using os::testing::Crash;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Effect;
using testing::Fault;
using testing::Operation;
using testing::Party;
using testing::World;

/// Never applied, whatever the server and the client are like.
constexpr int kRefusals[] = {EACCES,    EPERM,  EROFS,  ENOSPC,     EDQUOT, ENAMETOOLONG,
                             ENOTDIR,   ELOOP,  EMLINK, EOPNOTSUPP, EMFILE, ENFILE,
                             ENOTEMPTY, ENOSYS, EINVAL, EXDEV,      EISDIR};
/// May be, may have been, or may come to be applied.
constexpr int kDoubts[] = {EIO,   ESTALE, ETIMEDOUT,  EINTR,     ENOMEM,
                           EBUSY, EAGAIN, ECONNRESET, EREMOTEIO, 999};
/// What a second sending of something applied ends in.
constexpr int kAgain[] = {ENOENT, EEXIST};

constexpr Duration kLifetime = seconds(15);
constexpr Duration kSlop = seconds(10);
constexpr Duration kMargin = seconds(3);  // the breakers' baton, 2 s by another host's clock

/// One way in which one operation goes wrong.
std::vector<Fault> faults_of(const os::testing::Call& call, std::size_t nth) {
  const Operation operation = call.operation;
  std::vector<Fault> all;
  const auto add = [&](Effect effect, int error = 0) {
    all.push_back({operation, effect, error, nth});
  };
  for (const int error : kRefusals) add(Effect::refused, error);
  for (const int error : kAgain) add(Effect::refused, error), add(Effect::reply_lost, error);
  for (const int error : kDoubts) {
    add(Effect::refused, error);
    add(Effect::reply_lost, error);
    add(Effect::late, error);
  }
  add(Effect::resent);
  // A move of the lock that comes again after all is well is a limit: link_limits_test.cc.
  if (call.to.find(".aside.") == std::string::npos) add(Effect::repeated);
  add(Effect::crash_before);
  add(Effect::crash_after);
  return all;
}

std::string text_of(const Fault& fault) {
  return "operation " + std::to_string(static_cast<int>(fault.operation)) + " no. " +
         std::to_string(fault.nth) + ", effect " + std::to_string(static_cast<int>(fault.effect)) +
         ", errno " + std::to_string(fault.error);
}

/// One world, in which `a` meets the faults and `b` is who comes after.
class Case {
 public:
  explicit Case(Options options = {}) : lock(world.link(a, options)), next(world.link(b)) {}

  std::error_code take(Link& link, Patience patience) {
    std::error_code error;
    link.acquire(patience, {}, error);
    return error;
  }
  /// Whether the lock file is what `a` has claimed.
  bool is_as(const std::string& claim) const {
    return world.exists("LOCK") && world.contents("LOCK") == claim;
  }
  bool is_anybody_of_a() const {
    return world.exists("LOCK") && world.contents("LOCK").find("|a.example|") != std::string::npos;
  }
  /// After everything, `b` gets it: at once, or when what is left has expired.
  void expect_recovery(Duration within) {
    const os::Stamp start = world.clock.now();
    EXPECT_FALSE(take(*next, Patience::of(within)));
    EXPECT_LE(os::least_elapsed(start, world.clock.now()), within);
    EXPECT_TRUE(next->held());
    std::error_code error;
    next->release(error);
    EXPECT_FALSE(error);
  }

  World world;
  Party& a = world.party("a.example", 11, 1001);
  Party& b = world.party("b.example", 22, 1002);
  std::unique_ptr<Link> lock;
  std::unique_ptr<Link> next;
};

/// Calls `each` for every operation that `run` performs on a fresh Case, with every fault of it.
void enumerate(const std::function<void(Case&)>& prepare, const std::function<void(Case&)>& run,
               const std::function<void(const Fault&)>& each) {
  Case clean;
  prepare(clean);
  clean.a.files.forget_calls();
  run(clean);
  std::map<Operation, std::size_t> count;
  std::size_t faults = 0;
  for (const os::testing::Call& call : clean.a.files.calls()) {
    const std::size_t nth = ++count[call.operation];
    for (const Fault& fault : faults_of(call, nth)) {
      SCOPED_TRACE(text_of(fault));
      each(fault);
      ++faults;
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(faults, 100u);
}

void nothing(Case&) {}
void take_it(Case& one) { EXPECT_FALSE(one.take(*one.lock, Patience::none())); }
void make_expired(Case& one) {
  const std::string claim = "LOCK|elsewhere|99|4711";
  one.world.write(claim, "/their/mount/" + claim);
  one.world.set_modified(claim, -seconds(11));
  ASSERT_FALSE(
      os::native().files->link(one.world.scratch.path() + '/' + claim, one.world.lock_path()));
}

/// An acquire under one fault, and what must hold after it.
void acquire_under(const Fault& fault, const std::function<void(Case&)>& prepare,
                   Patience patience) {
  Case one;
  prepare(one);
  one.a.files.add(fault);
  std::error_code error;
  try {
    error = one.take(*one.lock, patience);
  } catch (const Crash&) {
    one.expect_recovery(kLifetime + kSlop + kMargin);
    return;
  }
  const bool granted = !error;
  EXPECT_EQ(one.lock->held(), granted);
  if (granted) {
    EXPECT_TRUE(one.is_as(one.lock->claim_path()));
    one.a.files.deliver_late();
    EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
    EXPECT_TRUE(one.is_as(one.lock->claim_path()));
    one.lock->release(error);
    EXPECT_FALSE(error) << error.message();
  } else {
    EXPECT_TRUE(error == Errc::outcome_unknown || !one.is_anybody_of_a()) << error.message();
    one.a.files.deliver_late();
    EXPECT_TRUE(error == Errc::outcome_unknown || !one.is_anybody_of_a()) << error.message();
    if (one.lock->owes_release()) one.lock->release(error);
  }
  EXPECT_FALSE(one.lock->owes_release());
  EXPECT_FALSE(one.is_anybody_of_a());
  // What else was broken or not by then: nobody waits for longer than the breakers' baton.
  one.expect_recovery(kMargin);
}

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
    Case one;
    one.a.files.add(fault);
    EXPECT_FALSE(one.take(*one.lock, Patience::of(seconds(5))));
  });
}

TEST(LinkFaults, ARelease) {
  const auto give = [](Case& one) {
    std::error_code error;
    one.lock->release(error);
    EXPECT_FALSE(error);
  };
  enumerate(take_it, give, [](const Fault& fault) {
    Case one;
    take_it(one);
    one.a.files.add(fault);
    std::error_code error;
    try {
      one.lock->release(error);
    } catch (const Crash&) {
      one.expect_recovery(kLifetime + kSlop + kMargin);
      return;
    }
    EXPECT_FALSE(one.lock->held());
    if (!error) {
      EXPECT_FALSE(one.is_anybody_of_a());
      EXPECT_FALSE(one.lock->owes_release());
    }
    // Whatever is applied now must not hit who has come since.
    const bool free = !one.is_anybody_of_a();
    EXPECT_TRUE(!free || !one.take(*one.next, Patience::none()));
    one.a.files.deliver_late();
    if (free) {
      EXPECT_TRUE(one.is_as(one.next->claim_path()));
      std::error_code kept;
      one.next->refresh(kLifetime, kept);
      EXPECT_FALSE(kept);
      one.next->release(kept);
    }
    if (one.lock->owes_release()) one.lock->release(error);
    EXPECT_FALSE(one.lock->owes_release());
    EXPECT_FALSE(one.is_anybody_of_a());
    one.expect_recovery(Duration::zero());
  });
}

TEST(LinkFaults, ARefresh) {
  const auto renew = [](Case& one) {
    std::error_code error;
    one.lock->refresh(kLifetime, error);
    EXPECT_FALSE(error);
  };
  enumerate(take_it, renew, [](const Fault& fault) {
    Case one;
    take_it(one);
    one.world.clock.advance(seconds(10));
    one.a.files.add(fault);
    std::error_code error;
    try {
      one.lock->refresh(kLifetime, error);
    } catch (const Crash&) {
      one.expect_recovery(kLifetime + kSlop + kMargin);
      return;
    }
    EXPECT_NE(error, Errc::lost);
    EXPECT_TRUE(one.is_as(one.lock->claim_path()));
    EXPECT_EQ(one.take(*one.next, Patience::none()), Errc::timed_out);
    EXPECT_TRUE(!error || one.lock->remaining() <= seconds(5)) << "as if it was not renewed";
    // The holder never believes in more than what the file says, even if that is set back later.
    const auto disk = [&] { return one.world.status("LOCK").modified.time_since_epoch(); };
    const auto belief = [&] {
      return one.world.clock.wall().time_since_epoch() + one.lock->remaining();
    };
    EXPECT_LE(belief(), disk());
    one.a.files.deliver_late();
    EXPECT_LE(belief(), disk() + kSlop);
    one.lock->release(error);
    EXPECT_FALSE(error);
    one.expect_recovery(Duration::zero());
  });
}

// The lease is short from then on: the request for it may be the one that counts.
TEST(LinkFaults, AnOpenRenewalEndsTheLeaseAtTheEarliest) {
  Case one;
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
  std::function<void(Case&)> prepare;
  std::function<std::error_code(Case&)> act;
};

std::vector<Step> steps() {
  const auto take = [](Case& one) { return one.take(*one.lock, Patience::none()); };
  const auto give = [](Case& one) {
    std::error_code error;
    one.lock->release(error);
    return error;
  };
  const auto renew = [](Case& one) {
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
    Case clean;
    step.prepare(clean);
    clean.a.files.forget_calls();
    EXPECT_FALSE(step.act(clean));
    std::map<Operation, std::size_t> count;
    for (const os::testing::Call& call : clean.a.files.calls()) {
      const std::size_t nth = ++count[call.operation];
      for (const int error : kRefusals) {
        SCOPED_TRACE(std::string(step.name) + ": " +
                     text_of({call.operation, Effect::reply_lost, error, nth}));
        Case one;
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
    Case one;
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
  Case one(options);
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
  Case one;
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
  Case one;
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
  Case one;
  take_it(one);
  one.world.clock.advance(seconds(4));
  one.a.files.add({Operation::set_modified, Effect::refused, EPERM, 1});
  std::error_code error;
  one.lock->refresh(kLifetime, error);
  EXPECT_EQ(error.value(), EPERM);
  EXPECT_EQ(one.lock->remaining(), seconds(11)) << "the lease runs on as it was";
}

TEST(LinkFaults, ALinkIsTriedAgainWhileItsNameSeemsNotToBeThere) {
  Case one;
  one.a.files.add({Operation::link, Effect::refused, ENOENT, 1});
  one.a.files.add({Operation::link, Effect::refused, ESTALE, 1});
  EXPECT_FALSE(one.take(*one.lock, Patience::of(seconds(5))));
  EXPECT_EQ(one.a.files.count(Operation::link), 3u);
}

TEST(LinkFaults, AFileSystemWithoutHardLinksIsTold) {
  for (const int error : {EPERM, EOPNOTSUPP, EMLINK, ENOSYS}) {
    Case one;
    one.a.files.add({Operation::link, Effect::refused, error, 1});
    EXPECT_EQ(one.take(*one.lock, Patience::for_ever()).value(), error);
    EXPECT_EQ(one.lock->last_failure().operation, "link");
    EXPECT_TRUE(one.world.siblings().empty());
  }
}

TEST(LinkFaults, AnErrorThatStaysForALifetimeIsToldToWhoWaitsForEver) {
  Case one;
  for (int times = 0; times < 1000; ++times) {
    one.a.files.add({Operation::link, Effect::refused, EIO, 1});
  }
  EXPECT_EQ(one.take(*one.lock, Patience::for_ever()).value(), EIO);
  EXPECT_GE(one.a.host.waited, kLifetime - milliseconds(250));
}

}  // namespace
}  // namespace holdfast
