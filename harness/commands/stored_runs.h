// Runs that are kept on disk, found below what a person typed.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

/// The runs that a path names.
struct StoredRuns {
  std::vector<std::string> runs;     ///< folders, in order
  std::vector<std::string> cut_off;  ///< folders of runs that never came to their end
};

/// The folder itself, or those below it. A file stands for its folder: report.json for its run.
///
/// Errors:  there is no such folder; it cannot be searched; there is no whole run in it.
Result<StoredRuns> find_stored_runs(const std::string& path);

/// All folders in and below a path that a run has left, whole or not, in order: those with a
/// scenario.json, a report.json, or a junit.xml beside a summary.md. A file stands for its folder.
///
/// Errors:  there is no such folder; it cannot be searched; there is none in it.
Result<std::vector<std::string>> find_run_folders(const std::string& path);

}  // namespace holdfast::harness
