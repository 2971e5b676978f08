// Host on Linux: who this process is, and what can be proved of another one's death.

#include <fcntl.h>
#include <holdfast/os/posix.h>
#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <string_view>

namespace holdfast::os::posix {
namespace {

std::atomic<std::uint64_t> forks{0};

/// Contents of a file of /proc; empty if it cannot be read.
std::string proc_file(const std::string& path) {
  std::string contents;
  if (files().read(path, 4096, contents)) contents.clear();
  return contents;
}

std::string link_target(const char* path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path, target, sizeof target);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
}

/// Field 22 of /proc/PID/stat; 0 if it cannot be read. The second field is the program's name,
/// which may contain anything, so counting begins after the last parenthesis.
std::uint64_t start_of(const std::string& stat) {
  constexpr int kFieldsBetween = 19;  // from the third to the one before the start time
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::size_t at = name_end + 2;
  for (int field = 0; field < kFieldsBetween; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return 0;
    ++at;
  }
  std::uint64_t start = 0;
  const auto [end, error] = std::from_chars(stat.data() + at, stat.data() + stat.size(), start);
  return error == std::errc{} && end != stat.data() + at ? start : 0;
}

/// FNV-1a, 64 bits: spreads, and needs no table. Not secret, not a proof by itself.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char byte : text) {
    value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return value == 0 ? 1 : value;
}

/// 0 unless this /proc is ours: boot, pid namespace and time namespace can be read, and it shows
/// this process under the pid that the kernel gives it.
std::uint64_t machine_of_self() {
  if (link_target("/proc/self") != std::to_string(::getpid())) return 0;
  const std::string boot = proc_file("/proc/sys/kernel/random/boot_id");
  const std::string pids = link_target("/proc/self/ns/pid");
  const std::string time = link_target("/proc/self/ns/time");
  if (boot.empty() || pids.empty() || time.empty()) return 0;
  return hash(boot + "\n" + pids + "\n" + time);
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

class PosixHost final : public Host {
 public:
  PosixHost() {
    if (::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); }) != 0) std::abort();
  }

  Process self() override;
  Life life(const Process& process) override;
  std::uint64_t random_bits() override;
  std::uint64_t fork_count() override { return forks.load(); }
  std::unique_ptr<Watch> watch(const std::string& directory) override {
    return make_watch(directory, *this);
  }
  Wake sleep(Duration at_most, const std::stop_token& stop) override {
    return make_watch({}, *this)->wait(at_most, stop);
  }
};

Process PosixHost::self() {
  // Per thread, so that it needs no mutex that a fork could copy in its locked state.
  thread_local std::uint64_t known_forks = ~std::uint64_t{0};
  thread_local Process known;
  const std::uint64_t now = forks.load();
  if (known_forks != now) {
    known.host = host_name();
    known.pid = ::getpid();
    known.machine = machine_of_self();
    known.start = known.machine == 0 ? 0 : start_of(proc_file("/proc/self/stat"));
    known_forks = now;
  }
  return known;
}

Life PosixHost::life(const Process& process) {
  const Process judge = self();
  if (judge.machine == 0 || judge.machine != process.machine || judge.host != process.host ||
      process.pid <= 0 || process.pid > INT_MAX) {
    return Life::not_proved_dead;
  }
  const Descriptor pidfd(
      static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0)));
  if (!pidfd) return errno == ESRCH ? Life::proved_dead : Life::not_proved_dead;
  // Readable only when every thread has ended: a leader that has exited before its threads is not.
  pollfd ended{pidfd.number(), POLLIN, 0};
  if (::poll(&ended, 1, 0) == 1 && (ended.revents & POLLIN) != 0) return Life::proved_dead;
  // The pidfd pins the process that has this pid now; a readable start time tells whether it is it.
  const std::uint64_t start = start_of(proc_file("/proc/" + std::to_string(process.pid) + "/stat"));
  if (start != 0 && process.start != 0 && start != process.start) return Life::proved_dead;
  return Life::not_proved_dead;
}

std::uint64_t PosixHost::random_bits() {
  // Drawn in blocks, since a system call for each would cost as much as a rename; a forked child
  // must not repeat its parent's, so a block is good for one process only.
  thread_local std::array<std::uint64_t, 32> block;
  thread_local std::size_t left = 0;
  thread_local std::uint64_t drawn_by = 0;
  const std::uint64_t now = forks.load();
  if (left == 0 || drawn_by != now) {
    const ssize_t size = uninterrupted([] { return ::getrandom(block.data(), sizeof block, 0); });
    // No randomness, no unique names, no lock: nothing that can be handled.
    if (size != sizeof block) std::abort();
    left = block.size();
    drawn_by = now;
  }
  return block[--left];
}

}  // namespace

Host& host() {
  static PosixHost instance;
  return instance;
}

}  // namespace holdfast::os::posix
