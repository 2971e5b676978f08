// What went wrong with locks of this kind elsewhere, each as a test that fails where it goes wrong
// again. The interleavings are those of flufl.lock's field reports and of open(2)'s advice.
#include <holdfast/protocol/testing/link_fixture.h>

#include <cstdlib>
#include <ctime>

namespace holdfast {
namespace {

using os::testing::Call;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Effect;
using testing::Operation;
using testing::Party;

class LinkRegression : public testing::LinkFixture {
 protected:
  Party& c = world.party("c.example", 33, 1003);

  /// What flufl.lock's breaker does from its second step on, having judged the lock expired.
  void foreign_break() const {
    os::Files& files = *os::native().files;
    const std::string claim = world.contents("LOCK");
    EXPECT_FALSE(files.unlink(world.lock_path()));
    files.unlink(world.scratch.path() + claim.substr(claim.rfind('/')));
  }
  /// Runs `act` once, just before the first operation of this kind on a path that contains `text`.
  static void once_before(Party& party, Operation operation, const std::string& text,
                          std::function<void()> act) {
    party.files.before = [&party, operation, text, act = std::move(act)](const Call& call) {
      const std::string& path = call.to.empty() ? call.from : call.to;
      if (call.operation != operation || path.find(text) == std::string::npos) return;
      const auto now = act;
      party.files.before = nullptr;
      now();
    };
  }
};

// Who has waited for longer than lifetime and slop must not make a lock that looks expired.
TEST_F(LinkRegression, AFreshLockIsNotBornExpired) {
  const auto holder = world.link(a);
  const auto waiter = world.link(b);
  const auto third = world.link(c);
  ASSERT_FALSE(take(*holder));
  Duration waited{};
  b.host.on_wait = [&](Duration at_most) {
    waited += at_most;
    EXPECT_FALSE(renew(*holder));
    if (waited < minutes(2)) return os::Wake::elapsed;
    EXPECT_FALSE(give(*holder));
    b.host.on_wait = nullptr;  // last: it ends this function's captures
    return os::Wake::changed;
  };
  std::vector<std::error_code> attempts;
  b.files.after = [&](const Call& call) {
    if (call.operation == Operation::link && !call.error) attempts.push_back(take(*third));
  };
  ASSERT_FALSE(take(*waiter, Patience::for_ever()));
  EXPECT_EQ(attempts, std::vector{make_error_code(Errc::timed_out)});
  EXPECT_FALSE(renew(*waiter));
}

// Two breakers see one expired lock; the second must not break what the first one's successor has.
TEST_F(LinkRegression, TheSecondOfTwoBreakersBreaksNothing) {
  foreign_lock(-seconds(11));
  const auto first = world.link(b);
  const auto second = world.link(c);
  std::error_code quick;
  once_before(c, Operation::rename, ".aside.", [&] { quick = take(*first); });
  ASSERT_FALSE(take(*second));
  EXPECT_EQ(quick, Errc::timed_out) << "one at a time";
  EXPECT_EQ(first->waits().take_overs, 0u);
}

// The same where the first breaker is flufl.lock, which does not ask whether it is alone.
TEST_F(LinkRegression, AForeignBreakersSuccessorGetsItsLockBack) {
  foreign_lock(-seconds(11));
  const auto successor = world.link(b);
  const auto second = world.link(c);
  once_before(c, Operation::rename, ".aside.", [&] {
    foreign_break();
    ASSERT_FALSE(take(*successor));
  });
  EXPECT_EQ(take(*second), Errc::timed_out);
  EXPECT_EQ(world.contents("LOCK"), successor->claim_path());
  EXPECT_EQ(world.status("LOCK").links, 2u);
  EXPECT_FALSE(renew(*successor));
  EXPECT_EQ(litter().size(), 2u);
}

// The breaker judged the lock; its holder, alive after all, gives it back; another takes it.
TEST_F(LinkRegression, ABreakDoesNotHitWhoTookTheLockAfterARelease) {
  const auto holder = world.link(a);
  const auto next = world.link(b);
  const auto breaker = world.link(c);
  ASSERT_FALSE(take(*holder));
  world.clock.advance(seconds(26));
  once_before(c, Operation::rename, ".aside.", [&] {
    EXPECT_FALSE(give(*holder));
    ASSERT_FALSE(take(*next));
  });
  EXPECT_EQ(take(*breaker), Errc::timed_out);
  EXPECT_EQ(world.contents("LOCK"), next->claim_path());
  EXPECT_FALSE(renew(*next));
}

// The breaker judged the lock; its holder renews it.
TEST_F(LinkRegression, ABreakDoesNotHitALockThatWasJustRenewed) {
  const auto holder = world.link(a);
  const auto breaker = world.link(c);
  ASSERT_FALSE(take(*holder));
  world.clock.advance(seconds(26));
  once_before(c, Operation::rename, ".aside.", [&] { EXPECT_FALSE(renew(*holder)); });
  EXPECT_EQ(take(*breaker), Errc::timed_out);
  EXPECT_TRUE(holder->held());
  EXPECT_FALSE(renew(*holder));
}

// While a breaker has the lock aside to look at it, its holder does not take that for a loss.
TEST_F(LinkRegression, AHolderWaitsWhileItsLockIsLookedAt) {
  const auto holder = world.link(a);
  const auto breaker = world.link(c);
  ASSERT_FALSE(take(*holder));
  world.clock.advance(seconds(26));
  // Renewed just before it is moved, and asked for just after.
  once_before(c, Operation::rename, ".aside.", [&] {
    EXPECT_FALSE(renew(*holder));
    once_before(c, Operation::link, "LOCK", [&] {
      int looks = 0;
      a.host.on_wait = [&](Duration) {
        // The breaker goes on when the holder has looked a few times: here, by another pair of
        // hands, since one thread plays both.
        if (++looks == 3) {
          const std::string aside = world.siblings().at(0);
          os::native().files->link(world.scratch.path() + '/' + aside, world.lock_path());
        }
        return os::Wake::elapsed;
      };
      EXPECT_FALSE(renew(*holder));
      EXPECT_GE(looks, 3);
    });
  });
  EXPECT_EQ(take(*breaker), Errc::timed_out);
  EXPECT_FALSE(renew(*holder));
}

// A release that was slow: the lock was broken and is another's by the time that it acts.
TEST_F(LinkRegression, ASlowReleaseDoesNotRemoveASuccessorsLock) {
  const auto slow = world.link(a);
  const auto successor = world.link(b);
  ASSERT_FALSE(take(*slow));
  once_before(a, Operation::rename, ".aside.", [&] {
    world.clock.advance(seconds(26));
    ASSERT_FALSE(take(*successor));
  });
  EXPECT_EQ(give(*slow), Errc::lost);
  EXPECT_EQ(world.contents("LOCK"), successor->claim_path());
  EXPECT_FALSE(renew(*successor));
  EXPECT_EQ(litter().size(), 2u);
}

// Whose time is over asks the breakers first, and finds out without moving anything.
TEST_F(LinkRegression, AnOverdueReleaseStaysOutOfABreakersWay) {
  const auto late = world.link(a);
  const auto breaker = world.link(c);
  ASSERT_FALSE(take(*late));
  world.clock.advance(seconds(26));
  std::error_code given;
  once_before(c, Operation::rename, ".aside.", [&] { given = give(*late); });
  ASSERT_FALSE(take(*breaker));
  EXPECT_FALSE(given) << "it waited for the baton, then gave back what was still its own";
  EXPECT_EQ(world.contents("LOCK"), breaker->claim_path());
}

// With the breakers' baton in its hands it cannot be overtaken between its look and its move.
TEST_F(LinkRegression, AnOverdueReleaseIsNotOvertakenByABreaker) {
  const auto late = world.link(a);
  const auto breaker = world.link(c);
  ASSERT_FALSE(take(*late));
  world.clock.advance(seconds(26));
  std::error_code taken;
  once_before(a, Operation::rename, "LOCK.aside.", [&] { taken = take(*breaker); });
  EXPECT_FALSE(give(*late));
  EXPECT_EQ(taken, Errc::timed_out);
}

// Not even for a moment: a third one could slip in.
TEST_F(LinkRegression, AReleaseOfWhatIsAnothersByThenMovesNothing) {
  const auto slow = world.link(a);
  const auto successor = world.link(b);
  ASSERT_FALSE(take(*slow));
  world.clock.advance(seconds(26));
  ASSERT_FALSE(take(*successor));
  EXPECT_EQ(give(*slow), Errc::lost);
  std::size_t renames = 0;
  for (const Call& call : a.files.calls()) {
    renames += call.operation == Operation::rename && call.from == world.lock_path() ? 1 : 0;
  }
  EXPECT_EQ(renames, 0u);
  EXPECT_TRUE(successor->held());
}

// The request goes through just when its claim is given up.
TEST_F(LinkRegression, ALinkThatTurnsUpLateIsGivenBack) {
  const auto link = world.link(a);
  a.files.add({Operation::link, Effect::late, EIO});
  once_before(a, Operation::unlink, "LOCK|", [&] { a.files.deliver_late(); });
  EXPECT_EQ(take(*link), std::error_code(EIO, std::system_category()));
  EXPECT_TRUE(world.siblings().empty());
  EXPECT_FALSE(link->owes_release());
}

// What this client has cached says that there is no lock, right after it was made.
TEST_F(LinkRegression, ALockThatSeemsMissingAfterItsLinkIsTaken) {
  const auto link = world.link(a);
  // The first is of the place, the second of the claim.
  a.files.add({Operation::status, Effect::refused, ENOENT, 3});
  EXPECT_FALSE(take(*link));
  EXPECT_TRUE(link->held());
}

// The link was made, its reply was lost, and what the kernel's second try says is "it exists".
TEST_F(LinkRegression, ALostReplyOfALinkIsASuccess) {
  for (const int error : {EEXIST, EIO, ETIMEDOUT, ENOENT, ESTALE}) {
    const auto link = world.link(a);
    a.files.add({Operation::link, Effect::reply_lost, error});
    EXPECT_FALSE(take(*link)) << error;
    EXPECT_TRUE(a.files.all_hit());
    EXPECT_EQ(a.files.count(Operation::link), 1u);
    ASSERT_FALSE(give(*link));
    a.files.forget_calls();
  }
  const auto link = world.link(a);
  a.files.add({Operation::link, Effect::resent});
  EXPECT_FALSE(take(*link));
}

// Some clients have said "done" where the server said "it exists".
TEST_F(LinkRegression, ALinkThatClaimsSuccessIsNotBelieved) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  b.files.add({Operation::link, Effect::refused, 0});
  EXPECT_EQ(take(*other), Errc::timed_out);
  EXPECT_TRUE(b.files.all_hit());
  EXPECT_FALSE(renew(*holder));
}

TEST_F(LinkRegression, ALinkThatClaimsSuccessOnAFreeLockIsTriedAgain) {
  const auto link = world.link(a);
  a.files.add({Operation::link, Effect::refused, 0});
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(world.contents("LOCK"), link->claim_path());
}

TEST_F(LinkRegression, AClaimThatIsRemovedWhileWaitingIsMadeAnew) {
  const auto holder = world.link(a);
  const auto waiter = world.link(b);
  ASSERT_FALSE(take(*holder));
  bool removed = false;
  b.host.on_wait = [&](Duration) {
    if (b.host.waits < 3) return os::Wake::elapsed;
    if (!removed) {
      removed = true;
      EXPECT_FALSE(os::native().files->unlink(waiter->claim_path()));
      EXPECT_FALSE(give(*holder));
    }
    return os::Wake::elapsed;
  };
  ASSERT_FALSE(take(*waiter, Patience::for_ever()));
  EXPECT_TRUE(removed);
  EXPECT_EQ(world.status("LOCK").links, 2u);
}

TEST_F(LinkRegression, AClaimThatIsRemovedAroundTheLinkLeavesNoOrphan) {
  for (const Operation at : {Operation::link, Operation::status}) {
    const auto link = world.link(a);
    once_before(a, at, at == Operation::link ? "LOCK" : "LOCK|",
                [&] { EXPECT_FALSE(os::native().files->unlink(link->claim_path())); });
    ASSERT_FALSE(take(*link));
    EXPECT_EQ(world.status("LOCK").links, 2u);
    EXPECT_EQ(world.contents("LOCK"), link->claim_path());
    ASSERT_FALSE(give(*link));
    EXPECT_TRUE(litter().empty());
  }
}

TEST_F(LinkRegression, AHoldersClaimThatACleanerTookIsRestored) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  ASSERT_FALSE(os::native().files->unlink(link->claim_path()));
  EXPECT_FALSE(renew(*link));
  EXPECT_EQ(world.status("LOCK").links, 2u);
  ASSERT_FALSE(os::native().files->unlink(link->claim_path()));
  EXPECT_FALSE(give(*link));
  EXPECT_TRUE(litter().empty());
}

