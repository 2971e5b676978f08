// The face of a lock: what the standard's wrappers ask of it, what each form answers, and what its
// errors say.
#include <gtest/gtest.h>
#include <holdfast/lock.h>
#include <holdfast/protocol/testing/world.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <type_traits>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Effect;
using testing::Operation;
using testing::Party;
using testing::World;

static_assert(!std::is_copy_constructible_v<Lock> && !std::is_move_constructible_v<Lock>);

class LockTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "LOCK") const {
    return world_.scratch.path() + '/' + name;
  }
  /// What `act` throws.
  template <class Act>
  Failure failure_of(Act act) {
    try {
      act();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), error.failure().code);
      return error.failure();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  World world_;
  Party& a_ = world_.party("a.example", 11);
  Party& b_ = world_.party("b.example", 22);
  Lock lock_{path(), {}, a_.system()};
  Lock other_{path(), {}, b_.system()};
};

// --- TimedLockable

TEST_F(LockTest, TheStandardsGuardsTakeAndGiveBack) {
  {
    const std::lock_guard guard(lock_);
    EXPECT_TRUE(lock_.held());
  }
  EXPECT_FALSE(lock_.held());
  {
    std::unique_lock guard(lock_, std::defer_lock);
    EXPECT_FALSE(lock_.held());
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
    EXPECT_FALSE(lock_.held());
    EXPECT_TRUE(guard.try_lock_for(milliseconds(1)));
    EXPECT_TRUE(lock_.held());
  }
  EXPECT_FALSE(lock_.held());
}

TEST_F(LockTest, TwoLocksAreTakenTogether) {
  Lock second(path("OTHER"), {}, a_.system());
  {
    const std::scoped_lock both(lock_, second);
    EXPECT_TRUE(lock_.held() && second.held());
  }
  EXPECT_FALSE(lock_.held() || second.held());
}

TEST_F(LockTest, TryFormsSayNoInTheirTime) {
  const std::lock_guard guard(other_);
  EXPECT_FALSE(lock_.try_lock());
  EXPECT_EQ(a_.host.waited, Duration::zero());
  EXPECT_EQ(lock_.last_failure().code, Errc::timed_out);
  EXPECT_FALSE(lock_.try_lock_for(seconds(2)));
  EXPECT_EQ(a_.host.waited, seconds(2));
  EXPECT_FALSE(lock_.try_lock_until(std::chrono::steady_clock::now() - seconds(1)));
  EXPECT_EQ(a_.host.waited, seconds(2)) << "a deadline that has passed is one attempt";
  EXPECT_FALSE(lock_.try_lock_until(std::chrono::steady_clock::now() + seconds(3)));
  EXPECT_GT(a_.host.waited, seconds(3));
  EXPECT_LE(a_.host.waited, seconds(5));
}

TEST_F(LockTest, TryFormsThrowWhatIsNoTimeout) {
  const std::ofstream file(path());
  EXPECT_EQ(failure_of([&] { lock_.try_lock(); }).code, Errc::wrong_protocol);
  EXPECT_EQ(failure_of([&] { lock_.lock(); }).code, Errc::wrong_protocol);
}

TEST_F(LockTest, LockWaitsTheDefaultPatience) {
  const std::lock_guard guard(other_);
  Options options;
  options.default_patience = Patience::of(seconds(3));
  Lock lock(path(), options, a_.system());
  EXPECT_EQ(failure_of([&] { lock.lock(); }).code, Errc::timed_out);
  EXPECT_EQ(a_.host.waited, seconds(3));
}

TEST_F(LockTest, UnlockNeverThrowsAndTheLossIsTold) {
  Failure told;
  int losses = 0;
  lock_.on_loss([&](const Failure& failure) {
    told = failure;
    ++losses;
  });
  lock_.lock();
  world_.put({testing::held_name(lock_.token() + 1, 0, seconds(15), lock_.token() + 1)});
  static_assert(noexcept(lock_.unlock()));
  lock_.unlock();
  EXPECT_EQ(losses, 1);
  EXPECT_EQ(told.code, Errc::lost);
  EXPECT_EQ(lock_.last_failure().code, Errc::lost);
  lock_.unlock();
  EXPECT_EQ(lock_.last_failure().code, Errc::not_held);
  EXPECT_EQ(losses, 1);
}

TEST_F(LockTest, UnlockSurvivesACallBackThatThrows) {
  lock_.on_loss([](const Failure&) { throw std::runtime_error("must not"); });
  lock_.lock();
  world_.put({testing::held_name(lock_.token() + 1, 0, seconds(15), lock_.token() + 1)});
  lock_.unlock();
  EXPECT_FALSE(lock_.held());
}

