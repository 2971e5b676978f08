#include <fcntl.h>
#include <holdfast/os/testing/processes.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace holdfast::os::testing {
namespace {

constexpr char kNotPermitted = '!';  // begins the report of what could not be tried
constexpr char kEnd = '.';           // ends every report

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::abort();
}

pid_t fork_that_dies_with_us() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) die("fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // 0: the parent is of an outer pid namespace.
    if (::getppid() != parent && ::getppid() != 0) ::_exit(1);
  }
  return child;
}

bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written;
}

std::string refused(const char* what) {
  return not_permitted(std::string(what) + ": " + std::strerror(errno));
}

/// Empty, or why it cannot be.
std::string enter_namespaces(const Isolation& isolation) {
  const int namespaces = isolation.namespaces | (isolation.proc ? CLONE_NEWNS : 0);
  if (namespaces != 0 && ::unshare(namespaces) != 0) return refused("unshare");
  if (isolation.boot_offset.count() != 0 &&
      !write_file("/proc/self/timens_offsets",
                  "boottime " + std::to_string(isolation.boot_offset.count()) + " 0")) {
    return refused("timens_offsets");
  }
  if ((namespaces & CLONE_NEWNS) != 0 &&
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return refused("mount --make-rprivate /");
  }
  return {};
}

std::string mount_proc(const Isolation& isolation) {
  if (!isolation.proc) return {};
  const char* options = isolation.proc->c_str();
  return ::mount("proc", "/proc", "proc", 0, options) == 0 ? "" : refused("mount proc");
}

[[noreturn]] void report(int to, const std::string& text) {
  const std::string whole = text + kEnd;
  ::_exit(::write(to, whole.data(), whole.size()) < 0 ? 1 : 0);
}

/// The outer process: makes the namespaces, whose first process is its child, and waits for that.
[[noreturn]] void isolate(const Isolation& isolation, const std::function<std::string()>& body,
                          int to) {
  ::alarm(static_cast<unsigned>(isolation.at_most.count()));
  const std::string why_not = enter_namespaces(isolation);
  if (!why_not.empty()) report(to, why_not);
  const pid_t inner = fork_that_dies_with_us();
  if (inner == 0) {
    const std::string why_no_proc = mount_proc(isolation);
    report(to, why_no_proc.empty() ? body() : why_no_proc);
  }
  ::waitpid(inner, nullptr, 0);
  ::_exit(0);
}

std::string read_to_end(int from) {
  std::string text;
  char part[512];
  ssize_t size;
  while ((size = ::read(from, part, sizeof part)) > 0) text.append(part, static_cast<size_t>(size));
  return text;
}

}  // namespace

Child::Child(const std::function<int()>& body) : pid_(fork_that_dies_with_us()) {
  if (pid_ == 0) ::_exit(body());
}

Child::~Child() {
  if (ended_) return;
  kill();
  reap();
}

void Child::kill() const { ::kill(pid_, SIGKILL); }

int Child::reap() {
  if (ended_) return *ended_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return *ended_;
}

void Child::wait_for_end() const {
  siginfo_t info;
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
}

int sleep_for_ever() {
  for (;;) ::pause();
}

std::string not_permitted(const std::string& why) { return kNotPermitted + why; }

Finding in_isolation(const Isolation& isolation, const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) die("pipe2");
  Child outer([&]() -> int {
    ::close(ends[0]);
    isolate(isolation, body, ends[1]);
  });
  ::close(ends[1]);
  std::string text = read_to_end(ends[0]);
  ::close(ends[0]);
  outer.kill();
  outer.reap();
  if (!text.ends_with(kEnd)) return {true, text + "\nended before its body did"};
  text.pop_back();
  if (text.starts_with(kNotPermitted)) return {false, text.substr(1)};
  return {true, text};
}

bool eventually(const std::function<bool()>& so) {
  for (int tries = 0; tries < 5000; ++tries) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace holdfast::os::testing
