#include "harness/commands/stored_runs.h"

#include <algorithm>
#include <filesystem>

namespace holdfast::harness {

namespace fs = std::filesystem;

namespace {

bool is_run_folder(const fs::path& folder) {
  std::error_code unseen;  // what cannot be looked at is no run
  return fs::is_regular_file(folder / "scenario.json", unseen) ||
         fs::is_regular_file(folder / "report.json", unseen) ||
         // What a skipped run leaves. A junit.xml alone is any program's.
         (fs::is_regular_file(folder / "junit.xml", unseen) &&
          fs::is_regular_file(folder / "summary.md", unseen));
}

tl::unexpected<Problem> no_such_folder(const std::string& path) {
  return problem(path, "no such folder; runs are kept in reports/runs/SCENARIO/TIME-SEED");
}

/// `path` itself, or the folder of a file: any file of a run stands for the run.
Result<std::string> as_folder(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return no_such_folder(path);
  if (fs::is_directory(path, error)) return path;
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// What may not be looked into is passed over: it may be anybody's.
fs::recursive_directory_iterator all_in(const std::string& folder, std::error_code& error) {
  return {folder, fs::directory_options::skip_permission_denied, error};
}

}  // namespace

Result<StoredRuns> find_stored_runs(const std::string& path) {
  const auto where = as_folder(path);
  if (!where) return tl::unexpected(where.error());
  std::error_code error;
  if (fs::exists(fs::path(*where) / "scenario.json", error)) return StoredRuns{{*where}, {}};
  StoredRuns found;
  for (auto at = all_in(*where, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (at->path().filename() != "scenario.json") continue;
    const fs::path folder = at->path().parent_path();
    std::error_code unseen;  // what cannot be looked at is no whole run
    auto& list = fs::exists(folder / "run.json", unseen) ? found.runs : found.cut_off;
    list.push_back(folder.string());
  }
  if (error) return problem(path, "look for runs in this folder", error);
  if (found.runs.empty()) {
    return problem(path, "there is no whole run in or below this folder: none has a run.json");
  }
  std::sort(found.runs.begin(), found.runs.end());
  std::sort(found.cut_off.begin(), found.cut_off.end());
  return found;
}

Result<std::vector<std::string>> find_run_folders(const std::string& path) {
  const auto where = as_folder(path);
  if (!where) return tl::unexpected(where.error());
  std::error_code error;
  std::vector<std::string> found;
  if (is_run_folder(*where)) found.push_back(*where);
  for (auto at = all_in(*where, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    std::error_code unseen;
    if (at->is_directory(unseen) && is_run_folder(at->path())) {
      found.push_back(at->path().string());
    }
  }
  if (error) return problem(path, "look for runs in this folder", error);
  if (found.empty()) return problem(path, "there is no run in or below this folder");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace holdfast::harness
