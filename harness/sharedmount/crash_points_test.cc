// Programs are killed at an operation that they make, and nobody else is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "harness/sharedmount/control.h"
#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using testing::SharedMount;

/// In a process that leads a group of its own: asks for its crash, and does `work`.
os::testing::Child leader(const SharedMount& mount, const std::string& crash,
                          const std::function<int()>& work) {
  return os::testing::Child([&mount, crash, work] {
    ::setpgid(0, 0);
    if (mount.say(R"({"crash": )" + crash + "}") != R"({"armed":true})") return 99;
    return work();
  });
}

/// What a worker does that has a program: starts it, and tells how it ended.
int start_and_wait(const std::function<int()>& program) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(program());
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

class CrashPointsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
    mount_ = std::make_unique<SharedMount>(*profile("nfs3-default"));
  }
  /// Makes the files f1, f2, ...
  int make_files(int count) {
    for (int i = 1; i <= count; ++i) {
      if (files_.create(mount_->at(0, "f" + std::to_string(i)), "", 0644)) return 1;
    }
    return 0;
  }
  bool is_there(const std::string& name) {
    return ::access(mount_->backing(name).c_str(), F_OK) == 0;
  }

  std::unique_ptr<SharedMount> mount_;
  os::Files& files_ = *os::native().files;
};

constexpr int kKilled = -SIGKILL;

TEST_F(CrashPointsTest, BeforeItTheOperationIsNeverDone) {
  auto child = leader(*mount_, R"({"operations": ["open_create"], "at": 3, "before": true})",
                      [&] { return start_and_wait([&] { return make_files(5); }); });
  EXPECT_EQ(child.reap(), kKilled);
  EXPECT_TRUE(is_there("f2"));
  EXPECT_FALSE(is_there("f3"));
  EXPECT_EQ(mount_->hits(), "crash open_create f3\n");
}

TEST_F(CrashPointsTest, AfterItTheOperationIsDoneAndNoOther) {
  auto child = leader(*mount_, R"({"operations": ["open_create"], "at": 3})",
                      [&] { return start_and_wait([&] { return make_files(5); }); });
  EXPECT_EQ(child.reap(), kKilled);
  EXPECT_TRUE(is_there("f3"));
  EXPECT_FALSE(is_there("f4"));
  EXPECT_EQ(mount_->hits(), "crash open_create f3: done\n");
}

// A worker reads and writes the protected resource; that is not its program's doing.
TEST_F(CrashPointsTest, WhatTheLeaderDoesIsNotCountedUnlessAskedFor) {
  auto spared =
      leader(*mount_, R"({"operations": ["open_create"]})", [&] { return make_files(1); });
  EXPECT_EQ(spared.reap(), 0);
  auto hit = leader(*mount_, R"({"operations": ["mkdir"], "leader_too": true})",
                    [&] { return ::mkdir(mount_->at(0, "d").c_str(), 0755); });
  EXPECT_EQ(hit.reap(), kKilled);
  EXPECT_TRUE(is_there("d"));
}

// The kernel names the thread that asks, and not its process.
TEST_F(CrashPointsTest, AnyThreadOfTheProgramCounts) {
  auto child = leader(*mount_, R"({"operations": ["open_create"], "at": 2, "before": true})", [&] {
    return start_and_wait([&] {
      int made = 0;
      std::thread([&] { made = make_files(2); }).join();
      return made;
    });
  });
  EXPECT_EQ(child.reap(), kKilled);
  EXPECT_TRUE(is_there("f1"));
  EXPECT_FALSE(is_there("f2"));
}

// This test's own process leads no group that it alone is in.
TEST_F(CrashPointsTest, WhoLeadsNoGroupIsRefused) {
  os::testing::Child child([&] {
    ::setpgid(0, 0);
    return start_and_wait([&] {
      return mount_->say(R"({"crash": {}})").find("leads no process group") == std::string::npos;
    });
  });
  EXPECT_EQ(child.reap(), 0);
}

TEST_F(CrashPointsTest, AnOperationThatThereIsNotIsRefused) {
  EXPECT_EQ(mount_->say(R"({"crash": {"operations": ["lnik"]}})"),
            R"({"problem":"there is no operation \"lnik\""})");
}

// The folder of temporary files may stand deeper than a socket's name has room for.
TEST_F(CrashPointsTest, TheServerIsReachedHoweverLongItsPlaceIs) {
  std::string place = mount_->folder();
  for (int i = 0; i < 3; ++i) {
    place += "/" + std::string(80, 'd');
    ASSERT_EQ(::mkdir(place.c_str(), 0755), 0);
  }
  ASSERT_EQ(::link((mount_->folder() + "/control").c_str(), (place + "/control").c_str()), 0);
  const auto answer = say(place + "/control", "{}");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_TRUE(answer->starts_with(R"({"problem")")) << *answer;
}

// Others of the machine use the mount as before, and so do groups whose point was not reached.
TEST_F(CrashPointsTest, NobodyElseIsHit) {
  auto child = leader(*mount_, R"({"operations": ["open_create"], "at": 9})",
                      [&] { return start_and_wait([&] { return make_files(5); }); });
  EXPECT_EQ(child.reap(), 0);
  EXPECT_EQ(::mkdir(mount_->at(1, "ours").c_str(), 0755), 0);
  EXPECT_EQ(mount_->hits(), "");
}

// It hears nothing of it, whatever else goes wrong with the operation.
TEST_F(CrashPointsTest, AfterALostReplyItIsDeadToo) {
  mount_->say(R"({"fault": {"fault": "lost_reply", "operation": "link"}})");
  auto child = leader(*mount_, R"({"operations": ["link"]})", [&] {
    return start_and_wait([&] {
      if (make_files(1)) return 1;
      static_cast<void>(files_.link(mount_->at(0, "f1"), mount_->at(0, "lock")));
      return make_files(2);
    });
  });
  EXPECT_EQ(child.reap(), kKilled);
  EXPECT_TRUE(is_there("lock"));
  EXPECT_FALSE(is_there("f2"));
  EXPECT_THAT(mount_->hits(), ::testing::HasSubstr("crash link f1 lock: EEXIST\n"));
}

}  // namespace
}  // namespace holdfast::harness::mount
