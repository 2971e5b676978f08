// The lock of a killed holder that was available again only after the scenario's bound.
#include "harness/checker/checks.h"
#include "harness/checker/vacancies.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Vacancy& vacancy, std::int64_t bound_ns) {
  const auto& holds = evidence.holds.holds;
  const Hold& dead = holds[vacancy.before];
  Finding finding;
  finding.what = Class::slow_recovery;
  finding.lock = vacancy.lock;
  finding.from_ns = vacancy.span.from_ns;
  finding.to_ns = vacancy.span.until_ns;
  finding.parties = {
      {vacancy.waiter, 0, vacancy.span.from_ns, vacancy.span.until_ns, Doing::waiting},
      party_of(dead)};
  finding.events =
      in_order({dead.granted, vacancy.next == kNone ? kNone : holds[vacancy.next].granted});
  finding.faults = faults_near(evidence, {dead.from_ns, vacancy.span.until_ns}, finding.parties);
  finding.sentence =
      who(evidence, dead.worker) + " was killed inside " + which(evidence, vacancy.lock) + " at " +
      seconds(dead.until_ns) + "; " + who(evidence, vacancy.waiter) + " waited " +
      length(vacancy.waited_ns) +
      (vacancy.next == kNone ? " to the run's end and the lock was not available again"
                             : " until the lock was available again") +
      ", the scenario allows " + length(bound_ns) + ".";
  return finding;
}

}  // namespace

CheckResult check_slow_recovery(const Evidence& evidence, const Contract& contract) {
  if (!evidence.terms.recovery_bound_ns) {
    return not_applicable("slow_recovery", "the scenario sets no bound for it");
  }
  const std::int64_t bound_ns = *evidence.terms.recovery_bound_ns;
  CheckResult result = result_of(
      "slow_recovery",
      {"counted from when the killed process had surely ended",
       "only time in which one and the same worker waited counts",
       "whoever was paused in its acquire may have had it for a lease, or for the pause"});
  for (const Vacancy& vacancy : find_vacancies(evidence, bound_ns)) {
    if (vacancy.before == kNone) continue;
    if (vacancy.waited_ns <= bound_ns + vacancy.unsure_ns) continue;
    if (evidence.holds.holds[vacancy.before].end != HoldEnd::died) continue;
    const Span since{vacancy.span.from_ns - evidence.terms.lifetime_ns, vacancy.span.until_ns};
    if (contract.breach(since).found) continue;
    add(result, finding_of(evidence, vacancy, bound_ns));
  }
  return result;
}

}  // namespace holdfast::harness
