#include "harness/contender/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "harness/descriptor/descriptor.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

constexpr std::size_t kLongestLine = 1024 * 1024;
constexpr std::int64_t kMillisecond = 1'000'000;

std::error_code last_error() { return {errno, std::system_category()}; }

struct Pipe {
  Descriptor read, write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
  }
};

/// This process's environment with `changes` put in, as execve(2) wants it.
class Environment {
 public:
  explicit Environment(const std::vector<std::pair<std::string, std::string>>& changes) {
    for (char** at = environ; *at != nullptr; ++at) {
      const std::string entry = *at;
      const std::string name = entry.substr(0, entry.find('='));
      const auto changed = std::find_if(changes.begin(), changes.end(),
                                        [&](const auto& change) { return change.first == name; });
      if (changed == changes.end()) entries_.push_back(entry);
    }
    for (const auto& [name, value] : changes) entries_.push_back(name + "=" + value);
    for (std::string& entry : entries_) pointers_.push_back(entry.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> entries_;
  std::vector<char*> pointers_;
};

struct Launch {
  pid_t parent;
  int input, output, errors, failure;
  char* const* arguments;
  char* const* environment;
  bool leads_group;
};

/// The child's side of fork(2). Only calls that are safe there. Does not return.
[[noreturn]] void become(const Launch& launch) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);  // it died before that was in force
  if (launch.leads_group) ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGCHLD}) ::signal(number, SIG_DFL);
  const bool placed = ::dup2(launch.input, STDIN_FILENO) >= 0 &&
                      ::dup2(launch.output, STDOUT_FILENO) >= 0 &&
                      ::dup2(launch.errors, STDERR_FILENO) >= 0;
  if (placed) {
    // Whatever else this process has open is none of the program's business.
    ::syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    ::execvpe(launch.arguments[0], launch.arguments, launch.environment);
  }
  const int error = errno;
  const ssize_t ignored = ::write(launch.failure, &error, sizeof error);
  static_cast<void>(ignored);
  ::_exit(127);
}

int open_errors(const std::string& path) {
  if (path.empty()) return ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/// write(2) without a SIGPIPE for this process, whoever else may want that signal.
ssize_t write_quietly(int file, const char* data, std::size_t size) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  const ssize_t written = ::write(file, data, size);
  const int error = errno;
  if (written < 0 && error == EPIPE && !was_pending) {
    const struct timespec now = {};
    while (::sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(const ChildPlan& plan) {
  if (plan.program.empty()) return problem("/contender/program", "names no program");
  const std::string& name = plan.program.front();
  Pipe input, output, failure;
  const Descriptor errors(open_errors(plan.errors));
  if (!errors) return problem(plan.errors, "open the program's log", last_error());
  Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!input.open() || !output.open() || !failure.open() || !wake) {
    return problem(name, "make pipes to talk to it", last_error());
  }
  Environment environment(plan.environment);
  std::vector<std::string> arguments = plan.program;
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);

  const Launch launch{::getpid(),        input.read.number(),    output.write.number(),
                      errors.number(),   failure.write.number(), pointers.data(),
                      environment.get(), plan.leads_group};
  const pid_t pid = ::fork();
  if (pid < 0) return problem(name, "start it", last_error());
  if (pid == 0) become(launch);
  failure.write = Descriptor();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(failure.read.number(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got != 0) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return problem(name, "start it", {error, std::system_category()});
  }
  return std::unique_ptr<Child>(
      new Child(pid, plan.leads_group, input.write.take(), output.read.take(), wake.take()));
}

Child::~Child() {
  ::close(input_);
  if (!wait_until(recorder_now_ns() + kEnding.count() * kMillisecond)) kill();
  if (leads_group_) ::kill(-pid_, SIGKILL);  // what it has started and left behind
  ::close(output_);
  ::close(wake_);
}

bool Child::write_line(const std::string& line) {
  const std::string text = line + "\n";
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write_quietly(input_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

Child::Heard Child::read_line(std::string& line, std::int64_t bound_ns,
                              const std::stop_token& stop) {
  const std::int64_t deadline = recorder_now_ns() + bound_ns;
  const auto raise = [this] {
    const std::uint64_t one = 1;
    const ssize_t ignored = ::write(wake_, &one, sizeof one);
    static_cast<void>(ignored);  // full: it is awake already
  };
  const std::stop_callback on_stop(stop, raise);
  for (;;) {
    const std::size_t end = heard_.find('\n');
    if (end != std::string::npos) {
      line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return Heard::line;
    }
    if (heard_.size() > kLongestLine) return Heard::ended;
    std::array<struct pollfd, 2> files{{{output_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    const nfds_t watched = stop.stop_possible() ? 2 : 1;
    int wait_ms = -1;
    if (bound_ns >= 0) {
      const std::int64_t left = deadline - recorder_now_ns();
      if (left <= 0) return Heard::silence;
      wait_ms = static_cast<int>(std::min<std::int64_t>(left / kMillisecond + 1, INT_MAX));
    }
    if (::poll(files.data(), watched, wait_ms) < 0) {
      if (errno == EINTR) continue;
      return Heard::ended;
    }
    if (files[0].revents != 0) {
      std::array<char, 4096> buffer{};
      const ssize_t got = ::read(output_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Heard::ended;
      heard_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (watched == 2 && files[1].revents != 0) {
      return Heard::stopped;
    }
  }
}

void Child::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

void Child::kill() {
  if (reaped_) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
}

bool Child::ended() {
  if (!reaped_) reaped_ = ::waitpid(pid_, nullptr, WNOHANG) != 0;
  return reaped_;
}

bool Child::wait_until(std::int64_t deadline_ns) {
  if (ended()) return true;
  const Descriptor life(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  while (!ended()) {
    const std::int64_t left = deadline_ns - recorder_now_ns();
    if (left <= 0 || !life) return false;
    struct pollfd file = {life.number(), POLLIN, 0};
    ::poll(&file, 1, static_cast<int>(left / kMillisecond + 1));
  }
  return true;
}

}  // namespace holdfast::harness
