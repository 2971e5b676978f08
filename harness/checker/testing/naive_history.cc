#include "harness/checker/testing/naive_history.h"

#include <algorithm>
#include <cmath>

#include "harness/checker/testing/naive_files.h"

namespace holdfast::harness::naive {

NaiveHistory::NaiveHistory(const History& history, const Terms& terms)
    : history_(history), terms_(terms), events_(history.events) {
  last_ = events_.empty() ? history.end_ns : std::max(history.end_ns, events_.back().at_ns);
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (is(i, Op::acquire, Phase::invoke)) calls_.push_back({i, answer(i)});
  }
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (is(i, Op::acquire, Phase::ok)) held_.push_back(hold(i));
  }
  for (std::size_t i = 0; i < held_.size(); ++i) find_leases(i);
}

/// The answer to the call that begins with event i.
std::optional<std::size_t> NaiveHistory::answer(std::size_t i) const {
  for (std::size_t k = i + 1; k < events_.size(); ++k) {
    if (events_[k].worker == events_[i].worker && events_[k].op == events_[i].op) return k;
  }
  return std::nullopt;
}

/// The call that event i answers.
std::size_t NaiveHistory::question(std::size_t i) const {
  std::size_t k = i;
  do {
    --k;
  } while (events_[k].worker != events_[i].worker || events_[k].op != events_[i].op);
  return k;
}

std::vector<Range> NaiveHistory::faults(const char* kind, std::uint32_t worker) const {
  std::vector<Range> found;
  for (const Fault& fault : history_.faults) {
    const bool paused = fault.kind == "pause" && fault.end_ns > fault.start_ns;
    if (fault.kind == kind && (fault.effective || paused) && fault.worker == worker) {
      found.push_back({fault.start_ns, fault.end_ns});
    }
  }
  return found;
}

Time NaiveHistory::newest(std::uint32_t worker) const {
  Time found = 0;
  for (const Event& event : events_) {
    if (event.worker == worker) found = event.at_ns;
  }
  return found;
}

bool NaiveHistory::server_forgot(Range span) const {
  for (const Fault& fault : history_.faults) {
    if (fault.kind == "server_forgot" && fault.effective &&
        touch({fault.start_ns, fault.end_ns}, span)) {
      return true;
    }
  }
  return false;
}

bool NaiveHistory::ended_in_order(std::uint32_t worker) const {
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].worker == worker && is(i, Op::worker, Phase::ok)) return true;
  }
  return false;
}

/// A program that ended by itself: nobody knows what became of the last call, and nothing
/// follows.
bool NaiveHistory::ended_by_itself(std::uint32_t worker) const {
  if (ended_in_order(worker) || !faults("kill", worker).empty()) return false;
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Op op = events_[i].op;
    if (events_[i].worker != worker || op == Op::told || op == Op::enter || op == Op::leave ||
        op == Op::file) {
      continue;
    }
    return events_[i].phase == Phase::info;
  }
  return false;
}

Time NaiveHistory::last_answer(std::uint32_t worker) const {
  Time found = 0;
  for (const Event& event : events_) {
    const bool asks = event.op == Op::acquire || event.op == Op::refresh ||
                      event.op == Op::release || event.op == Op::probe || event.op == Op::file;
    const bool answers = event.phase == Phase::ok || event.phase == Phase::fail;
    if (event.worker == worker && asks && answers) found = event.at_ns;
  }
  return found;
}

/// When what was got in a call is surely not there any more: by the answers to the releases that
/// follow event i, else by the end of the worker.
Time NaiveHistory::given_up(std::size_t i) const {
  const std::uint32_t worker = events_[i].worker;
  Time found = kForEver;
  for (std::size_t k = i + 1; k < events_.size(); ++k) {
    const Event& event = events_[k];
    if (event.worker != worker) continue;
    if (event.op == Op::acquire) break;
    if (event.op == Op::release && event.phase != Phase::invoke) {
      const bool sure = event.phase == Phase::ok ||
                        (event.phase == Phase::fail &&
                         (event.code == int(Why::lost) || event.code == int(Why::not_held)));
      found = sure || terms_.leases ? event.at_ns : kForEver;
    }
    if (event.op == Op::worker && event.phase == Phase::ok && found == kForEver) {
      found = event.at_ns;
    }
  }
  for (const Range& kill : faults("kill", worker)) {
    if (found == kForEver) found = kill.until;
  }
  if (ended_by_itself(worker) && is_last_cycle(i)) found = newest(worker);
  return found;
}