// --- patience, and its end by a stop request

TEST(Patience, IsOneAttemptATimeOrForEver) {
  EXPECT_TRUE(Patience::none().is_none());
  EXPECT_TRUE(Patience::of(seconds(0)).is_none());
  EXPECT_TRUE(Patience::of(seconds(-5)).is_none());
  EXPECT_TRUE(Patience::for_ever().is_for_ever());
  EXPECT_TRUE(Patience::of(std::chrono::hours::max()).is_for_ever());
  EXPECT_TRUE(Patience::of(std::chrono::duration<double>(1e300)).is_for_ever());
  EXPECT_EQ(Patience::of(milliseconds(5)).limit(), milliseconds(5));
  EXPECT_EQ(Patience::of(std::chrono::duration<double>(0.25)).limit(), milliseconds(250));
  EXPECT_TRUE(Patience::until(std::chrono::steady_clock::now() - seconds(1)).is_none());
  EXPECT_TRUE(Patience::until(std::chrono::steady_clock::time_point::max()).is_for_ever() ||
              Patience::until(std::chrono::steady_clock::time_point::max()).limit() >
                  std::chrono::hours(24 * 365));
}

TEST_F(LockTest, AStopRequestEndsTheWait) {
  const std::lock_guard guard(other_);
  std::stop_source stop;
  a_.host.on_wait = [&](Duration) {
    if (a_.host.waited >= seconds(1)) stop.request_stop();
    return os::Wake::elapsed;
  };
  const Failure failure = failure_of([&] {
    lock_.acquire(Patience::for_ever(), {stop.get_token(), 0});
  });
  EXPECT_EQ(failure.code, Errc::cancelled);
  EXPECT_EQ(failure.code, std::errc::operation_canceled);
  EXPECT_FALSE(lock_.held());
}

TEST_F(LockTest, AStopRequestedBeforeIsNoAttempt) {
  std::stop_source stop;
  stop.request_stop();
  std::error_code error;
  lock_.acquire(Patience::for_ever(), {stop.get_token(), 0}, error);
  EXPECT_EQ(error, Errc::cancelled);
  EXPECT_TRUE(a_.files.calls().empty());
}

// --- grants

TEST_F(LockTest, AGrantTellsTokenAndEnd) {
  const Grant grant = lock_.acquire(Patience::none());
  EXPECT_EQ(grant.token, lock_.token());
  EXPECT_EQ(grant.lease_end, lock_.lease_end());
  EXPECT_EQ(lock_.remaining(), seconds(15));
  EXPECT_FALSE(grant.follows_dead);
  EXPECT_EQ(failure_of([&] { lock_.acquire(Patience::none()); }).code, Errc::already_held);
  EXPECT_TRUE(lock_.held()) << "and still held";
  lock_.release();
  EXPECT_EQ(lock_.token(), 0u);
  EXPECT_EQ(lock_.lease_end(), std::nullopt);
  EXPECT_EQ(lock_.remaining(), Duration::zero());
}

TEST_F(LockTest, ALeastTokenIsPromised) {
  const Grant first = lock_.acquire(Patience::none());
  lock_.release();
  EXPECT_EQ(lock_.acquire(Patience::none(), {{}, first.token + 100}).token, first.token + 100);
}

// --- refresh and lifetime

TEST_F(LockTest, ARefreshCountsFromNowAndMayChangeTheLifetime) {
  lock_.lock();
  world_.clock.advance(seconds(10));
  lock_.refresh();
  EXPECT_EQ(lock_.remaining(), seconds(15));
  lock_.refresh(seconds(60));
  EXPECT_EQ(lock_.remaining(), seconds(60));
  EXPECT_EQ(lock_.lifetime(), seconds(60));
  lock_.refresh();
  EXPECT_EQ(lock_.remaining(), seconds(60)) << "from then on";
  lock_.unlock();
  lock_.set_lifetime(seconds(5));
  lock_.lock();
  EXPECT_EQ(lock_.remaining(), seconds(5));
}

TEST_F(LockTest, AnImpossibleLifetimeChangesNothing) {
  lock_.lock();
  EXPECT_EQ(failure_of([&] { lock_.refresh(milliseconds(99)); }).code, std::errc::invalid_argument);
  EXPECT_EQ(failure_of([&] { lock_.refresh(std::chrono::hours(24 * 31)); }).code,
            std::errc::invalid_argument);
  EXPECT_THROW(lock_.set_lifetime(seconds(0)), std::invalid_argument);
  EXPECT_EQ(lock_.lifetime(), seconds(15));
  EXPECT_TRUE(lock_.held());
}

