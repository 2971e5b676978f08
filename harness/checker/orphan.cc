// Files left behind in the locks' directory after the run.
//
// The directory of a baton stays for ever, with its one state in it: neither is an orphan, unless
// that state says that somebody holds the lock, or there are two. A state in the name of a worker
// that was killed is as it should be: nobody has had to take the lock from it before the end.
#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "harness/checker/checks.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

std::string_view directory_of(std::string_view path) {
  const std::size_t slash =
      path.rfind('/', path.empty() || path.back() != '/' ? path.npos : path.size() - 2);
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

/// The process that the state of a held baton names: held,GENERATION,RENEWAL,LIFETIME,TAKEN,NEWS,
/// HOST,PID,... Of anything else 0.
std::int64_t holder_of(std::string_view state) {
  constexpr int kCommasBefore = 7;
  if (!state.starts_with("held,")) return 0;
  for (int i = 0; i < kCommasBefore; ++i) {
    const std::size_t comma = state.find(',');
    if (comma == state.npos) return 0;
    state.remove_prefix(comma + 1);
  }
  std::int64_t pid = 0;
  std::from_chars(state.data(), state.data() + state.size(), pid);
  return pid;
}

class Sorter {
 public:
  explicit Sorter(const Evidence& evidence) {
    const auto& workers = evidence.history.workers;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (!evidence.holds.ended_in_order[i]) dead_.insert(workers[i].pid);
    }
  }

  std::vector<std::string> orphans(std::vector<std::string> left) const {
    std::sort(left.begin(), left.end());
    std::set<std::string, std::less<>> batons;  // directories that have had their one state
    std::vector<std::string> found;
    for (const std::string& path : left) {
      const bool own = is_rightful(path) && batons.emplace(directory_of(path)).second;
      if (!own) found.push_back(path);
    }
    std::erase_if(found, [&](const std::string& path) { return batons.contains(path); });
    return found;
  }

 private:
  bool is_rightful(std::string_view path) const {
    const std::string_view directory = directory_of(path);
    if (directory.empty()) return false;
    const std::string_view state = path.substr(directory.size());
    return state.starts_with("free,") || dead_.contains(holder_of(state));
  }

  std::set<std::int64_t> dead_;  ///< processes that did not end in order
};

}  // namespace

CheckResult check_orphan(const Evidence& evidence) {
  if (!evidence.terms.orphan_bound) {
    return not_applicable("orphan", "the scenario allows any number of files left behind");
  }
  CheckResult result = result_of("orphan", {"the harness's own files are not in the list"});
  const std::uint64_t bound = *evidence.terms.orphan_bound;
  const std::vector<std::string> found = Sorter(evidence).orphans(evidence.history.left_behind);
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
