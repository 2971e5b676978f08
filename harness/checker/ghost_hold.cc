// An acquire that reported failure, and yet the lock is held in its name, or comes to be.
//
// Two witnesses: the lock itself, asked for its state before the worker asks for it again; and the
// recorded file operations, where the failed call made the lock's entry, or a held state, and
// neither may have removed it again nor had it removed by somebody else. Where a witness could be
// explained otherwise, nothing is concluded.
#include <algorithm>
#include <cerrno>
#include <map>

#include "harness/checker/checks.h"
#include "harness/checker/ghosts.h"

namespace holdfast::harness {
namespace {

/// By attempt: the first probe after it had failed that said `mine`.
class AskedLock {
 public:
  explicit AskedLock(const Evidence& evidence)
      : evidence_(evidence), states_(evidence.history.workers.size()) {}

  std::vector<std::uint32_t> witnesses() {
    std::vector<std::uint32_t> found(evidence_.holds.attempts.size(), kNone);
    const auto& events = evidence_.history.events;
    std::uint32_t next = 0;  // attempts are in the order of their invocations
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const Event& event = events[i];
      State& state = states_[event.worker];
      if (event.op == Op::acquire && event.phase == Phase::invoke) {
        state.newest = next++;
        state.failed = kNone;
      } else if (event.op == Op::acquire) {
        state.failed = event.phase == Phase::fail ? state.newest : kNone;
        if (event.phase != Phase::fail) state.may_hold = true;
      } else if (event.op == Op::release && event.phase != Phase::invoke) {
        state.may_hold = !surely_gone(event);
      } else if (says_mine(event) && state.failed != kNone && !state.may_hold &&
                 evidence_.holds.attempts[state.failed].lock == event.lock) {
        if (found[state.failed] == kNone) found[state.failed] = i;
      }
    }
    return found;
  }

 private:
  struct State {
    std::uint32_t newest = kNone;  ///< attempt
    std::uint32_t failed = kNone;  ///< attempt: the newest, if it has failed
    bool may_hold = false;         ///< from before
  };
  static bool surely_gone(const Event& release) {
    return release.phase == Phase::ok ||
           (release.phase == Phase::fail && release.code == static_cast<int>(Why::lost));
  }
  const Evidence& evidence_;
  std::vector<State> states_;
};

/// What failed attempts did to the lock's files.
class LeftFiles {
 public:
  LeftFiles(const Evidence& evidence, const Trail& trail)
      : evidence_(evidence),
        events_(evidence.history.events),
        trail_(trail),
        exclusive_(evidence.history.locks.size(), false) {
    for (const Event& event : events_) {
      if (event.op == Op::file && event.file == FileOp::open_create && event.code == EEXIST &&
          trail.deed(event) == Deed::takes) {
        exclusive_[event.lock] = true;
      }
    }
  }

  /// What a failed attempt made and left standing: the event of its making; kNone: nothing, or
  /// nobody knows.
  std::uint32_t left_standing(const Attempt& attempt) const {
    if (!trail_.in_order()) return kNone;
    std::uint32_t made = kNone;
    std::map<std::uint64_t, std::uint32_t> aside;  // by inode of an entry: its making, if its own
    for_each(attempt, [&](std::uint32_t i, const Event& event) {
      if (event.phase == Phase::ok && takes(event)) {
        const auto back = event.file == FileOp::link ? aside.find(event.value) : aside.end();
        made = back == aside.end() ? i : back->second;
        return;
      }
      const bool moves = event.file == FileOp::rename && event.phase == Phase::ok;
      if (moves && trail_.deed(event) == Deed::removes && event.value != 0) {
        const bool own = made != kNone && events_[made].value == event.value;
        aside[event.value] = own ? made : kNone;
      }
      if (made != kNone && may_end(event, made)) made = kNone;
    });
    return made == kNone || somebody_removed(made, attempt) ? kNone : made;
  }

  /// A rename of a failed attempt to a held state that was reported as failed, and the state was
  /// there when the attempt had come back; kNone: none is known.
  std::uint32_t applied_later(const Attempt& attempt) const {
    std::uint32_t found = kNone;
    for_each(attempt, [&](std::uint32_t i, const Event& event) {
      if (event.phase == Phase::ok || event.phase == Phase::invoke) return;
      if (!trail_.is_transition(event) || !trail_.is_held_state(event.other, event.lock)) return;
      const std::uint32_t use = newest_use(event.other);
      if (use == kNone || use < i) return;
      // Whoever had begun to take it over by then may have done so in time.
      const std::int64_t doubt_ns =
          uncertainty_ns(evidence_.history, attempt.worker, events_[use].worker);
      if (events_[use].began_ns > attempt.back_ns + doubt_ns) found = i;
    });
    return found;
  }

