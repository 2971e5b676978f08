// What keeps a run from showing anything: nothing happened that could have gone wrong, a fault
// never took effect, or what happened cannot be told apart by clocks as uncertain as these.
#include <algorithm>

#include "harness/checker/checks.h"
#include "harness/checker/power.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

void missing(CheckResult& result, Cause cause, std::string sentence) {
  Finding finding;
  finding.what = Class::inconclusive;
  finding.cause = cause;
  finding.sentence = std::move(sentence);
  add(result, std::move(finding));
}

void check_vacuous(const Terms& terms, const Power& power, CheckResult& result) {
  if (power.grants == 0) {
    return missing(result, Cause::vacuous,
                   "Nobody was ever granted a lock: look into the workers' errors in the run's "
                   "logs, or let the run last longer.");
  }
  if (terms.wants_contention && power.contended_grants == 0) {
    missing(
        result, Cause::vacuous,
        "No worker got a lock that it had to wait for: raise workers or hold time, or let holders "
        "rest between two holds (think).");
  }
  if (terms.wants_kills_inside && power.kills_inside == 0) {
    missing(result, Cause::vacuous,
            "No holder was killed inside its hold: raise the hold time or kill more often.");
  }
  if (terms.wants_expiry && power.leases_run_out == 0) {
    missing(result, Cause::vacuous,
            "No lease ran out: let pauses be longer than the lifetime, or holders be killed while "
            "others wait.");
  }
}

void check_faults(const Evidence& evidence, const Power& power, CheckResult& result) {
  for (const std::string& kind : evidence.terms.wants_faults) {
    const auto found = power.effective_faults.find(kind);
    const std::uint64_t effective = found == power.effective_faults.end() ? 0 : found->second;
    if (effective >= evidence.terms.wants_of_each_fault) continue;
    if (effective > 0) {
      missing(result, Cause::fault_not_effective,
              "The fault " + kind + " took effect only " + count(effective, "time") +
                  ", and the scenario wants at least " +
                  std::to_string(evidence.terms.wants_of_each_fault) +
                  ": let the run last longer, or faults come more often.");
      continue;
    }
    std::string why;
    std::size_t tried = 0;
    for (const Fault& fault : evidence.history.faults) {
      const auto names = counted_as(fault);
      if (std::find(names.begin(), names.end(), kind) == names.end()) continue;
      ++tried;
      if (why.empty()) why = fault.why_not;
    }
    missing(result, Cause::fault_not_effective,
            "No " + kind + " took effect" +
                (tried == 0 ? ": none was even tried; let the run last longer."
                            : ", " + count(tried, "time") + " tried" +
                                  (why.empty() ? "." : " (the first: " + why + ").")));
  }
}

/// What a host's workers did after it was lost, nobody has recorded.
void check_lost_hosts(const Evidence& evidence, CheckResult& result) {
  for (const Fault& fault : evidence.history.faults) {
    if (fault.kind != "controller_lost") continue;
    missing(result, Cause::controller_lost,
            "Host " + fault.target +
                " and the controller lost each other: what its workers would "
                "have done is not known. The log of its agent says why it ended.");
  }
}

}  // namespace

CheckResult check_inconclusive(const Evidence& evidence, const Overlaps& overlaps,
                               const Power& power) {
  CheckResult result = result_of("inconclusive");
  check_vacuous(evidence.terms, power, result);
  check_faults(evidence, power, result);
  check_lost_hosts(evidence, result);
  const std::uint64_t before = result.counts[Class::inconclusive];
  for (const Overlap& overlap : overlaps.uncertain) {
    add(result, uncertain_overlap(evidence, overlap));
  }
  result.counts[Class::inconclusive] = before + overlaps.uncertain_count;
  if (result.counts[Class::inconclusive] == 0) result.counts.clear();
  return result;
}

}  // namespace holdfast::harness
