// The holds of which a finding tells, and what is recorded of their lock: of one that lost it, or
// of two that met. The questions that are asked of it: was the entry of the one removed, was its
// state renamed, or had nobody taken anything away?
#pragma once

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

/// What is asked of each hold, and of who took its lock away.
class Scene {
 public:
  Scene(const Evidence& evidence, const Trail& trail, const Contract& contract)
      : evidence_(evidence), trail_(trail), contract_(contract) {}

  const Evidence& evidence() const { return evidence_; }
  const std::vector<Event>& events() const { return evidence_.history.events; }
  const Trail& trail() const { return trail_; }
  Side side(const Hold& hold) const;

  /// The file operation that took the lock for this side, which has one.
  const Event& event(const Side& side) const { return events()[side.take]; }
  const std::string& name(const Side& side) const { return who(evidence_, side.hold->worker); }
  /// Where the victim's lease had surely run out when this removal of its entry, or renaming of its
  /// state, was begun, and a refresh that came back later was reported as done.
  std::optional<Explanation> refreshed_after(const Side& victim, std::uint32_t removal,
                                             std::vector<std::uint32_t> shown) const;
  /// "; injected faults had set the hosts' clocks 3 s apart", or nothing.
  std::string clocks(const Side& victim, std::int64_t at_ns) const;

 private:
  const Evidence& evidence_;
  const Trail& trail_;
  const Contract& contract_;
};

class Meeting : public Scene {
 public:
  Meeting(const Evidence& evidence, const Trail& trail, const Contract& contract,
          const Overlap& overlap);

  std::uint16_t lock() const { return first_.hold->lock; }
  const Side& first() const { return first_; }
  const Side& second() const { return second_; }
  std::vector<std::uint32_t> takes() const { return {first_.take, second_.take}; }

  /// File operations on the lock from when the two first asked, and a little beyond: a call can be
  /// recorded later than it took effect.
  const std::vector<std::uint32_t>& files() const { return files_; }
  const Trail::Removals& removals() const { return trail().removals(lock()); }

  /// The newest request of this side's worker, by when it was granted the lock, that made an entry
  /// and of which no call was told; nullptr: there is none.
  const Unheard* made_unheard(const Side& side) const;

  /// Whether a call that was reported as failed took effect all the same: what it was to make was
  /// there later, though nobody else made it.
  bool was_applied(std::uint32_t call) const;

 private:
  Side first_, second_;
  std::vector<std::uint32_t> files_;
};

/// Of a lock with an entry: the last removal, a deed, of `victim`'s before `next` took the lock;
/// kNone: nobody removed it.
std::uint32_t removal_of_entry(const Meeting& meeting, const Side& victim, const Side& next);

/// What that removal, a deed, of the victim's entry was: a release of what was another's, a breaker
/// who had judged this entry, or an earlier one, or a request that no call was told of. Who took
/// the lock next, a deed, is shown with it; kNone: nobody.
Explanation entry_removed(const Scene& scene, const Side& victim, std::uint32_t removal,
                          std::uint32_t next);

/// Of a lock with states: who renamed one that was `victim`'s before `next` took the lock.
std::optional<Explanation> state_renamed(const Meeting& meeting, const Side& victim,
                                         const Side& next);

/// Both took the lock, and neither of those was found.
Explanation nobody_removed_it(const Meeting& meeting, bool has_entry);

}  // namespace holdfast::harness