 private:
  template <class Visit>
  void for_each(const Attempt& attempt, const Visit& visit) const {
    const auto& all = trail_.files_of(attempt.worker);
    for (auto at = std::lower_bound(all.begin(), all.end(), attempt.invoke);
         at != all.end() && *at <= attempt.back; ++at) {
      if (events_[*at].lock == attempt.lock) visit(*at, events_[*at]);
    }
  }

  /// Opening a file to lock it by other means is no taking: only where O_EXCL has refused somebody
  /// is opening known to exclude.
  bool takes(const Event& event) const {
    if (trail_.deed(event) == Deed::takes) {
      return event.file != FileOp::open_create || exclusive_[event.lock];
    }
    return trail_.is_transition(event) && trail_.is_held_state(event.other, event.lock);
  }

  /// Whether this operation may have ended what that event had made. One that was reported as
  /// failed may have: its reply, or its process, can have been lost.
  bool may_end(const Event& event, std::uint32_t made) const {
    if (!Trail::may_have_worked(event)) return false;
    const Event& take = events_[made];
    if (trail_.deed(take) == Deed::takes) return trail_.deed(event) == Deed::removes;
    const bool removes = event.file == FileOp::rename || event.file == FileOp::unlink;
    return removes && event.name == take.other;
  }

  /// Whether anybody else may have removed it before the attempt came back. A call that is recorded
  /// later may have taken effect earlier.
  bool somebody_removed(std::uint32_t made, const Attempt& attempt) const {
    constexpr std::uint32_t kBeyond = 20'000;
    const Event& take = events_[made];
    // It may have been made, and removed again, long before the call that made it was answered.
    const auto began = std::lower_bound(
        events_.begin(), events_.begin() + made, take.began_ns,
        [](const Event& event, std::int64_t at_ns) { return event.at_ns < at_ns; });
    const auto first = static_cast<std::uint32_t>(began - events_.begin());
    const auto files = trail_.within(take.lock, first, attempt.back + kBeyond);
    return std::ranges::any_of(files, [&](std::uint32_t i) {
      return events_[i].worker != attempt.worker && events_[i].began_ns <= attempt.back_ns &&
             may_end(events_[i], made);
    });
  }

  /// The newest successful operation on this name. Found for all names at the first question.
  std::uint32_t newest_use(std::uint32_t name) const {
    if (newest_use_.empty()) {
      newest_use_.resize(evidence_.history.names.size(), kNone);
      for (std::uint32_t i = 0; i < events_.size(); ++i) {
        if (events_[i].op == Op::file && events_[i].phase == Phase::ok) {
          newest_use_[events_[i].name] = i;
        }
      }
    }
    return newest_use_[name];
  }

  const Evidence& evidence_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  std::vector<bool> exclusive_;  ///< by lock
  mutable std::vector<std::uint32_t> newest_use_;
};

}  // namespace

CheckResult check_ghost_hold(const Evidence& evidence, const Trail& trail) {
  if (!tells_its_state(evidence)) {
    return not_applicable("ghost_hold", kTellsNothing);
  }
  CheckResult result = result_of(
      "ghost_hold", {"a hold whose release is not known to have worked explains what the lock says",
                     "a file that somebody else may have removed in time was removed"});
  const std::vector<std::uint32_t> witnesses = AskedLock(evidence).witnesses();
  const LeftFiles files(evidence, trail);
  Ghosts ghosts(evidence, trail);
  for (std::uint32_t i = 0; i < witnesses.size(); ++i) {
    const Attempt& attempt = evidence.holds.attempts[i];
    if (attempt.outcome != Phase::fail) continue;
    const auto at = [&](std::uint32_t event) {
      return seconds(evidence.history.events[event].at_ns);
    };
    if (witnesses[i] != kNone) {
      ghosts.add(attempt, witnesses[i],
                 "at " + at(witnesses[i]) + " the lock was held in its name");
    } else if (const std::uint32_t made = files.left_standing(attempt); made != kNone) {
      ghosts.add(attempt, made, "what it had made at " + at(made) + " still stood there");
    } else if (const std::uint32_t late = files.applied_later(attempt); late != kNone) {
      ghosts.add_applied(attempt, late);
    }
  }
  ghosts.tell(result);
  return result;
}

}  // namespace holdfast::harness