TEST_F(LinkRegression, OneAttemptTakesAnExpiredLock) {
  foreign_lock(-seconds(11));
  const auto link = world.link(a);
  EXPECT_FALSE(take(*link, Patience::none()));
  EXPECT_EQ(a.host.waits, 0u);
}

TEST_F(LinkRegression, WithinTheSlopAnExpiredLockIsNotBroken) {
  foreign_lock(-seconds(10));
  const auto link = world.link(a);
  EXPECT_EQ(take(*link), Errc::timed_out);
}

// The parent's lock is not the child's to give back.
TEST_F(LinkRegression, AForkedChildCannotReleaseItsParentsLock) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  const std::string claim = link->claim_path();
  ++a.host.forks;
  EXPECT_EQ(give(*link), Errc::not_held);
  EXPECT_EQ(world.contents("LOCK"), claim);
}

// Two containers: one host name, one pid, and neither sees the other's processes.
TEST_F(LinkRegression, EqualPidsAndHostNamesOfTwoPidNamespacesProveNothing) {
  Party& one = world.party("box", 1, 2001);
  Party& two = world.party("box", 1, 2002);
  Party& three = world.party("box", 7, 2003);
  const auto holder = world.link(one);
  ASSERT_FALSE(take(*holder));
  three.host.dead.insert(1);
  for (Party* party : {&two, &three}) {
    const auto other = world.link(*party);
    EXPECT_EQ(state_of(*other), State::unknown);
    EXPECT_EQ(take(*other), Errc::timed_out);
    EXPECT_EQ(give(*other), Errc::not_held);
  }
  EXPECT_FALSE(renew(*holder));
}

