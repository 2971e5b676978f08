// Why two met, from the record of who made and removed what. Where requests are repeated, or are
// carried out although they were reported as failed, histories by hand decide, and not this.
#include <algorithm>
#include <cerrno>
#include <set>

#include "harness/checker/testing/naive_classes.h"
#include "harness/checker/testing/naive_files.h"

namespace holdfast::harness::naive {
namespace {

struct Told {
  Cause cause = Cause::unexplained;
  std::uint32_t by = kNobody;
};

class Meeting {
 public:
  Meeting(const NaiveHistory& it, const Pair& pair)
      : it_(it),
        events_(it.events()),
        pair_(pair),
        lock_(pair.first->lock),
        first_event_(std::min(pair.first->call.invoke, pair.second->call.invoke)) {}

  Told why() const {
    for (const Held* held : {pair_.first, pair_.second}) {
      if (!it_.history().workers[held->worker].records_files) return {};
    }
    for (const Held* held : {pair_.first, pair_.second}) {
      if (!take_of(it_, held->call, Phase::ok)) return entered_without(*held);
    }
    const std::size_t a = take(*pair_.first), b = take(*pair_.second);
    const bool by_name = does(it_, a) == Does::takes;
    if (by_name != (does(it_, b) == Does::takes)) return {};
    for (const bool turned : {false, true}) {
      const std::size_t victim = turned ? b : a, next = turned ? a : b;
      const auto found = by_name ? name_removed(victim, next) : state_renamed(victim, next);
      if (found) return *found;
    }
    return nothing_removed(a, b, by_name);
  }

 private:
  std::size_t take(const Held& held) const { return *take_of(it_, held.call, Phase::ok); }

  Told entered_without(const Held& held) const {
    const auto failed = take_of(it_, held.call, Phase::fail);
    const bool applied = failed && was_applied(it_, *failed);
    return {applied ? Cause::lost_reply : Cause::not_excluding, held.worker};
  }

  std::optional<Told> name_removed(std::size_t victim, std::size_t next) const {
    std::optional<std::size_t> removal;
    for (const Removal& each : entries(it_, lock_, events_.size()).removals) {
      if (each.made == victim && events_[each.event].began_ns < it_.at(next)) removal = each.event;
    }
    if (!removal) return std::nullopt;
    const std::uint32_t by = events_[*removal].worker;
    if (by == events_[victim].worker || gives_back(*removal)) {
      return Told{Cause::stolen_release, by};
    }
    const auto look = judged(*removal);
    if (look && !shows(*look, victim, *removal)) return Told{Cause::double_break, by};
    if (was_over(victim, *removal)) return Told{Cause::false_refresh, events_[victim].worker};
    const bool knows = look || looks_are_recorded();
    return Told{knows ? Cause::premature_break : Cause::unexplained, by};
  }

  /// Whether the victim's lease had run out when this happened, and another one began later.
  bool was_over(std::size_t victim, std::size_t removal) const {
    const Held& held = victim == take(*pair_.first) ? *pair_.first : *pair_.second;
    const Time doubt = it_.unsure(held.worker, events_[removal].worker);
    std::optional<Time> end;
    bool again = false;
    for (const Range& lease : held.entitled) {
      if (lease.from <= it_.at(removal)) end = lease.until;
      if (lease.from > it_.at(removal)) again = true;
    }
    return again && end && *end <= it_.at(removal) - doubt;
  }

  /// The file operations on this lock of the remover's last call, up to the removal.
  std::vector<std::size_t> before_in_call(std::size_t removal) const {
    const std::size_t asked = call_around(it_, removal).second.invoke;
    const bool in_none = asked == removal;
    std::vector<std::size_t> found;
    for (std::size_t i = removal; i-- > (in_none ? 0 : asked);) {
      const Event& event = events_[i];
      if (event.worker != events_[removal].worker) continue;
      if (event.op == Op::file && event.lock == lock_) found.insert(found.begin(), i);
    }
    return found;
  }

  /// In a release, or in a call that had taken the lock before.
  bool gives_back(std::size_t removal) const {
    const auto before = before_in_call(removal);
    return call_around(it_, removal).first == Op::release ||
           std::ranges::any_of(before, [&](std::size_t i) {
             return worked(it_, i) && does(it_, i) == Does::takes;
           });
  }

  /// The look on which a breaker decided: the last stat before its first act, else the first look,
  /// since it last failed to take the lock, or saw none, or removed one. Who has seen none since,
  /// and nothing else, decided on what it had seen before.
  std::optional<std::size_t> judged(std::size_t removal) const {
    std::optional<std::size_t> stat, look, earlier;
    bool acted = false;
    for (const std::size_t i : before_in_call(removal)) {
      const Does what = does(it_, i);
      const bool looks = what == Does::looks;
      if (what == Does::removes || ((what == Does::takes || looks) && !worked(it_, i))) {
        if (look) earlier = stat ? stat : look;
        if (!looks) earlier.reset();
        stat.reset();
        look.reset();
        acted = false;
      } else if (what == Does::touches) {
        acted = true;
      } else if (looks) {
        if (!look) look = i;
        if (!acted && events_[i].file == FileOp::stat) stat = i;
      }
    }
    return stat ? stat : look ? look : earlier;
  }