bool NaiveHistory::is_last_cycle(std::size_t i) const {
  for (std::size_t k = i + 1; k < events_.size(); ++k) {
    if (events_[k].worker == events_[i].worker && events_[k].op == Op::acquire) return false;
  }
  return true;
}

Held NaiveHistory::hold(std::size_t granted) const {
  Held held;
  held.call = {question(granted), granted};
  held.worker = events_[granted].worker;
  held.lock = events_[granted].lock;
  held.from = at(granted);
  std::optional<std::size_t> end;
  for (std::size_t k = granted + 1; k < events_.size() && !end; ++k) {
    if (events_[k].worker != held.worker) continue;
    if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke) ||
        is(k, Op::worker, Phase::ok)) {
      end = k;
    }
  }
  held.until = end ? at(*end) : newest(held.worker);
  held.unseen = !end;
  const bool given_back = end && is(*end, Op::release, Phase::invoke);
  held.gone = end && !given_back ? at(*end) : given_up(granted);
  if (ended_by_itself(held.worker) && is_last_cycle(granted) &&
      held.until > last_answer(held.worker)) {
    held.until = std::max(held.from, last_answer(held.worker));
    held.gone = newest(held.worker);
    held.died = true;
  }
  for (const Range& kill : faults("kill", held.worker)) {
    Time death = kill.from;
    if (terms_.in_process) death = std::clamp(newest(held.worker), kill.from, kill.until);
    if (held.from > kill.until || (end && held.until <= death)) continue;
    held.until = std::max(held.from, death);
    held.gone = std::max(held.until, kill.until);
    held.died = true;
  }
  held.unseen = held.unseen && !held.died;
  hear(granted, held);
  return held;
}

void NaiveHistory::hear(std::size_t granted, Held& held) const {
  for (std::size_t k = granted + 1; k < events_.size(); ++k) {
    if (events_[k].worker != held.worker) continue;
    if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke)) break;
    if (is(k, Op::enter, Phase::ok)) held.entered = events_[k].until_ns;
    if (is(k, Op::leave, Phase::ok) && !held.died) held.leaving = events_[k].until_ns;
  }
}

Time NaiveHistory::unsure(std::uint32_t a, std::uint32_t b) const {
  const std::uint32_t one = history_.workers[a].host, two = history_.workers[b].host;
  if (one == two) return 0;
  return history_.hosts[one].uncertainty_ns + history_.hosts[two].uncertainty_ns;
}

/// An instant at which the lock surely was not this holder's yet: before the file operation that
/// took it. Where none is recorded, it may have been granted just before it was paused on its way
/// back.
Time NaiveHistory::not_yet_taken(const Held& held) const {
  const Time sent = at(held.call.invoke);
  if (history_.workers[held.worker].records_files) {
    const auto take = take_of(*this, held.call, Phase::ok);
    return take ? events_[*take].began_ns : sent;
  }
  Time found = held.from;
  for (const Range& pause : faults("pause", held.worker)) {
    if (pause.until >= sent) found = std::min(found, pause.from);
  }
  return found;
}

Time NaiveHistory::first_lease_end(std::size_t index) const {
  const Held& held = held_[index];
  const Time word = events_[*held.call.back].until_ns;
  if (!terms_.leases) return kForEver;
  if (terms_.own_lock && word != 0) return word;
  Time begin = at(held.call.invoke);
  const Time taken = not_yet_taken(held);
  for (std::size_t i = 0; i < index; ++i) {
    const Held& other = held_[i];
    if (other.lock != held.lock) continue;
    const Time end = std::min(other.until, other.entitled.back().until);
    const Time doubt = unsure(other.worker, held.worker);
    if (std::max(end, other.from) + doubt <= taken) begin = std::max(begin, end - doubt);
  }
  return begin + terms_.lifetime_ns;
}

