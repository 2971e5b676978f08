// Both took the lock, and nobody is known to have taken it away: the server lost it, it was granted
// twice, somebody may have removed it unseen, or the lock does not exclude.
#include <algorithm>
#include <cerrno>

#include "harness/checker/meeting.h"
#include "harness/checker/origins.h"
#include "harness/checker/server_faults.h"

namespace holdfast::harness {
namespace {

class NothingRemoved {
 public:
  NothingRemoved(const Meeting& meeting, bool has_entry)
      : meeting_(meeting),
        history_(meeting.evidence().history),
        events_(meeting.events()),
        trail_(meeting.trail()),
        has_entry_(has_entry),
        a_(meeting.event(meeting.first())),
        b_(meeting.event(meeting.second())),
        between_{std::min(a_.at_ns, b_.at_ns), std::max(a_.at_ns, b_.at_ns)} {}

  Explanation run() const {
    if (const Fault* const loss = server_forgot(history_, taking())) {
      return {Cause::server_lost_state,
              "The server forgot what it had acknowledged at " + seconds(loss->start_ns) +
                  ", between the two calls that took the lock.",
              meeting_.takes(), kNobody};
    }
    if (const auto twice = granted_twice()) return *twice;
    if (const auto unseen = perhaps_removed()) return *unseen;
    if (const auto late = removed_late()) return *late;
    const std::uint32_t look = found_nothing();
    // A link, too, shows that nothing was there: a server makes none over what is.
    const std::uint32_t gone = look != kNone || !made_by_link() ? look : later();
    const std::uint32_t removal = gone == kNone ? kNone : under_way(events_[gone].at_ns);
    if (removal != kNone) {
      return {Cause::unexplained,
              "The entry that was made at " + seconds(between_.from_ns) + " was gone at " +
                  seconds(events_[gone].at_ns) + "; a removal by " + remover(removal) +
                  ", begun at " + seconds(events_[removal].began_ns) + " and answered at " +
                  seconds(events_[removal].at_ns) + ", may have been of it.",
              with(removal), events_[removal].worker};
    }
    if (look != kNone) {
      return {Cause::server_lost_state,
              "Nobody removed the entry that was made at " + seconds(between_.from_ns) +
                  ", and at " + seconds(events_[look].at_ns) + " it was not there.",
              with(look), kNobody};
    }
    return {Cause::not_excluding,
            "Both took the lock by a file operation that succeeded, at " + seconds(a_.at_ns) +
                " and at " + seconds(b_.at_ns) + ", and nobody had removed anything in between.",
            meeting_.takes(), kNobody};
  }

 private:
  /// From when the first of the two calls that took it began until both had come back.
  Span taking() const { return {std::min(a_.began_ns, b_.began_ns), between_.until_ns}; }

  std::vector<std::uint32_t> with(std::uint32_t event) const {
    return {meeting_.first().take, event, meeting_.second().take};
  }

  /// Which of the two took it later.
  std::uint32_t later() const {
    return a_.at_ns < b_.at_ns ? meeting_.second().take : meeting_.first().take;
  }
  bool made_by_link() const { return events_[later()].file == FileOp::link; }

  std::optional<Explanation> granted_twice() const {
    if (!has_entry_ && a_.name == b_.name) {
      return Explanation{Cause::duplicate_grant,
                         "Both were granted the lock by a rename of one and the same state, " +
                             history_.names[a_.name] + ", at " + seconds(a_.at_ns) + " and at " +
                             seconds(b_.at_ns) + ".",
                         meeting_.takes(), kNobody};
    }
    const std::uint64_t token = meeting_.first().hold->token;
    if (token == 0 || token != meeting_.second().hold->token) return std::nullopt;
    return Explanation{Cause::duplicate_grant,
                       "Both were granted the lock with token " + std::to_string(token) + ".",
                       meeting_.takes(), kNobody};
  }

  std::optional<Explanation> perhaps_removed() const {
    static const std::string kNotKnown =
        "Nobody is known to have removed the first one's entry, but ";
    if (somebody_was_killed()) {
      return Explanation{Cause::unexplained,
                         kNotKnown + "a process that was killed in between may have.",
                         meeting_.takes(), kNobody};
    }
    if (const Unheard* const request = trail_.removed_unheard(meeting_.lock(), taking())) {
      return Explanation{Cause::lost_reply,
                         "Between the two calls that took the lock " + words_of(*request) + ".",
                         meeting_.takes(), kNobody};
    }
    if (const Fault* const again = applied_again()) {
      return Explanation{
          Cause::unexplained,
          kNotKnown + "a request that was applied again may have: " + again->at_operation + ".",
          meeting_.takes(), kNobody};
    }
    if (const std::uint32_t removal = unsure_removal(); removal != kNone) {
      return Explanation{Cause::unexplained,
                         kNotKnown + "a removal by " + remover(removal) + ", begun at " +
                             seconds(events_[removal].began_ns) +
                             ", may have, as nobody knows when it was applied.",
                         with(removal), kNobody};
    }
    if (const std::uint32_t removal = removal_between(); removal != kNone) {
      return Explanation{Cause::unexplained,
                         remover(removal) + " removed an entry at " +
                             seconds(events_[removal].at_ns) +
                             ", and whose that was the record does not tell for certain.",
                         with(removal), events_[removal].worker};
    }
    return std::nullopt;
  }

