// What the lock said of itself, and what was done to its files, against what its calls said.
#include <algorithm>
#include <cerrno>
#include <map>

#include "harness/checker/testing/naive_classes.h"
#include "harness/checker/testing/naive_files.h"

namespace holdfast::harness::naive {
namespace {

bool has_witnesses(const NaiveHistory& it) {
  const auto& workers = it.history().workers;
  return std::ranges::any_of(workers, [](const auto& worker) { return worker.records_files; }) ||
         std::ranges::any_of(it.events(), [](const auto& event) { return event.op == Op::probe; });
}

bool says(const NaiveHistory& it, std::size_t i, ProbedState state) {
  return it.is(i, Op::probe, Phase::ok) &&
         it.events()[i].value == static_cast<std::uint64_t>(state);
}

/// Whether the worker may still have had the lock at event i, from an acquire that did not fail.
bool may_hold(const NaiveHistory& it, std::size_t i) {
  bool found = false;
  for (std::size_t k = 0; k < i; ++k) {
    const Event& event = it.events()[k];
    if (event.worker != it.events()[i].worker || event.phase == Phase::invoke) continue;
    if (event.op == Op::acquire && event.phase != Phase::fail) found = true;
    if (event.op == Op::release) {
      const bool lost = event.phase == Phase::fail && event.code == int(Why::lost);
      found = event.phase != Phase::ok && !lost;
    }
  }
  return found;
}

/// Before it asked again, the lock said that it was this worker's.
std::optional<std::size_t> said_to_be_its_own(const NaiveHistory& it, const Call& failed) {
  const Event& answer = it.events()[*failed.back];
  for (std::size_t i = *failed.back + 1; i < it.events().size(); ++i) {
    if (it.events()[i].worker != answer.worker) continue;
    if (it.events()[i].op == Op::acquire) return std::nullopt;
    const bool of_it = it.events()[i].lock == answer.lock;
    if (of_it && says(it, i, ProbedState::mine) && !may_hold(it, i)) return i;
  }
  return std::nullopt;
}

/// Whether what a worker had unawares when event `from` came may have ended before event `to`:
/// somebody was granted the lock, made or removed something, or the lock said otherwise.
bool ended_between(const NaiveHistory& it, std::uint32_t worker, std::uint16_t lock,
                   std::size_t from, std::size_t to) {
  for (std::size_t i = from + 1; i <= to; ++i) {
    if (it.events()[i].lock != lock) continue;
    const bool changes =
        does(it, i) == Does::takes || does(it, i) == Does::removes || moves_state(it, i);
    if (worked(it, i) && changes) return true;
    if (it.is(i, Op::acquire, Phase::ok)) return true;
    const bool asked = it.is(i, Op::probe, Phase::ok) && it.events()[i].worker == worker;
    if (asked && !says(it, i, ProbedState::mine)) return true;
  }
  return false;
}

/// Opening a file takes a lock only where it is known to be refused to others.
bool takes_it(const NaiveHistory& it, std::size_t i) {
  if (moves_to_held(it, i)) return true;
  if (does(it, i) != Does::takes) return false;
  if (it.events()[i].file != FileOp::open_create) return true;
  for (std::size_t k = 0; k < it.events().size(); ++k) {
    const Event& event = it.events()[k];
    if (event.op == Op::file && event.lock == it.events()[i].lock && event.code == EEXIST &&
        event.file == FileOp::open_create && does(it, k) == Does::takes) {
      return true;
    }
  }
  return false;
}

bool may_end(const NaiveHistory& it, std::size_t i, std::size_t made) {
  if (!may_have_worked(it, i)) return false;
  if (does(it, made) == Does::takes) return does(it, i) == Does::removes;
  const Event& event = it.events()[i];
  return (event.file == FileOp::rename || event.file == FileOp::unlink) &&
         event.name == it.events()[made].other;
}

/// What a failed call made, neither it nor anybody else may have ended before it came back.
std::optional<std::size_t> left_standing(const NaiveHistory& it, const Call& failed) {
  if (!it.one_clock()) return std::nullopt;
  const auto& events = it.events();
  std::optional<std::size_t> made;
  std::vector<std::pair<std::uint64_t, std::optional<std::size_t>>> aside;
  for (const std::size_t i : files_of(it, failed)) {
    if (worked(it, i) && takes_it(it, i)) {
      made = i;
      for (const auto& [inode, making] : aside) {
        if (events[i].file == FileOp::link && events[i].value == inode) made = making;
      }
      continue;
    }
    const bool moved = worked(it, i) && events[i].file == FileOp::rename;
    if (moved && does(it, i) == Does::removes && events[i].value != 0) {
      const bool own = made && events[*made].value == events[i].value;
      aside.emplace_back(events[i].value, own ? made : std::nullopt);
    }
    if (made && may_end(it, i, *made)) made.reset();
  }
  if (!made) return std::nullopt;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool others = events[i].op == Op::file && events[i].lock == events[*made].lock &&
                        events[i].worker != events[*made].worker;
    const bool in_time =
        events[i].at_ns >= events[*made].began_ns && events[i].began_ns <= it.at(*failed.back);
    if (others && in_time && may_end(it, i, *made)) return std::nullopt;
  }
  return made;
}

/// A rename to a held state was reported as failed, and that state was still used by somebody who
/// began after the call had come back.
bool applied_later(const NaiveHistory& it, const Call& failed) {
  for (const std::size_t i : files_of(it, failed)) {
    if (worked(it, i) || !moves_to_held(it, i)) continue;
    std::optional<std::size_t> use;
    for (std::size_t k = 0; k < it.events().size(); ++k) {
      if (worked(it, k) && it.events()[k].name == it.events()[i].other) use = k;
    }
    if (!use || *use < i) continue;
    const Time doubt = it.unsure(it.events()[i].worker, it.events()[*use].worker);
    if (it.events()[*use].began_ns > it.at(*failed.back) + doubt) return true;
  }
  return false;
}

/// Until when a call of somebody's may have done something to the lock.
Time done_with(const NaiveHistory& it, const Call& call) {
  if (!call.back || it.is(*call.back, Op::acquire, Phase::info)) return kForEver;
  Time found = it.at(*call.back);
  for (const Held& held : it.held()) {
    if (held.call.invoke == call.invoke) found = std::max(found, held.gone);
  }
  return found;
}

bool others_about(const NaiveHistory& it, std::uint32_t worker, std::uint16_t lock, Range span) {
  return std::ranges::any_of(it.calls(), [&](const Call& call) {
    const Event& asked = it.events()[call.invoke];
    return asked.worker != worker && asked.lock == lock && asked.at_ns <= span.until &&
           done_with(it, call) >= span.from;
  });
}

/// Asked inside, while it was entitled and nobody else was about, the lock denied it.
bool was_denied(const NaiveHistory& it, const Held& held) {
  for (std::size_t i = *held.call.back + 1; i < it.events().size(); ++i) {
    const Event& event = it.events()[i];
    if (event.worker != held.worker) continue;
    if (event.op == Op::acquire) return false;
    const bool denies = says(it, i, ProbedState::other) || says(it, i, ProbedState::free);
    if (!denies || event.lock != held.lock) continue;
    if (!it.entitled_through(held, {it.at(it.question(i)), event.at_ns})) continue;
    if (!others_about(it, held.worker, held.lock, {it.at(held.call.invoke), event.at_ns})) {
      return true;
    }
  }
  return false;
}

/// What this event made was the lock until another worker removed it, certainly; by which event.
std::optional<std::size_t> taken_away(const NaiveHistory& it, std::size_t made) {
  const auto& events = it.events();
  const bool by_name = does(it, made) == Does::takes;
  for (std::size_t i = made + 1; i < events.size(); ++i) {
    if (events[i].lock != events[made].lock || !worked(it, i)) continue;
    const bool foreign = events[i].worker != events[made].worker;
    if (by_name) {
      if (does(it, i) == Does::takes) return std::nullopt;
      if (does(it, i) != Does::removes) continue;
      const bool same = events[i].value != 0 && events[i].value == events[made].value;
      const bool surely = events[i].file != FileOp::rename && events[i].began_ns > it.at(made);
      return same && surely && foreign ? std::optional(i) : std::nullopt;
    }
    if (!moves_state(it, i)) continue;
    if (events[i].name == events[made].other) return foreign ? std::optional(i) : std::nullopt;
    if (events[i].other == events[made].other) return std::nullopt;  // made anew
  }
  return std::nullopt;
}

/// The newest thing that the worker had made in this hold's cycle when event i came.
std::optional<std::size_t> newest_making(const NaiveHistory& it, const Held& held, std::size_t i) {
  std::optional<std::size_t> found;
  for (std::size_t k = held.call.invoke; k < i; ++k) {
    const bool own = it.events()[k].worker == held.worker && worked(it, k);
    if (own && (does(it, k) == Does::takes || moves_to_held(it, k))) found = k;
  }
  return found;
}

/// A success was reported, though what the lock was held by had been taken away before.
bool was_gone(const NaiveHistory& it, const Held& held) {
  if (!it.one_clock() || held.entitled.front().until <= held.from) return false;
  for (std::size_t i = *held.call.back; i < it.events().size(); ++i) {
    if (it.events()[i].worker != held.worker) continue;
    if (it.is(i, Op::acquire, Phase::invoke)) return false;
    const bool renewed = it.is(i, Op::refresh, Phase::ok);
    if (i != *held.call.back && !renewed) continue;
    const auto made = newest_making(it, held, i);
    const auto removal = made ? taken_away(it, *made) : std::nullopt;
    const Time by = renewed ? it.at(it.question(i)) : it.at(i);
    if (!removal || *removal > i || it.at(*removal) >= by) continue;
    return !it.beyond_contract({it.at(held.call.invoke), it.at(i)});
  }
  return false;
}

}  // namespace

std::uint64_t ghost_holds(const NaiveHistory& it) {
  std::uint64_t found = 0;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::size_t> newest;
  for (const Call& call : it.calls()) {
    if (!has_witnesses(it) || !call.back || !it.is(*call.back, Op::acquire, Phase::fail)) continue;
    const Event& asked = it.events()[call.invoke];
    auto witness = said_to_be_its_own(it, call);
    if (!witness) witness = left_standing(it, call);
    if (!witness) {
      found += applied_later(it, call) ? 1 : 0;
      continue;
    }
    const auto before = newest.find({asked.worker, asked.lock});
    const bool same = before != newest.end() &&
                      !ended_between(it, asked.worker, asked.lock, before->second, *witness);
    newest[{asked.worker, asked.lock}] = *witness;
    found += same ? 0 : 1;
  }
  return found;
}

std::uint64_t false_holds(const NaiveHistory& it) {
  std::uint64_t found = 0;
  for (const Held& held : it.held()) {
    if (!has_witnesses(it)) continue;
    found += (was_gone(it, held) ? 1 : 0) + (was_denied(it, held) ? 1 : 0);
  }
  return found;
}

}  // namespace holdfast::harness::naive
