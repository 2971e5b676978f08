// Two entitled holds of one lock at the same time.
#include <algorithm>

#include "harness/checker/cause.h"
#include "harness/checker/checks.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {
namespace {

std::string entitled(const Evidence& evidence, const Hold& hold) {
  const std::int64_t end_ns = evidence.holds.lease_end(hold);
  return end_ns == kNever ? std::string() : ", entitled until " + seconds(end_ns);
}

/// "h2.w3 entered lock0 at 4.812 s while h1.w1 was inside, entitled until 12.300 s."
std::string meeting(const Evidence& evidence, const Hold& first, const Hold& second) {
  return who(evidence, second.worker) + " entered " + which(evidence, second.lock) + " at " +
         seconds(second.inside().from_ns) + " while " + who(evidence, first.worker) +
         " was inside (since " + seconds(first.inside().from_ns) + ")" + entitled(evidence, first) +
         ".";
}

Finding finding_of(const Evidence& evidence, const Overlap& overlap, Class what) {
  const Hold& first = evidence.holds.holds[overlap.first];
  const Hold& second = evidence.holds.holds[overlap.second];
  Finding finding;
  finding.what = what;
  finding.lock = first.lock;
  finding.from_ns = overlap.both.from_ns;
  finding.to_ns = overlap.both.until_ns;
  finding.parties = {party_of(first), party_of(second)};
  finding.events = in_order({first.granted, second.granted});
  const Span since = {evidence.holds.attempts[first.attempt].sent_ns, overlap.both.until_ns};
  finding.faults = faults_near(evidence, since, finding.parties);
  finding.sentence = meeting(evidence, first, second);
  return finding;
}

}  // namespace

CheckResult check_mutual_exclusion(const Evidence& evidence, const Trail& trail,
                                   const Contract& contract, const Overlaps& overlaps) {
  CheckResult result = result_of(
      "mutual_exclusion",
      {"a hold begins when its grant was recorded and ends when its release was asked for; in "
       "ordered mode when the controller heard of either"});
  if (overlaps.violation_count == 0) return result;
  for (const Overlap& overlap : overlaps.violations) {
    Finding finding = finding_of(evidence, overlap, Class::mutual_exclusion);
    Explanation why = explain(evidence, trail, contract, overlap);
    finding.cause = why.cause;
    finding.sentence += " " + why.sentence;
    why.events.push_back(evidence.holds.holds[overlap.first].granted);
    why.events.push_back(evidence.holds.holds[overlap.second].granted);
    finding.events = in_order(std::move(why.events));
    if (why.culprit != kNobody) {
      std::vector<Party> parties = finding.parties;
      parties.push_back({why.culprit, 0, 0, 0});
      const Span since = {
          evidence.holds.attempts[evidence.holds.holds[overlap.first].attempt].sent_ns,
          overlap.both.until_ns};
      finding.faults = faults_near(evidence, since, parties);
    }
    add(result, std::move(finding));
  }
  result.counts[Class::mutual_exclusion] = overlaps.violation_count;
  return result;
}

CheckResult check_out_of_contract(const Evidence& evidence, const Contract& contract,
                                  const Overlaps& overlaps) {
  if (!Contract::declares(evidence.terms)) {
    return not_applicable("out_of_contract",
                          "the contender declares no limits of the clocks that it works with");
  }
  CheckResult result = result_of("out_of_contract");
  for (const Overlap& overlap : overlaps.excused) {
    Finding finding = finding_of(evidence, overlap, Class::out_of_contract);
    const Span since = at_stake(evidence, overlap.first, overlap.second);
    finding.sentence += " No fault of the lock: " + contract.breach(since).sentence + ".";
    add(result, std::move(finding));
  }
  if (overlaps.excused_count > 0) {
    result.counts[Class::out_of_contract] = overlaps.excused_count;
  }
  return result;
}

bool tells_its_state(const Evidence& evidence) {
  const History& history = evidence.history;
  return std::any_of(history.workers.begin(), history.workers.end(),
                     [](const WorkerRecord& worker) { return worker.records_files; }) ||
         std::any_of(history.events.begin(), history.events.end(),
                     [](const Event& event) { return event.op == Op::probe; });
}

Finding uncertain_overlap(const Evidence& evidence, const Overlap& overlap) {
  Finding finding = finding_of(evidence, overlap, Class::inconclusive);
  finding.cause = Cause::within_uncertainty;
  finding.certain = false;
  finding.sentence += " The two overlap by " + length(finding.to_ns - finding.from_ns) +
                      ", which the uncertainty of the hosts' clocks could explain.";
  return finding;
}

}  // namespace holdfast::harness
