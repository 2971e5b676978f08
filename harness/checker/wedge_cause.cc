#include "harness/checker/wedge_cause.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::harness {

WedgeCauses::WedgeCauses(const Evidence& evidence, const Trail& trail)
    : evidence_(evidence),
      events_(evidence.history.events),
      trail_(trail),
      applied_(evidence.history),
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
  const auto files = trail_.within(vacancy.lock, 0, last == 0 ? 0 : last - 1);
  const std::uint32_t applied = applied_making(files, at_ns);
  if (applied != kNone) return made_unawares(applied, *applied_.of(events_[applied]));
  const std::uint32_t making = standing(vacancy.lock, files);
  return making != kNone ? left_by(making, at_ns) : nothing_stands(vacancy, at_ns);
}

Explanation WedgeCauses::made_unawares(std::uint32_t making, const Fault& by) const {
  const Event& made = events_[making];
  return {Cause::lost_reply,
          "What stands there was made by a call of " + who(evidence_, made.worker) + " at " +
              seconds(made.at_ns) + " that was reported as failed and had been applied (" +
              by.at_operation + ").",
          {making},
          made.worker};
}

Explanation WedgeCauses::left_by(std::uint32_t making, std::int64_t at_ns) const {
  const Event& made = events_[making];
  const bool dead = has_died(made.worker, made.lock, at_ns);
  return {dead ? Cause::left_by_the_dead : Cause::left_by_the_living,
          "What stands there was made by " + who(evidence_, made.worker) + " at " +
              seconds(made.at_ns) + ", who " + (dead ? "has died since." : "lives on."),
          {making},
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

/// The newest making that was reported as failed and was carried out by then, if nothing was made
/// or removed after it.
std::uint32_t WedgeCauses::applied_making(const std::vector<std::uint32_t>& files,
                                          std::int64_t at_ns) const {
  if (applied_.none()) return kNone;
  std::uint32_t making = kNone;
  std::int64_t carried_out_ns = 0;
  for (const std::uint32_t i : files) {
    if (events_[i].phase != Phase::fail || trail_.deed(events_[i]) != Deed::takes) continue;
    const Fault* const fault = applied_.of(events_[i]);
    if (fault == nullptr || fault->start_ns > at_ns) continue;
    making = i;
    carried_out_ns = fault->start_ns;
  }
  const bool stands = std::ranges::none_of(files, [&](std::uint32_t i) {
    const Deed deed = trail_.deed(events_[i]);
    return events_[i].phase == Phase::ok && events_[i].began_ns > carried_out_ns &&
           (deed == Deed::takes || deed == Deed::removes);
  });
  return stands ? making : kNone;
}

/// What made the entry that is there after these operations, or the held state; kNone: there is
/// none, or what is there is a file that need not exclude anybody.
std::uint32_t WedgeCauses::standing(std::uint16_t lock,
                                    const std::vector<std::uint32_t>& files) const {
  const std::uint32_t entry = trail_.entries(files).standing;
  if (entry != kNone) {
    const bool excludes = events_[entry].file != FileOp::open_create || exclusive_[lock];
    return excludes ? entry : kNone;
  }
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
