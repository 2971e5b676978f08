#include "harness/sharedmount/guardian.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace holdfast::harness::mount {
namespace {

/// mountinfo writes spaces, tabs, newlines and backslashes as octal numbers.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

[[noreturn]] void guard(int pipe) {
  ::setsid();
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  if (::dup2(pipe, 3) != 3) ::_exit(1);
  ::close_range(4, ~0U, 0);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) ::dup2(nothing, standard);
  static_cast<void>(::chdir("/"));
  std::string text;
  char bytes[1024];
  for (ssize_t size = 0; (size = ::read(3, bytes, sizeof bytes)) != 0;) {
    if (size > 0) text.append(bytes, static_cast<std::size_t>(size));
    if (size < 0 && errno != EINTR) break;
  }
  std::istringstream lines(text);
  std::string device, place;
  // What somebody else has mounted there since is not ours to take away.
  while (std::getline(lines, device, '\0') && std::getline(lines, place, '\0')) {
    if (mounted_device(place) == device) unmount(place);
  }
  ::_exit(0);
}

}  // namespace

std::string mounted_device(const std::string& place) {
  std::ifstream table("/proc/self/mountinfo");
  std::string found;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    if (words >> id >> parent >> device >> root >> point && unescaped(point) == place) {
      found = device;
    }
  }
  return found;
}

void unmount(const std::string& place) {
  if (::umount2(place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno != EPERM) return;
  std::string words[] = {"fusermount3", "-u", "-z", "-q", "--", place};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                       words[4].data(), words[5].data(), nullptr};
  pid_t helper = 0;
  if (::posix_spawnp(&helper, words[0].c_str(), nullptr, nullptr, arguments, environ) == 0) {
    ::waitpid(helper, nullptr, 0);
  }
}

Result<Guardian> Guardian::post() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return problem("", "make a pipe", std::error_code(errno, std::system_category()));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    guard(ends[0]);
  }
  ::close(ends[0]);
  Descriptor kept(ends[1]);
  if (child < 0) {
    return problem("", "start the guardian of the mounts",
                   std::error_code(errno, std::system_category()));
  }
  return Guardian(std::move(kept), child);
}

Guardian::~Guardian() {
  pipe_ = Descriptor();
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

void Guardian::watch(const std::string& place) const {
  std::string words = mounted_device(place);
  words += '\0';
  words += place;
  words += '\0';
  // A write of this size is never cut; it fails only if the guardian was killed.
  static_cast<void>(::write(pipe_.number(), words.data(), words.size()) < 0);
}

}  // namespace holdfast::harness::mount
