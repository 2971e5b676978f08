#include "harness/lab/machines.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "harness/lab/socket.h"

namespace holdfast::harness::lab {
namespace {

/// In a child: becomes the guest's kernel.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& log) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::setenv("TMPDIR", "/dev/shm", 1);  // the guest's memory is a file that nobody can name
  std::vector<std::string> copy = words;
  std::vector<char*> arguments;
  for (std::string& word : copy) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Machines::Machines(std::string folder, std::string program, std::vector<Guest> guests)
    : folder_(std::move(folder)), program_(std::move(program)), guests_(std::move(guests)) {}

const Guest* Machines::find(const std::string& name) const {
  const auto found = std::find_if(guests_.begin(), guests_.end(),
                                  [&](const Guest& guest) { return guest.name == name; });
  return found == guests_.end() ? nullptr : &*found;
}

Result<void> Machines::boot(const Guest& guest) {
  if (up(guest.name)) return {};
  std::error_code ignored;  // what is not there need not be removed
  std::filesystem::remove_all(folder_ + "/uml/" + guest.name, ignored);
  const auto words = kernel_words(
      guest, {folder_, program_, folder_ + "/" + guest.name + ".json", folder_ + "/disk"});
  const pid_t child = ::fork();
  if (child == 0) become(words, folder_ + "/" + guest.name + ".log");
  if (child < 0) return problem(guest.name, "start its kernel", system_error());
  running_[guest.name] = child;
  return {};
}

Result<void> Machines::crash(const Guest& guest) {
  const auto found = running_.find(guest.name);
  if (found == running_.end()) return {};
  const pid_t group = found->second;
  for (int round = 0; round < 5000; ++round) {
    ::kill(-group, SIGKILL);
    reap();
    if (::kill(-group, 0) != 0 && errno == ESRCH) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return problem(guest.name, "would not die within five seconds");
}

Result<void> Machines::pause(const Guest& guest) {
  const auto found = running_.find(guest.name);
  if (found == running_.end()) return problem(guest.name, "does not run");
  if (::kill(found->second, SIGSTOP) == 0) return {};
  return problem(guest.name, "stop it", system_error());
}

Result<void> Machines::resume(const Guest& guest) {
  const auto found = running_.find(guest.name);
  if (found == running_.end()) return problem(guest.name, "does not run");
  if (::kill(found->second, SIGCONT) == 0) return {};
  return problem(guest.name, "let it go on", system_error());
}

void Machines::reap() {
  // This is the first process of its namespace: helpers of dead kernels are its children, too.
  for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
    std::erase_if(running_, [&](const auto& entry) { return entry.second == ended; });
  }
}

}  // namespace holdfast::harness::lab
