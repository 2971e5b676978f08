// What the lock's interface promises: patience is kept, answers are of a kind that the call can
// have, and a wait can be cancelled.
#include <algorithm>
#include <cmath>

#include "harness/checker/checks.h"
#include "harness/checker/server_faults.h"
#include "harness/checker/stalls.h"
#include "harness/checker/vacancies.h"

namespace holdfast::harness {
namespace {

Doing doing_of(Op op) {
  switch (op) {
    case Op::acquire: return Doing::waiting;
    case Op::update:
    case Op::raise:
    case Op::publish: return Doing::writing;
    default: return Doing::calling;
  }
}

/// Of the call that `event` belongs to, which went on for this span.
Finding finding_of(const Evidence& evidence, const Event& event, const Span& span,
                   std::vector<std::uint32_t> events, std::string sentence) {
  Finding finding;
  finding.what = Class::api_contract;
  finding.lock = event.lock;
  finding.from_ns = span.from_ns;
  finding.to_ns = span.until_ns;
  finding.parties = {{event.worker, event.token, span.from_ns, span.until_ns, doing_of(event.op)}};
  finding.events = in_order(std::move(events));
  finding.faults = faults_near(evidence, span, finding.parties);
  finding.sentence = std::move(sentence);
  return finding;
}

/// How long a caller's patience can last by the injected rate of its own host's clock: as it was
/// measured, or, where it could not be, as it was meant to be.
std::int64_t stretched_ns(const Evidence& evidence, const Attempt& attempt) {
  const std::uint32_t host = evidence.history.workers[attempt.worker].host;
  double slowest = 1;
  for (const Fault& fault : evidence.history.faults) {
    const bool is_near = fault.kind == "clock" && was_done(fault) &&
                         (fault.host == host || fault.host == kNobody) &&
                         fault.start_ns <= attempt.back_ns && attempt.sent_ns <= fault.end_ns;
    const double rate = fault.effective ? fault.measured_rate : fault.planned_rate;
    if (is_near && rate > 0) slowest = std::min(slowest, rate);
  }
  const auto patience = static_cast<double>(attempt.deadline_ns - attempt.sent_ns);
  return std::llround(patience * (1 / slowest - 1));
}

/// What the caller waited within the span for the lock's sake: its calls did not stand still.
std::int64_t own_doing_ns(const Evidence& evidence, const Attempt& attempt, const Span& span) {
  std::int64_t all_ns = 0, from_ns = span.from_ns;
  for (const Span& stall : stalls_of(evidence, attempt)) {
    const std::int64_t until_ns = std::min(stall.from_ns, span.until_ns);
    if (from_ns < until_ns) all_ns += waited_ns(evidence, attempt, {from_ns, until_ns});
    from_ns = std::max(from_ns, stall.until_ns);
  }
  if (from_ns < span.until_ns) all_ns += waited_ns(evidence, attempt, {from_ns, span.until_ns});
  return all_ns;
}

/// Acquires that came back too late, or, when all was over, not at all.
void check_patience(const Evidence& evidence, const Contract& contract, const Attempt& attempt,
                    CheckResult& result) {
  if (attempt.deadline_ns == 0) return;
  const std::int64_t slack_ns = evidence.terms.timeout_slack_ns;
  if (attempt.back_ns <= attempt.deadline_ns + slack_ns) return;
  // Only what it overran while it was alive, not paused, and answered is its own doing.
  const std::int64_t over_ns =
      own_doing_ns(evidence, attempt, {attempt.deadline_ns, attempt.back_ns});
  if (over_ns <= slack_ns || over_ns <= slack_ns + stretched_ns(evidence, attempt)) return;
  if (contract.breach({attempt.sent_ns, attempt.back_ns}).found) return;
  const Event& invoke = evidence.history.events[attempt.invoke];
  add(result,
      finding_of(evidence, invoke, {attempt.sent_ns, attempt.back_ns},
                 {attempt.invoke, attempt.back},
                 "The acquire of " + who(evidence, attempt.worker) + " of " +
                     which(evidence, attempt.lock) + ", asked for at " + seconds(attempt.sent_ns) +
                     " with a patience of " + length(attempt.deadline_ns - attempt.sent_ns) + ", " +
                     (attempt.back == kNone ? "had not come back at " : "came back at ") +
                     seconds(attempt.back_ns) + ": " + length(over_ns) + " too late, allowed are " +
                     length(slack_ns) + "."));
}

/// A wait that went on although its worker had been asked to end, until it was killed for that or
/// the last event of all. Only an own lock can be cancelled in any case.
void check_cancelling(const Evidence& evidence, const Attempt& attempt, CheckResult& result) {
  if (!evidence.terms.own_lock || attempt.back != kNone) return;
  const Span since{std::max(evidence.history.end_ns, attempt.sent_ns), attempt.back_ns};
  if (own_doing_ns(evidence, attempt, since) <= evidence.terms.timeout_slack_ns) return;
  add(result, finding_of(evidence, evidence.history.events[attempt.invoke],
                         {attempt.sent_ns, attempt.back_ns}, {attempt.invoke},
                         "The acquire of " + who(evidence, attempt.worker) + " of " +
                             which(evidence, attempt.lock) + " had not come back at " +
                             seconds(attempt.back_ns) + ", though it was cancelled at " +
                             seconds(evidence.history.end_ns) + "."));
}

const char* name(Op op) {
  switch (op) {
    case Op::acquire: return "acquire";
    case Op::refresh: return "refresh";
    case Op::release: return "release";
    case Op::update: return "update";
    case Op::raise: return "raise";
    case Op::publish: return "publish";
    default: return "probe";
  }
}

const char* name(Why why) {
  switch (why) {
    case Why::timeout: return "timed out";
    case Why::lost: return "lost";
    case Why::cancelled: return "cancelled";
    case Why::stale_token: return "stale token";
    case Why::not_held: return "not held";
    case Why::none: return "failed, without a reason";
    default: return "error";
  }
}

/// Whether a call may fail for this reason. An error of the system may befall every call.
bool may_fail(Op op, Why why) {
  if (why == Why::error || why == Why::contender) return true;
  switch (op) {
    case Op::acquire: return why == Why::timeout || why == Why::cancelled;
    case Op::refresh:
    case Op::release: return why == Why::lost || why == Why::not_held || why == Why::cancelled;
    case Op::raise:
    case Op::publish: return why == Why::stale_token || why == Why::not_held;
    default: return true;
  }
}

/// From when it was asked for until it came back with this event.
Span span_of_call(const std::vector<Event>& events, std::uint32_t back) {
  const Event& answer = events[back];
  for (std::uint32_t i = back; i-- > 0;) {
    const Event& event = events[i];
    const bool asks =
        event.worker == answer.worker && event.op == answer.op && event.phase == Phase::invoke;
    if (asks) return {event.at_ns, answer.at_ns};
  }
  return {answer.at_ns, answer.at_ns};
}

/// Of an answer that is wrong by itself: it is what is found, of a call that went on until then.
Finding answer_of(const Evidence& evidence, std::uint32_t back, std::vector<std::uint32_t> events,
                  std::string sentence) {
  const auto& all = evidence.history.events;
  Finding finding = finding_of(evidence, all[back], span_of_call(all, back), std::move(events),
                               std::move(sentence));
  finding.from_ns = finding.to_ns;
  return finding;
}

void check_reasons(const Evidence& evidence, CheckResult& result) {
  const auto& events = evidence.history.events;
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.phase != Phase::fail || event.op == Op::file) continue;
    const Why why = static_cast<Why>(event.code);
    if (may_fail(event.op, why)) continue;
    add(result,
        answer_of(evidence, i, {i},
                  std::string("The ") + name(event.op) + " of " + who(evidence, event.worker) +
                      " of " + which(evidence, event.lock) + " came back at " +
                      seconds(event.at_ns) + " as \"" + name(why) + "\", which it never may."));
  }
}

