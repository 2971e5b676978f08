#include "harness/nemesis/processes.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

/// The folders of a process's threads.
std::vector<fs::path> threads_of(pid_t process) {
  std::vector<fs::path> threads;
  std::error_code error;
  const fs::path tasks = fs::path("/proc") / std::to_string(process) / "task";
  for (fs::directory_iterator task(tasks, error), end; !error && task != end;
       task.increment(error)) {
    threads.push_back(task->path());
  }
  return threads;
}

/// The one-letter state in /proc/.../stat; behind the last ')' because a name can hold anything.
/// A blank: the thread is gone.
char state_of(const fs::path& thread) {
  std::ifstream file(thread / "stat");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? ' ' : line[name_end + 2];
}

}  // namespace

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  for (const fs::path& thread : threads_of(process)) {
    std::ifstream file(thread / "children");
    pid_t child = 0;
    while (file >> child) children.push_back(child);
  }
  return children;
}

std::vector<pid_t> descendants_of(pid_t process) {
  std::vector<pid_t> all = children_of(process);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<pid_t> next = children_of(all[i]);
    all.insert(all.end(), next.begin(), next.end());
  }
  return all;
}

std::vector<pid_t> group_members(pid_t leader) {
  std::vector<pid_t> members = descendants_of(leader);
  std::erase_if(members, [leader](pid_t process) { return ::getpgid(process) != leader; });
  members.push_back(leader);
  return members;
}

bool is_stopped(pid_t process) {
  for (const fs::path& thread : threads_of(process)) {
    const char state = state_of(thread);
    if (state != 'T' && state != 't' && state != 'Z' && state != 'X' && state != ' ') return false;
  }
  return true;
}

bool group_is_gone(pid_t group) { return ::kill(-group, 0) != 0 && errno == ESRCH; }

}  // namespace holdfast::harness
