// Reads the environment when the library is loaded, and closes the log when the program exits.
#include <unistd.h>

#include <cstdlib>

#include "harness/contender/preload/call.h"

namespace holdfast::harness::preload {
namespace {

Settings settings_;
Directory directory_;

int number(const char* text) {
  int value = 0;
  for (; text != nullptr && *text >= '0' && *text <= '9' && value < 100'000'000; ++text) {
    value = value * 10 + (*text - '0');
  }
  return value;
}

__attribute__((constructor)) void load() {
  const int before = errno;
  settings_.history = std::getenv("HOLDFAST_RECORD_HISTORY");
  settings_.worker = std::getenv("HOLDFAST_RECORD_WORKER");
  settings_.directory = std::getenv("HOLDFAST_RECORD_DIRECTORY");
  settings_.lock = static_cast<std::uint16_t>(number(std::getenv("HOLDFAST_RECORD_LOCK")));
  if (settings_.history != nullptr && settings_.worker != nullptr &&
      settings_.directory != nullptr) {
    // The contender program itself shows that it is recorded even if it never touches a file; its
    // children only once they do.
    const int parent = number(std::getenv("HOLDFAST_RECORD_PARENT"));
    if (raw_call(SYS_getppid) == parent) begin_log(settings_);
    directory_.set(settings_.directory);
  }
  errno = before;
}

__attribute__((destructor)) void unload() { end_log(); }

}  // namespace

const Settings& settings() { return settings_; }
const Directory& watched_directory() { return directory_; }

}  // namespace holdfast::harness::preload
