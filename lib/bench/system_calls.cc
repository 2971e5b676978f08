#include "lib/bench/system_calls.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace holdfast::bench {
namespace {

constexpr int kTimes = 100;
/// A call that nothing else makes marks where the counting begins and ends.
constexpr long kMark = SYS_getppid;

[[noreturn]] void be_traced(const std::function<bool()>& once) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
  ::raise(SIGSTOP);
  bool done = once();
  ::syscall(kMark);
  for (int i = 0; i < kTimes; ++i) done = once() && done;
  ::syscall(kMark);
  ::_exit(done ? 0 : 1);
}

/// The number of the call that the stopped `child` has begun; nullopt if it has not begun one.
std::optional<std::uint64_t> begun_call(pid_t child) {
  __ptrace_syscall_info info{};
  const auto size = ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
  if (size <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY) return std::nullopt;
  return info.entry.nr;
}

}  // namespace

std::optional<double> system_calls_of(const std::function<bool()>& once) {
  const pid_t child = ::fork();
  if (child == 0) be_traced(once);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
    return std::nullopt;
  }
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  int calls = 0;
  bool counting = false;
  while (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0 &&
         ::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
    const auto call = begun_call(child);
    if (call == static_cast<std::uint64_t>(kMark)) {
      counting = !counting;
    } else if (counting && call) {
      ++calls;
    }
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return static_cast<double>(calls) / kTimes;
}

}  // namespace holdfast::bench