void NaiveHistory::find_leases(std::size_t index) {
  Held& held = held_[index];
  held.entitled.push_back({held.from, first_lease_end(index)});
  if (!terms_.leases) return;
  for (std::size_t k = *held.call.back + 1; k < events_.size(); ++k) {
    const Event& event = events_[k];
    if (event.worker != held.worker) continue;
    if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke)) break;
    Range& newest = held.entitled.back();
    const bool lost = (event.op == Op::told && event.phase == Phase::ok) ||
                      (is(k, Op::refresh, Phase::fail) && event.code == int(Why::lost));
    if (lost) {
      if (!held.told) held.lost_with_left = newest.until - event.at_ns;
      if (!held.told) held.told = k;
      newest.until = std::min(newest.until, event.at_ns);
    } else if (is(k, Op::refresh, Phase::ok)) {
      const Time until = terms_.own_lock && event.until_ns != 0
                             ? event.until_ns
                             : at(question(k)) + terms_.lifetime_ns;
      if (event.at_ns <= newest.until) {
        newest.until = std::max(newest.from, until);
      } else if (until > event.at_ns) {
        held.entitled.push_back({event.at_ns, until});
      }
    }
  }
}

Time NaiveHistory::back_of(const Call& call) const {
  if (call.back) return at(*call.back);
  Time found = last_;
  for (const Range& kill : faults("kill", events_[call.invoke].worker)) {
    if (kill.until >= at(call.invoke)) found = std::max(at(call.invoke), kill.from);
  }
  return found;
}

bool NaiveHistory::entitled_at(const Held& held, Time time) const {
  for (const Range& lease : held.entitled) {
    if (std::max(held.from, lease.from) <= time && time < std::min(held.until, lease.until)) {
      return true;
    }
  }
  return false;
}

bool NaiveHistory::entitled_through(const Held& held, Range span) const {
  if (span.from < held.from || span.until > held.until) return false;
  for (const Range& lease : held.entitled) {
    if (lease.from <= span.from && span.until < lease.until) return true;
  }
  return false;
}

const Held* NaiveHistory::hold_before(std::size_t i) const {
  const Held* found = nullptr;
  for (const Held& held : held_) {
    if (held.worker == events_[i].worker && *held.call.back < i) found = &held;
  }
  return found;
}

bool NaiveHistory::one_clock() const {
  for (const HostRecord& host : history_.hosts) {
    if (host.uncertainty_ns != 0 && history_.hosts.size() > 1) return false;
  }
  return true;
}

/// The widest that any two clocks can differ, where there are two.
Time NaiveHistory::widest() const {
  Time most = 0;
  for (const HostRecord& host : history_.hosts) most = std::max(most, host.uncertainty_ns);
  return history_.hosts.size() > 1 ? 2 * most : 0;
}

/// What the clocks of all hosts showed, instant by instant.
bool NaiveHistory::beyond_contract(Range span) const {
  for (const Fault& fault : history_.faults) {
    const bool set = fault.kind == "server_clock" && fault.effective;
    const bool within = fault.start_ns >= span.from && fault.start_ns <= span.until;
    if (set && within && terms_.steady_server_clock) return true;
  }
  if (!terms_.contract_offset_ns && !terms_.contract_drift) return false;
  for (const Fault& fault : history_.faults) {
    const bool unknown = fault.kind == "clock" && !fault.effective && fault.end_ns > fault.start_ns;
    if (unknown && touch({fault.start_ns, fault.end_ns}, span)) return true;
  }
  std::vector<Time> offsets;
  std::vector<double> rates;
  for (std::uint32_t host = 0; host < history_.hosts.size(); ++host) {
    for (Time instant = span.from; instant <= span.until; instant += kTick) {
      bool bent = false;
      for (const Fault& fault : history_.faults) {
        const bool hits = fault.host == host || fault.host == kNobody;
        if (fault.kind != "clock" || !fault.effective || !hits) continue;
        if (instant < fault.start_ns || instant > fault.end_ns) continue;
        const auto gone = static_cast<double>(instant - fault.start_ns);
        offsets.push_back(fault.measured_offset_ns +
                          std::llround((fault.measured_rate - 1) * gone));
        rates.push_back(fault.measured_rate);
        bent = true;
      }
      if (!bent) offsets.push_back(0);
      if (!bent) rates.push_back(1);
    }
  }
  for (const Time a : offsets) {
    for (const Time b : offsets) {
      if (terms_.contract_offset_ns && a - b > *terms_.contract_offset_ns) return true;
    }
  }
  for (const double a : rates) {
    for (const double b : rates) {
      if (terms_.contract_drift && a / b - 1 > *terms_.contract_drift + 5e-7) return true;
    }
  }
  return false;
}

}  // namespace holdfast::harness::naive
