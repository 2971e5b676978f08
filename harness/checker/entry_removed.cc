// Who removed an entry under its holder, and what that was: a release of what was another's, a
// breaker who had judged this entry, or an earlier one, or a request that no call was told of.
#include <algorithm>

#include "harness/checker/meeting.h"
#include "harness/checker/origins.h"

namespace holdfast::harness {
namespace {

class EntryRemoval {
 public:
  EntryRemoval(const Meeting& meeting, const Side& victim, const Side& next)
      : meeting_(meeting),
        events_(meeting.events()),
        trail_(meeting.trail()),
        victim_(victim),
        next_(next) {}

  std::optional<Explanation> run() const {
    const std::uint32_t removal = last_removal();
    if (removal == kNone) return std::nullopt;
    Explanation found = trail_.unheard(removal) != nullptr ? unheard(removal) : done(removal);
    found.removal = removal;
    found.victim = victim_.take;
    return found;
  }

 private:
  std::string inode(const Event& event) const {
    return event.value == 0 ? "" : " (inode " + std::to_string(event.value) + ")";
  }

  Explanation unheard(std::uint32_t removal) const {
    return {Cause::lost_reply,
            "The entry of " + meeting_.name(victim_) + " was removed when " +
                words_of(*trail_.unheard(removal)) + ".",
            {victim_.take, trail_.recorded(removal), next_.take},
            trail_.did(removal).worker};
  }

  Explanation done(std::uint32_t removal) const {
    const Event& gone = events_[removal];
    if (gone.worker == victim_.hold->worker) {
      return {Cause::stolen_release,
              "While " + meeting_.name(victim_) + " was inside, its own program, or a child of " +
                  "that, gave back the lock: it removed its entry at " + seconds(gone.at_ns) + ".",
              {victim_.take, removal, next_.take},
              gone.worker};
    }
    if (trail_.gives_back(removal)) {
      return Explanation{Cause::stolen_release,
                         "Giving back what it no longer had, " +
                             who(meeting_.evidence(), gone.worker) + " removed the entry of " +
                             meeting_.name(victim_) + inode(gone) + " at " + seconds(gone.at_ns) +
                             ".",
                         {victim_.take, removal, next_.take},
                         gone.worker};
    }
    return broken(removal, trail_.call_of(removal));
  }

  /// The last removal of what the victim had made, before the next one made its own.
  std::uint32_t last_removal() const {
    std::uint32_t found = kNone;
    for (const auto& [removal, take] : meeting_.removals()) {
      const Event& gone = trail_.did(removal);
      if (take != victim_.take || gone.began_ns >= meeting_.event(next_).at_ns) continue;
      if (found == kNone || gone.at_ns > trail_.did(found).at_ns) found = removal;
    }
    return found;
  }

  Explanation broken(std::uint32_t removal, const Trail::Call& call) const {
    const Event& gone = events_[removal];
    const std::string& breaker = who(meeting_.evidence(), gone.worker);
    const std::uint32_t look = judged(call, removal);
    const std::vector<std::uint32_t> shown = {victim_.take, look, removal, next_.take};
    if (look != kNone && !shows(events_[look], removal)) {
      return {Cause::double_break,
              breaker + " judged an earlier entry" + inode(events_[look]) + " at " +
                  seconds(events_[look].at_ns) + " and removed by name, at " + seconds(gone.at_ns) +
                  ", that of " + meeting_.name(victim_) + inode(gone) + ".",
              shown, gone.worker};
    }
    if (auto late = meeting_.refreshed_after(victim_, removal, shown)) return *late;
    if (look == kNone && !trail_.sees_looks()) {
      return {Cause::unexplained,
              breaker + " removed the entry of " + meeting_.name(victim_) + inode(gone) + " at " +
                  seconds(gone.at_ns) +
                  ", and on what it decided that is not known: no look at a lock was recorded, of "
                  "anybody.",
              shown, gone.worker};
    }
    const std::string how = look == kNone
                                ? " did not look at the entry of " + meeting_.name(victim_) +
                                      inode(gone) + " and removed it at " + seconds(gone.at_ns)
                                : " judged the very entry of " + meeting_.name(victim_) +
                                      inode(gone) + " at " + seconds(events_[look].at_ns) +
                                      " and removed it at " + seconds(gone.at_ns);
    return {Cause::premature_break, breaker + how + meeting_.clocks(victim_, gone.at_ns) + ".",
            shown, gone.worker};
  }

  /// The look at the lock on which a breaker decided: since it last failed to take the lock or saw
  /// none, the last stat before its first act; where stats are not recorded, the first look. If all
  /// that it saw since then was that there was none, what it had seen before.
  std::uint32_t judged(const Trail::Call& call, std::uint32_t removal) const {
    std::uint32_t stat = kNone;
    std::uint32_t look = kNone;
    std::uint32_t before = kNone;
    bool acted = false;
    for (const std::uint32_t i : call.files) {
      const Event& event = events_[i];
      if (i >= removal || event.lock != meeting_.lock()) continue;
      const Deed deed = trail_.deed(event);
      const bool failed = event.phase != Phase::ok;
      const bool starts_anew = (deed == Deed::takes && failed) || (deed == Deed::looks && failed) ||
                               deed == Deed::removes;
      if (starts_anew) {
        if (deed != Deed::looks)
          before = kNone;
        else if (look != kNone)
          before = stat != kNone ? stat : look;
        stat = look = kNone;
        acted = false;
      } else if (deed == Deed::touches) {
        acted = true;
      } else if (deed == Deed::looks) {
        if (look == kNone) look = i;
        if (event.file == FileOp::stat && !acted) stat = i;
      }
    }
    if (stat != kNone) return stat;
    return look != kNone ? look : before;
  }

  /// Whether this look showed what the victim had made. An inode alone does not tell: its number
  /// may have been an earlier entry's.
  bool shows(const Event& look, std::uint32_t removal) const {
    const Event& made = meeting_.event(victim_);
    if (look.at_ns <= made.began_ns) return false;
    for (const std::uint64_t inode : {trail_.inode(victim_.take), trail_.inode(removal)}) {
      if (look.value != 0 && inode != 0 && look.value != inode) return false;
    }
    return true;
  }

  const Meeting& meeting_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  const Side &victim_, &next_;
};

}  // namespace

std::optional<Explanation> entry_removed(const Meeting& meeting, const Side& victim,
                                         const Side& next) {
  return EntryRemoval(meeting, victim, next).run();
}

}  // namespace holdfast::harness
