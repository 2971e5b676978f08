// Who removed an entry under its holder, and what that was: a release of what was another's, a
// breaker who had judged this entry, or an earlier one, or a request that no call was told of.
#include <algorithm>

#include "harness/checker/meeting.h"
#include "harness/checker/origins.h"

namespace holdfast::harness {
namespace {

class EntryRemoval {
 public:
  EntryRemoval(const Scene& scene, const Side& victim, std::uint32_t next)
      : scene_(scene),
        events_(scene.events()),
        trail_(scene.trail()),
        victim_(victim),
        next_(next) {}

  Explanation run(std::uint32_t removal) const {
    Explanation found = trail_.unheard(removal) != nullptr ? unheard(removal) : done(removal);
    if (!trail_.removals(victim_.hold->lock).at(removal).sure) found = either(removal);
    found.removal = removal;
    found.victim = victim_.take;
    return found;
  }

 private:
  std::string inode(const Event& event) const { return in_brackets(event.value); }
  /// Of what was removed: its host may have seen another there.
  std::string inode_of(std::uint32_t removal) const {
    const std::uint64_t made = trail_.inode(victim_.take);
    return in_brackets(made != 0 ? made : trail_.did(removal).value);
  }
  static std::string in_brackets(std::uint64_t inode) {
    return inode == 0 ? "" : " (inode " + std::to_string(inode) + ")";
  }

  Explanation unheard(std::uint32_t removal) const {
    Explanation found = {Cause::lost_reply,
                         "The entry of " + scene_.name(victim_) + " was removed when " +
                             words_of(*trail_.unheard(removal)) + ".",
                         {victim_.take, trail_.recorded(removal), next_},
                         trail_.did(removal).worker};
    found.request = trail_.unheard(removal);
    return found;
  }

  Explanation either(std::uint32_t removal) const {
    const Event& gone = trail_.did(removal);
    const Unheard* const request = trail_.unheard(removal);
    const std::string by = request != nullptr ? "when " + words_of(*request)
                                              : "by " + who(scene_.evidence(), gone.worker) +
                                                    ", begun at " + seconds(gone.began_ns) +
                                                    " and answered at " + seconds(gone.at_ns);
    return {Cause::unexplained,
            "The entry of " + scene_.name(victim_) + inode_of(removal) + " was removed " + by +
                ", or by another that overlapped it.",
            {victim_.take, trail_.recorded(removal), next_},
            kNobody};
  }

  Explanation done(std::uint32_t removal) const {
    const Event& gone = events_[removal];
    if (gone.worker == victim_.hold->worker) {
      return {Cause::stolen_release,
              "While " + scene_.name(victim_) + " was inside, its own program, or a child of " +
                  "that, gave back the lock: it removed its entry at " + seconds(gone.at_ns) + ".",
              {victim_.take, removal, next_},
              gone.worker};
    }
    if (trail_.gives_back(removal)) {
      return Explanation{Cause::stolen_release,
                         "Giving back what it no longer had, " +
                             who(scene_.evidence(), gone.worker) + " removed the entry of " +
                             scene_.name(victim_) + inode_of(removal) + " at " +
                             seconds(gone.at_ns) + ".",
                         {victim_.take, removal, next_},
                         gone.worker};
    }
    return broken(removal, trail_.call_of(removal));
  }

  Explanation broken(std::uint32_t removal, const Trail::Call& call) const {
    const Event& gone = events_[removal];
    const std::string& breaker = who(scene_.evidence(), gone.worker);
    const std::uint32_t look = judged(call, removal);
    const std::vector<std::uint32_t> shown = {victim_.take, look, removal, next_};
    if (look != kNone && !shows(events_[look], removal)) {
      return {Cause::double_break,
              breaker + " judged an earlier entry" + inode(events_[look]) + " at " +
                  seconds(events_[look].at_ns) + " and removed by name, at " + seconds(gone.at_ns) +
                  ", that of " + scene_.name(victim_) + inode_of(removal) + ".",
              shown, gone.worker};
    }
    if (auto late = scene_.refreshed_after(victim_, removal, shown)) return *late;
    if (look == kNone && !trail_.sees_looks()) {
      return {Cause::unexplained,
              breaker + " removed the entry of " + scene_.name(victim_) + inode_of(removal) +
                  " at " + seconds(gone.at_ns) +
                  ", and on what it decided that is not known: no look at a lock was recorded, of "
                  "anybody.",
              shown, gone.worker};
    }
    const std::string how =
        look == kNone
            ? " did not look at the entry of " + scene_.name(victim_) + inode_of(removal) +
                  " and removed it at " + seconds(gone.at_ns)
            : " judged the very entry of " + scene_.name(victim_) + inode_of(removal) + " at " +
                  seconds(events_[look].at_ns) + " and removed it at " + seconds(gone.at_ns);
    return {Cause::premature_break, breaker + how + scene_.clocks(victim_, gone.at_ns) + ".", shown,
            gone.worker};
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
      if (i >= removal || event.lock != victim_.hold->lock) continue;
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
    const Event& made = scene_.event(victim_);
    if (look.at_ns <= made.began_ns) return false;
    for (const std::uint64_t inode : {trail_.inode(victim_.take), trail_.inode(removal)}) {
      if (look.value != 0 && inode != 0 && look.value != inode) return false;
    }
    return true;
  }

  const Scene& scene_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  const Side& victim_;
  std::uint32_t next_;
};

}  // namespace

std::uint32_t removal_of_entry(const Meeting& meeting, const Side& victim, const Side& next) {
  const Trail& trail = meeting.trail();
  std::uint32_t found = kNone;
  for (const auto& [removal, removed] : meeting.removals()) {
    const Event& gone = trail.did(removal);
    if (removed.take != victim.take || gone.began_ns >= meeting.event(next).at_ns) continue;
    if (found == kNone || gone.at_ns > trail.did(found).at_ns) found = removal;
  }
  return found;
}

Explanation entry_removed(const Scene& scene, const Side& victim, std::uint32_t removal,
                          std::uint32_t next) {
  return EntryRemoval(scene, victim, next).run(removal);
}

}  // namespace holdfast::harness
