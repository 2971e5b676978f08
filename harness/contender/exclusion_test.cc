// The classics exclude each other; the planted ones do not, each in its own way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/scripted_host.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/contender/kernel_lock.h"
#include "harness/contender/name_lock.h"
#include "harness/contender/own.h"
#include "harness/contender/planted/planted.h"
#include "harness/contender/test_recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;

constexpr Duration kOnce = Duration::zero();

class ExclusionTest : public testing::TestWithParam<const char*> {
 protected:
  Station station() {
    Station station;
    station.directory = folder_.path();
    station.lock = "lock";
    station.worker = "h1.w1";
    station.system = {os::native().files, &clock_, &host_};
    station.recorder = &recorder_;
    return station;
  }
  std::unique_ptr<Contender> make(const std::string& kind) {
    if (kind == "flock" || kind == "fcntl" || kind == "ofd") {
      auto made = make_kernel_lock(kind, station());
      EXPECT_TRUE(made) << made.error().text();
      return std::move(*made);
    }
    if (kind == "baton" || kind == "link") {
      ContenderSpec spec;
      spec.lock = kind;
      auto made = make_own_lock(spec, station());
      EXPECT_TRUE(made) << made.error().text();
      return std::move(*made);
    }
    return make_name_lock(kind, station());
  }
  /// What another process gets: fcntl's locks are the process's.
  Why in_a_child(const std::string& kind) {
    const pid_t child = ::fork();
    if (child == 0) {
      const Answer answer = make(kind)->acquire(kOnce, {});
      ::_exit(answer.phase == Phase::ok ? 100 : static_cast<int>(answer.why));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return static_cast<Why>(WEXITSTATUS(status));
  }

  /// Done once, while the lock sleeps.
  void meanwhile(std::function<void()> act) {
    host_.on_wait = [this, act = std::move(act)](Duration) {
      const auto now = act;  // which may set another
      host_.on_wait = nullptr;
      now();
      return os::Wake::elapsed;
    };
  }

  TestFolder folder_;
  os::testing::ManualClock clock_;
  os::testing::ScriptedHost host_{clock_, {"here", ::getpid(), 0, 0}};
  TestRecorder recorder_;
};

constexpr auto kGranted = static_cast<Why>(100);

TEST_P(ExclusionTest, OneAtATime) {
  const auto lock = make(GetParam());
  EXPECT_EQ(in_a_child(GetParam()), kGranted);
  // What a process leaves behind when it ends is the kernel's business with kernel locks, and
  // nobody's with names.
  if (!lock->traits().keeps.empty() || lock->release().phase == Phase::ok) {
    ASSERT_EQ(lock->acquire(kOnce, {}).phase, Phase::ok);
  }
  EXPECT_EQ(in_a_child(GetParam()), Why::timeout);
  EXPECT_EQ(lock->release().phase, Phase::ok);
  EXPECT_EQ(in_a_child(GetParam()), kGranted);
}

// Hosts with namespaces of their own have equal pids: only its host tells a holder from ourselves.
TEST_F(ExclusionTest, AProbeKnowsItsOwnHoldFromThatOfAnEqualPidElsewhere) {
  for (const char* const kind : {"baton", "link"}) {
    ContenderSpec spec;
    spec.lock = kind;
    std::vector<std::unique_ptr<Contender>> locks;
    for (const char* const name : {"one", "other"}) {
      Station here = station();
      here.lock = kind;
      here.host = name;
      here.separate_machine = true;
      auto made = make_own_lock(spec, here);
      ASSERT_TRUE(made) << made.error().text();
      locks.push_back(std::move(*made));
    }
    ASSERT_EQ(locks[0]->acquire(kOnce, {}).phase, Phase::ok) << kind;
    EXPECT_EQ(locks[0]->probe(), ProbedState::mine) << kind;
    EXPECT_EQ(locks[1]->probe(), ProbedState::other) << kind;
  }
}

// Without fcntl: a process does not contend with itself there.
class WaitingTest : public ExclusionTest {};

TEST_P(WaitingTest, AWaiterGivesUpWhenItsPatienceEnds) {
  const auto holder = make(GetParam()), waiter = make(GetParam());
  ASSERT_EQ(holder->acquire(kOnce, {}).phase, Phase::ok);
  const Answer answer = waiter->acquire(seconds(2), {});
  EXPECT_EQ(answer.phase, Phase::fail);
  EXPECT_EQ(answer.why, Why::timeout);
  EXPECT_EQ(host_.waited, seconds(2));
}

TEST_P(WaitingTest, AStopRequestEndsTheWaiting) {
  const auto holder = make(GetParam()), waiter = make(GetParam());
  ASSERT_EQ(holder->acquire(kOnce, {}).phase, Phase::ok);
  std::stop_source stop;
  meanwhile([&] { stop.request_stop(); });
  EXPECT_EQ(waiter->acquire(seconds(-1), stop.get_token()).why, Why::cancelled);
}

TEST_P(WaitingTest, AReleaseLetsAWaiterIn) {
  const auto holder = make(GetParam()), waiter = make(GetParam());
  ASSERT_EQ(holder->acquire(kOnce, {}).phase, Phase::ok);
  meanwhile([&] { EXPECT_EQ(holder->release().phase, Phase::ok); });
  EXPECT_EQ(waiter->acquire(seconds(-1), {}).phase, Phase::ok);
}

INSTANTIATE_TEST_SUITE_P(Classics, ExclusionTest,
                         testing::Values("flock", "fcntl", "ofd", "excl", "mkdir", "symlink"));
INSTANTIATE_TEST_SUITE_P(Classics, WaitingTest,
                         testing::Values("flock", "ofd", "excl", "mkdir", "symlink"));
INSTANTIATE_TEST_SUITE_P(Own, WaitingTest, testing::Values("baton", "link"));

class OwnLockTest : public ExclusionTest {};

TEST_P(OwnLockTest, OneAtATime) {
  const auto one = make(GetParam()), two = make(GetParam());
  ASSERT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(two->acquire(kOnce, {}).why, Why::timeout);
  EXPECT_EQ(two->release().why, Why::not_held);
  EXPECT_EQ(one->refresh().phase, Phase::ok);
  EXPECT_EQ(one->probe(), ProbedState::mine);
  EXPECT_EQ(one->release().phase, Phase::ok);
  EXPECT_EQ(one->probe(), ProbedState::free);
  EXPECT_EQ(two->acquire(kOnce, {}).phase, Phase::ok);
}

// The process ends without a word: the next one gets the lock when its lease has run out.
TEST_P(OwnLockTest, ADeadProcessIsTakenOverFrom) {
  const auto lock = make(GetParam());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = make(GetParam());
    ::_exit(held->acquire(kOnce, {}).phase == Phase::ok ? 0 : 1);  // before it is given back
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(lock->acquire(kOnce, {}).why, Why::timeout);
  EXPECT_EQ(lock->acquire(seconds(60), {}).phase, Phase::ok);
  EXPECT_GT(host_.waited, seconds(10));
}

INSTANTIATE_TEST_SUITE_P(Own, OwnLockTest, testing::Values("baton", "link"));

std::vector<std::pair<FileOp, int>> operations(const TestRecorder& recorder) {
  std::vector<std::pair<FileOp, int>> list;
  for (const Recorded& recorded : recorder.all) {
    EXPECT_EQ(recorded.name, "lock");
    list.emplace_back(recorded.event.file, recorded.event.code);
  }
  return list;
}

using NameLockTest = ExclusionTest;

TEST_F(NameLockTest, RecordsWhatItDoes) {
  const auto first = make("symlink");
  const auto second = make("excl");
  ASSERT_EQ(first->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(second->acquire(kOnce, {}).why, Why::timeout);
  first->release();
  EXPECT_THAT(operations(recorder_),
              ElementsAre(Pair(FileOp::symlink, 0), Pair(FileOp::open_create, EEXIST),
                          Pair(FileOp::unlink, 0)));
  EXPECT_NE(recorder_.all[0].event.value, 0U);
  EXPECT_EQ(recorder_.all[0].event.value, recorder_.all[2].event.value);
}

TEST_F(NameLockTest, AReleaseOfWhatIsGoneIsALoss) {
  const auto lock = make("mkdir");
  ASSERT_EQ(lock->acquire(kOnce, {}).phase, Phase::ok);
  std::filesystem::remove(folder_ / "lock");
  EXPECT_EQ(lock->release().why, Why::lost);
}

using PlantedTest = ExclusionTest;

TEST_F(PlantedTest, NothingLetsEverybodyIn) {
  const auto one = make_nothing(station()), two = make_nothing(station());
  EXPECT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(two->acquire(kOnce, {}).phase, Phase::ok);
}

TEST_F(PlantedTest, TwoBreakersBothGetADeadHoldersLock) {
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ::waitpid(dead, nullptr, 0);
  std::ofstream(folder_ / "lock") << dead;
  const auto one = make_two_breakers(station()), two = make_two_breakers(station());
  Answer second;
  // Both have judged; the other goes first.
  meanwhile([&] { second = two->acquire(kOnce, {}); });
  EXPECT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(second.phase, Phase::ok);
}

TEST_F(PlantedTest, TwoBreakersRespectALivingHolder) {
  const auto one = make_two_breakers(station()), two = make_two_breakers(station());
  EXPECT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(two->acquire(seconds(1), {}).why, Why::timeout);
}

TEST_F(PlantedTest, AStolenReleaseRemovesTheSuccessorsLock) {
  const auto one = make_stolen_release(station()), two = make_stolen_release(station());
  const auto three = make_stolen_release(station());
  ASSERT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  meanwhile([&] { EXPECT_EQ(two->acquire(kOnce, {}).phase, Phase::ok); });
  one->release();
  EXPECT_EQ(three->acquire(kOnce, {}).phase, Phase::ok);
}

TEST_F(PlantedTest, WhatIsNeverReleasedStaysHeld) {
  const auto one = make_never_released(station()), two = make_never_released(station());
  ASSERT_EQ(one->acquire(kOnce, {}).phase, Phase::ok);
  EXPECT_EQ(one->release().phase, Phase::ok);
  EXPECT_EQ(two->acquire(seconds(1), {}).why, Why::timeout);
}

}  // namespace
}  // namespace holdfast::harness
