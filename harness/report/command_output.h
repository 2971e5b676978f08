// What a command printed and how it ended: for tests that compare by a script.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace holdfast::harness {

struct CommandOutput {
  int status = -1;     ///< its exit status; -1: it could not be run, or was killed
  std::string output;  ///< of both its streams
};

/// By the shell; waits for its end.
inline CommandOutput run_command(const std::string& command) {
  CommandOutput ran;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) ran.output += part.data();
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  return ran;
}

}  // namespace holdfast::harness
