#include "harness/fleet/own_namespaces.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/descriptor/read_to_end.h"

namespace holdfast::harness {
namespace {

std::error_code last_error() { return {errno, std::system_category()}; }

Result<void> write_once(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return problem(path, "open it", last_error());
  const ssize_t wrote = ::write(file, text.data(), text.size());
  const std::error_code error = wrote < 0 ? last_error() : std::error_code();
  ::close(file);
  if (error) return problem(path, "write it", error);
  return {};
}

/// A user without root's powers has them in a user namespace, where all files stay as they are.
Result<void> unshare_all() {
  constexpr int kOwn = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS;
  if (::unshare(kOwn) == 0) return {};
  if (errno != EPERM) return problem("namespaces", "make a host's own", last_error());
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(kOwn | CLONE_NEWUSER) != 0) {
    return problem("namespaces", "make a host's own without being root", last_error());
  }
  if (auto written = write_once("/proc/self/setgroups", "deny"); !written) return written;
  if (auto written = write_once("/proc/self/uid_map", user + " " + user + " 1"); !written) {
    return written;
  }
  return write_once("/proc/self/gid_map", group + " " + group + " 1");
}

/// The new network has nothing but a loopback device, and that is down.
Result<void> loopback_up() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return problem("namespaces", "make a socket in a network", last_error());
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const std::error_code error =
      ::ioctl(socket, SIOCSIFFLAGS, &request) == 0 ? std::error_code() : last_error();
  ::close(socket);
  if (error) return problem("namespaces", "turn the loopback device on", error);
  return {};
}

/// As pid 1: what it sees of files that speak of processes must be its own.
Result<void> settle(const std::string& name) {
  // Mounts that go away outside go away here, but nothing that is mounted here gets out.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return problem("namespaces", "keep a host's mounts to itself", last_error());
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return problem("namespaces", "mount a host's own /proc", last_error());
  }
  // Files there are named after pids, and pids are not unique any more.
  if (::mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) {
    return problem("namespaces", "mount a host's own /dev/shm", last_error());
  }
  if (::sethostname(name.data(), name.size()) != 0) {
    return problem("namespaces", "name a host " + name, last_error());
  }
  return loopback_up();
}

int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 128;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<std::optional<int>> enter_own_namespaces(const std::string& name) {
  if (auto done = unshare_all(); !done) return tl::unexpected(done.error());
  std::array<int, 2> words{};
  if (::pipe2(words.data(), O_CLOEXEC) != 0) return problem(name, "make a pipe", last_error());
  const pid_t child = ::fork();
  if (child < 0) return problem(name, "start its first process", last_error());
  if (child == 0) {
    ::close(words[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the kernel was asked; then nobody reads.
    pollfd reader{words[1], 0, 0};
    if (::poll(&reader, 1, 0) != 0) ::_exit(1);
    const auto settled = settle(name);
    if (settled) {
      ::close(words[1]);
      return std::nullopt;
    }
    const std::string text = settled.error().text();
    // The parent reads until the end; were it gone, nobody would be left to be told.
    static_cast<void>(!::write(words[1], text.data(), text.size()));
    ::_exit(1);
  }
  ::close(words[1]);
  // Nothing: it has settled.
  const std::string refused = read_to_end(words[0]);
  ::close(words[0]);
  if (!refused.empty()) {
    status_of(child);
    return problem(name, refused);
  }
  // The ends of these pipes are the child's alone, so that its end is seen.
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
  return status_of(child);
}

std::optional<std::string> why_no_own_namespaces() {
  std::array<int, 2> words{};
  if (::pipe2(words.data(), O_CLOEXEC) != 0) return last_error().message();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(words[0]);
    const auto entered = enter_own_namespaces("probe");
    if (!entered) {
      const std::string text = entered.error().text();
      static_cast<void>(!::write(words[1], text.data(), text.size()));
    }
    ::_exit(0);
  }
  ::close(words[1]);
  const std::string refused = child < 0 ? last_error().message() : read_to_end(words[0]);
  ::close(words[0]);
  if (child > 0) status_of(child);
  if (refused.empty()) return std::nullopt;
  return refused;
}

}  // namespace holdfast::harness