TEST_F(LockTest, WhatIsNotHeldIsNotRefreshedNorReleased) {
  EXPECT_EQ(failure_of([&] { lock_.refresh(); }).code, Errc::not_held);
  EXPECT_EQ(failure_of([&] { lock_.release(); }).code, Errc::not_held);
  lock_.refresh_unconditionally();
  lock_.release_unconditionally();
  EXPECT_TRUE(a_.files.calls().empty());
}

TEST_F(LockTest, NoFormReleasesAnothersLock) {
  other_.lock();
  lock_.release_unconditionally();
  EXPECT_TRUE(other_.held());
  EXPECT_EQ(other_.state(), State::ours);
}

TEST_F(LockTest, TheUnconditionalFormsAreSilentOfALossButNotOfTheSystem) {
  lock_.lock();
  world_.put({testing::held_name(lock_.token() + 1, 0, seconds(15), lock_.token() + 1)});
  lock_.refresh_unconditionally();
  EXPECT_FALSE(lock_.held());
  Lock second(path("OTHER"), {}, a_.system());
  second.lock();
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  EXPECT_EQ(failure_of([&] { second.release_unconditionally(); }).code,
            std::errc::permission_denied);
  second.release_unconditionally();
}

// What the throwing form is silent of is no error of the other.
TEST_F(LockTest, TheUnconditionalFormsSetNoErrorOfALoss) {
  std::error_code error = std::make_error_code(std::errc::io_error);
  lock_.refresh_unconditionally(std::nullopt, error);
  EXPECT_FALSE(error);
  error = std::make_error_code(std::errc::io_error);
  lock_.release_unconditionally(error);
  EXPECT_FALSE(error);
  lock_.lock();
  lock_.refresh_unconditionally(seconds(0), error);
  EXPECT_EQ(error, std::errc::invalid_argument);
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  lock_.release_unconditionally(error);
  EXPECT_EQ(error, std::errc::permission_denied);
  lock_.release_unconditionally(error);
  EXPECT_FALSE(error);
  EXPECT_EQ(lock_.state(), State::unlocked);
}

TEST_F(LockTest, IsLockedAsksByRefreshing) {
  EXPECT_FALSE(lock_.is_locked());
  lock_.lock();
  world_.clock.advance(seconds(10));
  EXPECT_TRUE(lock_.is_locked());
  EXPECT_EQ(lock_.remaining(), seconds(15));
  world_.put({"free,9000000000000000,0,0"});
  EXPECT_FALSE(lock_.is_locked());
}

// A renewal that the system refuses takes nothing away: the lease runs on as it was. Once it is
// over, "no" alone would hide why.
TEST_F(LockTest, IsLockedTellsOfTheSystemOnlyWhereItsAnswerIsNotSure) {
  lock_.lock();
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  std::error_code error = std::make_error_code(std::errc::io_error);
  EXPECT_TRUE(lock_.is_locked(error));
  EXPECT_FALSE(error);
  EXPECT_EQ(lock_.last_failure().code, std::errc::permission_denied);
  world_.clock.advance(seconds(16));
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  EXPECT_FALSE(lock_.is_locked(error));
  EXPECT_EQ(error, std::errc::permission_denied);
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  const Failure failure = failure_of([&] { lock_.is_locked(); });
  EXPECT_EQ(failure.code, std::errc::permission_denied);
  EXPECT_TRUE(failure.operation.starts_with("refresh")) << failure.operation;
}

// --- who holds it, in what state

TEST_F(LockTest, EveryStateIsTold) {
  Party& dead = world_.party("m", 100, 77);
  Party& witness = world_.party("m", 101, 77);
  Lock dying(path(), {}, dead.system());
  Lock seeing(path(), {}, witness.system());
  EXPECT_EQ(seeing.state(), State::unlocked);
  dying.lock();
  EXPECT_EQ(dying.state(), State::ours);
  EXPECT_EQ(seeing.state(), State::unknown);
  world_.clock.advance(milliseconds(15250));
  EXPECT_EQ(dying.state(), State::ours_expired);
  EXPECT_EQ(seeing.state(), State::theirs_expired);
  witness.host.dead.insert(100);
  EXPECT_EQ(seeing.state(), State::stale);
  dying.release();
  EXPECT_EQ(seeing.state(), State::unlocked);
}

