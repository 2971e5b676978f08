#include "harness/checker/meeting.h"

#include <algorithm>

namespace holdfast::harness {

Meeting::Meeting(const Evidence& evidence, const Trail& trail, const Contract& contract,
                 const Overlap& overlap)
    : Scene(evidence, trail, contract),
      first_(side(evidence.holds.holds[overlap.first])),
      second_(side(evidence.holds.holds[overlap.second])) {
  if (first_.take == kNone || second_.take == kNone) return;
  constexpr std::uint32_t kBeyond = 20'000;
  const std::uint32_t from = std::min(first_.attempt->invoke, second_.attempt->invoke);
  const std::uint32_t to = std::max(first_.hold->granted, second_.hold->granted);
  files_ = trail.within(lock(), from, to + kBeyond);
}

Side Scene::side(const Hold& hold) const {
  Side made;
  made.hold = &hold;
  made.attempt = &evidence_.holds.attempts[hold.attempt];
  made.take = trail_.take_of(*made.attempt);
  return made;
}

std::string Scene::clocks(const Side& victim, std::int64_t at_ns) const {
  const std::int64_t apart_ns = contract_.clocks_apart_ns({victim.attempt->sent_ns, at_ns});
  return apart_ns == 0
             ? ""
             : "; injected faults had set the hosts' clocks " + length(apart_ns) + " apart";
}

std::optional<Explanation> Scene::refreshed_after(const Side& victim, std::uint32_t removal,
                                                  std::vector<std::uint32_t> shown) const {
  const Event& gone = events()[removal];
  const Span* ended = nullptr;
  const Span* again = nullptr;
  for (const Span& lease : evidence_.holds.leases_of(*victim.hold)) {
    if (lease.from_ns <= gone.began_ns) ended = &lease;
    if (lease.from_ns > gone.began_ns && again == nullptr) again = &lease;
  }
  const std::int64_t unsure_ns =
      uncertainty_ns(evidence_.history, victim.hold->worker, gone.worker);
  if (ended == nullptr || again == nullptr) return std::nullopt;
  if (ended->until_ns > gone.began_ns - unsure_ns) return std::nullopt;
  return Explanation{Cause::false_refresh,
                     "The lease of " + name(victim) + " had run out at " +
                         seconds(ended->until_ns) + ", " + who(evidence_, gone.worker) +
                         " broke it at " + seconds(gone.at_ns) +
                         ", and a refresh that came back at " + seconds(again->from_ns) +
                         " was reported as done all the same.",
                     std::move(shown), victim.hold->worker};
}

const Unheard* Meeting::made_unheard(const Side& side) const {
  const Unheard* newest = nullptr;
  for (const std::uint32_t deed : trail().unheard_of(lock())) {
    const Event& made = trail().did(deed);
    if (made.at_ns > side.hold->from_ns) break;
    const bool own = made.worker == side.hold->worker && trail().deed(made) == Deed::takes;
    if (own) newest = trail().unheard(deed);
  }
  if (newest == nullptr) return nullptr;
  const std::vector<std::uint32_t> all = trail().within(lock(), 0, side.hold->granted);
  const bool gone = std::ranges::any_of(all, [&](std::uint32_t i) {
    return events()[i].phase == Phase::ok && events()[i].began_ns > newest->at_ns &&
           trail().deed(events()[i]) == Deed::removes;
  });
  return gone ? nullptr : newest;
}

bool Meeting::was_applied(std::uint32_t call) const {
  const Event& made = events()[call];
  if (made.file != FileOp::rename) return false;  // an entry's name recurs: it proves nothing
  const std::vector<std::uint32_t> later = trail().within(lock(), call + 1, kNone - 1);
  return std::ranges::any_of(later, [&](std::uint32_t i) {
    return events()[i].phase == Phase::ok && events()[i].name == made.other;
  });
}

}  // namespace holdfast::harness
