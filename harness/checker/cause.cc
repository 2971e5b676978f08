#include "harness/checker/cause.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "harness/checker/server_faults.h"

namespace holdfast::harness {
namespace {

/// One of the two holds, and the file operation that took the lock for it.
struct Side {
  const Hold* hold = nullptr;
  const Attempt* attempt = nullptr;
  std::uint32_t take = kNone;
};

class Inquiry {
 public:
  Inquiry(const Evidence& evidence, const Trail& trail, const Contract& contract,
          const Overlap& overlap)
      : evidence_(evidence),
        events_(evidence.history.events),
        trail_(trail),
        contract_(contract),
        first_(side(overlap.first)),
        second_(side(overlap.second)),
        lock_(first_.hold->lock) {}

  Explanation run() {
    for (const Side* it : {&first_, &second_}) {
      if (!trail_.knows(it->hold->worker)) {
        return {Cause::unexplained,
                "The file operations of " + name(*it) + " were not recorded.",
                {},
                kNobody};
      }
    }
    for (const Side* it : {&first_, &second_}) {
      if (it->take == kNone) return entered_without(*it);
    }
    const bool named = trail_.deed(event(first_)) == Deed::takes;
    if (named != (trail_.deed(event(second_)) == Deed::takes)) {
      return {Cause::unexplained, "The two took the lock in different ways.", takes(), kNobody};
    }
    collect();
    for (const auto& [victim, next] : {std::pair{&first_, &second_}, {&second_, &first_}}) {
      auto found = named ? entry_removed(*victim, *next) : state_renamed(*victim, *next);
      if (found) return *found;
    }
    return nobody_removed_it(named);
  }

 private:
  Side side(std::uint32_t hold) const {
    Side made;
    made.hold = &evidence_.holds.holds[hold];
    made.attempt = &evidence_.holds.attempts[made.hold->attempt];
    made.take = trail_.take_of(*made.attempt);
    return made;
  }
  const Event& event(const Side& side) const { return events_[side.take]; }
  const std::string& name(const Side& side) const { return who(evidence_, side.hold->worker); }
  const std::string& file(std::uint32_t name) const { return evidence_.history.names[name]; }
  std::vector<std::uint32_t> takes() const { return {first_.take, second_.take}; }

  std::string inode(const Event& event) const {
    return event.value == 0 ? "" : " (inode " + std::to_string(event.value) + ")";
  }

  /// Everything recorded of the lock from when the two first asked, and a little beyond: a call can
  /// be recorded later than it took effect.
  void collect() {
    constexpr std::uint32_t kBeyond = 20'000;
    const std::uint32_t from = std::min(first_.attempt->invoke, second_.attempt->invoke);
    const std::uint32_t to = std::max(first_.hold->granted, second_.hold->granted);
    files_ = trail_.within(lock_, from, to + kBeyond);
    removals_ = trail_.removals(files_);
  }

  // --- entered without a file operation that succeeded

  Explanation entered_without(const Side& side) const {
    const std::uint32_t failed = trail_.failed_take_of(*side.attempt);
    if (failed == kNone) {
      return {Cause::not_excluding,
              "No file operation gave the lock to " + name(side) + ".",
              {},
              side.hold->worker};
    }
    const Event& take = events_[failed];
    const std::string how =
        take.phase == Phase::info ? "whose outcome was unknown" : std::strerror(take.code);
    if (was_applied(failed)) {
      return {Cause::lost_reply,
              name(side) + " took the lock by a call at " + seconds(take.at_ns) +
                  " that was reported as failed (" + how + ") and had been applied.",
              {failed},
              side.hold->worker};
    }
    return {Cause::not_excluding,
            name(side) + " entered although the call that was to take the lock, at " +
                seconds(take.at_ns) + ", had failed (" + how + ").",
            {failed},
            side.hold->worker};
  }

