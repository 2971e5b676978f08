#include "harness/nemesis/faketime.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "harness/descriptor/read_to_end.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::error_code last_error() { return {errno, std::system_category()}; }

std::int64_t wall_now_ns() {
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * kSecond + now.tv_nsec;
}

/// What `/bin/date +%s%N` prints with this environment.
Result<std::string> ask_date(const std::vector<std::string>& environment) {
  const std::string date = "/bin/date";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return problem(date, "make a pipe", last_error());
  std::vector<char*> variables;
  for (const std::string& variable : environment) {
    variables.push_back(const_cast<char*>(variable.c_str()));
  }
  variables.push_back(nullptr);
  std::array<char*, 3> words{const_cast<char*>("date"), const_cast<char*>("+%s%N"), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, date.c_str(), &actions, nullptr, words.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string text = error == 0 ? read_to_end(ends[0]) : "";
  ::close(ends[0]);
  if (error != 0) return problem(date, "start it", {error, std::system_category()});
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return text;
}

}  // namespace

std::string faketime_text(std::int64_t offset_ns) {
  const std::int64_t size = offset_ns < 0 ? -offset_ns : offset_ns;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%c%" PRId64 ".%09" PRId64, offset_ns < 0 ? '-' : '+',
                size / kSecond, size % kSecond);
  return text.data();
}

Result<void> write_faketime(const std::string& file, std::int64_t offset_ns) {
  const std::string next = file + ".next";
  std::FILE* out = std::fopen(next.c_str(), "we");
  if (out == nullptr) return problem(next, "write the clock's offset", last_error());
  const bool written = std::fputs((faketime_text(offset_ns) + "\n").c_str(), out) >= 0;
  const bool closed = std::fclose(out) == 0;
  if (!written || !closed) return problem(next, "write the clock's offset", last_error());
  if (std::rename(next.c_str(), file.c_str()) != 0) {
    return problem(file, "replace the clock's offset", last_error());
  }
  return {};
}

Result<std::string> program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return problem("/proc/self/exe", "find this program", error);
  return program.parent_path().string();
}

Result<std::vector<std::string>> faketime_libraries(const std::string& folder) {
  std::error_code error;
  const auto own = std::filesystem::path(folder) / "libholdfast_faketime_repairs.so";
  if (!std::filesystem::exists(own, error)) {
    return problem(own.string(), "is missing: it is built with the program and stands beside it");
  }
  for (const char* place : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
                            "/usr/lib", "/usr/local/lib"}) {
    const auto library = std::filesystem::path(place) / "faketime" / "libfaketimeMT.so.1";
    if (std::filesystem::exists(library, error)) return std::vector{own.string(), library.string()};
  }
  return problem("libfaketimeMT.so.1",
                 "is not installed, and without it no program's clock can be bent: "
                 "apt-get install libfaketime");
}

std::vector<std::pair<std::string, std::string>> faketime_environment(const std::string& file) {
  return {{"FAKETIME_TIMESTAMP_FILE", file},
          {"FAKETIME_NO_CACHE", "1"},
          {"NO_FAKE_STAT", "1"},
          {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
}

void remove_faketime_traces(std::int64_t pid) {
  ::shm_unlink(("/faketime_shm_" + std::to_string(pid)).c_str());
  ::shm_unlink(("/sem.faketime_sem_" + std::to_string(pid)).c_str());
}

Result<std::int64_t> measure_faketime(const std::string& file,
                                      const std::vector<std::string>& libraries) {
  std::string preload = "LD_PRELOAD=";
  for (const std::string& library : libraries) preload += library + ":";
  preload.pop_back();
  std::vector<std::string> environment{preload};
  for (const auto& [name, value] : faketime_environment(file)) {
    environment.push_back(name + "=" + value);
  }
  const std::int64_t before = wall_now_ns();
  const auto text = ask_date(environment);
  const std::int64_t after = wall_now_ns();
  if (!text) return tl::unexpected(text.error());
  char* end = nullptr;
  const std::int64_t said = std::strtoll(text->c_str(), &end, 10);
  if (end == text->c_str()) return problem("/bin/date", "said '" + *text + "' and not the time");
  return said - (before + (after - before) / 2);
}

}  // namespace holdfast::harness
