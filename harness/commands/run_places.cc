#include "harness/commands/run_places.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>
#include <utility>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

/// "20261123T171802Z"
std::string stamp(std::int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  struct tm utc {};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

Result<std::string> fresh_directory(const std::string& in) {
  std::string path = in + "/holdfast-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return problem(in, "make a directory for the locks there",
                   std::error_code(errno, std::generic_category()));
  }
  return path;
}

/// Whether something is mounted below: what is in there belongs to a server that is still at work.
bool holds_mounts(const std::string& directory) {
  std::ifstream table("/proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    if (line.find(' ' + directory + '/') != std::string::npos) return true;
  }
  return false;
}

/// In the process that outlives this one. Directories end in a NUL each. Until all who work in them
/// are gone, they may put in what was just taken out.
void remove_all_told(const std::string& told) {
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    bool left = false;
    for (std::size_t at = 0, end = 0; (end = told.find('\0', at)) != std::string::npos;
         at = end + 1) {
      const std::string directory = told.substr(at, end - at);
      std::error_code error;
      if (!holds_mounts(directory)) fs::remove_all(directory, error);
      left = left || fs::exists(fs::symlink_status(directory, error));
    }
    if (!left) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

std::string default_runs_folder(const fs::path& from) {
  std::error_code ignored;  // what cannot be looked at is no repository of ours
  for (fs::path at = from;; at = at.parent_path()) {
    if (fs::is_directory(at / "reports", ignored) && fs::is_directory(at / "scenarios", ignored)) {
      return at / "reports" / "runs";
    }
    if (at == at.parent_path()) return from / "reports" / "runs";
  }
}

Result<std::string> make_run_folder(const std::string& base, const std::string& scenario,
                                    std::uint64_t seed, std::int64_t started_unix_ms) {
  constexpr int kMostOfOneName = 1000;
  std::string family = scenario;
  std::replace(family.begin(), family.end(), '/', '-');
  const fs::path parent = fs::path(base) / family;
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return problem(parent, "make the folder for runs", error);
  const std::string name = stamp(started_unix_ms) + "-" + print_seed(seed);
  for (int i = 1; i <= kMostOfOneName; ++i) {
    const fs::path folder = parent / (i == 1 ? name : name + "-" + std::to_string(i));
    if (!fs::create_directory(folder, error)) {
      if (error) return problem(folder, "make the run's folder", error);
      continue;
    }
    for (const char* inner : {"history", "logs"}) {
      if (!fs::create_directory(folder / inner, error) || error) {
        return problem(folder / inner, "make the run's folder", error);
      }
    }
    return folder.string();
  }
  return problem((parent / name).string(), "there are a thousand runs of this name already");
}

std::string as_typed(const std::string& path) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return path;
  const fs::path relative = fs::path(path).lexically_relative(here);
  return relative.empty() || *relative.begin() == ".." ? path : relative.string();
}

Result<PassingPlaces> PassingPlaces::make(const std::string& mount) {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  if (error) return problem("the temporary directory", "find it", error);
  auto survivor = Survivor::post(remove_all_told);
  if (!survivor) return tl::unexpected(survivor.error());
  auto scratch = fresh_directory(temporary);
  if (!scratch) return tl::unexpected(scratch.error());
  survivor->tell(*scratch + '\0');
  PassingPlaces places(std::move(*survivor), *scratch);
  if (mount.empty()) {
    places.locks_ = *scratch + "/locks";
    if (!fs::create_directory(places.locks_, error)) {
      return problem(places.locks_, "make the locks' directory", error);
    }
    return places;
  }
  const fs::path absolute = fs::absolute(mount, error);
  if (error) return problem(mount, "find this directory", error);
  auto locks = fresh_directory(absolute.lexically_normal());
  if (!locks) return tl::unexpected(locks.error());
  places.locks_ = *locks;
  places.survivor_.tell(*locks + '\0');
  return places;
}

PassingPlaces::PassingPlaces(PassingPlaces&& other) noexcept
    : survivor_(std::move(other.survivor_)),
      locks_(std::exchange(other.locks_, {})),
      scratch_(std::exchange(other.scratch_, {})) {}

PassingPlaces::~PassingPlaces() {
  // Nobody is left to be told; whoever wants to know has called remove().
  static_cast<void>(remove());
}

Result<void> PassingPlaces::remove() {
  std::error_code first;
  std::string place;
  for (std::string* directory : {&locks_, &scratch_}) {
    const std::string path = std::exchange(*directory, {});
    std::error_code error;
    if (!path.empty()) fs::remove_all(path, error);
    if (!error || first) continue;
    first = error;
    place = path;
  }
  if (first) return problem(place, "remove what the run left", first);
  return {};
}

}  // namespace holdfast::harness