// Nothing is computed in local time: not in the hour that comes twice, nor in the one that is left
// out.
TEST_F(LinkRegression, DaylightSavingChangesNothing) {
  const char* const given = std::getenv("TZ");
  const std::string before = given != nullptr ? given : "";
  ASSERT_EQ(::setenv("TZ", "America/New_York", 1), 0);
  ::tzset();
  const auto at = [&](std::time_t utc) {
    world.clock.step_wall(seconds(utc) - world.clock.wall().time_since_epoch());
  };
  const auto link = world.link(a);
  std::error_code error;
  at(1793509200 + 1800);  // 2026-11-01 01:30 EDT, half an hour before the clocks go back
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(link->expiration(error), world.clock.wall() + seconds(15));
  ASSERT_FALSE(give(*link));
  at(1772951400);  // 2026-03-08 01:30 EST, half an hour before they go forward
  link->set_lifetime(hours(2));
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(link->expiration(error), world.clock.wall() + hours(2));
  EXPECT_EQ(world.status("LOCK").modified.time_since_epoch(),
            (world.clock.wall() + hours(2)).time_since_epoch());
  if (given != nullptr) {
    ::setenv("TZ", before.c_str(), 1);
  } else {
    ::unsetenv("TZ");
  }
  ::tzset();
}

