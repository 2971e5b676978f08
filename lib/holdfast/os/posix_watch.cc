// Waiting on Linux: one poll(2) for a change in a directory, the end of a process, a stop request
// and the time.
//
// Which changes wake: a lock comes free by a rename within its directory (`baton`; `link` moves the
// lock aside) or by an unlink (flufl.lock). Nothing comes free by a creation or a touch, and
// waiters do both, so these wake nobody.

#include <holdfast/os/posix.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>

#include <climits>
#include <optional>

namespace holdfast::os::posix {
namespace {

constexpr std::uint32_t kChanges =
    IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED;

/// Makes a stop request readable for poll(2).
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop) {
    if (!stop.stop_possible()) return;
    event_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_) return;
    callback_.emplace(stop, Signal{event_.number()});
  }
  int number() const { return event_.number(); }
  /// No descriptor was left: a stop request is seen only at the end of a wait.
  bool deaf(const std::stop_token& stop) const { return stop.stop_possible() && !event_; }

 private:
  struct Signal {
    int event;
    void operator()() const noexcept { static_cast<void>(::eventfd_write(event, 1)); }
  };
  Descriptor event_;
  std::optional<std::stop_callback<Signal>> callback_;  // gone before the descriptor is closed
};

class PosixWatch final : public Watch {
 public:
  PosixWatch(std::string directory, Host& host) : directory_(std::move(directory)), host_(host) {}

  void watch_process(const std::optional<Process>& process) override;
  Wake wait(Duration at_most, const std::stop_token& stop) override;
  std::string arrived() const override { return arrived_; }
  bool notified() const override { return watching_; }

 private:
  bool begin_watching();
  bool drain();

  std::string directory_;  // empty: only sleeps
  Host& host_;
  Descriptor queue_;
  bool watching_ = false;
  std::uint64_t queue_of_ = 0;  // the fork count of the process that made the queue
  std::optional<Process> process_;
  Descriptor pidfd_;
  std::string arrived_;
  bool ended_ = false;  // the watched process had ended before it could be watched
};

void PosixWatch::watch_process(const std::optional<Process>& process) {
  if (process == process_) return;
  process_ = process;
  pidfd_.reset();
  ended_ = false;
  if (!process || process->pid <= 0 || process->pid > INT_MAX) return;
  const Process self = host_.self();
  if (self.machine == 0 || self.machine != process->machine || self.host != process->host) return;
  pidfd_ =
      Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(process->pid), 0)));
  ended_ = !pidfd_ && errno == ESRCH;
}

/// True if the watch was not there before: what happened until now, nobody has told us.
bool PosixWatch::begin_watching() {
  if (directory_.empty() || (watching_ && queue_of_ == host_.fork_count())) return false;
  if (queue_of_ != host_.fork_count()) queue_.reset();  // a parent's queue is not ours to drain
  watching_ = false;
  if (!queue_) {
    queue_ = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    queue_of_ = host_.fork_count();
    if (!queue_) return false;
  }
  watching_ = ::inotify_add_watch(queue_.number(), directory_.c_str(), kChanges) >= 0;
  if (!watching_) queue_.reset();  // instances are few: hold none in vain
  return watching_;
}

/// Reads what is queued. Afterwards the watch may have ended with its directory.
bool PosixWatch::drain() {
  constexpr std::size_t kLongestEvent = sizeof(inotify_event) + NAME_MAX + 1;
  alignas(inotify_event) char events[4096];
  bool any = false;
  ssize_t size;
  while ((size = ::read(queue_.number(), events, sizeof events)) > 0) {
    any = true;
    const inotify_event* last_arrival = nullptr;
    for (const char* at = events; at < events + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      if ((event->mask & kGone) != 0) watching_ = false;
      if ((event->mask & IN_MOVED_TO) != 0 && event->len > 0) last_arrival = event;
      at += sizeof(inotify_event) + event->len;
    }
    if (last_arrival != nullptr) arrived_ = last_arrival->name;
    // Where another event would have fitted, none was left: this saves the call that says so.
    if (static_cast<std::size_t>(size) + kLongestEvent <= sizeof events) break;
  }
  if (!watching_) queue_.reset();
  return any;
}

Wake PosixWatch::wait(Duration at_most, const std::stop_token& stop) {
  arrived_.clear();
  if (stop.stop_requested()) return Wake::stopped;
  if (begin_watching()) return Wake::changed;
  if (ended_) {
    ended_ = false;
    return Wake::ended;
  }
  const StopEvent stopping(stop);
  // poll(2) passes over negative descriptors.
  pollfd ready[3] = {{watching_ ? queue_.number() : -1, POLLIN, 0},
                     {pidfd_.number(), POLLIN, 0},
                     {stopping.number(), POLLIN, 0}};
  const Duration longest =
      stopping.deaf(stop) ? Duration(std::chrono::milliseconds(50)) : std::chrono::hours(1);
  at_most = std::clamp(at_most, Duration::zero(), longest);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
  const timespec limit{static_cast<time_t>(seconds.count()),
                       static_cast<long>((at_most - seconds).count())};
  const int count = ::ppoll(ready, 3, &limit, nullptr);
  if (stop.stop_requested()) return Wake::stopped;
  if (count <= 0) return Wake::elapsed;
  if (ready[0].revents != 0 && drain()) return Wake::changed;
  if (ready[1].revents != 0) {
    pidfd_.reset();  // told once
    return Wake::ended;
  }
  return Wake::elapsed;
}

}  // namespace

std::unique_ptr<Watch> make_watch(std::string directory, Host& host) {
  return std::make_unique<PosixWatch>(std::move(directory), host);
}

}  // namespace holdfast::os::posix