  const std::string& remover(std::uint32_t removal) const {
    return who(meeting_.evidence(), events_[removal].worker);
  }

  /// Any removal that was begun between these two takes, or was still under way when the first of
  /// the two was inside: none was found to be that of the first one's entry, but where calls
  /// overlap the record can mislead.
  std::uint32_t removal_between() const {
    const std::int64_t taking_ns = std::min(a_.began_ns, b_.began_ns);
    const std::int64_t inside_ns =
        std::min(meeting_.first().hold->from_ns, meeting_.second().hold->from_ns);
    for (const auto& [removal, removed] : meeting_.removals()) {
      if (trail_.unheard(removal) != nullptr) continue;
      const Event& call = events_[removal];
      if (call.began_ns >= between_.until_ns) continue;
      if (taking_ns < call.began_ns || inside_ns < call.at_ns) return removal;
    }
    return kNone;
  }

  /// A removal that was begun before `until_ns` and was still under way when the first of the two
  /// had made its entry: it can have been carried out after that, whatever was there when it began.
  std::uint32_t under_way(std::int64_t until_ns) const {
    for (const auto& [removal, removed] : meeting_.removals()) {
      if (trail_.unheard(removal) != nullptr) continue;
      const Event& call = events_[removal];
      if (call.began_ns < until_ns && between_.from_ns < call.at_ns) return removal;
    }
    return kNone;
  }

  /// Such a removal by one whose own entry was gone by a request that nobody was told of.
  std::optional<Explanation> removed_late() const {
    const std::uint32_t removal = under_way(between_.until_ns);
    const Unheard* const request = Origins(meeting_.evidence(), trail_).of_release(removal);
    if (request == nullptr) return std::nullopt;
    return Explanation{Cause::lost_reply,
                       "The entry of " + remover(removal) + " was gone when " + words_of(*request) +
                           ", so that the removal that it had begun at " +
                           seconds(events_[removal].began_ns) + " and that was answered at " +
                           seconds(events_[removal].at_ns) + " found the next one's.",
                       with(removal), events_[removal].worker};
  }

  bool somebody_was_killed() const {
    for (const auto& kills : meeting_.evidence().holds.kills) {
      for (const Span& kill : kills) {
        if (kill.from_ns <= between_.until_ns && between_.from_ns <= kill.until_ns) return true;
      }
    }
    return false;
  }

  /// A fault that has a request applied once more, or later than its answer says, between the two;
  /// not where the log says what came of it.
  const Fault* applied_again() const {
    for (const Fault& fault : history_.faults) {
      const bool again =
          fault.kind == "duplicate" || fault.kind == "lost_reply" || fault.kind == "error";
      const bool known = fault.at_operation.find(": ") != std::string::npos;
      if (!again || known || !fault.effective) continue;
      if (fault.end_ns >= between_.from_ns && fault.start_ns <= between_.until_ns) return &fault;
    }
    return nullptr;
  }

  /// A removal, at any time before the second take, that may have worked although it was not
  /// reported as done, or between the two one of which the answer was that nothing was there: its
  /// request may have been applied, and at any time.
  std::uint32_t unsure_removal() const {
    for (const std::uint32_t i : trail_.within(meeting_.lock(), 0, kNone - 1)) {
      const Event& event = events_[i];
      if (event.began_ns > between_.until_ns) continue;  // in the order of their ends
      const bool removes = trail_.deed(event) == Deed::removes || trail_.is_transition(event);
      if (!removes || event.phase == Phase::ok || !Trail::may_have_worked(event)) continue;
      if (event.code != ENOENT || event.began_ns > between_.from_ns) return i;
    }
    return kNone;
  }

  /// A look between the two takes that found no entry.
  std::uint32_t found_nothing() const {
    if (!has_entry_) return kNone;
    for (const std::uint32_t i : meeting_.files()) {
      const Event& look = events_[i];
      if (look.began_ns > between_.from_ns && look.at_ns < between_.until_ns &&
          look.phase == Phase::fail && look.code == ENOENT && trail_.deed(look) == Deed::looks) {
        return i;
      }
    }
    return kNone;
  }

  const Meeting& meeting_;
  const History& history_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  bool has_entry_;
  const Event &a_, &b_;  ///< the two that took it
  Span between_;
};

}  // namespace

Explanation nobody_removed_it(const Meeting& meeting, bool has_entry) {
  return NothingRemoved(meeting, has_entry).run();
}

}  // namespace holdfast::harness
