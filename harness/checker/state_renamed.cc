// Who renamed a state under its holder. Every name is used once: nobody can have meant another.
#include <set>

#include "harness/checker/meeting.h"

namespace holdfast::harness {
namespace {

class StateRenaming {
 public:
  StateRenaming(const Meeting& meeting, const Side& victim, const Side& next)
      : meeting_(meeting),
        events_(meeting.events()),
        trail_(meeting.trail()),
        victim_(victim),
        next_(next) {}

  std::optional<Explanation> run() const {
    std::set<std::uint32_t> states = {meeting_.event(victim_).other};
    for (const std::uint32_t i : meeting_.files()) {
      const Event& rename = events_[i];
      if (i == victim_.take || !states.contains(rename.name)) continue;
      if (rename.file != FileOp::rename && rename.file != FileOp::unlink) continue;
      if (rename.began_ns > meeting_.event(next_).at_ns) continue;
      if (rename.phase != Phase::ok && !meeting_.was_applied(i)) continue;
      if (rename.worker == victim_.hold->worker) {
        if (trail_.is_held_state(rename.other, meeting_.lock())) states.insert(rename.other);
        continue;
      }
      return taken_from(i);
    }
    return std::nullopt;
  }

 private:
  Explanation taken_from(std::uint32_t rename) const {
    const Event& gone = events_[rename];
    const std::string by = who(meeting_.evidence(), gone.worker) + " at " + seconds(gone.at_ns);
    const std::vector<std::uint32_t> shown = {victim_.take, rename, next_.take};
    if (gone.phase != Phase::ok) {
      return {Cause::lost_reply,
              "The state of " + meeting_.name(victim_) + " was renamed by a call of " + by +
                  " that was reported as failed and had been applied.",
              shown, gone.worker};
    }
    if (trail_.call_of(rename).op == Op::release) {
      return {Cause::stolen_release,
              "Giving back what it no longer had, " + by + " freed the lock of " +
                  meeting_.name(victim_) + ".",
              shown, gone.worker};
    }
    if (auto late = meeting_.refreshed_after(victim_, rename, shown)) return *late;
    return {Cause::premature_break,
            "The very state of " + meeting_.name(victim_) + " was taken over by " + by +
                meeting_.clocks(victim_, gone.at_ns) + ".",
            shown, gone.worker};
  }

  const Meeting& meeting_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  const Side &victim_, &next_;
};

}  // namespace

std::optional<Explanation> state_renamed(const Meeting& meeting, const Side& victim,
                                         const Side& next) {
  return StateRenaming(meeting, victim, next).run();
}

}  // namespace holdfast::harness
