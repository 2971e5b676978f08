// Waiting on Linux: one ppoll(2) for a change in a directory, the end of a process, a stop request
// and the time.
//
// Which changes wake: a `baton` comes free by a rename within its directory; a `link` lock by a
// rename aside, or by the unlink(2) of flufl.lock. Either shows as IN_MOVED_TO or IN_DELETE.
// Nothing comes free by a creation, a write or a touch, and waiters themselves do all three, so
// these wake nobody. A directory that is removed or moved away wakes too, and is looked for again.

#include <holdfast/os/posix.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <optional>
#include <thread>

namespace holdfast::os::posix {
namespace {

constexpr std::uint32_t kChanges =
    IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED;
/// How often a stop request is looked for when no descriptor was left to be told by.
constexpr Duration kDeaf = std::chrono::milliseconds(10);
constexpr Duration kLongest = std::chrono::hours(1);
constexpr std::uint64_t kNumber = 0xffffffff;

/// CLOCK_MONOTONIC, by which the kernel's timers run.
Duration timer_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// How long a wait goes on. Signals end ppoll(2) early, and very long waits are made of several.
class Timer {
 public:
  explicit Timer(Duration at_most) {
    const Duration now = timer_now();
    end_ = at_most < Duration::max() - now ? now + at_most : Duration::max();
  }
  bool over() const { return timer_now() >= end_; }
  timespec left(Duration at_most) const {
    const Duration left = std::clamp(end_ - timer_now(), Duration::zero(), at_most);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
  }

 private:
  Duration end_;
};

/// The inotify instance of one watch.
class Queue {
 public:
  explicit Queue(SpareQueue& spare) : spare_(spare) {}
  ~Queue() { close(); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// In a forked child it is not: the parent's events are not ours to read.
  bool is_open() const { return watch_ >= 0 && made_by_ == fork_count(); }
  int number() const { return is_open() ? queue_.number() : -1; }
  void open(const std::string& directory);
  void close();
  /// Reads what has come, and notes the name that was renamed here last. Whether any of it was
  /// about the directory; closed if that is gone.
  bool drain(std::string& arrived);

 private:
  SpareQueue& spare_;
  Descriptor queue_;
  std::uint64_t made_by_ = 0;
  int watch_ = -1;
};

void Queue::open(const std::string& directory) {
  close();
  queue_ = spare_.take();
  made_by_ = fork_count();
  if (queue_) watch_ = ::inotify_add_watch(queue_.number(), directory.c_str(), kChanges);
  if (watch_ < 0) close();  // instances are few: hold none in vain
}

void Queue::close() {
  if (is_open()) ::inotify_rm_watch(queue_.number(), watch_);
  watch_ = -1;
  if (queue_) spare_.give(std::move(queue_), made_by_);
}

bool Queue::drain(std::string& arrived) {
  constexpr int kMostReads = 64;  // what is left is read at the next wait
  constexpr std::size_t kLongestEvent = sizeof(inotify_event) + NAME_MAX + 1;
  alignas(inotify_event) char events[4096];
  bool any = false;
  bool gone = false;
  for (int reads = 0; reads < kMostReads; ++reads) {
    const ssize_t size = ::read(queue_.number(), events, sizeof events);
    if (size <= 0) break;
    const inotify_event* last_arrival = nullptr;
    for (const char* at = events; at < events + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      // Events of the instance's former watch may still come; IN_Q_OVERFLOW has no watch.
      if (event->wd != watch_ && (event->mask & IN_Q_OVERFLOW) == 0) continue;
      any = true;
      gone |= (event->mask & kGone) != 0;
      if ((event->mask & IN_MOVED_TO) != 0 && event->len > 0) last_arrival = event;
    }
    if (last_arrival != nullptr) arrived = last_arrival->name;
    // Where another event would have fitted, none was left: this saves the call that says so.
    if (static_cast<std::size_t>(size) + kLongestEvent <= sizeof events) break;
  }
  if (gone) close();
  return any;
}

/// Makes a stop request readable for poll(2), for the time of one wait.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop) {
    if (!stop.stop_possible()) return;
    event_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    deaf_ = !event_;
    if (event_) callback_.emplace(stop, Signal{event_.number()});
  }
  int number() const { return event_.number(); }
  /// No descriptor was left, so nothing tells of a stop request.
  bool deaf() const { return deaf_; }