TEST_F(LockTest, TheHolderIsNamedWithWhatMayBeLeftOfItsLease) {
  EXPECT_EQ(lock_.holder(), std::nullopt);
  other_.lock();
  const std::optional<Holder> holder = lock_.holder();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->host, "b.example");
  EXPECT_EQ(holder->pid, 22);
  EXPECT_EQ(holder->token, other_.token());
  EXPECT_EQ(holder->lifetime, seconds(15));
  EXPECT_EQ(holder->at_most_left, milliseconds(15250));
  EXPECT_EQ(lock_.expiration(), std::nullopt) << "a baton tells no wall clock";
  EXPECT_EQ(lock_.claim_path(), "");
}

TEST_F(LockTest, AnOperatorBreaksExactlyWhatWasShown) {
  other_.lock();
  const std::string shown = lock_.holder()->shown;
  other_.refresh();
  EXPECT_EQ(failure_of([&] { lock_.break_lock(shown); }).code, Errc::not_held);
  EXPECT_EQ(failure_of([&] { lock_.break_lock("nonsense"); }).code, std::errc::invalid_argument);
  EXPECT_EQ(failure_of([&] { other_.break_lock(lock_.holder()->shown); }).code, Errc::already_held);
  lock_.break_lock(lock_.holder()->shown);
  EXPECT_EQ(lock_.state(), State::unlocked);
  EXPECT_TRUE(lock_.acquire(Patience::none()).follows_dead);
  EXPECT_EQ(failure_of([&] { other_.refresh(); }).code, Errc::lost);
}

// --- errors

TEST_F(LockTest, AnErrorOfTheSystemNamesOperationCallAndPath) {
  Lock lost(path("no/LOCK"), {}, a_.system());
  const Failure failure = failure_of([&] { lost.lock(); });
  EXPECT_EQ(failure.code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(failure.operation, "acquire: statfs");
  EXPECT_EQ(failure.path, path("no"));
  EXPECT_EQ(failure.text(), "acquire: statfs " + path("no") + ": No such file or directory");
  EXPECT_EQ(lost.last_failure().text(), failure.text());
}

TEST_F(LockTest, AnErrorOfTheLockNamesOperationAndPath) {
  other_.lock();
  const Failure failure = failure_of([&] { lock_.acquire(Patience::none()); });
  EXPECT_EQ(failure.text(), "acquire " + path() + ": timed out while another held the lock");
  try {
    lock_.release();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), ("release " + path() + ": the lock is not held").c_str());
  }
  EXPECT_FALSE(lock_.try_lock());
  other_.unlock();
  lock_.lock();
  EXPECT_FALSE(lock_.last_failure().code) << "of the newest operation";
  EXPECT_EQ(lock_.last_failure().text(), "");
}

TEST_F(LockTest, ThePathLosesItsTrailingSlashesAndMustNameSomething) {
  EXPECT_EQ(Lock(path() + "///", {}, a_.system()).path(), path());
  for (const std::string& wrong : {std::string(), std::string("/"), std::string("///"), path("."),
                                   path(".."), path("a") + std::string(1, '\0')}) {
    EXPECT_THROW(Lock(wrong, {}, a_.system()), std::invalid_argument) << wrong;
  }
}

TEST_F(LockTest, ALockIsMadeWithTheModesThatItWasTold) {
  Options options;
  options.directory_mode = 0750;
  options.file_mode = 0640;
  Lock lock(path(), options, a_.system());
  lock.lock();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path()).permissions() & perms(0027), perms(0));
  EXPECT_EQ(std::filesystem::status(path() + '/' + world_.value()).permissions() & perms(0137),
            perms(0));
}

// --- ends

TEST_F(LockTest, ALockThatGoesOutOfScopeIsGivenBack) {
  {
    Lock lock(path(), {}, a_.system());
    lock.lock();
  }
  EXPECT_TRUE(other_.try_lock());
}

// The child has a copy of everything, and none of it is its own.
TEST_F(LockTest, AForkedChildOwnsNothingOfItsParents) {
  Lock mine(path("NATIVE"));
  mine.lock();
  const pid_t child = ::fork();
  if (child == 0) {
    std::error_code error;
    mine.release(error);
    const bool owned = mine.held() || mine.token() != 0 || mine.remaining() > Duration::zero() ||
                       error != Errc::not_held || mine.try_lock() || mine.state() != State::unknown;
    mine.~Lock();
    ::_exit(owned ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(mine.held());
  EXPECT_EQ(mine.state(), State::ours);
  mine.release();
}

}  // namespace
}  // namespace holdfast
