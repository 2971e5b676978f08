#include "harness/checker/wedge_cause.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "harness/checker/origins.h"
#include "harness/checker/server_faults.h"

namespace holdfast::harness {

WedgeCauses::WedgeCauses(const Evidence& evidence, const Trail& trail)
    : evidence_(evidence),
      events_(evidence.history.events),
      trail_(trail),
      exclusive_(evidence.history.locks.size(), false) {
  for (const Event& event : events_) {
    if (event.op == Op::file && event.file == FileOp::open_create && event.code == EEXIST &&
        trail.deed(event) == Deed::takes) {
      exclusive_[event.lock] = true;
    }
  }
}

Explanation WedgeCauses::of(const Vacancy& vacancy, std::int64_t allowed_ns) const {
  const std::int64_t at_ns = vacancy.span.from_ns + allowed_ns;
  const auto after = std::ranges::upper_bound(events_, at_ns, {}, &Event::at_ns);
  const auto last = static_cast<std::uint32_t>(after - events_.begin());
  const std::uint32_t making = standing(vacancy.lock, last == 0 ? 0 : last - 1);
  if (making == kNone) return nothing_stands(vacancy, at_ns);
  return made_unawares(making) ? unawares(making) : left_by(making, at_ns);
}

/// Whether whoever made it was not told so; who was dead by then could not be.
bool WedgeCauses::made_unawares(std::uint32_t making) const {
  const Unheard* const request = trail_.unheard(making);
  if (request == nullptr) return events_[making].phase == Phase::fail;
  return request->call == nullptr || request->call->phase != Phase::invoke;
}

Explanation WedgeCauses::unawares(std::uint32_t making) const {
  const std::uint32_t call = trail_.recorded(making);
  const std::string how = words_of(*trail_.request_of(making));
  if (call == kNone) {
    return {Cause::lost_reply, "What stands there was made when " + how + ".", {}, kNobody};
  }
  const Event& made = events_[call];
  return {Cause::lost_reply,
          "What stands there was made by a call of " + who(evidence_, made.worker) + " at " +
              seconds(made.at_ns) + (made.phase == Phase::ok ? ", once more" : "") + ": " + how +
              ".",
          {call},
          made.worker};
}

Explanation WedgeCauses::left_by(std::uint32_t making, std::int64_t at_ns) const {
  const Event& made = trail_.did(making);
  const bool dead = has_died(made.worker, made.lock, at_ns);
  return {dead ? Cause::left_by_the_dead : Cause::left_by_the_living,
          "What stands there was made by " + who(evidence_, made.worker) + " at " +
              seconds(made.at_ns) + ", who " + (dead ? "has died since." : "lives on."),
          {trail_.recorded(making)},
          made.worker};
}

Explanation WedgeCauses::nothing_stands(const Vacancy& vacancy, std::int64_t at_ns) const {
  if (evidence_.holds.holds_of[vacancy.lock].empty()) {
    return {Cause::never_granted, "Nobody was ever granted it.", {}, kNobody};
  }
  const Span since{vacancy.before == kNone ? evidence_.history.start_ns
                                           : evidence_.holds.holds[vacancy.before].from_ns,
                   at_ns};
  if (const Fault* const loss = server_forgot(evidence_.history, since)) {
    return {Cause::server_lost_state,
            "The server forgot at " + seconds(loss->start_ns) + " what it had acknowledged.",
            {},
            kNobody};
  }
  return {Cause::unexplained, "By what it is kept is not in the record.", {}, kNobody};
}

/// What made the entry that is there after the event `last`, a deed, or the held state; kNone:
/// there is none, or what is there is a file that need not exclude anybody.
std::uint32_t WedgeCauses::standing(std::uint16_t lock, std::uint32_t last) const {
  const std::uint32_t entry = trail_.standing(lock, last);
  if (entry != kNone) {
    const bool excludes = trail_.did(entry).file != FileOp::open_create || exclusive_[lock];
    return excludes ? entry : kNone;
  }
  const std::vector<std::uint32_t> files = trail_.within(lock, 0, last);
  const auto newest = std::find_if(files.rbegin(), files.rend(), [&](std::uint32_t i) {
    return events_[i].phase == Phase::ok && trail_.is_transition(events_[i]);
  });
  if (newest == files.rend()) return kNone;
  return trail_.is_held_state(events_[*newest].other, lock) ? *newest : kNone;
}

bool WedgeCauses::has_died(std::uint32_t worker, std::uint16_t lock, std::int64_t by_ns) const {
  const auto& kills = evidence_.holds.kills[worker];
  if (std::ranges::any_of(kills, [&](const Span& kill) { return kill.from_ns <= by_ns; })) {
    return true;
  }
  const auto& holds = evidence_.holds.holds_of[lock];
  return std::ranges::any_of(holds, [&](std::uint32_t i) {
    const Hold& hold = evidence_.holds.holds[i];
    return hold.worker == worker && hold.end == HoldEnd::died && hold.until_ns <= by_ns;
  });
}

}  // namespace holdfast::harness
