#include "harness/commands/started.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool is_zombie(const fs::path& process) {
  const std::string stat = text_of(process / "stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end + 2, 1) == "Z";
}

bool looks(int times, const std::function<bool()>& holds) {
  for (int i = 0; i < times; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

}  // namespace

bool eventually(const std::function<bool()>& holds) { return looks(2'000, holds); }

/// One folder, also for a test with parameters, whose name has a stroke.
Playground::Playground(const std::string& name) {
  std::string own = "holdfast-test-" + name + "-" + std::to_string(::getpid());
  std::ranges::replace(own, '/', '-');
  folder_ = fs::path(testing::TempDir()) / own;
  fs::remove_all(folder_);
  fs::create_directories(temporary());
}

Playground::~Playground() {
  for (const pid_t pid : processes()) ::kill(pid, SIGKILL);
  fs::remove_all(folder_);
}

std::string Playground::file(const std::string& name, const std::string& text) const {
  fs::create_directories((folder_ / name).parent_path());
  std::ofstream(folder_ / name) << text;
  return folder_ / name;
}

std::vector<pid_t> Playground::processes() const {
  const std::string mark = "TMPDIR=" + temporary().string();
  std::vector<pid_t> found;
  std::error_code vanished;  // processes come and go while they are listed
  for (const auto& entry : fs::directory_iterator("/proc", vanished)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ptr != name.data() + name.size()) continue;
    const std::string environment = text_of(entry.path() / "environ");
    if (environment.find(mark + '\0') == std::string::npos || is_zombie(entry.path())) continue;
    found.push_back(pid);
  }
  return found;
}

Started::Started(const Playground& playground, std::vector<std::string> words) {
  static int number = 0;
  const std::string name = "said." + std::to_string(++number);
  out_ = playground.folder() / (name + ".out");
  err_ = playground.folder() / (name + ".err");
  std::vector<std::string> variables = {"TMPDIR=" + playground.temporary().string()};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "TMPDIR=", 7) != 0) variables.emplace_back(*variable);
  }
  std::vector<char*> arguments, environment;
  for (std::string& word : words) arguments.push_back(word.data());
  for (std::string& variable : variables) environment.push_back(variable.data());
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), kNew, 0600);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), kNew, 0600);
  const int error = ::posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr,
                                   arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) pid_ = 0;
  EXPECT_EQ(error, 0) << words.front() << ": " << std::strerror(error);
}

Started::~Started() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Started::signal(int number) const {
  if (pid_ != 0) ::kill(pid_, number);
}

std::string Started::out() const { return text_of(out_); }
std::string Started::err() const { return text_of(err_); }

Said Started::wait() {
  constexpr int kTwoMinutes = 12'000;
  int status = 0;
  pid_t ended = pid_ == 0 ? -1 : 0;
  looks(kTwoMinutes,
        [&] { return ended != 0 || (ended = ::waitpid(pid_, &status, WNOHANG)) != 0; });
  EXPECT_GT(ended, 0) << "it does not end; it said:\n" << out() << err();
  Said said{-1000, out(), err()};
  if (ended <= 0) return said;
  pid_ = 0;
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return said;
}

}  // namespace holdfast::harness
