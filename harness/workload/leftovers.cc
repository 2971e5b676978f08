#include "harness/workload/leftovers.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/workload/counter.h"
#include "harness/workload/resource.h"

namespace holdfast::harness {

Result<std::vector<std::string>> left_behind(const std::string& directory,
                                             const std::vector<std::string>& locks,
                                             const Traits& traits) {
  std::set<std::string> stays;
  for (const std::string& lock : locks) {
    for (const std::string& suffix : traits.keeps) stays.insert(lock + suffix);
    stays.insert(counter_path(lock));
    stays.insert(fence_path(lock));
    stays.insert(fence_path(lock) + ".blobs");
  }
  std::error_code error;
  std::vector<std::string> found;
  std::filesystem::recursive_directory_iterator at(directory, error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().lexically_relative(directory).string();
    const bool is_directory = !at->is_symlink() && at->is_directory();
    if (stays.contains(name)) {
      if (is_directory) at.disable_recursion_pending();
    } else {
      found.push_back(is_directory ? name + "/" : name);
    }
  }
  if (error) return problem(directory, "list what the run left behind", error);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace holdfast::harness