 private:
  struct Signal {
    int event;
    void operator()() const noexcept { static_cast<void>(::eventfd_write(event, 1)); }
  };
  Descriptor event_;
  bool deaf_ = false;
  std::optional<std::stop_callback<Signal>> callback_;  // gone before the descriptor is closed
};

class PosixWatch final : public Watch {
 public:
  PosixWatch(std::string directory, Host& host, SpareQueue& spare)
      : directory_(std::move(directory)), host_(host), queue_(spare) {}

  void watch_process(const std::optional<Process>& process) override;
  void spin(Duration at_most) override { spin_ = at_most; }
  Wake wait(Duration at_most, const std::stop_token& stop) override;
  const std::string& arrived() const override { return arrived_; }
  bool notified() const override { return queue_.is_open(); }

 private:
  /// Whether a change, or a stop request, came within `at_most`.
  bool look_awake(Duration at_most, const std::stop_token& stop);

  std::string directory_;  // empty: only sleeps
  Host& host_;
  Queue queue_;
  std::optional<Process> process_;
  Descriptor pidfd_;
  Duration spin_{};
  std::string arrived_;
  bool ended_ = false;  // the process had ended before it could be watched
};

void PosixWatch::watch_process(const std::optional<Process>& process) {
  if (process == process_) return;
  process_ = process;
  pidfd_.reset();
  ended_ = false;
  if (!process) return;
  const Process self = host_.self();
  if (self.machine == 0 || self.machine != process->machine || self.host != process->host) return;
  pidfd_ = open_process(process->pid);
  // Asked when the pidfd is open, so that an end is seen either here or there.
  ended_ = host_.life(*process) == Life::proved_dead;
}

bool PosixWatch::look_awake(Duration at_most, const std::stop_token& stop) {
  const Timer timer(at_most);
  while (queue_.is_open() && !timer.over()) {
    if (stop.stop_requested() || queue_.drain(arrived_)) return true;
    std::this_thread::yield();  // whoever holds the lock may want this processor
  }
  return false;
}

Wake PosixWatch::wait(Duration at_most, const std::stop_token& stop) {
  arrived_.clear();
  if (stop.stop_requested()) return Wake::stopped;
  if (!directory_.empty() && !queue_.is_open()) {
    queue_.open(directory_);
    if (queue_.is_open()) return Wake::changed;  // what happened until now, nobody has told us
  }
  if (std::exchange(ended_, false)) {
    pidfd_.reset();
    return Wake::ended;
  }
  const Timer timer(at_most);
  if (spin_ > Duration::zero() && look_awake(std::min(spin_, at_most), stop)) {
    return stop.stop_requested() ? Wake::stopped : Wake::changed;
  }
  const StopEvent stopping(stop);
  for (;;) {
    // Negative descriptors are passed over.
    pollfd ready[3] = {
        {queue_.number(), POLLIN, 0}, {pidfd_.number(), POLLIN, 0}, {stopping.number(), POLLIN, 0}};
    const timespec left = timer.left(stopping.deaf() ? kDeaf : kLongest);
    static_cast<void>(::ppoll(ready, 3, &left, nullptr));
    if (stop.stop_requested()) return Wake::stopped;
    if (ready[0].revents != 0 && queue_.drain(arrived_)) return Wake::changed;
    if (ready[1].revents != 0) {
      pidfd_.reset();  // told once
      return Wake::ended;
    }
    if (timer.over()) return Wake::elapsed;
  }
}

}  // namespace

SpareQueue::~SpareQueue() { take(); }

Descriptor SpareQueue::take() {
  const std::uint64_t kept = kept_.exchange(0);
  if (kept != 0) {
    Descriptor queue(static_cast<int>(kept & kNumber) - 1);
    if (kept >> 32 == (fork_count() & kNumber)) return queue;
  }
  return Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

void SpareQueue::give(Descriptor queue, std::uint64_t made_by) {
  if (made_by != fork_count()) return;
  std::uint64_t none = 0;
  const auto number = static_cast<std::uint64_t>(queue.number()) + 1;
  if (kept_.compare_exchange_strong(none, made_by << 32 | number)) queue.release();
}

std::unique_ptr<Watch> make_watch(std::string directory, Host& host, SpareQueue& spare) {
  return std::make_unique<PosixWatch>(std::move(directory), host, spare);
}

Wake sleep(Duration at_most, const std::stop_token& stop, Host& host, SpareQueue& spare) {
  return PosixWatch({}, host, spare).wait(at_most, stop);
}

}  // namespace holdfast::os::posix
