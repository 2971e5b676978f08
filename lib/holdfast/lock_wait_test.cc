// Waiting for a lock on a real system: what wakes a waiter, and what is left where nothing can.
#include <gtest/gtest.h>
#include <holdfast/lock.h>
#include <holdfast/os/testing/processes.h>
#include <holdfast/os/testing/scratch.h>
#include <sched.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace holdfast {
namespace {

using os::testing::Child;
using os::testing::Claims;
using os::testing::Finding;
using os::testing::in_isolation;
using os::testing::Scratch;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Tries a lock that is held until it has waited for it: on a loaded machine a short patience can
/// be over before the first wait. Whether it was refused each time.
bool wait_in_vain(Lock& lock) {
  bool refused = true;
  for (int tries = 0; tries < 500 && lock.waits().waits == 0; ++tries) {
    refused = refused && !lock.try_lock_for(milliseconds(30));
  }
  return refused;
}

TEST(LockWait, AWaiterIsNotifiedAndCountsIt) {
  const Scratch scratch;
  Lock first(scratch.path() + "/LOCK");
  Lock second(scratch.path() + "/LOCK");
  first.lock();
  EXPECT_TRUE(wait_in_vain(second));
  EXPECT_GT(second.waits().waits, 0u);
  EXPECT_EQ(second.waits().unnotified, 0u);
}

// Not under the thread sanitizer: a process with a thread of the sanitizer's may not enter a user
// namespace.
#if defined(__has_feature)
#define HOLDFAST_TSAN __has_feature(thread_sanitizer)
#else
#define HOLDFAST_TSAN 0
#endif
#if !HOLDFAST_TSAN

// The limit of inotify instances is one per user, and can be 128: whoever finds none polls.
TEST(LockWait, WithoutAnInotifyInstanceAWaiterPollsAndCountsIt) {
  const Scratch scratch;
  const Finding finding = in_isolation({.namespaces = CLONE_NEWUSER}, [&]() -> std::string {
    std::ofstream limit("/proc/sys/user/max_inotify_instances");
    limit << 0 << std::flush;
    if (!limit) return os::testing::not_permitted("max_inotify_instances of a user namespace");
    Claims claims;
    Lock first(scratch.path() + "/LOCK");
    Lock second(scratch.path() + "/LOCK");
    first.lock();
    claims.check(wait_in_vain(second), "it is held");
    claims.check(second.waits().waits > 0, "it waited");
    claims.check(second.waits().unnotified == second.waits().waits, "and polled all the time");
    std::thread releaser([&] {
      std::this_thread::sleep_for(milliseconds(50));
      first.release();
    });
    claims.check(second.try_lock_for(seconds(12)), "polling finds that it is free");
    releaser.join();
    return claims.text();
  });
  if (!finding.permitted) GTEST_SKIP() << finding.text;
  EXPECT_EQ(finding.text, "");
}

#endif

// With an hour between two looks only the release itself can be what wakes.
TEST(LockWait, AReleaseWakesAWaiterOfTheSameHost) {
  bool woken = false;
  for (int pause = 20; !woken && pause < 2000; pause *= 2) {  // a slow machine may come too late
    const Scratch scratch;
    Options options;
    options.max_poll = hours(1);
    Lock first(scratch.path() + "/LOCK");
    Lock second(scratch.path() + "/LOCK", options);
    first.lock();
    std::thread releaser([&] {
      std::this_thread::sleep_for(milliseconds(pause));
      first.release();
    });
    EXPECT_TRUE(second.try_lock_for(seconds(60)));
    releaser.join();
    woken = second.waits().woken > 0;
  }
  EXPECT_TRUE(woken);
}

// Its lease would last for 30 days. Death is also looked for now and then: the waiter is to be
// woken.
TEST(LockWait, TheDeathOfTheHolderWakesAWaiterOfTheSameMachine) {
  if (os::native().host->self().machine == 0) GTEST_SKIP() << "nothing can be proved here";
  bool woken = false;
  for (int pause = 30; !woken && pause < 2000; pause *= 2) {  // a slow machine may come too late
    const Scratch scratch;
    Options options;
    options.lifetime = hours(30 * 24);
    options.max_poll = hours(1);
    Lock waiter(scratch.path() + "/LOCK", options);
    Child holder([&]() -> int {
      Lock lock(scratch.path() + "/LOCK", options);
      lock.lock();
      os::testing::sleep_for_ever();
    });
    ASSERT_TRUE(os::testing::eventually([&] { return waiter.holder().has_value(); }));
    std::thread killer([&] {
      std::this_thread::sleep_for(milliseconds(pause));
      holder.kill();
    });
    const Grant grant = waiter.acquire(Patience::of(seconds(60)));
    killer.join();
    EXPECT_TRUE(grant.follows_dead);
    EXPECT_EQ(waiter.waits().take_overs, 1u);
    woken = waiter.waits().woken > 0;
  }
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace holdfast
