// The keeper's threads, on a clock that only the test moves.
#include <gtest/gtest.h>
#include <holdfast/keeper.h>
#include <holdfast/os/testing/faulty_files.h>
#include <holdfast/protocol/testing/world.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace holdfast {
namespace {

using os::testing::Effect;
using os::testing::FaultyFiles;
using os::testing::Operation;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A clock and the sleepers on it, for several threads. Time passes when the test says so; a test
/// can wait until everybody sleeps.
class Sleepers final : public os::Clock, public os::Host {
 public:
  os::Stamp now() override {
    const std::lock_guard guard(mutex_);
    return {os::RawTime(now_), os::BootTime(now_)};
  }
  os::WallTime wall() override { return os::WallTime(std::chrono::hours(24 * 365 * 50)); }
  os::Process self() override { return {"h", 1, 2, 3}; }
  os::Life life(const os::Process&) override { return os::Life::not_proved_dead; }
  std::uint64_t random_bits() override { return ++random_; }
  std::uint64_t fork_count() override { return 0; }
  std::unique_ptr<os::Watch> watch(const std::string&) override {
    throw std::logic_error("nobody waits for the lock here");
  }

  os::Wake sleep(Duration at_most, const std::stop_token& stop) override {
    std::unique_lock guard(mutex_);
    const auto self = sleeping_.insert(sleeping_.end(), {now_ + at_most, stop});
    changed_.notify_all();
    changed_.wait(guard, stop, [&] { return self->until <= now_; });
    sleeping_.erase(self);
    changed_.notify_all();
    return stop.stop_requested() ? os::Wake::stopped : os::Wake::elapsed;
  }

  /// Until so many sleep, and none of them has a reason to wake.
  void wait_for(std::size_t sleepers) {
    std::unique_lock guard(mutex_);
    const bool asleep = changed_.wait_for(guard, seconds(30), [&] {
      const bool all = std::none_of(sleeping_.begin(), sleeping_.end(), [&](const Sleeper& one) {
        return one.until <= now_ || one.stop.stop_requested();
      });
      return all && sleeping_.size() == sleepers;
    });
    ASSERT_TRUE(asleep) << sleeping_.size() << " sleep";
  }
  void advance(Duration by) {
    const std::lock_guard guard(mutex_);
    now_ += by;
    changed_.notify_all();
  }

 private:
  struct Sleeper {
    Duration until;
    std::stop_token stop;
  };
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Sleeper> sleeping_;
  Duration now_ = std::chrono::hours(1);
  std::atomic<std::uint64_t> random_{0};
};

class KeeperTest : public ::testing::Test {
 protected:
  KeeperOptions told() {
    KeeperOptions options;
    options.on_warning = [this](Duration) { ++warnings_; };
    options.on_loss = [this](const Failure& failure) {
      loss_ = failure.code;
      ++losses_;
    };
    return options;
  }
  /// Lets the time pass in small steps, with both threads asleep in between.
  void pass(Duration time) {
    for (Duration step = milliseconds(100); time > Duration::zero(); time -= step) {
      system_.advance(std::min(step, time));
      system_.wait_for(2);
    }
  }

  /// What a waiter does that thinks the holder dead.
  void take_by_hand() {
    std::string held;
    for (const auto& call : files_.calls()) {
      if (call.to.find("/held,") != std::string::npos) held = call.to;
    }
    ASSERT_FALSE(
        files_.rename(held, scratch_.path() + "/LOCK/" + testing::held_name(lock_.token() + 1)));
  }

  /// Until a call back of the keeper's threads has counted.
  static void wait_until_called(const std::atomic<int>& count) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (count == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_NE(count, 0);
  }