  /// Whether a call that was reported as failed took effect all the same: what it was to make was
  /// there later, though nobody else made it.
  bool was_applied(std::uint32_t call) const {
    const Event& made = events_[call];
    if (made.file != FileOp::rename) return false;  // an entry's name recurs: it proves nothing
    for (const std::uint32_t i : trail_.within(lock_, call + 1, kNone - 1)) {
      const Event& later = events_[i];
      if (later.phase == Phase::ok && later.name == made.other) return true;
    }
    return false;
  }

  // --- locks with an entry

  /// The last removal of what `victim` had made, before `next` made its own.
  std::uint32_t removal_of(const Side& victim, const Side& next) const {
    std::uint32_t found = kNone;
    for (const auto& [removal, take] : removals_) {
      if (take == victim.take && events_[removal].began_ns < event(next).at_ns) found = removal;
    }
    return found;
  }

  std::optional<Explanation> entry_removed(const Side& victim, const Side& next) const {
    const std::uint32_t removal = removal_of(victim, next);
    if (removal == kNone) return std::nullopt;
    const Event& gone = events_[removal];
    const Trail::Call call = trail_.call_of(removal);
    if (gone.worker == victim.hold->worker) {
      return Explanation{Cause::stolen_release,
                         "While " + name(victim) + " was inside, its own program, or a child of " +
                             "that, gave back the lock: it removed its entry at " +
                             seconds(gone.at_ns) + ".",
                         {victim.take, removal, next.take},
                         gone.worker};
    }
    if (call.op == Op::release || took_before(call, removal)) {
      return Explanation{Cause::stolen_release,
                         "Giving back what it no longer had, " + who(evidence_, gone.worker) +
                             " removed the entry of " + name(victim) + inode(gone) + " at " +
                             seconds(gone.at_ns) + ".",
                         {victim.take, removal, next.take},
                         gone.worker};
    }
    return broken(victim, next, removal, call);
  }

  /// Whether in this call its worker had already taken the lock, and so was giving it back.
  bool took_before(const Trail::Call& call, std::uint32_t removal) const {
    return std::any_of(call.files.begin(), call.files.end(), [&](std::uint32_t i) {
      return i < removal && events_[i].phase == Phase::ok && events_[i].lock == lock_ &&
             trail_.deed(events_[i]) == Deed::takes;
    });
  }

  Explanation broken(const Side& victim, const Side& next, std::uint32_t removal,
                     const Trail::Call& call) const {
    const Event& gone = events_[removal];
    const std::string& breaker = who(evidence_, gone.worker);
    const std::uint32_t look = judged(call, removal);
    const std::vector<std::uint32_t> shown = {victim.take, look, removal, next.take};
    if (look != kNone && !shows(events_[look], victim, removal)) {
      return {Cause::double_break,
              breaker + " judged an earlier entry" + inode(events_[look]) + " at " +
                  seconds(events_[look].at_ns) + " and removed by name, at " + seconds(gone.at_ns) +
                  ", that of " + name(victim) + inode(gone) + ".",
              shown, gone.worker};
    }
    if (look == kNone && !trail_.sees_looks()) {
      return {Cause::unexplained,
              breaker + " removed the entry of " + name(victim) + inode(gone) + " at " +
                  seconds(gone.at_ns) +
                  ", and on what it decided that is not known: no look at a lock was recorded, of "
                  "anybody.",
              shown, gone.worker};
    }
    const std::string how = look == kNone
                                ? " did not look at the entry of " + name(victim) + inode(gone) +
                                      " and removed it at " + seconds(gone.at_ns)
                                : " judged the very entry of " + name(victim) + inode(gone) +
                                      " at " + seconds(events_[look].at_ns) +
                                      " and removed it at " + seconds(gone.at_ns);
    return {Cause::premature_break, breaker + how + clocks(victim, gone.at_ns) + ".", shown,
            gone.worker};
  }

  std::string clocks(const Side& victim, std::int64_t at_ns) const {
    const std::int64_t apart_ns = contract_.clocks_apart_ns({victim.attempt->sent_ns, at_ns});
    return apart_ns == 0
               ? ""
               : "; injected faults had set the hosts' clocks " + length(apart_ns) + " apart";
  }

