#include <algorithm>
#include <cerrno>
#include <map>

#include "harness/checker/testing/naive_classes.h"
#include "harness/checker/testing/naive_files.h"

namespace holdfast::harness::naive {
namespace {

bool failed_with_error(const NaiveHistory& it, const Call& call) {
  if (!call.back || it.events()[*call.back].phase == Phase::ok) return false;
  return static_cast<Why>(it.events()[*call.back].code) == Why::error;
}

/// The longest that one worker waited within the span, counted tick by tick.
Time longest_wait(const NaiveHistory& it, std::uint16_t lock, Range span) {
  std::map<std::uint32_t, Time> waited;
  for (const Call& call : it.calls()) {
    const Event& event = it.events()[call.invoke];
    if (event.lock != lock || failed_with_error(it, call)) continue;
    for (Time tick = span.from; tick < span.until; tick += kTick) {
      bool waits = it.at(call.invoke) <= tick && tick < it.back_of(call);
      for (const Range& kill : it.faults("kill", event.worker)) {
        if (kill.until >= it.at(call.invoke)) waits = waits && tick < kill.from;
      }
      for (const Range& pause : it.faults("pause", event.worker)) {
        waits = waits && !(pause.from <= tick && tick < pause.until);
      }
      if (waits) waited[event.worker] += kTick;
    }
  }
  Time most = 0;
  for (const auto& [worker, time] : waited) most = std::max(most, time);
  return most;
}

/// For how long paused waiters may have had it, unseen: a lease each, or their pauses.
Time perhaps_held(const NaiveHistory& it, std::uint16_t lock, Range span) {
  Time found = 0;
  for (const Call& call : it.calls()) {
    if (it.events()[call.invoke].lock != lock || it.at(call.invoke) >= span.until) continue;
    const Range asked{it.at(call.invoke), it.back_of(call)};
    if (asked.until <= span.from) continue;
    Time still = 0;
    bool stood_still = false;
    for (const Range& pause : it.faults("pause", it.events()[call.invoke].worker)) {
      if (!touch(pause, span) || !touch(pause, asked)) continue;
      still += pause.until - pause.from;
      stood_still = true;
    }
    if (it.terms().leases) still = stood_still ? it.terms().lifetime_ns + it.terms().margin_ns : 0;
    found += still;
  }
  return found;
}

/// With whose grant it became known that number k had given the lock up: its own, or that of the
/// first who was surely granted it afterwards.
std::size_t known_at(const NaiveHistory& it, const std::vector<const Held*>& holds, std::size_t k) {
  if (holds[k]->gone != kForEver) return k;
  for (std::size_t j = k + 1; j < holds.size(); ++j) {
    const Time doubt = it.unsure(holds[k]->worker, holds[j]->worker);
    if (holds[k]->until + doubt <= holds[j]->from) return j;
  }
  return holds.size();
}

Time gone_by(const NaiveHistory& it, const std::vector<const Held*>& holds, std::size_t k,
             std::size_t i) {
  const std::size_t known = known_at(it, holds, k);
  if (known == k) return holds[k]->gone;
  return known < i ? holds[known]->from : kForEver;
}

/// Whoever gave the lock up last of those who were granted it before number i.
const Held* last_before(const NaiveHistory& it, const std::vector<const Held*>& holds,
                        std::size_t i) {
  std::vector<std::pair<Time, const Held*>> by_end;
  for (std::size_t step = 0; step < i; ++step) {
    // In the order in which it becomes known: on its own, or by the grant that follows.
    for (std::size_t k = 0; k <= step; ++k) {
      if (known_at(it, holds, k) == step) by_end.push_back({gone_by(it, holds, k, i), holds[k]});
    }
  }
  const Held* found = nullptr;
  Time latest = 0;
  for (const auto& [gone, held] : by_end) {
    if (found == nullptr || gone >= latest) {
      found = held;
      latest = gone;
    }
  }
  return found;
}

std::optional<Range> vacant_before(const NaiveHistory& it, std::uint16_t lock,
                                   const std::vector<const Held*>& holds, std::size_t i, Time until,
                                   const Held* next) {
  Time from = 0;
  for (std::size_t k = 0; k < i; ++k) from = std::max(from, gone_by(it, holds, k, i));
  if (from == kForEver) return std::nullopt;
  for (const Call& call : it.calls()) {
    const Event& event = it.events()[call.invoke];
    if (event.lock != lock || (call.back && it.events()[*call.back].phase == Phase::ok)) continue;
    const Range asked{it.at(call.invoke), it.back_of(call)};
    const bool unknown = call.back && it.events()[*call.back].phase == Phase::info;
    const bool followed = std::any_of(
        holds.begin(), holds.begin() + static_cast<long>(i),
        [&](const Held* held) { return held->from > asked.from && held->from >= asked.until; });
    if (unknown && asked.from < until && !followed) {
      const Time gone = it.given_up(*call.back);
      if (gone > until) return std::nullopt;
      from = std::max(from, gone);
    }
    for (const Range& pause : it.faults("pause", event.worker)) {
      if (touch(pause, asked) && asked.until <= until) from = std::max(from, asked.until);
    }
    for (const Range& kill : it.faults("kill", event.worker)) {
      if (touch(kill, asked) && kill.until <= until) from = std::max(from, kill.until);
    }
  }
  if (next != nullptr) {
    for (const Range& pause : it.faults("pause", next->worker)) {
      const Range asked{it.at(next->call.invoke), next->from};
      if (touch(pause, asked)) from = std::max(from, pause.until);
    }
  }
  return Range{from, until};
}

/// What had made what stands there after the events before `end`, and excludes others.
std::optional<std::size_t> standing(const NaiveHistory& it, std::uint16_t lock, std::size_t end) {
  const auto entry = entries(it, lock, end).there;
  if (entry) {
    if (it.events()[*entry].file != FileOp::open_create) return entry;
    for (std::size_t i = 0; i < it.events().size(); ++i) {
      const Event& event = it.events()[i];
      const bool makes = event.op == Op::file && event.file == FileOp::open_create;
      if (makes && event.lock == lock && event.code == EEXIST && does(it, i) == Does::takes) {
        return entry;
      }
    }
    return std::nullopt;
  }
  std::optional<std::size_t> state;
  for (std::size_t i = 0; i < end; ++i) {
    const bool moved = it.events()[i].lock == lock && worked(it, i) && moves_state(it, i);
    if (moved) state = moves_to_held(it, i) ? std::optional(i) : std::nullopt;
  }
  return state;
}

bool has_died(const NaiveHistory& it, std::uint32_t worker, std::uint16_t lock, Time by) {
  for (const Range& kill : it.faults("kill", worker)) {
    if (kill.from <= by) return true;
  }
  return std::ranges::any_of(it.held(), [&](const Held& held) {
    return held.worker == worker && held.lock == lock && held.died && held.until <= by;
  });
}

/// Why nobody got the lock, as things stood when all the time that is allowed was over.
Cause why_wedged(const NaiveHistory& it, std::uint16_t lock, Time at, const Held* before) {
  std::size_t end = 0;
  while (end < it.events().size() && it.at(end) <= at) ++end;
  if (const auto made = standing(it, lock, end)) {
    return has_died(it, it.events()[*made].worker, lock, at) ? Cause::left_by_the_dead
                                                             : Cause::left_by_the_living;
  }
  const bool granted =
      std::ranges::any_of(it.held(), [&](const Held& h) { return h.lock == lock; });
  if (!granted) return Cause::never_granted;
  const bool forgot =
      it.server_forgot({before != nullptr ? before->from : it.history().start_ns, at});
  return forgot ? Cause::server_lost_state : Cause::unexplained;
}

/// Spans in which the lock was free or held by the dead, and one worker waited for too long.
std::vector<Cause> vacancies(const NaiveHistory& it, Time allowed, Time lease, bool of_the_dead) {
  std::vector<Cause> found;
  for (std::uint16_t lock = 0; lock < it.history().locks.size(); ++lock) {
    std::vector<const Held*> holds;
    for (const Held& held : it.held()) {
      if (held.lock == lock) holds.push_back(&held);
    }
    for (std::size_t i = 0; i <= holds.size(); ++i) {
      const Held* next = i < holds.size() ? holds[i] : nullptr;
      const Time until = next != nullptr ? next->from : it.history().end_ns;
      const auto span = vacant_before(it, lock, holds, i, until, next);
      if (!span || span->until - span->from <= allowed) continue;
      if (longest_wait(it, lock, *span) <= allowed + it.widest() + perhaps_held(it, lock, *span))
        continue;
      if (it.beyond_contract({span->from - lease, span->until})) continue;
      const Held* before = last_before(it, holds, i);
      const bool counts = !of_the_dead || (before != nullptr && before->died);
      if (counts) found.push_back(why_wedged(it, lock, span->from + allowed, before));
    }
  }
  return found;
}

}  // namespace

std::vector<Cause> wedges(const NaiveHistory& it) {
  const Terms& terms = it.terms();
  const Time lease = terms.leases ? terms.lifetime_ns + terms.margin_ns : 0;
  return vacancies(it, lease + terms.wedge_bound_ns, lease, false);
}

std::uint64_t slow_recoveries(const NaiveHistory& it) {
  if (!it.terms().recovery_bound_ns) return 0;
  return vacancies(it, *it.terms().recovery_bound_ns, it.terms().lifetime_ns, true).size();
}

}  // namespace holdfast::harness::naive