// In a sticky directory another user's file cannot be moved. Who waits goes on waiting, and gets
// the lock when its owner gives it back.
TEST_F(LinkRegression, AnotherOwnersLockInAStickyDirectoryIsWaitedFor) {
  const auto holder = world.link(a);
  const auto waiter = world.link(b);
  ASSERT_FALSE(take(*holder));
  world.clock.advance(seconds(26));
  for (std::size_t nth = 1; nth <= 20; ++nth) {
    b.files.add({Operation::rename, Effect::refused, EPERM, nth, ".aside."});
  }
  EXPECT_EQ(take(*waiter, Patience::of(seconds(5))), Errc::timed_out);
  EXPECT_EQ(b.files.count(Operation::unlink), 1u) << "its own claim";
  b.host.on_wait = [&](Duration) {
    if (b.host.waits % 40 != 39) return os::Wake::elapsed;
    EXPECT_FALSE(give(*holder));
    b.host.on_wait = nullptr;  // last: it ends this function's captures
    return os::Wake::changed;
  };
  EXPECT_FALSE(take(*waiter, Patience::of(seconds(10))));
}

TEST_F(LinkRegression, WhoWaitsForEverForALockThatItMayNotBreakIsTold) {
  foreign_lock(-hours(1));
  const auto waiter = world.link(b);
  for (std::size_t nth = 1; nth <= 50; ++nth) {
    b.files.add({Operation::rename, Effect::refused, EPERM, 1, ".aside."});
  }
  EXPECT_EQ(take(*waiter, Patience::for_ever()), std::errc::operation_not_permitted);
  EXPECT_EQ(waiter->last_failure().operation, "rename");
}