  /// The look at the lock on which a breaker decided: since it last failed to take the lock or saw
  /// none, the last stat before its first act; where stats are not recorded, the first look.
  std::uint32_t judged(const Trail::Call& call, std::uint32_t removal) const {
    std::uint32_t stat = kNone;
    std::uint32_t look = kNone;
    bool acted = false;
    for (const std::uint32_t i : call.files) {
      const Event& event = events_[i];
      if (i >= removal || event.lock != lock_) continue;
      const Deed deed = trail_.deed(event);
      const bool failed = event.phase != Phase::ok;
      const bool starts_anew = (deed == Deed::takes && failed) || (deed == Deed::looks && failed) ||
                               deed == Deed::removes;
      if (starts_anew) {
        stat = look = kNone;
        acted = false;
      } else if (deed == Deed::touches) {
        acted = true;
      } else if (deed == Deed::looks) {
        if (look == kNone) look = i;
        if (event.file == FileOp::stat && !acted) stat = i;
      }
    }
    return stat != kNone ? stat : look;
  }

  /// Whether this look showed what `victim` had made. An inode alone does not tell: its number may
  /// have been an earlier entry's.
  bool shows(const Event& look, const Side& victim, std::uint32_t removal) const {
    const Event& made = event(victim);
    if (look.at_ns <= made.began_ns) return false;
    for (const std::uint64_t inode : {trail_.inode(victim.take), trail_.inode(removal)}) {
      if (look.value != 0 && inode != 0 && look.value != inode) return false;
    }
    return true;
  }

  // --- locks with states

  /// Whoever renamed a state that was `victim`'s, before `next` took the lock.
  std::optional<Explanation> state_renamed(const Side& victim, const Side& next) const {
    std::set<std::uint32_t> states = {event(victim).other};
    for (const std::uint32_t i : files_) {
      const Event& rename = events_[i];
      if (i == victim.take || !states.contains(rename.name)) continue;
      if (rename.file != FileOp::rename && rename.file != FileOp::unlink) continue;
      if (rename.began_ns > event(next).at_ns) break;
      if (rename.phase != Phase::ok && !was_applied(i)) continue;
      if (rename.worker == victim.hold->worker) {
        if (trail_.is_held_state(rename.other, lock_)) states.insert(rename.other);
        continue;
      }
      return taken_from(victim, next, i);
    }
    return std::nullopt;
  }

  Explanation taken_from(const Side& victim, const Side& next, std::uint32_t rename) const {
    const Event& gone = events_[rename];
    const std::string by = who(evidence_, gone.worker) + " at " + seconds(gone.at_ns);
    const std::vector<std::uint32_t> shown = {victim.take, rename, next.take};
    if (gone.phase != Phase::ok) {
      return {Cause::lost_reply,
              "The state of " + name(victim) + " was renamed by a call of " + by +
                  " that was reported as failed and had been applied.",
              shown, gone.worker};
    }
    if (trail_.call_of(rename).op == Op::release) {
      return {
          Cause::stolen_release,
          "Giving back what it no longer had, " + by + " freed the lock of " + name(victim) + ".",
          shown, gone.worker};
    }
    return {Cause::premature_break,
            "The very state of " + name(victim) + " was taken over by " + by +
                clocks(victim, gone.at_ns) + ".",
            shown, gone.worker};
  }

  // --- both took it, and nobody had taken it away

