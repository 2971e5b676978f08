#include "harness/checker/cause.h"

#include <algorithm>
#include <cstring>

#include "harness/checker/meeting.h"
#include "harness/checker/origins.h"
#include "harness/checker/server_faults.h"

namespace holdfast::harness {
namespace {

/// Without a file operation that succeeded.
Explanation entered_without(const Meeting& meeting, const Side& side) {
  if (const Unheard* const made = meeting.made_unheard(side)) {
    return {Cause::lost_reply,
            meeting.name(side) + " found its own entry there: " + words_of(*made) + ".",
            {},
            side.hold->worker};
  }
  const std::uint32_t failed = meeting.trail().failed_take_of(*side.attempt);
  if (failed == kNone) {
    return {Cause::not_excluding,
            "No file operation gave the lock to " + meeting.name(side) + ".",
            {},
            side.hold->worker};
  }
  const Event& take = meeting.events()[failed];
  const std::string how =
      take.phase == Phase::info ? "whose outcome was unknown" : std::strerror(take.code);
  if (meeting.was_applied(failed)) {
    return {Cause::lost_reply,
            meeting.name(side) + " took the lock by a call at " + seconds(take.at_ns) +
                " that was reported as failed (" + how + ") and had been applied.",
            {failed},
            side.hold->worker};
  }
  return {Cause::not_excluding,
          meeting.name(side) + " entered although the call that was to take the lock, at " +
              seconds(take.at_ns) + ", had failed (" + how + ").",
          {failed},
          side.hold->worker};
}

Explanation read_off(const Meeting& meeting) {
  const Side &first = meeting.first(), &second = meeting.second();
  for (const Side* side : {&first, &second}) {
    if (!meeting.trail().knows(side->hold->worker)) {
      return {Cause::unexplained,
              "The file operations of " + meeting.name(*side) + " were not recorded.",
              {},
              kNobody};
    }
  }
  for (const Side* side : {&first, &second}) {
    if (side->take == kNone) return entered_without(meeting, *side);
  }
  const bool has_entry = meeting.trail().deed(meeting.event(first)) == Deed::takes;
  if (has_entry != (meeting.trail().deed(meeting.event(second)) == Deed::takes)) {
    return {Cause::unexplained, "The two took the lock in different ways.", meeting.takes(),
            kNobody};
  }
  for (const auto& [victim, next] : {std::pair{&first, &second}, {&second, &first}}) {
    if (has_entry) {
      const std::uint32_t removal = removal_of_entry(meeting, *victim, *next);
      if (removal != kNone) return entry_removed(meeting, *victim, removal, next->take);
    } else if (const auto found = state_renamed(meeting, *victim, *next)) {
      return *found;
    }
  }
  return nobody_removed_it(meeting, has_entry);
}

/// Whether a server that forgot may be behind this: what nobody can tell for certain, and whoever
/// gave back what he did not have any more, by no doing of his.
bool may_be_the_servers(Cause cause) {
  return cause == Cause::unexplained || cause == Cause::stolen_release;
}

/// From when the lock was asked for that is at issue until both had it.
Span at_issue(const Evidence& evidence, const Overlap& overlap, std::uint32_t culprit) {
  const Hold& first = evidence.holds.holds[overlap.first];
  const Hold& second = evidence.holds.holds[overlap.second];
  const auto& attempts = evidence.holds.attempts;
  Span span = {std::min(attempts[first.attempt].sent_ns, attempts[second.attempt].sent_ns),
               std::max(first.from_ns, second.from_ns)};
  if (culprit == kNobody) return span;
  // What the culprit gave back he had taken before.
  std::int64_t taken_ns = span.from_ns;
  for (const std::uint32_t index : evidence.holds.holds_of[first.lock]) {
    const Hold& hold = evidence.holds.holds[index];
    if (hold.from_ns > span.until_ns) break;
    if (hold.worker == culprit) taken_ns = attempts[hold.attempt].sent_ns;
  }
  span.from_ns = std::min(span.from_ns, taken_ns);
  return span;
}

/// The request that no call was told of and that is behind this; nullptr: none is known to be.
const Unheard* origin(const Evidence& evidence, const Trail& trail, const Explanation& found) {
  const Origins origins(evidence, trail);
  switch (found.cause) {
    case Cause::stolen_release: return origins.of_release(found.removal);
    case Cause::premature_break: return origins.of_break(found.victim, found.removal);
    default: return nullptr;
  }
}

void name_the_origin(const Unheard& request, Explanation& found) {
  found.request = &request;
  found.cause = Cause::lost_reply;
  found.sentence += " Before that, " + words_of(request) + ".";
}

}  // namespace

std::optional<Explanation> explain_loss(const Evidence& evidence, const Trail& trail,
                                        const Contract& contract, const Hold& hold,
                                        std::uint32_t told) {
  const Scene scene(evidence, trail, contract);
  const Side victim = scene.side(hold);
  if (victim.take == kNone || trail.deed(scene.event(victim)) != Deed::takes) return std::nullopt;
  const Origins origins(evidence, trail);
  const std::uint32_t removal = origins.removal_of(victim.take, told);
  if (removal == kNone) return std::nullopt;
  Explanation found;
  const Unheard* request = nullptr;
  if (trail.unheard(removal) == nullptr && trail.did(removal).worker == hold.worker) {
    // What its own program removed it lost only where that was carried out once more.
    request = origins.of_loss(victim.take, told);
    if (request == nullptr) return std::nullopt;
    found.events = {victim.take, removal};
    found.sentence =
        "It had removed its entry itself, at " + seconds(scene.events()[removal].at_ns) + ".";
  } else {
    found = entry_removed(scene, victim, removal, kNone);
    request = origin(evidence, trail, found);
  }
  if (request != nullptr) name_the_origin(*request, found);
  return found;
}

Explanation explain(const Evidence& evidence, const Trail& trail, const Contract& contract,
                    const Overlap& overlap) {
  Explanation found = read_off(Meeting(evidence, trail, contract, overlap));
  const Unheard* request = origin(evidence, trail, found);
  if (request == nullptr && may_be_the_servers(found.cause)) {
    const Span span = at_issue(evidence, overlap, found.culprit);
    if (const Fault* const loss = server_forgot(evidence.history, span)) {
      found.cause = Cause::server_lost_state;
      found.sentence = "The server forgot at " + seconds(loss->start_ns) +
                       " what it had acknowledged. " + found.sentence;
      return found;
    }
  }
  if (request != nullptr) name_the_origin(*request, found);
  return found;
}

}  // namespace holdfast::harness
