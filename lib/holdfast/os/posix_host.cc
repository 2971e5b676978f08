// Host on Linux: this process, its random bits, its forks, and its ways to wait.

#include <holdfast/os/posix.h>
#include <holdfast/os/posix_process.h>
#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdlib>

namespace holdfast::os::posix {
namespace {

std::atomic<std::uint64_t> forks{0};

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

class PosixHost final : public Host {
 public:
  PosixHost() {
    if (::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); }) != 0) std::abort();
  }

  Process self() override { return known_self(); }
  std::string full_name() override;
  Life life(const Process& process) override;
  std::uint64_t random_bits() override;
  std::uint64_t fork_count() override { return forks.load(); }
  std::unique_ptr<Watch> watch(const std::string& directory) override {
    return make_watch(directory, *this, spare_);
  }
  Wake sleep(Duration at_most, const std::stop_token& stop) override {
    return posix::sleep(at_most, stop, *this, spare_);
  }

 private:
  /// Who this process was found to be. Never changed once it can be seen by other threads.
  struct Identity {
    Process process;
    std::uint64_t of_fork;
    const Identity* parents;  // keeps it reachable: a child cannot know who else still reads it
  };

  const Process& known_self();

  std::atomic<const Identity*> identity_{nullptr};
  std::atomic<const std::string*> full_name_{nullptr};
  SpareQueue spare_;
};

/// Found out once per process, without a mutex, which a fork could copy in its locked state.
const Process& PosixHost::known_self() {
  const std::uint64_t now = forks.load();
  const Identity* known = identity_.load();
  if (known != nullptr && known->of_fork == now) return known->process;
  auto found = std::make_unique<Identity>();
  found->of_fork = now;
  found->parents = known;
  found->process = {host_name(), ::getpid(), start_of("/proc/self/stat"), machine_of_self()};
  // If another thread was first, what it found is as good.
  if (!identity_.compare_exchange_strong(known, found.get())) return known->process;
  return found.release()->process;
}

/// Asked for once: a lock is made in a moment, a name server may take seconds.
std::string PosixHost::full_name() {
  const std::string* known = full_name_.load();
  if (known != nullptr) return *known;
  auto found = std::make_unique<std::string>(full_name_of(host_name()));
  if (!full_name_.compare_exchange_strong(known, found.get())) return *known;
  return *found.release();
}

Life PosixHost::life(const Process& process) {
  const Process& judge = known_self();
  if (judge.machine == 0 || judge.machine != process.machine || judge.host != process.host ||
      !has_ended(process.pid, process.start)) {
    return Life::not_proved_dead;
  }
  // The evidence counts only if it was seen from that machine. Asked again, and after it, since a
  // process can be given another /proc, or another time namespace, while it runs.
  return machine_of_self() == process.machine ? Life::proved_dead : Life::not_proved_dead;
}

std::uint64_t PosixHost::random_bits() {
  // Drawn in blocks, since a system call for each would cost a tenth of a rename; a forked child
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

std::uint64_t fork_count() { return forks.load(); }

Host& host() {
  // Never destroyed: what is static in a program may use it until the very end.
  static Host& instance = *new PosixHost;
  return instance;
}

}  // namespace holdfast::os::posix

namespace holdfast::os {

System native() { return {&posix::files(), &posix::clock(), &posix::host()}; }

}  // namespace holdfast::os
