// A holder that stayed past its lease, so that the next one came in lawfully: no fault of the lock,
// but what it protects must be ready for it. Told or not, and what it did then, is the split.
#include <algorithm>

#include "harness/checker/checks.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

bool paused_within(const Evidence& evidence, std::uint32_t worker, const Span& span) {
  const auto& pauses = evidence.holds.pauses[worker];
  return std::any_of(pauses.begin(), pauses.end(), [&](const Span& pause) {
    return pause.from_ns < span.until_ns && span.from_ns < pause.until_ns;
  });
}

/// Whether the holder began further work on the protected resource after it had been told.
bool worked_on(const Evidence& evidence, const Hold& hold) {
  const auto& events = evidence.history.events;
  for (std::size_t i = hold.told + 1; i < events.size() && events[i].at_ns <= hold.until_ns; ++i) {
    const Event& event = events[i];
    if (event.worker != hold.worker || event.phase != Phase::invoke) continue;
    if (event.op == Op::update || event.op == Op::raise || event.op == Op::publish) return true;
    if (event.op == Op::release || event.op == Op::acquire) return false;
  }
  return false;
}

Cause split(const Evidence& evidence, const Hold& hold) {
  if (hold.told != kNone) {
    const bool left = hold.end != HoldEnd::unseen;
    return left && !worked_on(evidence, hold) ? Cause::told_and_left : Cause::told_and_stayed;
  }
  const Span after = {evidence.holds.lease_end(hold), hold.until_ns};
  return paused_within(evidence, hold.worker, after) ? Cause::could_not_be_told : Cause::never_told;
}

std::string what_it_did(const Hold& hold, Cause cause) {
  switch (cause) {
    case Cause::told_and_left:
      return "it was told and left " + length(hold.until_ns - hold.told_ns) + " later";
    case Cause::told_and_stayed: return "it was told and went on";
    case Cause::could_not_be_told: return "it was paused and could not be told";
    default: return "it was never told";
  }
}

Finding finding_of(const Evidence& evidence, const Overstay& overstay) {
  const Hold& stayed = evidence.holds.holds[overstay.hold];
  const Hold& next = evidence.holds.holds[overstay.next];
  Finding finding;
  finding.what = Class::overstay;
  finding.cause = split(evidence, stayed);
  finding.lock = stayed.lock;
  finding.from_ns = overstay.at_ns;
  finding.to_ns = std::min(stayed.until_ns, next.until_ns);
  finding.parties = {party_of(next), party_of(stayed)};
  finding.events = in_order({stayed.granted, next.granted, stayed.told, stayed.ended});
  const std::int64_t lease_end_ns = evidence.holds.lease_end(stayed);
  finding.faults = faults_near(evidence, {stayed.from_ns, stayed.until_ns}, finding.parties);
  finding.sentence = who(evidence, stayed.worker) + " stayed inside " +
                     which(evidence, stayed.lock) + " until " + seconds(stayed.until_ns) +
                     ", its lease had ended at " + seconds(lease_end_ns) + ": " +
                     what_it_did(stayed, finding.cause) + "; " + who(evidence, next.worker) +
                     " was inside from " + seconds(next.from_ns) + ".";
  return finding;
}

}  // namespace

CheckResult check_overstay(const Evidence& evidence, const Overlaps& overlaps) {
  if (!evidence.terms.leases) {
    return not_applicable("overstay", "the lock has no leases to stay past");
  }
  CheckResult result = result_of("overstay");
  for (const Overstay& overstay : overlaps.overstays) {
    if (!has_room(result)) break;
    add(result, finding_of(evidence, overstay));
  }
  if (!overlaps.overstays.empty()) result.counts[Class::overstay] = overlaps.overstays.size();
  if (evidence.terms.overstay_bound) {
    const std::uint64_t bound = *evidence.terms.overstay_bound;
    result.reason = count(overlaps.overstays.size(), "overstay") + ", the scenario allows " +
                    std::to_string(bound);
  }
  return result;
}

}  // namespace holdfast::harness
