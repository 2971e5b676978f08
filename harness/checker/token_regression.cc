// A later grant's fencing token must be greater than an earlier one's.
//
// "Later" is the order in which grants came back. A right lock can let that order differ from the
// one in which it gave them only if a grant's way back took longer than its lease; so a grant that
// was not entitled any more when it came back is left out.
#include "harness/checker/checks.h"
#include "harness/checker/highest.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Hold& earlier, const Hold& later) {
  Finding finding;
  finding.what = Class::token_regression;
  finding.lock = later.lock;
  finding.from_ns = earlier.from_ns;
  finding.to_ns = later.from_ns;
  finding.parties = {party_of(earlier), party_of(later)};
  finding.events = in_order({earlier.granted, later.granted});
  finding.faults = faults_near(evidence, {earlier.from_ns, later.from_ns}, finding.parties);
  finding.sentence = "The grant of " + which(evidence, later.lock) + " to " +
                     who(evidence, later.worker) + " at " + seconds(later.from_ns) + " has token " +
                     std::to_string(later.token) + "; " + who(evidence, earlier.worker) +
                     " had been granted token " + std::to_string(earlier.token) + " at " +
                     seconds(earlier.from_ns) + ".";
  return finding;
}

}  // namespace

CheckResult check_token_regression(const Evidence& evidence, const Contract& contract) {
  if (!evidence.terms.tokens) {
    return not_applicable("token_regression", "the lock gives no tokens");
  }
  CheckResult result = result_of("token_regression",
                                 {"grants are ordered by when they came back, entitled ones only"});
  const Holds& holds = evidence.holds;
  for (const auto& holds_of_a_lock : holds.holds_of) {
    HighestSoFar highest(evidence.history);
    for (const std::uint32_t index : holds_of_a_lock) {
      const Hold& later = holds.holds[index];
      highest.add(later.worker, {later.from_ns, later.token, index});
      const bool entitled = holds.leases_of(later).front().until_ns > later.from_ns;
      const auto* const earlier = highest.before(later.worker, later.from_ns);
      if (!entitled || earlier == nullptr || earlier->token < later.token) continue;
      const Hold& known = holds.holds[earlier->what];
      if (contract.breach({holds.attempts[known.attempt].sent_ns, later.from_ns}).found) continue;
      add(result, finding_of(evidence, known, later));
    }
  }
  return result;
}

}  // namespace holdfast::harness
