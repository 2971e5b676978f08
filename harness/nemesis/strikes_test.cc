// Kill and Pause on real processes: what they claim to have measured must be true of the kernel.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "harness/nemesis/kill.h"
#include "harness/nemesis/pause.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness {
namespace {

struct SetLive : LiveView {
  Live live;
  Live read() const override { return live; }
};

/// A process that leads a group of its own and, on request, has a child in it, or one that has left
/// it; all only wait.
class Victim {
 public:
  enum class Child { none, in_group, apart };

  explicit Victim(Child child = Child::none) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      if (child != Child::none && ::fork() == 0) {
        if (child == Child::apart) ::setsid();
        for (;;) ::pause();
      }
      for (;;) ::pause();
    }
    ::setpgid(pid_, pid_);
  }
  ~Victim() {
    const std::vector<pid_t> children = children_of(pid_);
    ::kill(-pid_, SIGKILL);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  pid_t pid() const { return pid_; }
  void wait() const { ::waitpid(pid_, nullptr, 0); }
  Target target() const { return {"h1.w1", pid_, &live}; }

  SetLive live;

 private:
  pid_t pid_ = 0;
};

/// Looks again and again, for ten seconds at most.
bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 10'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

Fault planned(const std::string& target) {
  Fault fault;
  fault.id = 7;
  fault.target = target;
  return fault;
}

TEST(Kill, TakesTheWholeGroup) {
  const Victim victim(Victim::Child::in_group);
  victim.live.read();
  ASSERT_TRUE(eventually([&] { return children_of(victim.pid()).size() == 1; }));
  const std::int64_t before = recorder_now_ns();
  const Kill kill(victim.target(), planned("any"));
  // Nobody has waited for it yet: it still is in the process table.
  EXPECT_FALSE(group_is_gone(victim.pid()));
  victim.wait();
  ASSERT_TRUE(eventually([&] { return group_is_gone(victim.pid()); }));
  const Fault fault = kill.measured(victim.target());
  EXPECT_EQ(fault.id, 7U);
  EXPECT_EQ(fault.kind, "kill");
  EXPECT_EQ(fault.target, "any");
  EXPECT_EQ(fault.worker_name, "h1.w1");
  EXPECT_TRUE(fault.effective);
  EXPECT_GE(fault.start_ns, before);
  EXPECT_LT(fault.start_ns, fault.end_ns);
  EXPECT_LE(fault.end_ns, recorder_now_ns());
}

TEST(Kill, SaysInsideOnlyIfTheDeadWorkerWasInside) {
  for (const bool inside : {true, false}) {
    Victim victim;
    victim.live.live.inside = true;
    const Kill kill(victim.target(), planned("holder"));
    victim.live.live.inside = inside;  // it can have left between the look and the signal
    victim.wait();
    EXPECT_EQ(kill.measured(victim.target()).inside_hold, inside);
  }
}

TEST(Kill, OfNobodyIsNotEffectiveAndSaysWhy) {
  const Victim victim;
  const Target target = victim.target();
  ::kill(victim.pid(), SIGKILL);
  victim.wait();
  const Kill kill(target, planned("any"));
  const Fault fault = kill.measured(target);
  EXPECT_FALSE(fault.effective);
  EXPECT_EQ(fault.why_not, "cannot kill: No such process");
}

TEST(Pause, TheWholeGroupStandsStillAndGoesOn) {
  Victim victim(Victim::Child::in_group);
  victim.live.live.inside = true;
  ASSERT_TRUE(eventually([&] { return children_of(victim.pid()).size() == 1; }));
  const pid_t child = children_of(victim.pid()).front();
  EXPECT_FALSE(is_stopped(victim.pid()));
  Pause pause(victim.target(), planned("any"));
  ASSERT_TRUE(eventually([&] { return pause.stopped(); }));
  EXPECT_TRUE(is_stopped(victim.pid()));
  EXPECT_TRUE(is_stopped(child));
  EXPECT_FALSE(pause.over());
  const std::int64_t stood = recorder_now_ns();
  while (recorder_now_ns() < stood + 5'000'000) {
  }
  pause.go_on();
  ASSERT_TRUE(eventually([&] { return pause.over(); }));
  const Fault fault = pause.measured();
  EXPECT_TRUE(fault.effective);
  EXPECT_TRUE(fault.inside_hold);
  EXPECT_EQ(fault.kind, "pause");
  EXPECT_GE(fault.measured_pause_ns, 5'000'000);
  EXPECT_LE(fault.measured_pause_ns, fault.end_ns - fault.start_ns);
}

// A program may start a daemon. The signal does not hit it, so nobody must wait until it stands
// still.
TEST(Pause, WhoHasLeftTheGroupGoesOn) {
  const Victim victim(Victim::Child::apart);
  pid_t daemon = 0;
  ASSERT_TRUE(eventually([&] {
    const std::vector<pid_t> children = children_of(victim.pid());
    daemon = children.empty() ? 0 : children.front();
    return daemon != 0 && ::getpgid(daemon) == daemon;
  }));
  Pause pause(victim.target(), planned("any"));
  ASSERT_TRUE(eventually([&] { return pause.stopped(); }));
  EXPECT_TRUE(is_stopped(victim.pid()));
  EXPECT_FALSE(is_stopped(daemon));
  pause.go_on();
  ASSERT_TRUE(eventually([&] { return pause.over(); }));
  EXPECT_TRUE(pause.measured().effective);
}

TEST(Pause, EndsWithItsVictim) {
  const Victim victim;
  Pause pause(victim.target(), planned("any"));
  ASSERT_TRUE(eventually([&] { return pause.stopped(); }));
  ::kill(-victim.pid(), SIGKILL);
  victim.wait();
  pause.go_on();
  EXPECT_TRUE(pause.over());
  EXPECT_TRUE(pause.measured().effective);
}

TEST(Pause, OfNobodyIsNotEffectiveAndSaysWhy) {
  const Victim victim;
  const Target target = victim.target();
  ::kill(victim.pid(), SIGKILL);
  victim.wait();
  Pause pause(target, planned("any"));
  EXPECT_TRUE(pause.stopped());
  pause.go_on();
  EXPECT_TRUE(pause.over());
  EXPECT_FALSE(pause.measured().effective);
  EXPECT_EQ(pause.measured().why_not, "cannot stop: No such process");
}

TEST(FindHolder, ChoosesAmongThoseInsideOnly) {
  SetLive in;
  in.live.inside = true;
  const SetLive out;
  Random random(1);
  EXPECT_FALSE(find_holder({}, random));
  EXPECT_FALSE(find_holder({{"a", 1, &out}, {"b", 2, nullptr}}, random));
  bool first = false;
  bool second = false;
  for (int i = 0; i < 100; ++i) {
    const auto found = find_holder({{"a", 1, &in}, {"b", 2, &out}, {"c", 3, &in}}, random);
    ASSERT_TRUE(found);
    ASSERT_NE(*found, 1U);
    first = first || *found == 0;
    second = second || *found == 2;
  }
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
}

}  // namespace
}  // namespace holdfast::harness
