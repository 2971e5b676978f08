// A waiter that others overtook more often, or that waited longer, than the scenario allows.
//
// Overtaken: a grant of the same lock, while it waited, to a worker that had asked later. Waiting
// is counted without the waiter's own pauses, and ends with its death. How often somebody was
// overtaken who was paused meanwhile says nothing: it could not have taken its turn.
#include <algorithm>
#include <vector>

#include "harness/checker/checks.h"
#include "harness/checker/fenwick.h"
#include "harness/checker/vacancies.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Attempt& attempt, std::int64_t waited_ns,
                   std::uint64_t bypassed, const std::string& allowed) {
  Finding finding;
  finding.what = Class::starvation;
  finding.lock = attempt.lock;
  finding.from_ns = attempt.sent_ns;
  finding.to_ns = attempt.back_ns;
  finding.parties = {{attempt.worker, 0, attempt.sent_ns, attempt.back_ns, Doing::waiting}};
  finding.events = in_order({attempt.invoke, attempt.back});
  finding.faults = faults_near(evidence, {attempt.sent_ns, attempt.back_ns}, finding.parties);
  finding.sentence = who(evidence, attempt.worker) + " waited " + length(waited_ns) + " for " +
                     which(evidence, attempt.lock) + " from " + seconds(attempt.sent_ns) +
                     " on and was overtaken " + count(bypassed, "time") + "; " + allowed + ".";
  return finding;
}

/// By place in `attempts`: how many grants were to later ones, and came back earlier.
std::vector<std::uint64_t> bypasses(const Holds& holds,
                                    const std::vector<std::uint32_t>& attempts) {
  std::vector<std::uint32_t> by_back(attempts.size());
  for (std::uint32_t i = 0; i < by_back.size(); ++i) by_back[i] = i;
  std::stable_sort(by_back.begin(), by_back.end(), [&](std::uint32_t a, std::uint32_t b) {
    return holds.attempts[attempts[a]].back_ns < holds.attempts[attempts[b]].back_ns;
  });
  // Who asked at the same instant did not ask later.
  std::vector<std::size_t> later(attempts.size());
  for (std::size_t i = attempts.size(); i-- > 0;) {
    const bool same = i + 1 < attempts.size() && holds.attempts[attempts[i]].sent_ns ==
                                                     holds.attempts[attempts[i + 1]].sent_ns;
    later[i] = same ? later[i + 1] : i + 1;
  }
  std::vector<std::uint64_t> found(attempts.size(), 0);
  CountTree granted(attempts.size());
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < by_back.size();) {
    std::size_t end = i;
    const std::int64_t back_ns = holds.attempts[attempts[by_back[i]]].back_ns;
    for (; end < by_back.size() && holds.attempts[attempts[by_back[end]]].back_ns == back_ns;
         ++end) {
      found[by_back[end]] = all - granted.before(later[by_back[end]]);
    }
    for (; i < end; ++i) {
      if (holds.attempts[attempts[by_back[i]]].outcome != Phase::ok) continue;
      granted.mark(by_back[i]);
      ++all;
    }
  }
  return found;
}

}  // namespace

CheckResult check_starvation(const Evidence& evidence) {
  const Terms& terms = evidence.terms;
  if (!terms.wait_bound_ns && !terms.bypass_bound) {
    return not_applicable("starvation", "the scenario bounds neither waiting nor being overtaken");
  }
  CheckResult result = result_of(
      "starvation", {"a waiter's own pauses do not count as waiting, and whoever was paused is not "
                     "said to be overtaken"});
  std::string allowed = "allowed are";
  if (terms.wait_bound_ns) allowed += " " + length(*terms.wait_bound_ns);
  if (terms.wait_bound_ns && terms.bypass_bound) allowed += " and";
  if (terms.bypass_bound) allowed += " " + count(*terms.bypass_bound, "time");
  for (const auto& attempts : evidence.holds.attempts_of) {
    const auto bypassed = bypasses(evidence.holds, attempts);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      const Attempt& attempt = evidence.holds.attempts[attempts[i]];
      const std::int64_t waited = waited_ns(evidence, attempt, {attempt.sent_ns, attempt.back_ns});
      const bool too_long = terms.wait_bound_ns && waited > *terms.wait_bound_ns;
      const bool too_often = terms.bypass_bound && bypassed[i] > *terms.bypass_bound &&
                             waited == attempt.back_ns - attempt.sent_ns;
      if (too_long || too_often) {
        add(result, finding_of(evidence, attempt, waited, bypassed[i], allowed));
      }
    }
  }
  return result;
}

}  // namespace holdfast::harness
