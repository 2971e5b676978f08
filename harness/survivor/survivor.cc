#include "harness/survivor/survivor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::harness {
namespace {

[[noreturn]] void survive(int pipe, const std::function<void(const std::string& told)>& act) {
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
  std::string told;
  char bytes[1024];
  for (ssize_t size = 0; (size = ::read(3, bytes, sizeof bytes)) != 0;) {
    if (size > 0) told.append(bytes, static_cast<std::size_t>(size));
    if (size < 0 && errno != EINTR) break;
  }
  act(told);
  ::_exit(0);
}

}  // namespace

Result<Survivor> Survivor::post(const std::function<void(const std::string& told)>& act) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return problem("", "make a pipe", std::error_code(errno, std::system_category()));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    survive(ends[0], act);
  }
  ::close(ends[0]);
  if (child < 0) {
    const std::error_code error(errno, std::system_category());
    ::close(ends[1]);
    return problem("", "start a process that cleans up", error);
  }
  return Survivor(ends[1], child);
}

Survivor::~Survivor() {
  if (pipe_ >= 0) ::close(pipe_);
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

void Survivor::tell(const std::string& text) const {
  // A write of this size is never cut; it fails only if the survivor was killed.
  static_cast<void>(::write(pipe_, text.data(), text.size()) < 0);
}

}  // namespace holdfast::harness