// Another user's baton is closed to us; the directory of the lock is not.
TEST_F(LinkRegression, ABreakersBatonThatIsClosedToUsDoesNotKeepTheLock) {
  foreign_lock(-seconds(11));
  const auto link = world.link(b);
  b.files.add({Operation::make_directory, Effect::refused, EACCES, 1, "LOCK.break"});
  EXPECT_FALSE(take(*link));
  EXPECT_TRUE(b.files.all_hit());
}

TEST_F(LinkRegression, APidThatIsNoNumberIsNoClaimAndNoException) {
  for (const std::string pid : {"", "x", "-1", "+1", "1e3", "99999999999999999999999", " 7", "0"}) {
    const std::string text = "/their/mount/LOCK|elsewhere|" + pid + "|4711";
    world.write("LOCK", text);
    world.set_modified("LOCK", -hours(24));
    const auto link = world.link(a);
    EXPECT_EQ(state_of(*link), State::unknown) << pid;
    std::error_code error;
    EXPECT_FALSE(link->holder(error));
    EXPECT_EQ(error, Errc::unsupported);
    EXPECT_EQ(take(*link, Patience::of(seconds(3))), Errc::timed_out) << pid;
    EXPECT_EQ(world.contents("LOCK"), text);
  }
}

// A backup program keeps what it has read by hard links.
TEST_F(LinkRegression, AnExtraHardLinkIsNoLoss) {
  const auto link = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*link));
  ASSERT_FALSE(os::native().files->link(world.lock_path(), world.scratch.path() + "/backup"));
  EXPECT_FALSE(renew(*link));
  EXPECT_EQ(state_of(*link), State::ours);
  EXPECT_EQ(take(*other), Errc::timed_out);
  EXPECT_FALSE(give(*link));
  EXPECT_EQ(world.siblings(), std::vector<std::string>{"backup"});
}

TEST_F(LinkRegression, AnExtraHardLinkOfAClaimIsNoSuccess) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  once_before(b, Operation::link, "LOCK", [&] {
    os::native().files->link(other->claim_path(), world.scratch.path() + "/backup");
  });
  EXPECT_EQ(take(*other), Errc::timed_out);
  EXPECT_FALSE(other->owes_release());
  EXPECT_FALSE(renew(*holder));
}

TEST_F(LinkRegression, AnExpiredLockWithAnExtraHardLinkIsBroken) {
  foreign_lock(-seconds(11));
  ASSERT_FALSE(os::native().files->link(world.lock_path(), world.scratch.path() + "/backup"));
  const auto link = world.link(a);
  EXPECT_FALSE(take(*link));
}

// A lock whose claim is gone, of a holder that crashed in its release.
TEST_F(LinkRegression, AnExpiredOrphanIsBroken) {
  const std::string claim = foreign_lock(-seconds(11));
  ASSERT_FALSE(os::native().files->unlink(world.scratch.path() + '/' + claim));
  const auto link = world.link(a);
  EXPECT_FALSE(take(*link));
}

}  // namespace
}  // namespace holdfast
