#define BOOST_PROCESS_USE_STD_FS 1

#include "harness/fleet/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>
#include <boost/type_traits/remove_pointer.hpp>
#include <cerrno>
#include <chrono>
#include <set>
#include <thread>

// Behind boost::optional and the traits, which 1.81 uses without including them when it is told to
// use std::filesystem.
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

#include "harness/nemesis/processes.h"

namespace holdfast::harness {
namespace {

namespace process = boost::process::v2;
using boost::system::error_code;

std::error_code last_error() { return {errno, std::system_category()}; }

/// Runs in the child, between fork and exec: only calls that are safe there.
struct Leash {
  int death_signal;
  bool own_session;
  pid_t parent;

  error_code on_exec_setup(process::posix::default_launcher&, const process::filesystem::path&,
                           const char* const*) const {
    if (own_session) {
      ::setsid();
    } else {
      ::setpgid(0, 0);
    }
    // Ours is ignored, and exec would hand that on.
    ::signal(SIGPIPE, SIG_DFL);
    if (death_signal != 0 && ::prctl(PR_SET_PDEATHSIG, death_signal) != 0) {
      return {errno, boost::system::system_category()};
    }
    // The parent may have died before the kernel was asked.
    if (::getppid() != parent) ::_exit(1);
    return {};
  }
};

/// What the child finds in its environment: `more`, and then ours; of what stands twice the first
/// counts. Ends with a null, as exec wants it; the strings are not ours.
std::vector<const char*> environment_with(const std::vector<std::string>& more) {
  std::vector<const char*> all;
  for (const std::string& entry : more) all.push_back(entry.c_str());
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    all.push_back(*entry);
  }
  all.push_back(nullptr);
  return all;
}

/// Both ends of a pipe; those that were not taken are closed.
class Pipe {
 public:
  Pipe() { good_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool good() const { return good_; }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  int take_reader() { return std::exchange(ends_[0], -1); }
  int take_writer() { return std::exchange(ends_[1], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool good_ = false;
};

/// The file for standard error; closed at the end of the scope unless it is ours.
class Errors {
 public:
  explicit Errors(const std::string& path)
      : own_(path.empty()),
        file_(own_ ? STDERR_FILENO
                   : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {}
  ~Errors() {
    if (!own_ && file_ >= 0) ::close(file_);
  }
  Errors(const Errors&) = delete;
  Errors& operator=(const Errors&) = delete;
  int file() const { return file_; }

 private:
  bool own_;
  int file_;
};

}  // namespace

Result<SpawnedProcess> spawn(const SpawnOptions& options) {
  const std::string what =
      options.program.empty()
          ? "holdfast " + (options.arguments.empty() ? "" : options.arguments[0])
          : options.program;
  std::string program = options.program.empty() ? "/proc/self/exe" : options.program;
  if (program.find('/') == std::string::npos) {
    program = process::environment::find_executable(program).string();
    if (program.empty()) return problem(what, "is not installed: it is in no folder of PATH");
  }
  Pipe input;
  Pipe output;
  if (!input.good() || !output.good()) return problem(what, "make its pipes", last_error());
  const Errors errors(options.errors);
  if (errors.file() < 0) return problem(options.errors, "open it for standard error", last_error());
  // A context of its own: fork makes Asio register everything anew in the child, and ours is full.
  boost::asio::io_context idle(1);
  process::posix::default_launcher launcher;
  const std::vector<const char*> environment = environment_with(options.environment);
  launcher.env = environment.data();
  error_code error;
  auto child = launcher(idle.get_executor(), error, program, options.arguments,
                        process::process_stdio{input.reader(), output.writer(), errors.file()},
                        Leash{options.death_signal, options.own_session, ::getpid()});
  if (error)
    return problem(what, "start it", std::error_code(error.value(), std::system_category()));
  const auto pid = static_cast<pid_t>(child.id());
  child.detach();
  return SpawnedProcess{pid, input.take_writer(), output.take_reader()};
}

void raise_file_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

namespace {

std::set<pid_t> with_descendants(pid_t process) {
  const std::vector<pid_t> below = descendants_of(process);
  return std::set<pid_t>(below.begin(), below.end());
}

}  // namespace

Result<void> kill_descendants(const std::vector<pid_t>& spared) {
  constexpr int kRounds = 5000;  // of a millisecond
  for (int round = 0; round < kRounds; ++round) {
    std::set<pid_t> kept(spared.begin(), spared.end());
    for (const pid_t process : spared) kept.merge(with_descendants(process));
    bool any = false;
    for (const pid_t child : descendants_of(::getpid())) {
      if (kept.contains(child)) continue;
      any = true;
      ::kill(child, SIGKILL);
    }
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) any = true;
    if (spared.empty() ? ended < 0 && errno == ECHILD : !any) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return problem("the fleet", "some of its processes would not die within five seconds");
}

}  // namespace holdfast::harness