/// A release that reported success, after which the lock says that it is still this worker's; but
/// not where a request that the network repeated may have made it so again.
void check_given_back(const Evidence& evidence, CheckResult& result) {
  const auto& events = evidence.history.events;
  std::vector<std::uint32_t> released(evidence.history.workers.size(), kNone);
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    std::uint32_t& back = released[event.worker];
    if (event.op == Op::acquire) back = kNone;
    if (event.op == Op::release) back = event.phase == Phase::ok ? i : kNone;
    const bool mine = event.op == Op::probe && event.phase == Phase::ok &&
                      event.value == static_cast<std::uint64_t>(ProbedState::mine);
    if (!mine || back == kNone || events[back].lock != event.lock) continue;
    if (made_again(evidence.history, {events[back].at_ns, event.at_ns}) != nullptr) continue;
    add(result, answer_of(evidence, back, {back, i},
                          "The release of " + who(evidence, event.worker) + " of " +
                              which(evidence, event.lock) + " came back at " +
                              seconds(events[back].at_ns) + " as done, and yet at " +
                              seconds(event.at_ns) + " the lock was held in its name."));
    back = kNone;
  }
}

}  // namespace

CheckResult check_api_contract(const Evidence& evidence, const Contract& contract) {
  CheckResult result = result_of(
      "api_contract",
      {"a caller's own pauses do not count as overrun patience, nor does a call that its mount "
       "does not answer while a fault of the network or the server is about",
       "patience runs on the clock of the caller's host, bent or not"});
  for (const Attempt& attempt : evidence.holds.attempts) {
    check_patience(evidence, contract, attempt, result);
    check_cancelling(evidence, attempt, result);
    const bool for_ever = attempt.deadline_ns == 0;
    if (for_ever && attempt.outcome == Phase::fail && attempt.why == Why::timeout) {
      add(result, finding_of(evidence, evidence.history.events[attempt.back],
                             {attempt.sent_ns, attempt.back_ns}, {attempt.invoke, attempt.back},
                             "The acquire of " + who(evidence, attempt.worker) + " of " +
                                 which(evidence, attempt.lock) +
                                 " timed out, though it was to wait for ever."));
    }
  }
  check_reasons(evidence, result);
  check_given_back(evidence, result);
  return result;
}

}  // namespace holdfast::harness
