// Who removed an entry under its holder, and what that was: a release of what was another's, or a
// breaker who had judged this entry, or an earlier one.
#include <algorithm>

#include "harness/checker/meeting.h"

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
    const Event& gone = events_[removal];
    const Trail::Call call = trail_.call_of(removal);
    if (gone.worker == victim_.hold->worker) {
      return Explanation{
          Cause::stolen_release,
          "While " + meeting_.name(victim_) + " was inside, its own program, or a child of " +
              "that, gave back the lock: it removed its entry at " + seconds(gone.at_ns) + ".",
          {victim_.take, removal, next_.take},
          gone.worker};
    }
    if (call.op == Op::release || took_before(call, removal)) {
      return Explanation{Cause::stolen_release,
                         "Giving back what it no longer had, " +
                             who(meeting_.evidence(), gone.worker) + " removed the entry of " +
                             meeting_.name(victim_) + inode(gone) + " at " + seconds(gone.at_ns) +
                             ".",
                         {victim_.take, removal, next_.take},
                         gone.worker};
    }
    return broken(removal, call);
  }

 private:
  std::string inode(const Event& event) const {
    return event.value == 0 ? "" : " (inode " + std::to_string(event.value) + ")";
  }

  /// The last removal of what the victim had made, before the next one made its own.
  std::uint32_t last_removal() const {
    std::uint32_t found = kNone;
    for (const auto& [removal, take] : meeting_.removals()) {
      if (take == victim_.take && events_[removal].began_ns < meeting_.event(next_).at_ns)
        found = removal;
    }
    return found;
  }

  /// Whether in this call its worker had already taken the lock, and so was giving it back.
  bool took_before(const Trail::Call& call, std::uint32_t removal) const {
    return std::any_of(call.files.begin(), call.files.end(), [&](std::uint32_t i) {
      return i < removal && events_[i].phase == Phase::ok && events_[i].lock == meeting_.lock() &&
             trail_.deed(events_[i]) == Deed::takes;
    });
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
