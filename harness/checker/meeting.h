// The two holds that met, what is recorded of their lock, and the three questions that are asked of
// it: was the first one's entry removed, was its state renamed, or had nobody taken anything away?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/checker/cause.h"

namespace holdfast::harness {

/// One of the two holds, and the file operation that took the lock for it.
struct Side {
  const Hold* hold = nullptr;
  const Attempt* attempt = nullptr;
  std::uint32_t take = kNone;
};

class Meeting {
 public:
  Meeting(const Evidence& evidence, const Trail& trail, const Contract& contract,
          const Overlap& overlap);

  const Evidence& evidence() const { return evidence_; }
  const std::vector<Event>& events() const { return evidence_.history.events; }
  const Trail& trail() const { return trail_; }
  std::uint16_t lock() const { return first_.hold->lock; }
  const Side& first() const { return first_; }
  const Side& second() const { return second_; }
  std::vector<std::uint32_t> takes() const { return {first_.take, second_.take}; }

  /// The file operation that took the lock for this side, which has one.
  const Event& event(const Side& side) const { return events()[side.take]; }
  const std::string& name(const Side& side) const { return who(evidence_, side.hold->worker); }
  /// Where the victim's lease had surely run out when this removal of its entry, or renaming of its
  /// state, was begun, and a refresh that came back later was reported as done.
  std::optional<Explanation> refreshed_after(const Side& victim, std::uint32_t removal,
                                             std::vector<std::uint32_t> shown) const;
  /// "; injected faults had set the hosts' clocks 3 s apart", or nothing.
  std::string clocks(const Side& victim, std::int64_t at_ns) const;

  /// File operations on the lock from when the two first asked, and a little beyond: a call can be
  /// recorded later than it took effect.
  const std::vector<std::uint32_t>& files() const { return files_; }
  /// The successful removals in that time, deeds, and which take's entry each removed; kNone: one
  /// from before.
  const std::map<std::uint32_t, std::uint32_t>& removals() const { return removals_; }

  /// The newest request of this side's worker, by when it was granted the lock, that made an entry
  /// and of which no call was told; nullptr: there is none.
  const Unheard* made_unheard(const Side& side) const;

  /// Whether a call that was reported as failed took effect all the same: what it was to make was
  /// there later, though nobody else made it.
  bool was_applied(std::uint32_t call) const;

 private:
  Side side(std::uint32_t hold) const;

  const Evidence& evidence_;
  const Trail& trail_;
  const Contract& contract_;
  Side first_, second_;
  std::vector<std::uint32_t> files_;
  std::map<std::uint32_t, std::uint32_t> removals_;
};

/// Of a lock with an entry: who removed `victim`'s before `next` took the lock; none: nobody did.
std::optional<Explanation> entry_removed(const Meeting& meeting, const Side& victim,
                                         const Side& next);

/// Of a lock with states: who renamed one that was `victim`'s before `next` took the lock.
std::optional<Explanation> state_renamed(const Meeting& meeting, const Side& victim,
                                         const Side& next);

/// Both took the lock, and neither of those was found.
Explanation nobody_removed_it(const Meeting& meeting, bool has_entry);

}  // namespace holdfast::harness