  Explanation nobody_removed_it(bool named) const {
    const Event& a = event(first_);
    const Event& b = event(second_);
    const Span taking = {std::min(a.began_ns, b.began_ns), std::max(a.at_ns, b.at_ns)};
    if (const Fault* const loss = server_forgot(evidence_.history, taking)) {
      return {Cause::server_lost_state,
              "The server forgot what it had acknowledged at " + seconds(loss->start_ns) +
                  ", between the two calls that took the lock.",
              takes(), kNobody};
    }
    if (!named && a.name == b.name) {
      return {Cause::duplicate_grant,
              "Both were granted the lock by a rename of one and the same state, " + file(a.name) +
                  ", at " + seconds(a.at_ns) + " and at " + seconds(b.at_ns) + ".",
              takes(), kNobody};
    }
    if (first_.hold->token != 0 && first_.hold->token == second_.hold->token) {
      return {Cause::duplicate_grant,
              "Both were granted the lock with token " + std::to_string(first_.hold->token) + ".",
              takes(), kNobody};
    }
    const Span between = {std::min(a.at_ns, b.at_ns), std::max(a.at_ns, b.at_ns)};
    if (somebody_was_killed(between)) {
      return {
          Cause::unexplained,
          "Nobody is known to have removed the first one's entry, but a process that was killed "
          "in between may have.",
          takes(), kNobody};
    }
    if (const Fault* const twice = removed_twice(evidence_.history, between)) {
      return {
          Cause::lost_reply,
          "The reply of a removal was lost, or came twice: the server carried it out again at " +
              seconds(twice->end_ns) + ", between the two calls that took the lock (" +
              twice->at_operation + ").",
          takes(), kNobody};
    }
    if (const Fault* const again = applied_again(between)) {
      return {Cause::unexplained,
              "Nobody is known to have removed the first one's entry, but a request that was "
              "applied again may have: " +
                  again->at_operation + ".",
              takes(), kNobody};
    }
    if (const std::uint32_t removal = unsure_removal(between); removal != kNone) {
      return {Cause::unexplained,
              "Nobody is known to have removed the first one's entry, but a removal by " +
                  who(evidence_, events_[removal].worker) + ", begun at " +
                  seconds(events_[removal].began_ns) +
                  ", may have, as nobody knows when it was applied.",
              {first_.take, removal, second_.take},
              kNobody};
    }
    if (const std::uint32_t removal = removal_between(a, b); removal != kNone) {
      return {Cause::unexplained,
              who(evidence_, events_[removal].worker) + " removed an entry at " +
                  seconds(events_[removal].at_ns) +
                  ", and whose that was the record does not tell for certain.",
              {first_.take, removal, second_.take},
              events_[removal].worker};
    }
    if (const std::uint32_t look = named ? found_nothing(between) : kNone; look != kNone) {
      return {Cause::server_lost_state,
              "Nobody removed the entry that was made at " + seconds(between.from_ns) +
                  ", and at " + seconds(events_[look].at_ns) + " it was not there.",
              {first_.take, look, second_.take},
              kNobody};
    }
    return {Cause::not_excluding,
            "Both took the lock by a file operation that succeeded, at " + seconds(a.at_ns) +
                " and at " + seconds(b.at_ns) + ", and nobody had removed anything in between.",
            takes(), kNobody};
  }

  /// Any removal that was begun between these two takes, or was still under way when the first of
  /// the two was inside: none was found to be that of the first one's entry, but where calls
  /// overlap the record can mislead.
  std::uint32_t removal_between(const Event& a, const Event& b) const {
    const Span between = {std::min(a.began_ns, b.began_ns), std::max(a.at_ns, b.at_ns)};
    const std::int64_t inside_ns = std::min(first_.hold->from_ns, second_.hold->from_ns);
    for (const auto& [removal, take] : removals_) {
      const Event& call = events_[removal];
      if (call.began_ns >= between.until_ns) continue;
      if (between.from_ns < call.began_ns || inside_ns < call.at_ns) return removal;
    }
    return kNone;
  }

  bool somebody_was_killed(const Span& span) const {
    for (const auto& kills : evidence_.holds.kills) {
      for (const Span& kill : kills) {
        if (kill.from_ns <= span.until_ns && span.from_ns <= kill.until_ns) return true;
      }
    }
    return false;
  }

