// Files left behind in the locks' directory after the run.
//
// The directory of a baton stays for ever, with its one state in it: neither is an orphan, unless
// that state says that somebody holds the lock, or there are two.
#include <algorithm>
#include <set>
#include <string>

#include "harness/checker/checks.h"

namespace holdfast::harness {
namespace {

std::string_view directory_of(std::string_view path) {
  const std::size_t slash =
      path.rfind('/', path.empty() || path.back() != '/' ? path.npos : path.size() - 2);
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

bool is_free_state(std::string_view path) {
  const std::string_view directory = directory_of(path);
  return !directory.empty() && path.substr(directory.size()).starts_with("free,");
}

std::vector<std::string> orphans(std::vector<std::string> left) {
  std::sort(left.begin(), left.end());
  std::set<std::string, std::less<>> batons;  // directories that have had their one free state
  std::vector<std::string> found;
  for (const std::string& path : left) {
    const bool own = is_free_state(path) && batons.emplace(directory_of(path)).second;
    if (!own) found.push_back(path);
  }
  std::erase_if(found, [&](const std::string& path) { return batons.contains(path); });
  return found;
}

}  // namespace

CheckResult check_orphan(const Evidence& evidence) {
  if (!evidence.terms.orphan_bound) {
    return not_applicable("orphan", "the scenario allows any number of files left behind");
  }
  CheckResult result = result_of("orphan", {"the harness's own files are not in the list"});
  const std::uint64_t bound = *evidence.terms.orphan_bound;
  const std::vector<std::string> found = orphans(evidence.history.left_behind);
  if (found.size() <= bound) return result;
  constexpr std::size_t kNamed = 10;
  Finding finding;
  finding.what = Class::orphan;
  finding.from_ns = finding.to_ns = evidence.holds.end_ns;
  finding.sentence =
      count(found.size(), "file") + " left behind, allowed are " + std::to_string(bound) + ":";
  for (std::size_t i = 0; i < std::min(kNamed, found.size()); ++i) {
    finding.sentence += (i == 0 ? " " : ", ") + found[i];
  }
  finding.sentence += found.size() > kNamed ? ", ..." : ".";
  add(result, std::move(finding));
  result.counts[Class::orphan] = found.size();
  return result;
}

}  // namespace holdfast::harness
