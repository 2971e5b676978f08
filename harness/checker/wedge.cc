// A lock that was free, or held by the dead only, and that waiters did not get.
#include "harness/checker/checks.h"
#include "harness/checker/vacancies.h"
#include "harness/checker/wedge_cause.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Vacancy& vacancy, std::int64_t allowed_ns,
                   const Explanation& why) {
  const auto& holds = evidence.holds.holds;
  Finding finding;
  finding.what = Class::wedge;
  finding.lock = vacancy.lock;
  finding.from_ns = vacancy.span.from_ns;
  finding.to_ns = vacancy.span.until_ns;
  finding.parties = {
      {vacancy.waiter, 0, vacancy.span.from_ns, vacancy.span.until_ns, Doing::waiting}};
  finding.cause = why.cause;
  std::vector<std::uint32_t> shown = why.events;
  std::string before = "nobody had held it yet";
  if (vacancy.before != kNone) {
    const Hold& hold = holds[vacancy.before];
    finding.parties.push_back(party_of(hold));
    shown.insert(shown.end(), {hold.granted, hold.ended, hold.release_back,
                               vacancy.next == kNone ? kNone : holds[vacancy.next].granted});
    before = who(evidence, hold.worker) +
             (hold.end == HoldEnd::died ? " died inside at " : " left it at ") +
             seconds(hold.until_ns);
  }
  finding.events = in_order(std::move(shown));
  finding.faults = faults_near(evidence, vacancy.span, finding.parties);
  finding.sentence = which(evidence, vacancy.lock) + " was free or held by the dead from " +
                     seconds(vacancy.span.from_ns) + " to " + seconds(vacancy.span.until_ns) +
                     " (" + before + "), and " + who(evidence, vacancy.waiter) + " waited " +
                     length(vacancy.waited_ns) + " of it" +
                     (vacancy.next == kNone ? ", to the run's end" : "") + "; allowed are " +
                     length(allowed_ns) + ". " + why.sentence;
  return finding;
}

}  // namespace

CheckResult check_wedge(const Evidence& evidence, const Trail& trail, const Contract& contract) {
  const Terms& terms = evidence.terms;
  const std::int64_t lease_ns = longest_lease_ns(terms);
  const std::int64_t allowed_ns = lease_ns + terms.wedge_bound_ns;
  CheckResult result = result_of(
      "wedge", {"only time in which one and the same worker waited, alive and not paused, counts",
                "allowed are lifetime + margin + the scenario's bound",
                "whoever was paused in its acquire may have had it for a lease, or for the pause"});
  const WedgeCauses causes(evidence, trail);
  for (const Vacancy& vacancy : find_vacancies(evidence, allowed_ns)) {
    if (vacancy.waited_ns <= allowed_ns + vacancy.unsure_ns) continue;
    const Span since{vacancy.span.from_ns - lease_ns, vacancy.span.until_ns};
    if (contract.breach(since).found) continue;
    const Explanation why = has_room(result) ? causes.of(vacancy, allowed_ns) : Explanation();
    add(result, finding_of(evidence, vacancy, allowed_ns, why));
  }
  return result;
}

}  // namespace holdfast::harness