  /// A fault that has a request applied once more, or later than its answer says, within this span;
  /// not where the log says what came of it.
  const Fault* applied_again(const Span& span) const {
    for (const Fault& fault : evidence_.history.faults) {
      const bool again =
          fault.kind == "duplicate" || fault.kind == "lost_reply" || fault.kind == "error";
      const bool known = fault.at_operation.find(": ") != std::string::npos;
      if (!again || known || !fault.effective) continue;
      if (fault.end_ns >= span.from_ns && fault.start_ns <= span.until_ns) return &fault;
    }
    return nullptr;
  }

  /// A removal, at any time before the span's end, that its process did not survive, or that failed
  /// with an error that is none of the server's answers, or within it one of which the answer was
  /// that nothing was there: its request may have been applied, and at any time.
  std::uint32_t unsure_removal(const Span& span) const {
    for (const std::uint32_t i : trail_.within(lock_, 0, kNone - 1)) {
      const Event& event = events_[i];
      if (event.began_ns > span.until_ns) break;
      const bool removes = trail_.deed(event) == Deed::removes || trail_.is_transition(event);
      if (!removes || event.phase == Phase::ok || !Trail::may_have_worked(event)) continue;
      if (event.code != ENOENT || event.began_ns > span.from_ns) return i;
    }
    return kNone;
  }

  /// A look between the two takes that found no entry.
  std::uint32_t found_nothing(const Span& between) const {
    for (const std::uint32_t i : files_) {
      const Event& look = events_[i];
      if (look.began_ns > between.from_ns && look.at_ns < between.until_ns &&
          look.phase == Phase::fail && look.code == ENOENT && trail_.deed(look) == Deed::looks) {
        return i;
      }
    }
    return kNone;
  }

  const Evidence& evidence_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  const Contract& contract_;
  Side first_, second_;
  std::uint16_t lock_;
  std::vector<std::uint32_t> files_;
  std::map<std::uint32_t, std::uint32_t> removals_;
};

/// Whether a server that forgot, or that removed twice, may be behind this: what nobody can tell
/// for certain, and whoever gave back what he did not have any more, by no doing of his.
bool may_be_the_servers(Cause cause) {
  return cause == Cause::unexplained || cause == Cause::stolen_release;
}

/// From when the lock was asked for that is at issue until both had it.
Span at_issue(const Evidence& evidence, const Overlap& overlap, std::uint32_t culprit) {
  const Hold& first = evidence.holds.holds[overlap.first];
  const Hold& second = evidence.holds.holds[overlap.second];
  const auto& attempts = evidence.holds.attempts;
  Span span = {std::min(attempts[first.attempt].sent_ns, attempts[second.attempt].sent_ns),
               std::max(first.from_ns, second.from_ns)};
  if (culprit == kNobody) return span;
  // What the culprit gave back he had taken before.
  std::int64_t taken_ns = span.from_ns;
  for (const std::uint32_t index : evidence.holds.holds_of[first.lock]) {
    const Hold& hold = evidence.holds.holds[index];
    if (hold.from_ns > span.until_ns) break;
    if (hold.worker == culprit) taken_ns = attempts[hold.attempt].sent_ns;
  }
  span.from_ns = std::min(span.from_ns, taken_ns);
  return span;
}

}  // namespace

Explanation explain(const Evidence& evidence, const Trail& trail, const Contract& contract,
                    const Overlap& overlap) {
  Explanation found = Inquiry(evidence, trail, contract, overlap).run();
  if (!may_be_the_servers(found.cause)) return found;
  const Span span = at_issue(evidence, overlap, found.culprit);
  if (const Fault* const loss = server_forgot(evidence.history, span)) {
    found.cause = Cause::server_lost_state;
    found.sentence = "The server forgot at " + seconds(loss->start_ns) +
                     " what it had acknowledged. " + found.sentence;
  } else if (const Fault* const twice = removed_twice(evidence.history, span);
             twice != nullptr && found.culprit != kNobody) {
    found.cause = Cause::lost_reply;
    found.sentence = "The server carried out a removal twice, the second time at " +
                     seconds(twice->end_ns) + " (" + twice->at_operation + "). " + found.sentence;
  }
  return found;
}

}  // namespace holdfast::harness
