#include "harness/sharedmount/killed.h"

#include <signal.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace holdfast::harness::mount {

bool is_killed(pid_t thread) {
  if (thread <= 0) return false;  // of a pid namespace that we cannot see into
  std::ifstream status("/proc/" + std::to_string(thread) + "/status");
  if (!status) return true;
  constexpr std::uint64_t kKill = std::uint64_t{1} << (SIGKILL - 1);
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigPnd:") && !line.starts_with("ShdPnd:")) continue;
    if ((std::stoull(line.substr(7), nullptr, 16) & kKill) != 0) return true;
  }
  return false;
}

}  // namespace holdfast::harness::mount
