#include <algorithm>

#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {
namespace {

/// While the hold was entitled by one of its leases, had its host's clock been `late` late. What
/// the controller heard of is as it heard it. A lease that is there from the grant on is there
/// when the holder is.
Range entitled(const Held& held, const Range& lease, Time late) {
  const Time in = held.entered ? *held.entered : held.from + late;
  const Time out = held.leaving ? *held.leaving : held.until + late;
  const Time begin = lease.from <= held.from ? in : std::max(in, lease.from + late);
  return {begin, std::min(out, lease.until == kForEver ? kForEver : lease.until + late)};
}

bool meet(const Held& a, const Held& b) {
  for (const Range& one : a.entitled) {
    for (const Range& two : b.entitled) {
      if (overlap(entitled(a, one, 0), entitled(b, two, 0))) return true;
    }
  }
  return false;
}

/// Whether some pair of leases meets however wrong the clocks are: each of the two may be gone
/// before the other comes.
bool surely_meet(const NaiveHistory& it, const Held& a, const Held& b) {
  const auto& workers = it.history().workers;
  const auto& hosts = it.history().hosts;
  const bool heard = a.entered || a.leaving || b.entered || b.leaving;
  const bool one_clock = it.unsure(a.worker, b.worker) == 0 && !heard;
  const Time wrong_a = one_clock ? 0 : hosts[workers[a.worker].host].uncertainty_ns;
  const Time wrong_b = one_clock ? 0 : hosts[workers[b.worker].host].uncertainty_ns;
  for (const Range& one : a.entitled) {
    for (const Range& two : b.entitled) {
      const bool as_recorded = overlap(entitled(a, one, 0), entitled(b, two, 0));
      const bool a_first = entitled(a, one, -wrong_a).until > entitled(b, two, wrong_b).from;
      const bool b_first = entitled(b, two, -wrong_b).until > entitled(a, one, wrong_a).from;
      if (as_recorded && a_first && b_first) return true;
    }
  }
  return false;
}

/// Whether the holder began to change the protected resource once more after it had been told.
bool worked_on(const NaiveHistory& it, const Held& held) {
  for (std::size_t i = *held.told + 1; i < it.events().size(); ++i) {
    const Event& event = it.events()[i];
    if (event.worker != held.worker || event.phase != Phase::invoke) continue;
    if (event.at_ns > held.until || event.op == Op::release || event.op == Op::acquire)
      return false;
    if (event.op == Op::update || event.op == Op::raise || event.op == Op::publish) return true;
  }
  return false;
}

}  // namespace

Overlapping overlapping(const NaiveHistory& it) {
  Overlapping found;
  const auto& held = it.held();
  for (std::size_t i = 0; i < held.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const bool turned = inside(held[i]).from < inside(held[k]).from;
      const Held &a = held[turned ? i : k], &b = held[turned ? k : i];
      const Range in_a = inside(a), in_b = inside(b);
      const bool both_inside =
          in_a.from < in_a.until && in_b.from < in_b.until && in_b.from < in_a.until;
      if (a.lock != b.lock || !both_inside) continue;
      if (surely_meet(it, a, b)) {
        const Time asked = it.at(a.call.invoke);
        const bool excused = it.beyond_contract({std::min(asked, b.from), std::max(asked, b.from)});
        (excused ? found.excused : found.certain).push_back({&a, &b});
      } else if (meet(a, b)) {
        found.uncertain.push_back({&a, &b});
      } else {
        const Held* const stayed = it.entitled_at(a, in_b.from) ? &b : &a;
        if (std::ranges::find(found.stayed, stayed) == found.stayed.end()) {
          found.stayed.push_back(stayed);
        }
      }
    }
  }
  return found;
}

Cause kind_of_stay(const NaiveHistory& it, const Held& stayed) {
  if (stayed.told) {
    return stayed.unseen || worked_on(it, stayed) ? Cause::told_and_stayed : Cause::told_and_left;
  }
  for (const Range& pause : it.faults("pause", stayed.worker)) {
    const bool before_it_left = pause.from < stayed.until;
    if (before_it_left && pause.until > stayed.entitled.back().until) {
      return Cause::could_not_be_told;
    }
  }
  return Cause::never_told;
}

std::uint64_t contended(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Held& held : it.held()) {
    bool others = false;
    for (const Held& other : it.held()) {
      if (&other == &held) break;
      others = others || (other.lock == held.lock && other.worker != held.worker &&
                          other.until > it.at(held.call.invoke));
    }
    found += others ? 1 : 0;
  }
  return found;
}

}  // namespace holdfast::harness::naive
