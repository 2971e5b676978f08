// Proof of death, and everything that must not be taken for one.
//
// Most of it needs root, and is done in namespaces of its own, so that nothing outside is touched.

#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <holdfast/os/posix_process.h>
#include <holdfast/os/testing/processes.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

namespace holdfast::os::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kProved = Life::proved_dead;
constexpr auto kNot = Life::not_proved_dead;
constexpr std::int64_t kNobody = 1'999'999'999;  // more than any kernel gives

Host& host() { return *native().host; }

std::string stat_file(pid_t pid) { return "/proc/" + std::to_string(pid) + "/stat"; }

/// What a process that is alive now would have written into a lock.
Process claim_of(pid_t pid) {
  Process process = host().self();
  process.pid = pid;
  process.start = posix::start_of(stat_file(pid));
  return process;
}

std::string stat_of(pid_t pid) {
  std::string text;
  std::getline(std::ifstream(stat_file(pid)), text);
  return text;
}

bool is_zombie(pid_t pid) { return stat_of(pid).find(") Z ") != std::string::npos; }

Wake wait_for_end(const Process& process, Duration at_most) {
  const auto watch = host().watch({});
  watch->watch_process(process);
  return watch->wait(at_most, {});
}

#define HOLDFAST_EXPECT_FINDING(...)                      \
  do {                                                    \
    const Finding finding = __VA_ARGS__;                  \
    if (!finding.permitted) GTEST_SKIP() << finding.text; \
    EXPECT_EQ(finding.text, "");                          \
  } while (false)

TEST(ProofOfDeath, ALivingProcessIsNeverProvedDead) {
  const Child child(sleep_for_ever);
  const Process process = claim_of(child.pid());
  ASSERT_NE(process.start, 0U);
  EXPECT_EQ(host().life(process), kNot);
  EXPECT_EQ(wait_for_end(process, 1ms), Wake::elapsed);
}

TEST(ProofOfDeath, AProcessThatHasEndedIsProvedDeadBeforeItIsWaitedFor) {
  Child child(sleep_for_ever);
  const Process process = claim_of(child.pid());
  child.kill();
  child.wait_for_end();
  EXPECT_TRUE(is_zombie(child.pid()));
  EXPECT_EQ(host().life(process), kProved);
  EXPECT_EQ(wait_for_end(process, 10s), Wake::ended);
  child.reap();
  EXPECT_EQ(host().life(process), kProved);
  EXPECT_EQ(wait_for_end(process, 10s), Wake::ended);
}

// State Z with living threads: whoever holds the lock may be one of them.
TEST(ProofOfDeath, ALeaderThatExitsBeforeItsThreadsIsNotADeath) {
  Child child([]() -> int {
    std::thread([] { sleep_for_ever(); }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone
    return 1;
  });
  const Process process = claim_of(child.pid());
  ASSERT_TRUE(eventually([&] { return is_zombie(child.pid()); }));
  EXPECT_EQ(host().life(process), kNot);
  EXPECT_EQ(wait_for_end(process, 5ms), Wake::elapsed);
  child.kill();
  EXPECT_EQ(wait_for_end(process, 10s), Wake::ended);
  EXPECT_EQ(host().life(process), kProved);
}

// The thread takes over the leader's number, and the leader ends.
TEST(ProofOfDeath, AThreadThatExecutesAProgramKeepsTheProcessAlive) {
  const Child child([]() -> int {
    std::thread([] { ::execl("/bin/sleep", "sleep", "30", nullptr); }).detach();
    sleep_for_ever();
  });
  const Process process = claim_of(child.pid());
  const auto watch = host().watch({});
  watch->watch_process(process);
  ASSERT_TRUE(
      eventually([&] { return stat_of(child.pid()).find("(sleep)") != std::string::npos; }));
  EXPECT_EQ(host().life(process), kNot);
  EXPECT_EQ(watch->wait(5ms, {}), Wake::elapsed);
}

TEST(ProofOfDeath, AnotherStartTimeUnderTheSameNumberIsADeath) {
  const Child child(sleep_for_ever);
  Process process = claim_of(child.pid());
  ++process.start;
  EXPECT_EQ(host().life(process), kProved);
  EXPECT_EQ(wait_for_end(process, 10s), Wake::ended);
  process.start = 0;  // not known: no evidence
  EXPECT_EQ(host().life(process), kNot);
}

TEST(ProofOfDeath, NumbersThatNoProcessCanHaveProveNothing) {
  Process process = host().self();
  for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    process.pid = pid;
    EXPECT_EQ(host().life(process), kNot) << pid;
    EXPECT_EQ(wait_for_end(process, 1ms), Wake::elapsed);
  }
}

