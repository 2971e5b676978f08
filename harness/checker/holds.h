// From events to attempts, holds and leases: the words in which everything else is judged.
//
// A hold runs from the instant its acquire call returned success to the instant that the holder
// called release, began another acquire, or died. That is less than what the worker believes, so an
// overlap of two holds is real. A hold is *entitled* while its lease lasts: README.md, "Words".
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "harness/checker/checker.h"
#include "harness/history/history.h"

namespace holdfast::harness {

inline constexpr std::uint32_t kNone = 0xffffffff;
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// From `from_ns` up to but not including `until_ns`.
struct Span {
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;

  bool empty() const { return until_ns <= from_ns; }
  bool operator==(const Span&) const = default;
};

/// One acquire call.
struct Attempt {
  std::uint32_t worker = 0;
  std::uint32_t invoke = kNone;  ///< events
  std::uint32_t back = kNone;    ///< kNone: it never came back
  std::uint32_t hold = kNone;    ///< what it was granted
  std::int64_t sent_ns = 0;
  std::int64_t back_ns = 0;  ///< where it never came back: its worker's death, or the end of all
  /// Of an unknown outcome: when what it may have got had surely been given up, or its caller
  /// ended.
  std::int64_t gone_ns = 0;
  std::int64_t deadline_ns = 0;  ///< when its patience ends; 0: never
  std::uint16_t lock = 0;
  Phase outcome = Phase::invoke;  ///< invoke: it never came back
  Why why = Why::none;
  bool died = false;  ///< cut off by a kill
};

/// How a hold ended.
enum class HoldEnd : std::uint8_t {
  released,   ///< release was called
  died,       ///< its process was killed, or ended by itself
  abandoned,  ///< another acquire began, or the worker ended in order
  unseen,     ///< nothing is known of the worker after its last event
};

struct Hold {
  std::uint32_t worker = 0;
  std::uint32_t attempt = kNone;
  std::uint32_t granted = kNone;  ///< event
  std::uint32_t ended = kNone;    ///< event that ended it; kNone: there was none
  std::uint32_t told = kNone;     ///< event by which the holder first learnt of a loss, inside
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;
  /// Ordered mode: when the controller heard that its holder is inside, and that it is about to
  /// leave, by the controller's clock; 0: it did not, or the holder was dead by then.
  std::int64_t entered_ns = 0;
  std::int64_t leaving_ns = 0;
  /// When the lock had surely been given up, or its holder ended. Where giving it back failed: of a
  /// lock with leases the failure, since the lease ends by itself; of others the holder's end.
  std::int64_t gone_ns = 0;
  std::int64_t told_ns = kNever;       ///< when `told` was
  std::int64_t left_when_told_ns = 0;  ///< of its lease, had it not been lost; kNever: no lease
  std::uint64_t token = 0;
  std::uint32_t release_back = kNone;  ///< event: the last answer
  std::uint32_t releases = 0;          ///< how often it was asked for
  std::uint32_t first_lease = 0;       ///< its leases are Holds::leases[first_lease ...
  std::uint32_t leases = 0;            ///< ... first_lease + leases)
  std::uint16_t lock = 0;
  HoldEnd end = HoldEnd::unseen;

  /// When its holder was surely inside: as the controller heard it, where it did.
  Span inside() const {
    return {entered_ns != 0 ? entered_ns : from_ns, leaving_ns != 0 ? leaving_ns : until_ns};
  }
};

/// Everything that was asked for and given in a run.
struct Holds {
  std::vector<Attempt> attempts;  ///< in the order in which they were sent
  std::vector<Hold> holds;        ///< in the order in which they were granted
  std::vector<Span> leases;       ///< of all holds; those of one are in order and do not overlap
  std::vector<std::vector<std::uint32_t>> holds_of;     ///< by lock, in the order of from_ns
  std::vector<std::vector<std::uint32_t>> attempts_of;  ///< by lock, in the order of sent_ns
  std::vector<std::vector<Span>> kills;   ///< by worker: effective ones, [start, surely over]
  std::vector<std::vector<Span>> pauses;  ///< by worker: also unmeasured ones, by start
  std::vector<bool> ended_in_order;       ///< by worker: it said so
  std::int64_t end_ns = 0;                ///< the last instant that anything is known of
  bool ordered = false;                   ///< the controller heard of holders
  std::int64_t longest_echo_ns = 0;       ///< ... for which one waited

  std::span<const Span> leases_of(const Hold& hold) const {
    return std::span(leases).subspan(hold.first_lease, hold.leases);
  }
  /// When the last lease of this hold ran out, or will: not cut by the end of the hold.
  std::int64_t lease_end(const Hold& hold) const { return leases_of(hold).back().until_ns; }
  /// Whether the hold was entitled at this instant of it.
  bool entitled_at(const Hold& hold, std::int64_t at_ns) const;
  /// Whether the hold was entitled all through `span`, its last instant included.
  bool entitled_through(const Hold& hold, const Span& span) const;
};

class Trail;

/// The history must have passed check_assumptions().
Holds find_holds(const History& history, const Terms& terms, const Trail& trail);

}  // namespace holdfast::harness
