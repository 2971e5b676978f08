#include <algorithm>
#include <string>

#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {
namespace {

std::string directory_of(const std::string& path) {
  const bool is_directory = path.ends_with('/');
  const std::size_t slash = path.substr(0, path.size() - (is_directory ? 1 : 0)).rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::vector<std::string> fields_of(const std::string& state) {
  std::vector<std::string> found(1);
  for (const char letter : state) {
    if (letter == ',') {
      found.emplace_back();
    } else {
      found.back() += letter;
    }
  }
  return found;
}

/// A state that may be left: of a free baton, or one that names a worker that did not end in order.
bool is_rightful(const NaiveHistory& it, const std::string& path) {
  constexpr std::size_t kPid = 7;
  const std::string directory = directory_of(path);
  const std::vector<std::string> fields = fields_of(path.substr(directory.size()));
  if (directory.empty() || fields.size() < 2) return false;
  if (fields[0] == "free") return true;
  for (std::uint32_t worker = 0; worker < it.history().workers.size(); ++worker) {
    const std::string pid = std::to_string(it.history().workers[worker].pid);
    const bool is_its = fields[0] == "held" && fields.size() > kPid && fields[kPid] == pid;
    if (is_its && !it.ended_in_order(worker)) return true;
  }
  return false;
}

}  // namespace

std::uint64_t orphans(const NaiveHistory& it) {
  if (!it.terms().orphan_bound) return 0;
  const auto& left = it.history().left_behind;
  std::uint64_t found = 0;
  for (const std::string& path : left) {
    // The first rightful state of each directory stays, and so does that directory.
    bool first_state = is_rightful(it, path), keeps_a_state = false;
    for (const std::string& other : left) {
      if (!is_rightful(it, other)) continue;
      if (directory_of(other) == directory_of(path) && other < path) first_state = false;
      if (directory_of(other) == path) keeps_a_state = true;
    }
    found += first_state || keeps_a_state ? 0 : 1;
  }
  return found > *it.terms().orphan_bound ? found : 0;
}

std::uint64_t kills_inside(const NaiveHistory& it) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(it.held(), [](const Held& held) { return held.died; }));
}

/// Before their holder left; of the dead, before the lock was granted anew.
std::uint64_t leases_run_out(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Held& held : it.held()) {
    if (!it.terms().leases) continue;
    Time seen = held.until;
    for (const Held& next : it.held()) {
      if (&next <= &held || next.lock != held.lock) continue;
      if (held.died) seen = std::max(seen, next.from);
      break;
    }
    const bool lost = held.told && held.lost_with_left.value_or(0) > 0;
    found += !lost && held.entitled.back().until <= seen ? 1 : 0;
  }
  return found;
}

std::uint64_t vacuous(const NaiveHistory& it) {
  if (it.held().empty()) return 1;
  const Terms& terms = it.terms();
  std::uint64_t found = 0;
  if (terms.wants_contention && contended(it) == 0) ++found;
  if (terms.wants_kills_inside && kills_inside(it) == 0) ++found;
  if (terms.wants_expiry && leases_run_out(it) == 0) ++found;
  return found;
}

std::uint64_t faults_missing(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const std::string& kind : it.terms().wants_faults) {
    std::uint64_t times = 0;
    for (const Fault& fault : it.history().faults) {
      times += fault.kind == kind && fault.effective ? 1 : 0;
    }
    found += times < it.terms().wants_of_each_fault ? 1 : 0;
  }
  return found;
}

std::uint64_t hosts_lost(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Fault& fault : it.history().faults) found += fault.kind == "controller_lost" ? 1 : 0;
  return found;
}

}  // namespace holdfast::harness::naive