TEST(ProofOfDeath, ANumberUsedAgainIsADeathOfItsFormerOwner) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWPID, .proc = ""}, [] {
    Claims claims;
    Child first(sleep_for_ever);
    const Process former = claim_of(first.pid());
    claims.check(former.machine != 0 && former.start != 0, "its own /proc shows all");
    first.kill();
    first.reap();
    std::this_thread::sleep_for(50ms);  // start times are in ticks of 10 ms
    std::ofstream("/proc/sys/kernel/ns_last_pid") << first.pid() - 1 << std::flush;
    const Child second(sleep_for_ever);
    claims.check(second.pid() == first.pid(), "the number is used again");
    claims.check(host().life(claim_of(second.pid())) == kNot, "its owner now is alive");
    claims.check(host().life(former) == kProved, "its former owner is dead");
    claims.check(wait_for_end(former, 10s) == Wake::ended, "and a watch says so");
    Process unknown = former;
    unknown.start = 0;
    claims.check(host().life(unknown) == kNot, "without a start time nothing is proved");
    return claims.text();
  }));
}

TEST(ProofOfDeath, AnotherPidNamespaceProvesNothing) {
  const Process outside = host().self();
  Process dead = outside;
  dead.pid = kNobody;
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWPID, .proc = ""}, [&] {
    Claims claims;
    claims.check(host().self().machine != 0, "its own /proc is its own");
    claims.check(host().self().machine != outside.machine, "it is another machine");
    claims.check(host().life(outside) == kNot, "a process outside is not judged");
    claims.check(host().life(dead) == kNot, "nor one that is dead there");
    Process same_number = outside;
    same_number.pid = ::getpid();
    claims.check(host().life(same_number) == kNot, "nor one that has our number there");
    claims.check(wait_for_end(dead, 1ms) == Wake::elapsed, "nor is its end seen");
    return claims.text();
  }));
}

// Two containers on one host, each with its pid 1: only their machines tell them apart.
TEST(ProofOfDeath, TheSameNumberInTwoNamespacesIsTwoProcesses) {
  const Isolation isolation{.namespaces = CLONE_NEWPID, .proc = ""};
  HOLDFAST_EXPECT_FINDING(in_isolation(isolation, [&] {
    const Process first = host().self();
    const Finding second = in_isolation(isolation, [&] {
      Claims claims;
      claims.check(first.pid == 1 && host().self().pid == 1, "both are pid 1");
      claims.check(first.machine != 0 && host().self().machine != 0, "each in its own /proc");
      claims.check(first.machine != host().self().machine, "of different machines");
      claims.check(host().life(first) == kNot, "the one does not judge the other");
      return claims.text();
    });
    return second.permitted ? second.text : not_permitted(second.text);
  }));
}

TEST(ProofOfDeath, AnotherTimeNamespaceProvesNothing) {
  const Child holder(sleep_for_ever);
  const Process process = claim_of(holder.pid());
  const Isolation isolation{.namespaces = CLONE_NEWTIME, .boot_offset = 100'000s};
  HOLDFAST_EXPECT_FINDING(in_isolation(isolation, [&] {
    Claims claims;
    const std::uint64_t seen = posix::start_of(stat_file(holder.pid()));
    claims.check(seen != 0 && seen != process.start, "the same process seems started otherwise");
    claims.check(host().self().machine != 0, "its machine is known");
    claims.check(host().self().machine != process.machine, "it is another machine");
    claims.check(host().life(process) == kNot, "nothing is proved");
    return claims.text();
  }));
}

TEST(ProofOfDeath, AForeignProcProvesNothing) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWPID}, [] {
    Claims claims;
    claims.check(::getpid() == 1, "it is the first of its namespace");
    const Process self = host().self();
    claims.check(self.machine == 0, "the outer /proc is not its own");
    Process dead = self;
    dead.pid = kNobody;
    claims.check(host().life(dead) == kNot, "nothing is proved");
    dead.machine = 1;
    claims.check(host().life(dead) == kNot, "of no machine");
    return claims.text();
  }));
}

/// A child that has this number in its own pid namespace and in the one around; 0 in the child.
pid_t fork_as(pid_t number) {
  const pid_t numbers[2] = {number, number};
  clone_args how{};
  how.exit_signal = SIGCHLD;
  how.set_tid = reinterpret_cast<std::uint64_t>(numbers);
  how.set_tid_size = 2;
  return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
}

// The outer /proc then shows "our" number under /proc/self, and would show strangers as others.
TEST(ProofOfDeath, AForeignProcIsKnownEvenWhereItShowsTheSameNumber) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWPID}, []() -> std::string {
    pid_t number = 20'000;
    pid_t child = -1;
    while (child < 0 && number < 20'100) {
      child = fork_as(++number);
      if (child < 0 && errno != EEXIST) return not_permitted("clone3 with set_tid");
    }
    if (child == 0) {
      ::alarm(10);
      const std::string shown = std::filesystem::read_symlink("/proc/self").string();
      if (shown != std::to_string(::getpid())) ::_exit(2);
      ::_exit(host().self().machine == 0 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 2) return "the numbers are not the same";
    return WEXITSTATUS(status) == 0 ? "" : "taken for its own";
  }));
}

