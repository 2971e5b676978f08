// A history as the second judge reads it: README.md's words, one plain loop each, and nothing that
// is found is kept in any cleverer way than in a list. Quadratic, and worse.
//
// It is written from harness/checker/README.md and shares no code with the checkers. Instants of
// the histories that it is for are whole milliseconds, so time can be walked through instant by
// instant; file operations take no time, so that no two of them overlap.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "harness/checker/checker.h"

namespace holdfast::harness::naive {

using Time = std::int64_t;
inline constexpr Time kForEver = std::numeric_limits<Time>::max();
inline constexpr Time kTick = 1'000'000;  ///< from one instant to the next

struct Range {
  Time from = 0, until = 0;
};
/// Both ends count.
inline bool touch(Range a, Range b) { return a.from <= b.until && b.from <= a.until; }
/// Neither does.
inline bool overlap(Range a, Range b) {
  return (a.from > b.from ? a.from : b.from) < (a.until < b.until ? a.until : b.until);
}

struct Call {
  std::size_t invoke = 0;
  std::optional<std::size_t> back;
};

struct Held {
  Call call;
  std::uint32_t worker = 0;
  std::uint16_t lock = 0;
  Time from = 0, until = 0, gone = 0;
  bool died = false;
  bool unseen = false;                   ///< nothing is known of its end
  std::optional<Time> entered, leaving;  ///< as the controller heard it
  std::vector<Range> entitled;           ///< its leases, not cut by the end of the hold
  std::optional<std::size_t> told;       ///< the event by which its loss was first told, inside
  std::optional<Time> lost_with_left;    ///< what was left of the lease then
};

/// While its holder was inside, as far as anybody can tell.
inline Range inside(const Held& held) {
  return {held.entered.value_or(held.from), held.leaving.value_or(held.until)};
}

class NaiveHistory {
 public:
  NaiveHistory(const History& history, const Terms& terms);

  const History& history() const { return history_; }
  const Terms& terms() const { return terms_; }
  const std::vector<Event>& events() const { return events_; }
  const std::vector<Call>& calls() const { return calls_; }  ///< of acquire
  const std::vector<Held>& held() const { return held_; }
  Time last() const { return last_; }  ///< the last instant that anything is known of

  bool is(std::size_t i, Op op, Phase phase) const {
    return events_[i].op == op && events_[i].phase == phase;
  }
  Time at(std::size_t i) const { return events_[i].at_ns; }
  std::optional<std::size_t> answer(std::size_t i) const;  ///< to the call that i begins
  std::size_t question(std::size_t i) const;               ///< the call that i answers

  /// Effective ones that hit this worker.
  std::vector<Range> faults(const char* kind, std::uint32_t worker) const;
  bool server_forgot(Range span) const;
  bool ended_in_order(std::uint32_t worker) const;
  /// When the call came back, or ended otherwise.
  Time back_of(const Call& call) const;
  /// When what was got in the call that i answers is surely not there any more.
  Time given_up(std::size_t i) const;

  /// By how much the order of events of two workers is uncertain, and of any two at most.
  Time unsure(std::uint32_t a, std::uint32_t b) const;
  Time widest() const;
  /// Whether no host's clock is uncertain against another's.
  bool one_clock() const;

  bool entitled_at(const Held& held, Time time) const;
  /// The last instant included.
  bool entitled_through(const Held& held, Range span) const;
  const Held* hold_before(std::size_t i) const;  ///< the newest of the worker of event i

  /// Whether clocks were bent beyond what the contract declares at any instant of the span, or
  /// from one to another.
  bool beyond_contract(Range span) const;

 private:
  Time newest(std::uint32_t worker) const;
  bool ended_by_itself(std::uint32_t worker) const;
  Time last_answer(std::uint32_t worker) const;
  bool is_last_cycle(std::size_t i) const;
  Held hold(std::size_t granted) const;
  void hear(std::size_t granted, Held& held) const;
  Time not_yet_taken(const Held& held) const;
  Time first_lease_end(std::size_t index) const;
  void find_leases(std::size_t index);

  const History& history_;
  const Terms& terms_;
  const std::vector<Event>& events_;
  Time last_ = 0;
  std::vector<Call> calls_;
  std::vector<Held> held_;
};

}  // namespace holdfast::harness::naive
