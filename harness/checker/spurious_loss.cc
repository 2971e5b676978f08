// A live holder was told that its lease was lost while, by the lock's own word, it still ran; and
// neither did it stand still, nor did its clock or the server's memory fail.
//
// Told means that the news had come back before the lease's end: a renewal that was asked for in
// time and answered late may have been late for reasons of the machine.
#include <algorithm>

#include "harness/checker/cause.h"
#include "harness/checker/checks.h"
#include "harness/checker/failed_operation.h"
#include "harness/checker/origins.h"
#include "harness/checker/server_faults.h"

namespace holdfast::harness {
namespace {

/// When the holder was told, and how much of its lease was left then.
struct Loss {
  std::uint32_t event = kNone;
  std::int64_t told_ns = 0;
  std::int64_t left_ns = 0;
};

Loss loss_of(const Evidence& evidence, const Hold& hold) {
  if (hold.told != kNone) return {hold.told, hold.told_ns, hold.left_when_told_ns};
  // A release that is tried again may find that the first one had worked after all.
  if (hold.release_back == kNone || hold.releases != 1) return {};
  const Event& released = evidence.history.events[hold.release_back];
  if (released.phase != Phase::fail || released.code != static_cast<int>(Why::lost)) return {};
  return {hold.release_back, released.at_ns, evidence.holds.lease_end(hold) - released.at_ns};
}

bool has_injected_cause(const Evidence& evidence, const Contract& contract, const Hold& hold,
                        const Span& span) {
  const auto meets = [&](std::int64_t from_ns, std::int64_t until_ns) {
    return from_ns <= span.until_ns && span.from_ns <= until_ns;
  };
  const auto& pauses = evidence.holds.pauses[hold.worker];
  if (std::any_of(pauses.begin(), pauses.end(),
                  [&](const Span& pause) { return meets(pause.from_ns, pause.until_ns); })) {
    return true;
  }
  if (server_forgot(evidence.history, span) != nullptr) return true;
  // What the lock declares to stand is no excuse.
  if (Contract::declares(evidence.terms)) return contract.breach(span).found;
  const auto& faults = evidence.history.faults;
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return fault.kind == "clock" && was_done(fault) && meets(fault.start_ns, fault.end_ns);
  });
}

Finding finding_of(const Evidence& evidence, const Hold& hold, const Loss& loss) {
  Finding finding;
  finding.what = Class::spurious_loss;
  finding.lock = hold.lock;
  finding.from_ns = hold.from_ns;
  finding.to_ns = loss.told_ns;
  finding.parties = {party_of(hold)};
  finding.events = in_order({hold.granted, loss.event});
  finding.faults = faults_near(evidence, {hold.from_ns, loss.told_ns}, finding.parties);
  finding.sentence = who(evidence, hold.worker) + " was told at " + seconds(loss.told_ns) +
                     " that it had lost " + which(evidence, hold.lock) + ", held since " +
                     seconds(hold.from_ns) + ", though its lease would have run for another " +
                     length(loss.left_ns);
  return finding;
}

/// The request by which the claim of this hold was spoilt; nullptr: none is known.
const Unheard* spoilt_claim(const Evidence& evidence, const Trail& trail, const Hold& hold,
                            const Loss& loss) {
  const std::uint32_t take = trail.take_of(evidence.holds.attempts[hold.attempt]);
  return Origins(evidence, trail).of_claim(take, loss.told_ns);
}

/// The last operation that failed in the call that told of the loss; kNone: there is none.
std::uint32_t failed_before(const Evidence& evidence, const Trail& trail, const Hold& hold,
                            const Loss& loss) {
  std::uint32_t asked = loss.event;
  while (asked > hold.granted) {
    const Event& event = evidence.history.events[--asked];
    if (event.worker == hold.worker && event.phase == Phase::invoke) break;
  }
  return failed_operation(evidence, trail, hold.worker, hold.lock, asked, loss.event);
}

/// Who took its entry away; else what spoilt its claim, where that was a request that no call was
/// told of; else an error that its program took for the loss.
void name_the_cause(const Evidence& evidence, const Trail& trail, const Contract& contract,
                    const Hold& hold, const Loss& loss, Finding& finding) {
  const Unheard* request = nullptr;
  if (const auto theft = explain_loss(evidence, trail, contract, hold, loss.event)) {
    finding.cause = theft->cause;
    finding.sentence += ". " + theft->sentence;
    std::vector<std::uint32_t> shown = theft->events;
    shown.insert(shown.end(), {hold.granted, loss.event});
    finding.events = in_order(std::move(shown));
    request = theft->request;
  } else if (request = spoilt_claim(evidence, trail, hold, loss); request != nullptr) {
    finding.cause = Cause::lost_reply;
    finding.sentence += ". Before that, " + words_of(*request) + ".";
  } else if (const auto failed = failed_before(evidence, trail, hold, loss); failed != kNone) {
    finding.cause = Cause::failed_operation;
    finding.events = in_order({hold.granted, failed, loss.event});
    finding.sentence += "; " + words_of_failed(evidence, failed) + ".";
  } else if (!trail.knows(hold.worker)) {
    finding.cause = Cause::unexplained;
    finding.sentence += "; what cost it is not known, as its file operations were not recorded.";
  } else {
    finding.sentence += "; the record does not tell what cost it.";
  }
  if (request != nullptr) show_fault(*request, finding);
}

}  // namespace

CheckResult check_spurious_loss(const Evidence& evidence, const Trail& trail,
                                const Contract& contract) {
  if (!evidence.terms.leases) {
    return not_applicable("spurious_loss", "the lock has no leases to lose");
  }
  CheckResult result = result_of(
      "spurious_loss",
      {"the news came back before the lease's end by the lock's own word",
       "a pause of the holder, a server that forgot and clocks bent beyond the contract count as "
       "causes, other faults do not; where no contract is declared, any clock fault does"});
  for (const Hold& hold : evidence.holds.holds) {
    const Loss loss = loss_of(evidence, hold);
    if (loss.event == kNone || loss.left_ns <= 0) continue;
    const std::int64_t sent_ns = evidence.holds.attempts[hold.attempt].sent_ns;
    if (has_injected_cause(evidence, contract, hold, {sent_ns, loss.told_ns})) continue;
    Finding finding = finding_of(evidence, hold, loss);
    if (has_room(result)) name_the_cause(evidence, trail, contract, hold, loss, finding);
    add(result, std::move(finding));
  }
  return result;
}

}  // namespace holdfast::harness