  testing::Scratch scratch_;
  Sleepers system_;
  FaultyFiles files_{*os::native().files};
  Lock lock_{scratch_.path() + "/LOCK", {}, {&files_, &system_, &system_}};
  std::atomic<int> warnings_{0};
  std::atomic<int> losses_{0};
  std::error_code loss_;  // read after the keeper has stopped
};

TEST_F(KeeperTest, KeepsALeaseForManyLifetimes) {
  lock_.acquire(Patience::none());
  {
    LeaseKeeper keeper(lock_, told());
    system_.wait_for(2);
    pass(seconds(100));
    EXPECT_GT(keeper.remaining(), seconds(9));
    EXPECT_FALSE(keeper.lost());
  }
  EXPECT_TRUE(lock_.held());
  EXPECT_EQ(warnings_, 0);
  EXPECT_EQ(losses_, 0);
  lock_.release();
}

TEST_F(KeeperTest, WarnsBeforeTheEndAndTellsTheLossOnce) {
  lock_.acquire(Patience::none());
  for (int count = 0; count < 1000; ++count) {
    files_.add({Operation::rename, Effect::refused, ENOSPC});
  }
  LeaseKeeper keeper(lock_, told());
  system_.wait_for(2);
  pass(milliseconds(9900));
  EXPECT_EQ(warnings_, 0);
  pass(milliseconds(200));
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(losses_, 0);
  EXPECT_GT(keeper.remaining(), Duration::zero());
  pass(milliseconds(4800));
  EXPECT_EQ(losses_, 0);
  system_.advance(milliseconds(100));
  wait_until_called(losses_);
  EXPECT_TRUE(keeper.lost());
  keeper.stop();
  EXPECT_EQ(losses_, 1);
  EXPECT_EQ(loss_, Errc::lost);
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(keeper.remaining(), Duration::zero());
}

TEST_F(KeeperTest, ARenewalAfterAFailureIsNoLoss) {
  lock_.acquire(Patience::none());
  for (int count = 0; count < 3; ++count) {
    files_.add({Operation::rename, Effect::refused, ENOSPC});
  }
  LeaseKeeper keeper(lock_, told());
  system_.wait_for(2);
  pass(seconds(30));
  EXPECT_TRUE(files_.all_hit());
  EXPECT_EQ(losses_, 0);
  EXPECT_GT(keeper.remaining(), seconds(5));
}

TEST_F(KeeperTest, TellsThatAnotherHasIt) {
  lock_.acquire(Patience::none());
  Lock other(scratch_.path() + "/LOCK", {}, {&files_, &system_, &system_});
  LeaseKeeper keeper(lock_, told());
  system_.wait_for(2);
  take_by_hand();
  system_.advance(seconds(5));
  wait_until_called(losses_);
  keeper.stop();
  EXPECT_EQ(losses_, 1);
  EXPECT_EQ(loss_, Errc::lost);
  EXPECT_TRUE(keeper.lost());
}

// It is called in the middle of a renewal, in the thread that renews.
TEST_F(KeeperTest, MayBeStoppedByTheLocksOwnCallBack) {
  lock_.acquire(Patience::none());
  std::atomic<int> stops{0};
  LeaseKeeper keeper(lock_, told());
  lock_.on_loss([&](const Failure&) {
    keeper.stop();
    ++stops;
  });
  system_.wait_for(2);
  take_by_hand();
  system_.advance(seconds(5));
  wait_until_called(stops);
  keeper.stop();
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(losses_, 0) << "it was ended before it could tell";
}

// On a hard mount a rename can stay away for hours: the lease's end is noticed all the same. The
// stuck renewal sleeps as the threads do, so that the test always knows who is awake.
TEST_F(KeeperTest, WarnsAndTellsTheLossWhileARenewalIsStuck) {
  lock_.acquire(Patience::none());
  std::stop_source answer;
  files_.before = [&](const auto& call) {
    if (call.operation == Operation::rename) system_.sleep(seconds(1000), answer.get_token());
  };
  LeaseKeeper keeper(lock_, told());
  system_.wait_for(2);
  pass(milliseconds(10100));
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(losses_, 0);
  pass(milliseconds(4800));
  EXPECT_EQ(losses_, 0);
  system_.advance(milliseconds(100));
  wait_until_called(losses_);
  answer.request_stop();
  keeper.stop();
  files_.before = nullptr;
  EXPECT_EQ(losses_, 1);
  EXPECT_EQ(warnings_, 1);
}

TEST_F(KeeperTest, CanBeStoppedFromItsOwnCallBack) {
  lock_.acquire(Patience::none());
  for (int count = 0; count < 1000; ++count) {
    files_.add({Operation::rename, Effect::refused, ENOSPC});
  }
  LeaseKeeper* running = nullptr;
  KeeperOptions options = told();
  options.on_warning = [&](Duration) {
    running->stop();
    ++warnings_;
  };
  LeaseKeeper keeper(lock_, options);
  running = &keeper;
  system_.wait_for(2);
  pass(milliseconds(9900));
  system_.advance(milliseconds(200));
  wait_until_called(warnings_);
  keeper.stop();
  EXPECT_EQ(losses_, 0);
}

// The child has the keeper's memory, but none of its threads, and perhaps a locked mutex.
TEST(KeeperFork, AForkedChildLeavesTheKeeperToItsParent) {
  const testing::Scratch scratch;
  Lock lock(scratch.path() + "/LOCK");
  lock.lock();
  auto keeper = std::make_unique<LeaseKeeper>(lock);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    keeper->stop();
    const bool wrong = keeper->remaining() != Duration::zero() || keeper->lost();
    keeper.reset();
    ::_exit(wrong ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_GT(keeper->remaining(), Duration::zero());
  keeper.reset();
  EXPECT_TRUE(lock.held());
}

TEST_F(KeeperTest, KeepsOnlyWhatIsHeld) {
  try {
    LeaseKeeper keeper(lock_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_held);
  }
  KeeperOptions wrong;
  wrong.warn_at = 0.9;
  lock_.acquire(Patience::none());
  EXPECT_THROW(LeaseKeeper(lock_, wrong), std::invalid_argument);
}

}  // namespace
}  // namespace holdfast
