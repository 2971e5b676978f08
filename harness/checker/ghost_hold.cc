// An acquire that reported failure, and yet the lock is held in its name, or comes to be.
//
// Two witnesses: the lock itself, asked for its state before the worker asks for it again; and the
// recorded file operations, where the failed call made the lock's entry, or a held state, and
// neither may have removed it again nor had it removed by somebody else. Where a witness could be
// explained otherwise, nothing is concluded.
//
// Whoever has the lock unawares is refused it by his own entry, again and again: one entry is one
// finding.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "harness/checker/checks.h"
#include "harness/checker/server_faults.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Attempt& attempt, std::uint32_t witness,
                   const std::string& says) {
  Finding finding;
  finding.what = Class::ghost_hold;
  finding.lock = attempt.lock;
  finding.from_ns = attempt.sent_ns;
  finding.to_ns = std::max(attempt.back_ns, evidence.history.events[witness].at_ns);
  finding.parties = {{attempt.worker, 0, attempt.sent_ns, attempt.back_ns, Doing::waiting}};
  finding.events = in_order({attempt.invoke, attempt.back, witness});
  finding.faults = faults_near(evidence, {finding.from_ns, finding.to_ns}, finding.parties);
  finding.sentence = "The acquire of " + who(evidence, attempt.worker) + " of " +
                     which(evidence, attempt.lock) + " came back at " + seconds(attempt.back_ns) +
                     " as failed, and yet " + says + ".";
  return finding;
}

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
  static bool says_mine(const Event& event) {
    return event.op == Op::probe && event.phase == Phase::ok &&
           event.value == static_cast<std::uint64_t>(ProbedState::mine);
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

/// The call that was reported as failed and had made what a worker holds unawares.
class Makings {
 public:
  Makings(const Evidence& evidence, const Trail& trail)
      : history_(evidence.history), trail_(trail), applied_(evidence.history) {}

  struct Making {
    std::uint32_t event = kNone;  ///< kNone: it is not known
    const Fault* fault = nullptr;
  };
  /// The newest one before `witness`, if nobody has taken or removed anything since.
  Making behind(const Attempt& attempt, std::uint32_t witness) {
    const std::map<std::uint32_t, Making>& all = makings_of(attempt.worker, attempt.lock);
    const auto after = all.upper_bound(witness);
    if (after == all.begin()) return {};
    const Making& newest = std::prev(after)->second;
    const bool stands = newest.event != kNone && !changed_since(newest.event, witness);
    return stands ? newest : Making();
  }

 private:
  /// By event: from when on it is the newest of this worker, or there is none. Found at the first
  /// question.
  const std::map<std::uint32_t, Making>& makings_of(std::uint32_t worker, std::uint16_t lock) {
    const auto [place, is_new] = makings_.try_emplace({worker, lock});
    std::map<std::uint32_t, Making>& all = place->second;
    if (!is_new) return all;
    for (const std::uint32_t i : trail_.files_of(worker)) {
      const Event& event = history_.events[i];
      if (event.lock != lock) continue;
      const Deed deed = trail_.deed(event);
      if (event.phase == Phase::ok) {
        if (deed == Deed::takes || deed == Deed::removes) all[i] = {};
      } else if (deed == Deed::takes) {
        if (const Fault* const fault = applied_.of(event)) all[i] = {i, fault};
      }
    }
    return all;
  }

  /// Whether somebody is known to have taken or removed something since.
  bool changed_since(std::uint32_t making, std::uint32_t witness) {
    const Event& made = history_.events[making];
    const std::vector<std::uint32_t>& all = changes_of(made.lock);
    for (auto at = std::ranges::upper_bound(all, making); at != all.end() && *at <= witness; ++at) {
      if (history_.events[*at].began_ns > made.at_ns) return true;
    }
    return false;
  }

  const std::vector<std::uint32_t>& changes_of(std::uint16_t lock) {
    const auto [place, is_new] = changes_.try_emplace(lock);
    std::vector<std::uint32_t>& all = place->second;
    if (!is_new) return all;
    for (const std::uint32_t i : trail_.within(lock, 0, kNone - 1)) {
      const Deed deed = trail_.deed(history_.events[i]);
      const bool changes = deed == Deed::takes || deed == Deed::removes;
      if (changes && history_.events[i].phase == Phase::ok) all.push_back(i);
    }
    return all;
  }

  const History& history_;
  const Trail& trail_;
  AppliedRequests applied_;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::map<std::uint32_t, Making>> makings_;
  std::map<std::uint16_t, std::vector<std::uint32_t>> changes_;  ///< successful ones
};

void name_lost_reply(const Evidence& evidence, const Makings::Making& making, Finding& finding) {
  const Event& made = evidence.history.events[making.event];
  finding.cause = Cause::lost_reply;
  const auto place = std::lower_bound(finding.events.begin(), finding.events.end(), making.event);
  if (place == finding.events.end() || *place != making.event) {
    finding.events.insert(place, making.event);
  }
  if (std::ranges::find(finding.faults, making.fault->id) == finding.faults.end()) {
    finding.faults.insert(finding.faults.begin(), making.fault->id);
  }
  finding.sentence += " Its entry was made by a call at " + seconds(made.at_ns) +
                      " that was reported as failed and had been applied (" +
                      making.fault->at_operation + ").";
}

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
  Makings makings(evidence, trail);
  std::set<std::uint32_t> known;  // makings
  const auto found = [&](const Attempt& attempt, std::uint32_t witness, const std::string& says) {
    Finding finding = finding_of(evidence, attempt, witness, says);
    const Makings::Making making = makings.behind(attempt, witness);
    if (making.event != kNone) {
      if (!known.insert(making.event).second) return;
      name_lost_reply(evidence, making, finding);
    }
    add(result, std::move(finding));
  };
  for (std::uint32_t i = 0; i < witnesses.size(); ++i) {
    const Attempt& attempt = evidence.holds.attempts[i];
    if (attempt.outcome != Phase::fail) continue;
    const auto at = [&](std::uint32_t event) {
      return seconds(evidence.history.events[event].at_ns);
    };
    if (witnesses[i] != kNone) {
      found(attempt, witnesses[i], "at " + at(witnesses[i]) + " the lock was held in its name");
    } else if (const std::uint32_t made = files.left_standing(attempt); made != kNone) {
      found(attempt, made, "what it had made at " + at(made) + " still stood there");
    } else if (const std::uint32_t late = files.applied_later(attempt); late != kNone) {
      Finding finding =
          finding_of(evidence, attempt, late,
                     "the lock came to be held in its name by a rename of " + at(late) +
                         " that was reported as failed and had been applied");
      finding.cause = Cause::lost_reply;
      add(result, std::move(finding));
    }
  }
  return result;
}

}  // namespace holdfast::harness