  bool shows(std::size_t look, std::size_t victim, std::size_t removal) const {
    const std::uint64_t seen = events_[look].value;
    const auto differs = [&](std::uint64_t inode) {
      return seen != 0 && inode != 0 && seen != inode;
    };
    return it_.at(look) > events_[victim].began_ns && !differs(events_[victim].value) &&
           !differs(events_[removal].value);
  }

  bool looks_are_recorded() const {
    if (it_.terms().in_process) return true;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].op == Op::file && does(it_, i) == Does::looks) return true;
    }
    return false;
  }

  /// Somebody else renamed or removed the state that the victim had made, or had renewed it to.
  std::optional<Told> state_renamed(std::size_t victim, std::size_t next) const {
    std::set<std::uint32_t> own = {events_[victim].other};
    for (std::size_t i = first_event_; i < events_.size(); ++i) {
      const Event& event = events_[i];
      const bool ends = event.file == FileOp::rename || event.file == FileOp::unlink;
      if (event.op != Op::file || event.lock != lock_ || i == victim || !ends) continue;
      if (!own.contains(event.name) || event.began_ns > it_.at(next)) continue;
      if (!worked(it_, i) && !was_applied(it_, i)) continue;
      if (event.worker == events_[victim].worker) {
        const bool renewed = event.other != 0 && it_.history().names[event.other].starts_with(
                                                     it_.history().locks[lock_] + "/held,");
        if (renewed) own.insert(event.other);
        continue;
      }
      if (!worked(it_, i)) return Told{Cause::lost_reply, event.worker};
      const bool released = call_around(it_, i).first == Op::release;
      if (released) return Told{Cause::stolen_release, event.worker};
      if (was_over(victim, i)) return Told{Cause::false_refresh, events_[victim].worker};
      return Told{Cause::premature_break, event.worker};
    }
    return std::nullopt;
  }

  Told nothing_removed(std::size_t a, std::size_t b, bool by_name) const {
    const Range between{std::min(it_.at(a), it_.at(b)), std::max(it_.at(a), it_.at(b))};
    const Time taking = std::min(events_[a].began_ns, events_[b].began_ns);
    if (it_.server_forgot({taking, between.until})) return {Cause::server_lost_state, kNobody};
    const std::uint64_t token = events_[*pair_.first->call.back].token;
    const bool one_token = token != 0 && token == events_[*pair_.second->call.back].token;
    if (one_token || (!by_name && events_[a].name == events_[b].name)) {
      return {Cause::duplicate_grant, kNobody};
    }
    for (std::uint32_t worker = 0; worker < it_.history().workers.size(); ++worker) {
      for (const Range& kill : it_.faults("kill", worker)) {
        if (touch(kill, between)) return {};
      }
    }
    if (unsure_removal(between)) return {};
    for (const Removal& each : entries(it_, lock_, events_.size()).removals) {
      const Event& call = events_[each.event];
      const Time both_asked = std::min(pair_.first->from, pair_.second->from);
      if (call.began_ns >= between.until) continue;
      if (taking < call.began_ns || both_asked < call.at_ns) {
        return {Cause::unexplained, call.worker};
      }
    }
    if (by_name && none_was_seen(between)) return {Cause::server_lost_state, kNobody};
    return {Cause::not_excluding, kNobody};
  }

  /// Nobody knows whether it was applied, nor when.
  bool unsure_removal(Range between) const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i];
      if (event.op != Op::file || event.lock != lock_ || event.began_ns > between.until) continue;
      const bool removes = does(it_, i) == Does::removes || moves_state(it_, i);
      if (!removes || worked(it_, i) || !may_have_worked(it_, i)) continue;
      if (event.code != ENOENT || event.began_ns > between.from) return true;
    }
    return false;
  }

  bool none_was_seen(Range between) const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event& look = events_[i];
      if (look.op == Op::file && look.lock == lock_ && does(it_, i) == Does::looks &&
          look.phase == Phase::fail && look.code == ENOENT && look.began_ns > between.from &&
          look.at_ns < between.until) {
        return true;
      }
    }
    return false;
  }

  const NaiveHistory& it_;
  const std::vector<Event>& events_;
  Pair pair_;
  std::uint16_t lock_;
  std::size_t first_event_;
};

}  // namespace

Cause cause_of(const NaiveHistory& it, const Pair& pair) {
  const Told told = Meeting(it, pair).why();
  if (told.cause != Cause::unexplained && told.cause != Cause::stolen_release) return told.cause;
  // A server that forgot since the lock at issue was asked for may be behind it.
  Range since{std::min(it.at(pair.first->call.invoke), it.at(pair.second->call.invoke)),
              std::max(pair.first->from, pair.second->from)};
  Time taken = since.from;
  for (const Held& held : it.held()) {
    if (held.lock == pair.first->lock && held.worker == told.by && held.from <= since.until) {
      taken = it.at(held.call.invoke);
    }
  }
  since.from = std::min(since.from, taken);
  return it.server_forgot(since) ? Cause::server_lost_state : told.cause;
}

}  // namespace holdfast::harness::naive
