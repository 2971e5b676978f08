#include "harness/lab/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "harness/lab/socket.h"

namespace holdfast::harness::lab {
namespace {

/// A file without a name: a pipe would be held open by whatever daemon the program leaves.
Descriptor scratch(const std::string& content) {
  Descriptor file(::memfd_create("scratch", MFD_CLOEXEC));
  if (!content.empty() && ::pwrite(file.number(), content.data(), content.size(), 0) < 0) {
    return Descriptor();
  }
  return file;
}

std::string text_of(const Descriptor& file) {
  std::string text;
  char bytes[4096];
  ssize_t size = 0;
  while ((size = ::pread(file.number(), bytes, sizeof bytes, static_cast<off_t>(text.size()))) >
         0) {
    text.append(bytes, static_cast<std::size_t>(size));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& words, const std::string& input) {
  const Descriptor in = scratch(input), out = scratch({});
  if (!in || !out) return problem(words.front(), "make room for what it says", system_error());
  std::vector<std::string> copy = words;
  std::vector<char*> arguments;
  for (std::string& word : copy) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, in.number(), 0);
  ::posix_spawn_file_actions_adddup2(&files, out.number(), 1);
  ::posix_spawn_file_actions_adddup2(&files, out.number(), 2);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    return problem(words.front(), "start it", std::error_code(error, std::system_category()));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text_of(out);
  std::string command;
  for (const std::string& word : words) command += (command.empty() ? "" : " ") + word;
  return problem(command, "failed: " + text_of(out));
}

}  // namespace holdfast::harness::lab
