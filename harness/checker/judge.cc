#include <algorithm>
#include <functional>

#include "harness/checker/assumptions.h"
#include "harness/checker/checks.h"
#include "harness/checker/power.h"
#include "harness/checker/server_faults.h"
#include "harness/history/recorder.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

/// In the order in which they are reported.
constexpr const char* kCheckers[] = {
    "mutual_exclusion", "token_regression", "lost_update",  "unfenced_late_write",
    "ghost_hold",       "false_hold",       "wedge",        "slow_recovery",
    "starvation",       "spurious_loss",    "orphan",       "api_contract",
    "overstay",         "out_of_contract",  "inconclusive",
};

/// What one finding of a class makes of the verdict.
Value value_of(Class what) {
  switch (what) {
    case Class::none:
    case Class::overstay: return Value::valid;
    case Class::out_of_contract:
    case Class::inconclusive:
    case Class::harness_error: return Value::unknown;
    default: return Value::violated;
  }
}

/// violated > unknown > valid.
int badness(Value value) {
  switch (value) {
    case Value::valid: return 0;
    case Value::unknown: return 1;
    case Value::violated: return 2;
  }
  return 1;
}

/// Whether a finding of this class rests on what the server had acknowledged.
bool rests_on_the_server(Class what) {
  switch (what) {
    case Class::token_regression:
    case Class::lost_update:
    case Class::unfenced_late_write:
    case Class::ghost_hold:
    case Class::false_hold: return true;
    default: return false;
  }
}

/// From when on what the server forgot can be behind a finding. Who holds the lock unawares may
/// hold what he had given back before: of a ghost that is since his grant before it.
std::int64_t rests_since_ns(const History& history, const Finding& finding) {
  std::int64_t since_ns = finding.from_ns;
  if (finding.what != Class::ghost_hold) return since_ns;
  for (const Event& event : history.events) {
    if (event.at_ns >= finding.from_ns) break;
    const bool granted = event.op == Op::acquire && event.phase == Phase::ok;
    if (!granted || event.lock != finding.lock) continue;
    if (event.worker == finding.parties.front().worker) since_ns = event.at_ns;
  }
  return since_ns;
}

/// No lock survives a server that takes back what it has acknowledged: where that is known to have
/// happened within a finding, and nothing else explains it, the server is named.
void name_the_server(const History& history, CheckResult& result) {
  if (server_forgot(history, {history.start_ns, history.end_ns}) == nullptr) return;
  for (Finding& finding : result.findings) {
    if (finding.cause != Cause::none || !rests_on_the_server(finding.what)) continue;
    const Span span = {rests_since_ns(history, finding), finding.to_ns};
    const Fault* const loss = server_forgot(history, span);
    if (loss == nullptr) continue;
    finding.cause = Cause::server_lost_state;
    finding.sentence +=
        " The server had forgotten at " + seconds(loss->start_ns) + " what it had acknowledged.";
  }
}

class Bench {
 public:
  Bench(const History& history, const Terms& terms) : history_(history), terms_(terms) {}

  Verdict judge() {
    run([&] { return check_assumptions(history_, terms_); });
    if (verdict_.checks.front().outcome == Outcome::found) {
      for (const char* checker : kCheckers) {
        verdict_.checks.push_back(
            not_checked(checker, "the history is not fit for judging: see the assumptions"));
      }
    } else {
      run_checkers();
    }
    add_up();
    return std::move(verdict_);
  }

 private:
  void run(const std::function<CheckResult()>& check) {
    const std::int64_t start_ns = recorder_now_ns();
    CheckResult result = check();
    name_the_server(history_, result);
    result.took_ns = recorder_now_ns() - start_ns;
    verdict_.checks.push_back(std::move(result));
  }

  void run_checkers() {
    const Trail trail(history_, terms_);
    const Holds holds = find_holds(history_, terms_, trail);
    const Evidence evidence{history_, terms_, holds};
    const Contract contract(evidence);
    const Overlaps overlaps = find_overlaps(evidence, contract);
    verdict_.power = measure_power(evidence);
    run([&] { return check_mutual_exclusion(evidence, trail, contract, overlaps); });
    run([&] { return check_token_regression(evidence, contract); });
    run([&] { return check_lost_update(evidence, contract); });
    run([&] { return check_unfenced_late_write(evidence); });
    run([&] { return check_ghost_hold(evidence, trail); });
    run([&] { return check_false_hold(evidence, trail, contract); });
    run([&] { return check_wedge(evidence, trail, contract); });
    run([&] { return check_slow_recovery(evidence, contract); });
    run([&] { return check_starvation(evidence); });
    run([&] { return check_spurious_loss(evidence, trail, contract); });
    run([&] { return check_orphan(evidence); });
    run([&] { return check_api_contract(evidence, contract); });
    run([&] { return check_overstay(evidence, overlaps); });
    run([&] { return check_out_of_contract(evidence, contract, overlaps); });
    run([&] { return check_inconclusive(evidence, overlaps, verdict_.power); });
  }

  /// Worst wins; among equals the class that comes first in Class, and its first finding.
  void add_up() {
    verdict_.value = Value::valid;
    const CheckResult* unchecked = nullptr;
    for (const CheckResult& check : verdict_.checks) {
      if (check.outcome == Outcome::not_checked && unchecked == nullptr) unchecked = &check;
      for (const auto& [what, number] : check.counts) {
        verdict_.counts[what] += number;
        if (number > 0) weigh(check, what);
      }
    }
    if (unchecked != nullptr && verdict_.value == Value::valid) verdict_.value = Value::unknown;
    if (verdict_.counts[Class::mutual_exclusion] == 0) {
      verdict_.power.violation_rate_bound = rate_bound(verdict_.power.handoffs_between_workers);
    }
    std::erase_if(verdict_.counts, [](const auto& entry) { return entry.second == 0; });
    verdict_.reason = reason(unchecked);
  }

  void weigh(const CheckResult& check, Class what) {
    Value value = value_of(what);
    if (what == Class::overstay && terms_.overstay_bound &&
        check.counts.at(what) > *terms_.overstay_bound) {
      value = Value::violated;
    }
    if (value == Value::valid) return;
    const bool worse = badness(value) > badness(verdict_.value);
    const bool first = badness(value) == badness(verdict_.value) && what < verdict_.first_class;
    if (!worse && !first) return;
    const auto found = std::find_if(check.findings.begin(), check.findings.end(),
                                    [&](const Finding& it) { return it.what == what; });
    verdict_.value = value;
    verdict_.first_class = what;
    verdict_.first_cause = found == check.findings.end() ? Cause::none : found->cause;
    worst_ = found == check.findings.end() ? std::string() : found->sentence;
  }

  std::string reason(const CheckResult* unchecked) const {
    if (!worst_.empty()) return worst_;
    if (unchecked != nullptr) {
      return "Not checked: " + unchecked->checker + ", since " + unchecked->reason + ".";
    }
    const Power& power = verdict_.power;
    // Who stays past the lease is inside together with the next one.
    const bool stayed = verdict_.counts.contains(Class::overstay);
    return std::string("No two processes ") + (stayed ? "were entitled to" : "held") +
           " a lock at the same time in " + count(power.grants, "grant") + ", " +
           std::to_string(power.handoffs_between_workers) +
           " of them handed from one process to another.";
  }

  const History& history_;
  const Terms& terms_;
  Verdict verdict_;
  std::string worst_;  ///< its sentence
};

}  // namespace

Verdict judge(const History& history, const Terms& terms) { return Bench(history, terms).judge(); }

}  // namespace holdfast::harness
