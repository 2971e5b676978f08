#include <algorithm>
#include <cmath>

#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {
namespace {

/// Whether the worker's record says nothing from the one instant to the other, and a fault was
/// about by which its host's calls may have stood still.
bool stood_still(const NaiveHistory& it, std::uint32_t worker, Range silence) {
  const std::uint32_t host = it.history().workers[worker].host;
  const Time unsure = it.history().hosts[host].uncertainty_ns;
  for (const Fault& fault : it.history().faults) {
    const bool hits = fault.host == host || fault.host == kNobody;
    if (!fault.effective || !hits || (fault.kind != "partition" && fault.kind != "hang")) continue;
    const Time over = fault.end_ns + (fault.end_ns - fault.start_ns) + unsure;
    if (fault.start_ns - unsure <= silence.until && silence.from <= over) return true;
  }
  return false;
}

/// The stretch between two records of the call's worker that an instant of the call lies in.
Range silence_around(const NaiveHistory& it, const Call& call, Time back, Time instant) {
  const std::uint32_t worker = it.events()[call.invoke].worker;
  Range silence{it.at(call.invoke), back};
  for (std::size_t i = call.invoke; i < it.events().size(); ++i) {
    if (it.events()[i].worker != worker || it.at(i) > back) continue;
    if (it.at(i) <= instant) silence.from = std::max(silence.from, it.at(i));
    if (it.at(i) > instant) silence.until = std::min(silence.until, it.at(i));
  }
  return silence;
}

/// How much of the span the caller was alive, not paused, and answered: instant by instant, which
/// are whole milliseconds.
Time waited(const NaiveHistory& it, const Call& call, Time back, Range span) {
  const std::uint32_t worker = it.events()[call.invoke].worker;
  Time all = 0;
  for (Time instant = span.from; instant < span.until; instant += kTick) {
    bool waits = true;
    for (const Range& kill : it.faults("kill", worker)) {
      if (kill.until >= it.at(call.invoke) && instant >= kill.from) waits = false;
    }
    for (const Range& pause : it.faults("pause", worker)) {
      if (pause.from <= instant && instant < pause.until) waits = false;
    }
    if (waits && !stood_still(it, worker, silence_around(it, call, back, instant))) all += kTick;
  }
  return all;
}

/// By how much a patience may last longer on a clock that runs slowly.
Time stretched(const NaiveHistory& it, const Call& call, Time back) {
  const Event& asked = it.events()[call.invoke];
  const std::uint32_t host = it.history().workers[asked.worker].host;
  double slowest = 1;
  for (const Fault& fault : it.history().faults) {
    const bool hits = fault.host == host || fault.host == kNobody;
    const bool done = fault.effective || fault.end_ns > fault.start_ns;
    if (fault.kind != "clock" || !done || !hits) continue;
    if (!touch({fault.start_ns, fault.end_ns}, {asked.at_ns, back})) continue;
    const double rate = fault.effective ? fault.measured_rate : fault.planned_rate;
    if (rate > 0) slowest = std::min(slowest, rate);
  }
  const auto patience = static_cast<double>(asked.until_ns - asked.at_ns);
  return std::llround(patience * (1 / slowest - 1));
}

bool came_too_late(const NaiveHistory& it, const Call& call) {
  const Event& asked = it.events()[call.invoke];
  const Time back = it.back_of(call), slack = it.terms().timeout_slack_ns;
  if (asked.until_ns == 0) return false;
  const Time over = waited(it, call, back, {asked.until_ns, back});
  return over > slack && over > slack + stretched(it, call, back) &&
         !it.beyond_contract({asked.at_ns, back});
}

/// An own lock that was cancelled at the end of the run, and waited on.
bool was_not_cancelled(const NaiveHistory& it, const Call& call) {
  const Time back = it.back_of(call);
  const Range since{std::max(it.history().end_ns, it.at(call.invoke)), back};
  return !call.back && it.terms().own_lock &&
         waited(it, call, back, since) > it.terms().timeout_slack_ns;
}

bool timed_out_for_ever(const NaiveHistory& it, const Call& call) {
  return it.events()[call.invoke].until_ns == 0 && call.back &&
         it.is(*call.back, Op::acquire, Phase::fail) &&
         it.events()[*call.back].code == int(Why::timeout);
}

/// Which reasons each call may give for its failure, beside an error that may befall all.
bool is_of_a_wrong_kind(const Event& answer) {
  const Why why = static_cast<Why>(answer.code);
  if (answer.phase != Phase::fail || why == Why::error || why == Why::contender) return false;
  switch (answer.op) {
    case Op::acquire: return why != Why::timeout && why != Why::cancelled;
    case Op::refresh:
    case Op::release: return why != Why::lost && why != Why::not_held && why != Why::cancelled;
    case Op::raise:
    case Op::publish: return why != Why::stale_token && why != Why::not_held;
    default: return false;
  }
}

/// A release was done, and then, before the worker asked for anything again, the lock was its own.
bool was_not_given_back(const NaiveHistory& it, std::size_t released) {
  for (std::size_t i = released + 1; i < it.events().size(); ++i) {
    const Event& event = it.events()[i];
    if (event.worker != it.events()[released].worker) continue;
    if (event.op == Op::acquire || event.op == Op::release) return false;
    const bool mine = event.value == static_cast<std::uint64_t>(ProbedState::mine);
    if (it.is(i, Op::probe, Phase::ok) && mine && event.lock == it.events()[released].lock) {
      return true;
    }
  }
  return false;
}

bool waited_too_long(const NaiveHistory& it, const Call& call) {
  const Event& asked = it.events()[call.invoke];
  Time all = 0;
  for (Time instant = asked.at_ns; instant < it.back_of(call); instant += kTick) {
    bool waits = true;
    for (const Range& kill : it.faults("kill", asked.worker)) {
      if (kill.until >= asked.at_ns && instant >= kill.from) waits = false;
    }
    for (const Range& pause : it.faults("pause", asked.worker)) {
      if (pause.from <= instant && instant < pause.until) waits = false;
    }
    all += waits ? kTick : 0;
  }
  return it.terms().wait_bound_ns && all > *it.terms().wait_bound_ns;
}

/// By those who had asked later; not where it could not have taken its turn.
bool was_overtaken(const NaiveHistory& it, const Call& call) {
  const Event& asked = it.events()[call.invoke];
  const Range waiting{asked.at_ns, it.back_of(call)};
  for (const char* kind : {"pause", "kill"}) {
    for (const Range& fault : it.faults(kind, asked.worker)) {
      if (overlap(fault, waiting)) return false;
    }
  }
  std::uint64_t times = 0;
  for (const Held& held : it.held()) {
    const bool later = held.lock == asked.lock && it.at(held.call.invoke) > waiting.from;
    if (later && held.from < waiting.until) ++times;
  }
  return it.terms().bypass_bound && times > *it.terms().bypass_bound;
}

}  // namespace

std::uint64_t breaches(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Call& call : it.calls()) {
    found += came_too_late(it, call) ? 1 : 0;
    found += was_not_cancelled(it, call) ? 1 : 0;
    found += timed_out_for_ever(it, call) ? 1 : 0;
  }
  for (std::size_t i = 0; i < it.events().size(); ++i) {
    found += it.events()[i].op != Op::file && is_of_a_wrong_kind(it.events()[i]) ? 1 : 0;
    found += it.is(i, Op::release, Phase::ok) && was_not_given_back(it, i) ? 1 : 0;
  }
  return found;
}

std::uint64_t starved(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Call& call : it.calls()) {
    found += waited_too_long(it, call) || was_overtaken(it, call) ? 1 : 0;
  }
  return found;
}

}  // namespace holdfast::harness::naive
