#include "harness/checker/power.h"

#include <algorithm>
#include <limits>

namespace holdfast::harness {
namespace {

void count_handoffs(const Evidence& evidence, const std::vector<std::uint32_t>& holds_of_a_lock,
                    Power& power) {
  const auto& workers = evidence.history.workers;
  std::uint32_t before = kNone;
  for (const std::uint32_t index : holds_of_a_lock) {
    const std::uint32_t worker = evidence.holds.holds[index].worker;
    if (before != kNone && before != worker) {
      ++power.handoffs_between_workers;
      if (workers[before].host != workers[worker].host) ++power.handoffs_between_hosts;
    }
    before = worker;
  }
}

/// A grant is contended if somebody else was inside at some time while it was waited for.
void count_contended(const Evidence& evidence, const std::vector<std::uint32_t>& holds_of_a_lock,
                     Power& power) {
  // Not 0: by a clock that is wrong, something can have happened before the run began.
  constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();
  struct Latest {  // the latest ends of holds so far, of two different workers
    std::uint32_t worker = kNobody;
    std::int64_t first_ns = kLongAgo, second_ns = kLongAgo;
  } latest;
  for (const std::uint32_t index : holds_of_a_lock) {
    const Hold& hold = evidence.holds.holds[index];
    const std::int64_t others_ns =
        latest.worker == hold.worker ? latest.second_ns : latest.first_ns;
    if (others_ns > evidence.holds.attempts[hold.attempt].sent_ns) ++power.contended_grants;
    if (hold.worker == latest.worker) {
      latest.first_ns = std::max(latest.first_ns, hold.until_ns);
    } else if (hold.until_ns > latest.first_ns) {
      latest = {hold.worker, hold.until_ns, latest.first_ns};
    } else {
      latest.second_ns = std::max(latest.second_ns, hold.until_ns);
    }
  }
}

/// Leases that ran out: before their holder left, or before the lock of a dead one was granted
/// anew.
void count_run_out(const Evidence& evidence, const std::vector<std::uint32_t>& holds_of_a_lock,
                   Power& power) {
  for (std::size_t i = 0; i < holds_of_a_lock.size(); ++i) {
    const Hold& hold = evidence.holds.holds[holds_of_a_lock[i]];
    std::int64_t seen_ns = hold.until_ns;
    if (hold.end == HoldEnd::died && i + 1 < holds_of_a_lock.size()) {
      seen_ns = std::max(seen_ns, evidence.holds.holds[holds_of_a_lock[i + 1]].from_ns);
    }
    const bool was_lost = hold.told != kNone && hold.left_when_told_ns > 0;
    if (!was_lost && evidence.holds.lease_end(hold) <= seen_ns) ++power.leases_run_out;
  }
}

/// Of a kill at a file operation: at which one, "rename"; empty: it came by time. What it says is
/// "before rename 3", "after any 12: list" or, of a mount, "after link 1: link claim lock".
std::string operation_struck(const Fault& fault) {
  const std::string& what = fault.at_operation;
  const std::size_t colon = what.find(": ");
  const std::size_t begin = (colon != std::string::npos ? colon + 1 : what.find(' ')) + 1;
  return what.empty() ? std::string() : what.substr(begin, what.find(' ', begin) - begin);
}

}  // namespace

std::vector<std::string> counted_as(const Fault& fault) {
  std::vector<std::string> names = {fault.kind};
  for (const std::string& sort : fault.sorts) names.push_back(fault.kind + " " + sort);
  const std::string struck = fault.kind == "kill" ? operation_struck(fault) : std::string();
  if (!struck.empty()) names.push_back(fault.kind + " " + struck);
  return names;
}

Power measure_power(const Evidence& evidence) {
  Power power;
  power.attempts = evidence.holds.attempts.size();
  power.grants = evidence.holds.holds.size();
  power.longest_echo_ns = evidence.holds.longest_echo_ns;
  for (const Hold& hold : evidence.holds.holds) {
    if (hold.end == HoldEnd::died) ++power.kills_inside;
  }
  for (const auto& holds_of_a_lock : evidence.holds.holds_of) {
    count_handoffs(evidence, holds_of_a_lock, power);
    count_contended(evidence, holds_of_a_lock, power);
    if (evidence.terms.leases) count_run_out(evidence, holds_of_a_lock, power);
  }
  for (const Fault& fault : evidence.history.faults) {
    if (!fault.effective) continue;
    for (const std::string& counted : counted_as(fault)) ++power.effective_faults[counted];
  }
  return power;
}

double rate_bound(std::uint64_t handoffs) {
  return handoffs <= 3 ? 1 : 3 / static_cast<double>(handoffs);
}

}  // namespace holdfast::harness
