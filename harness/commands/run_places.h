// Where a run keeps what it makes: its folder, which stays, and what is gone when it is over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "harness/result/result.h"
#include "harness/survivor/survivor.h"

namespace holdfast::harness {

/// Where runs are kept if nothing else is said: reports/runs of the repository that `from` is in,
/// else of `from` itself.
std::string default_runs_folder(const std::filesystem::path& from);

/// Makes BASE/<scenario>/<utc>-<seed>/ with history/ and logs/ in it. "crash/holder-killed" becomes
/// "crash-holder-killed". Two runs never share a folder: the second of equal name gets "-2" added.
///
/// Errors:  the folder cannot be made; the system's reason.
Result<std::string> make_run_folder(const std::string& base, const std::string& scenario,
                                    std::uint64_t seed, std::int64_t started_unix_ms);

/// A path as a person would type it here: relative where it is below the working directory.
std::string as_typed(const std::string& path);

/// Directories of a run's own that are removed with this object, and also if this process is
/// killed.
class PassingPlaces {
 public:
  /// Forks; to be called before this process has threads. `mount`: where the locks are to stand, in
  /// a fresh directory of the run's own; empty: with the temporary files.
  ///
  /// Errors:  a directory cannot be made there, or no process; the system's reason.
  static Result<PassingPlaces> make(const std::string& mount);

  PassingPlaces(PassingPlaces&& other) noexcept;
  PassingPlaces& operator=(PassingPlaces&&) = delete;
  ~PassingPlaces();

  const std::string& locks() const { return locks_; }
  const std::string& scratch() const { return scratch_; }
  /// The process that removes them in that case: a child of this one, not to be killed.
  pid_t survivor() const { return survivor_.process(); }
  /// Errors:  what could not be removed; it is still there then, and is not tried again.
  Result<void> remove();

 private:
  PassingPlaces(Survivor survivor, std::string scratch)
      : survivor_(std::move(survivor)), scratch_(std::move(scratch)) {}
  Survivor survivor_;
  std::string locks_;
  std::string scratch_;
};

}  // namespace holdfast::harness
