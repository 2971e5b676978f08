// What passes between two processes of one host when one gives a lock back and the other waits for
// it: from the moment before the release to the moment after the acquire has come back, on one
// clock.
//
// The bare handoff beside it is the least that any lock of files can do: one rename by the one who
// gives, one inotify event for the one who waits. The third is the least for a lock that has to be
// taken, too: another rename, of the same directory, by the one who waited.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <holdfast/lock.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/bench/place.h"

namespace holdfast::bench {
namespace {

constexpr const char* kMemory = "/dev/shm";

/// How long the waiter is left alone before it is handed the lock, so that it really waits.
constexpr auto kSettle = std::chrono::microseconds(300);

/// One measurement is the median of so many: who else wants the processor must not show in it.
constexpr std::ptrdiff_t kHandoffs = 2000;

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void sleep_for(std::chrono::nanoseconds duration) {
  timespec left{0, static_cast<long>(duration.count())};
  ::nanosleep(&left, nullptr);
}

/// The two ends of one handoff, in two processes. Each waits for the other through pipes only.
class Baton {
 public:
  virtual ~Baton() = default;
  virtual bool take() = 0;  ///< waits until it is there
  virtual bool give() = 0;
};

class LockBaton final : public Baton {
 public:
  LockBaton(const std::string& path, Duration spin) : lock_(path, options(spin)) {}
  bool take() override {
    std::error_code error;
    lock_.acquire(Patience::of(std::chrono::seconds(10)), {}, error);
    return !error;
  }
  bool give() override {
    std::error_code error;
    lock_.release(error);
    return !error;
  }

 private:
  static Options options(Duration spin) {
    Options options;
    options.spin = spin;
    return options;
  }
  Lock lock_;
};

/// give() renames one file to and fro; take() waits for the event of the other's rename.
class BareBaton final : public Baton {
 public:
  BareBaton(std::string here, std::string there, const std::string& directory)
      : here_(std::move(here)),
        there_(std::move(there)),
        name_(std::filesystem::path(here_).filename().string()) {
    queue_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ::inotify_add_watch(queue_, directory.c_str(), IN_MOVED_TO);
  }
  ~BareBaton() override { ::close(queue_); }
  BareBaton(const BareBaton&) = delete;
  BareBaton& operator=(const BareBaton&) = delete;

  bool take() override {
    while (next_event()) {
    }
    if (::access(here_.c_str(), F_OK) == 0) return true;
    pollfd ready{queue_, POLLIN, 0};
    while (::poll(&ready, 1, 10'000) == 1) {
      if (next_event()) return true;
    }
    return false;
  }
  bool give() override { return ::rename(here_.c_str(), there_.c_str()) == 0; }

 private:
  /// Reads what is queued; whether our name was in it. The rest are our own renames.
  bool next_event() {
    alignas(inotify_event) char events[4096];
    const ssize_t size = ::read(queue_, events, sizeof events);
    bool found = false;
    for (const char* at = events; at < events + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      found = found || name_ == event->name;
      at += sizeof(inotify_event) + event->len;
    }
    return found;
  }

  std::string here_, there_, name_;
  int queue_ = -1;
};

/// The same, and take() renames the file that has come.
class TakenBaton final : public Baton {
 public:
  TakenBaton(const std::string& here, const std::string& there, const std::string& directory)
      : bare_(here, there, directory), here_(here), there_(there), held_(here + "-held") {}
  bool take() override { return bare_.take() && ::rename(here_.c_str(), held_.c_str()) == 0; }
  bool give() override { return ::rename(held_.c_str(), there_.c_str()) == 0; }

 private:
  BareBaton bare_;
  std::string here_, there_, held_;
};

struct Shared {
  std::atomic<std::int64_t> taken_ns;
};

/// The other process: takes when told, tells when it took, gives back when told.
[[noreturn]] void other_end(Baton& baton, Shared& shared, int commands, int answers) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  char command = 0;
  while (::read(commands, &command, 1) == 1) {
    const bool done = command == 't' ? baton.take() : baton.give();
    shared.taken_ns = now_ns();
    const char answer = done ? 'y' : 'n';
    if (::write(answers, &answer, 1) != 1) break;
  }
  ::_exit(0);
}

void measure(benchmark::State& state, Baton& ours, Baton& theirs_before_fork) {
  auto* shared = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  int commands[2], answers[2];
  if (shared == MAP_FAILED || ::pipe2(commands, O_CLOEXEC) != 0 ||
      ::pipe2(answers, O_CLOEXEC) != 0) {
    return state.SkipWithError("no pipes");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(commands[1]);
    other_end(theirs_before_fork, *shared, commands[0], answers[1]);
  }
  ::close(answers[1]);
  const auto tell = [&](char command) { return ::write(commands[1], &command, 1) == 1; };
  const auto heard = [&] {
    char answer = 'n';
    return ::read(answers[0], &answer, 1) == 1 && answer == 'y';
  };
  for (auto _ : state) {
    std::vector<std::int64_t> took(kHandoffs);
    bool done = true;
    for (std::int64_t& each : took) {
      done = done && ours.take() && tell('t');
      sleep_for(kSettle);
      const std::int64_t given_ns = now_ns();
      done = done && ours.give() && heard();
      each = shared->taken_ns - given_ns;
      done = done && tell('g') && heard();
    }
    if (!done) {
      state.SkipWithError("a handoff failed");
      break;
    }
    const auto middle = took.begin() + kHandoffs / 2;
    std::nth_element(took.begin(), middle, took.end());
    state.SetIterationTime(static_cast<double>(*middle) / 1e9);
  }
  ::close(commands[1]);
  ::waitpid(child, nullptr, 0);
  ::close(commands[0]);
  ::close(answers[0]);
  ::munmap(shared, sizeof(Shared));
}

void hand_lock(benchmark::State& state, Duration spin) {
  const auto place = Place::make(kMemory);
  if (!place) return state.SkipWithError("no directory can be made here");
  LockBaton ours(place->file("lock"), spin), theirs(place->file("lock"), spin);
  measure(state, ours, theirs);
}

template <class Bare>
void hand_bare(benchmark::State& state) {
  const auto place = Place::make(kMemory);
  if (!place) return state.SkipWithError("no directory can be made here");
  // Names as long as the lock's own, since the kernel's work grows with them.
  const std::string rest =
      "1700000000000001,0,15000,0,0,host-name,12345,123456789,0123456789abcdef,0123456789abcdef";
  const std::string a = place->file("free," + rest), b = place->file("held," + rest);
  const int made = ::open(a.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (made < 0) return state.SkipWithError("cannot make a file");
  ::close(made);
  const std::string directory = std::filesystem::path(a).parent_path().string();
  Bare ours(a, b, directory), theirs(b, a, directory);
  measure(state, ours, theirs);
}

void handoff_baton(benchmark::State& state) { hand_lock(state, Options().spin); }
void handoff_baton_sleeping(benchmark::State& state) { hand_lock(state, Duration::zero()); }
void handoff_bare(benchmark::State& state) { hand_bare<BareBaton>(state); }
void handoff_two_renames(benchmark::State& state) { hand_bare<TakenBaton>(state); }

BENCHMARK(handoff_bare)->UseManualTime()->Iterations(1);
BENCHMARK(handoff_two_renames)->UseManualTime()->Iterations(1);
BENCHMARK(handoff_baton)->UseManualTime()->Iterations(1);
BENCHMARK(handoff_baton_sleeping)->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace holdfast::bench