TEST(ProofOfDeath, AProcThatHidesOthersProvesNoDeathButTheKernelDoes) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.proc = "hidepid=2"}, [] {
    Claims claims;
    Child holder(sleep_for_ever);
    Process process = claim_of(holder.pid());
    claims.check(process.start != 0 && process.machine != 0, "root sees all");
    // 0 if nothing can be read and life() says what it must.
    const auto judged_by_a_stranger = [&](Life expected) {
      Child judge([&]() -> int {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 2;
        if (posix::start_of(stat_file(holder.pid())) != 0) return 3;
        if (host().self().machine != process.machine) return 4;
        return host().life(process) == expected ? 0 : 1;
      });
      return judge.reap();
    };
    const auto claim = [&](int status, const std::string& text) {
      claims.check(status == 0, text + ": " + std::to_string(status));
    };
    claim(judged_by_a_stranger(kNot), "a process that is hidden lives");
    ++process.start;
    claim(judged_by_a_stranger(kNot), "a start time that cannot be read is no evidence");
    --process.start;
    holder.kill();
    holder.wait_for_end();
    claim(judged_by_a_stranger(kProved), "the pidfd says that it has ended");
    holder.reap();
    claim(judged_by_a_stranger(kProved), "there is no such process");
    return claims.text();
  }));
}

TEST(ProofOfDeath, AProcOfPidsOnlyProvesNothing) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.proc = "subset=pid"}, [] {
    Claims claims;
    Process self = host().self();
    claims.check(self.machine == 0, "no boot id, no machine");
    self.pid = kNobody;
    claims.check(host().life(self) == kNot, "nothing is proved");
    return claims.text();
  }));
}

TEST(ProofOfDeath, WithoutAProcNothingIsProved) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWNS}, [] {
    Claims claims;
    if (::mount("none", "/proc", "tmpfs", 0, nullptr) != 0) return std::string("mount tmpfs");
    Process self = host().self();
    claims.check(self.pid == ::getpid(), "it knows its number");
    claims.check(self.machine == 0 && self.start == 0, "and nothing else");
    self.pid = kNobody;
    claims.check(host().life(self) == kNot, "nothing is proved");
    return claims.text();
  }));
}

// The evidence is asked for again: what was true when the process began may not be so any more.
TEST(ProofOfDeath, AProcThatIsReplacedLaterProvesNothingMore) {
  HOLDFAST_EXPECT_FINDING(in_isolation({.namespaces = CLONE_NEWNS}, [] {
    Claims claims;
    Process dead = host().self();
    claims.check(dead.machine != 0, "at first its /proc is its own");
    dead.pid = kNobody;
    claims.check(host().life(dead) == kProved, "and it judges");
    if (::mount("proc", "/proc", "proc", 0, "subset=pid") != 0) return std::string("mount proc");
    claims.check(host().life(dead) == kNot, "then it does not");
    return claims.text();
  }));
}

/// From now on pidfd_open(2) does not exist for this process.
bool forbid_pidfd() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(ProofOfDeath, WithoutPidfdsOnlyAnotherStartTimeIsProof) {
  HOLDFAST_EXPECT_FINDING(in_isolation({}, [] {
    Claims claims;
    const Child child(sleep_for_ever);
    Process process = claim_of(child.pid());
    claims.check(forbid_pidfd(), "system calls can be forbidden");
    claims.check(host().life(process) == kNot, "a living process is");
    ++process.start;
    claims.check(host().life(process) == kProved, "another one has its number");
    process.pid = kNobody;
    claims.check(host().life(process) == kNot, "a missing entry of /proc is no proof");
    claims.check(wait_for_end(process, 1ms) == Wake::elapsed, "nor is it watched");
    return claims.text();
  }));
}

TEST(ProofOfDeath, AStartTimeIsFoundBehindAnyProgramName) {
  const std::string fields = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21\n";
  EXPECT_EQ(posix::parse_start("12 (sleep)" + fields), 4711U);
  EXPECT_EQ(posix::parse_start("12 (a) S 1 2 3 (b c)) )" + fields), 4711U);
  EXPECT_EQ(posix::parse_start("12 (new\nline)" + fields), 4711U);
  for (const char* text : {"", "12", "12 (x)", "12 (x) S 1 2 3",
                           "12 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 "
                           "13 14 15 16 17 18 x"}) {
    EXPECT_EQ(posix::parse_start(text), 0U) << text;
  }
}

TEST(ProofOfDeath, AStatusIsOursOnlyWithOneNumberAndThatIsOurs) {
  const std::string before = "Name:\tx\nPid:\t7\nNStgid:\t7\n";
  EXPECT_TRUE(posix::shows_as(before + "NSpid:\t7\nNSpgid:\t7\n", 7));
  EXPECT_FALSE(posix::shows_as(before + "NSpid:\t7\t7\nNSpgid:\t7\n", 7));
  EXPECT_FALSE(posix::shows_as(before + "NSpid:\t8\n", 7));
  EXPECT_FALSE(posix::shows_as(before + "NSpid:\t7", 7));  // cut off
  EXPECT_FALSE(posix::shows_as(before, 7));
  EXPECT_FALSE(posix::shows_as("", 7));
}

}  // namespace
}  // namespace holdfast::os::testing
