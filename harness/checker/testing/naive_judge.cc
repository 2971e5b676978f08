#include "harness/checker/testing/naive_judge.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace holdfast::harness {
namespace {

using Time = std::int64_t;
constexpr Time kForEver = std::numeric_limits<Time>::max();

struct Range {
  Time from = 0, until = 0;
};

struct Call {
  std::size_t invoke = 0;
  std::optional<std::size_t> back;
};

struct Held {
  Call call;
  std::uint32_t worker = 0;
  std::uint16_t lock = 0;
  Time from = 0, until = 0, gone = 0;
  bool died = false;
  std::optional<Time> entered, leaving;  ///< as the controller heard it
  std::vector<Range> entitled;           ///< its leases, not cut by the end of the hold
  std::optional<Time> lost_with_left;  ///< what was left of the lease when its loss was first told
};

class Naive {
 public:
  Naive(const History& history, const Terms& terms)
      : history_(history), terms_(terms), events_(history.events) {
    last_ = events_.empty() ? history.end_ns : std::max(history.end_ns, events_.back().at_ns);
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (is(i, Op::acquire, Phase::invoke)) calls_.push_back({i, answer(i)});
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (is(i, Op::acquire, Phase::ok)) held_.push_back(hold(i));
    }
    for (std::size_t i = 0; i < held_.size(); ++i) find_leases(i);
  }

  NaiveCounts count() {
    NaiveCounts counts;
    counts.grants = held_.size();
    count_pairs(counts);
    if (terms_.tokens) counts.token_regressions = regressions();
    if (terms_.counter && terms_.final_counter) counts.lost_updates = lost_updates();
    const Time lease = terms_.leases ? terms_.lifetime_ns + terms_.margin_ns : 0;
    counts.wedges = vacancies(lease + terms_.wedge_bound_ns, false);
    if (terms_.recovery_bound_ns)
      counts.slow_recoveries = vacancies(*terms_.recovery_bound_ns, true);
    if (terms_.bypass_bound) counts.overtaken = overtaken();
    if (terms_.leases) counts.spurious_losses = spurious();
    counts.breaches = breaches();
    return counts;
  }

 private:
  bool is(std::size_t i, Op op, Phase phase) const {
    return events_[i].op == op && events_[i].phase == phase;
  }
  Time at(std::size_t i) const { return events_[i].at_ns; }

  /// The answer to the call that begins with event i.
  std::optional<std::size_t> answer(std::size_t i) const {
    for (std::size_t k = i + 1; k < events_.size(); ++k) {
      if (events_[k].worker == events_[i].worker && events_[k].op == events_[i].op) return k;
    }
    return std::nullopt;
  }

  /// The call that event i answers.
  std::size_t question(std::size_t i) const {
    std::size_t k = i;
    do {
      --k;
    } while (events_[k].worker != events_[i].worker || events_[k].op != events_[i].op);
    return k;
  }

  std::vector<Range> faults(const char* kind, std::uint32_t worker) const {
    std::vector<Range> found;
    for (const Fault& fault : history_.faults) {
      if (fault.kind == kind && fault.effective && fault.worker == worker) {
        found.push_back({fault.start_ns, fault.end_ns});
      }
    }
    return found;
  }

  Time newest(std::uint32_t worker) const {
    Time found = 0;
    for (const Event& event : events_) {
      if (event.worker == worker) found = event.at_ns;
    }
    return found;
  }

  bool ended_in_order(std::uint32_t worker) const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].worker == worker && is(i, Op::worker, Phase::ok)) return true;
    }
    return false;
  }

  /// A program that ended by itself: nobody knows what became of the last call, and nothing
  /// follows.
  bool ended_by_itself(std::uint32_t worker) const {
    if (ended_in_order(worker) || !faults("kill", worker).empty()) return false;
    for (std::size_t i = events_.size(); i-- > 0;) {
      const Op op = events_[i].op;
      if (events_[i].worker != worker || op == Op::told || op == Op::enter || op == Op::leave) {
        continue;
      }
      return events_[i].phase == Phase::info;
    }
    return false;
  }

  Time last_answer(std::uint32_t worker) const {
    Time found = 0;
    for (const Event& event : events_) {
      const bool asks = event.op == Op::acquire || event.op == Op::refresh ||
                        event.op == Op::release || event.op == Op::probe || event.op == Op::file;
      const bool answers = event.phase == Phase::ok || event.phase == Phase::fail;
      if (event.worker == worker && asks && answers) found = event.at_ns;
    }
    return found;
  }

  /// When what was got in a call is surely not there any more: by the answers to the releases that
  /// follow event i, else by the end of the worker.
  Time given_up(std::size_t i) const {
    const std::uint32_t worker = events_[i].worker;
    Time found = kForEver;
    for (std::size_t k = i + 1; k < events_.size(); ++k) {
      const Event& event = events_[k];
      if (event.worker != worker) continue;
      if (event.op == Op::acquire) break;
      if (event.op == Op::release && event.phase != Phase::invoke) {
        const bool sure = event.phase == Phase::ok ||
                          (event.phase == Phase::fail &&
                           (event.code == int(Why::lost) || event.code == int(Why::not_held)));
        found = sure || terms_.leases ? event.at_ns : kForEver;
      }
      if (event.op == Op::worker && event.phase == Phase::ok && found == kForEver) {
        found = event.at_ns;
      }
    }
    for (const Range& kill : faults("kill", worker)) {
      if (found == kForEver) found = kill.until;
    }
    if (ended_by_itself(worker) && is_last_cycle(i)) found = newest(worker);
    return found;
  }

  bool is_last_cycle(std::size_t i) const {
    for (std::size_t k = i + 1; k < events_.size(); ++k) {
      if (events_[k].worker == events_[i].worker && events_[k].op == Op::acquire) return false;
    }
    return true;
  }

  Held hold(std::size_t granted) const {
    Held held;
    held.call = {question(granted), granted};
    held.worker = events_[granted].worker;
    held.lock = events_[granted].lock;
    held.from = at(granted);
    std::optional<std::size_t> end;
    for (std::size_t k = granted + 1; k < events_.size() && !end; ++k) {
      if (events_[k].worker != held.worker) continue;
      if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke) ||
          is(k, Op::worker, Phase::ok)) {
        end = k;
      }
    }
    held.until = end ? at(*end) : newest(held.worker);
    const bool given_back = end && is(*end, Op::release, Phase::invoke);
    held.gone = end && !given_back ? at(*end) : given_up(granted);
    if (ended_by_itself(held.worker) && is_last_cycle(granted) &&
        held.until > last_answer(held.worker)) {
      held.until = std::max(held.from, last_answer(held.worker));
      held.gone = newest(held.worker);
      held.died = true;
    }
    for (const Range& kill : faults("kill", held.worker)) {
      Time death = kill.from;
      if (terms_.in_process) death = std::clamp(newest(held.worker), kill.from, kill.until);
      if (held.from > kill.until || (end && held.until <= death)) continue;
      held.until = std::max(held.from, death);
      held.gone = std::max(held.until, kill.until);
      held.died = true;
    }
    hear(granted, held);
    return held;
  }

  void hear(std::size_t granted, Held& held) const {
    for (std::size_t k = granted + 1; k < events_.size(); ++k) {
      if (events_[k].worker != held.worker) continue;
      if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke)) break;
      if (is(k, Op::enter, Phase::ok)) held.entered = events_[k].until_ns;
      if (is(k, Op::leave, Phase::ok) && !held.died) held.leaving = events_[k].until_ns;
    }
  }

  /// While its holder was inside, as far as anybody can tell.
  static Range inside(const Held& held) {
    return {held.entered.value_or(held.from), held.leaving.value_or(held.until)};
  }

  Time unsure(std::uint32_t a, std::uint32_t b) const {
    const std::uint32_t one = history_.workers[a].host, two = history_.workers[b].host;
    if (one == two) return 0;
    return history_.hosts[one].uncertainty_ns + history_.hosts[two].uncertainty_ns;
  }

  Time first_lease_end(std::size_t index) const {
    const Held& held = held_[index];
    const Time word = events_[*held.call.back].until_ns;
    if (!terms_.leases) return kForEver;
    if (terms_.own_lock && word != 0) return word;
    const Time sent = at(held.call.invoke);
    // It may have been granted just before it was paused on its way back.
    Time taken = held.from;
    for (const Range& pause : faults("pause", held.worker)) {
      if (pause.until >= sent) taken = std::min(taken, pause.from);
    }
    Time begin = sent;
    for (std::size_t i = 0; i < index; ++i) {
      const Held& other = held_[i];
      if (other.lock != held.lock) continue;
      const Time end = std::min(other.until, other.entitled.back().until);
      const Time doubt = unsure(other.worker, held.worker);
      if (end + doubt <= taken) begin = std::max(begin, end - doubt);
    }
    return begin + terms_.lifetime_ns;
  }

  void find_leases(std::size_t index) {
    Held& held = held_[index];
    held.entitled.push_back({held.from, first_lease_end(index)});
    if (!terms_.leases) return;
    for (std::size_t k = *held.call.back + 1; k < events_.size(); ++k) {
      const Event& event = events_[k];
      if (event.worker != held.worker) continue;
      if (is(k, Op::release, Phase::invoke) || is(k, Op::acquire, Phase::invoke)) break;
      Range& newest = held.entitled.back();
      const bool lost = (event.op == Op::told && event.phase == Phase::ok) ||
                        (is(k, Op::refresh, Phase::fail) && event.code == int(Why::lost));
      if (lost) {
        if (!held.lost_with_left) held.lost_with_left = newest.until - event.at_ns;
        newest.until = std::min(newest.until, event.at_ns);
      } else if (is(k, Op::refresh, Phase::ok)) {
        const Time until = terms_.own_lock && event.until_ns != 0
                               ? event.until_ns
                               : at(question(k)) + terms_.lifetime_ns;
        if (event.at_ns <= newest.until) {
          newest.until = std::max(newest.from, until);
        } else if (until > event.at_ns) {
          held.entitled.push_back({event.at_ns, until});
        }
      }
    }
  }

  // --- patience

  /// Whether the worker's record says nothing from the one instant to the other, and a fault was
  /// about by which its host's calls may have stood still.
  bool stood_still(std::uint32_t worker, Range silence) const {
    const std::uint32_t host = history_.workers[worker].host;
    const Time unsure = history_.hosts[host].uncertainty_ns;
    for (const Fault& fault : history_.faults) {
      const bool hits = fault.host == host || fault.host == kNobody;
      if (!fault.effective || !hits || (fault.kind != "partition" && fault.kind != "hang"))
        continue;
      const Time over = fault.end_ns + (fault.end_ns - fault.start_ns) + unsure;
      if (fault.start_ns - unsure <= silence.until && silence.from <= over) return true;
    }
    return false;
  }

  /// The stretch between two records of the call's worker that an instant of the call lies in.
  Range silence_around(const Call& call, Time back, Time instant) const {
    const std::uint32_t worker = events_[call.invoke].worker;
    Range silence{at(call.invoke), back};
    for (std::size_t i = call.invoke; i < events_.size(); ++i) {
      if (events_[i].worker != worker || at(i) > back) continue;
      if (at(i) <= instant) silence.from = std::max(silence.from, at(i));
      if (at(i) > instant) silence.until = std::min(silence.until, at(i));
    }
    return silence;
  }

  /// How much of the span the caller was alive, not paused, and answered: instant by instant, which
  /// are whole milliseconds.
  Time waited(const Call& call, Time back, Range span) const {
    constexpr Time kTick = 1'000'000;
    const std::uint32_t worker = events_[call.invoke].worker;
    Time all = 0;
    for (Time instant = span.from; instant < span.until; instant += kTick) {
      bool waits = true;
      for (const Range& kill : faults("kill", worker)) {
        if (kill.until >= at(call.invoke) && instant >= kill.from) waits = false;
      }
      for (const Range& pause : faults("pause", worker)) {
        if (pause.from <= instant && instant < pause.until) waits = false;
      }
      if (waits && !stood_still(worker, silence_around(call, back, instant))) all += kTick;
    }
    return all;
  }

  std::uint64_t breaches() const {
    std::uint64_t found = 0;
    for (const Call& call : calls_) {
      const Event& asked = events_[call.invoke];
      Time back = call.back ? at(*call.back) : last_;
      for (const Range& kill : faults("kill", asked.worker)) {
        if (!call.back && kill.until >= asked.at_ns) back = std::max(asked.at_ns, kill.from);
      }
      const bool ends = asked.until_ns != 0;
      if (ends && waited(call, back, {asked.until_ns, back}) > terms_.timeout_slack_ns) ++found;
      const Range cancelled{std::max(history_.end_ns, asked.at_ns), back};
      if (!call.back && terms_.own_lock &&
          waited(call, back, cancelled) > terms_.timeout_slack_ns) {
        ++found;
      }
      if (!ends && call.back && is(*call.back, Op::acquire, Phase::fail)) ++found;
    }
    return found;
  }

  // --- two holds at a time

  /// While the hold was entitled by one of its leases, had its host's clock been `late` late. What
  /// the controller heard of is as it heard it. A lease that is there from the grant on is there
  /// when the holder is.
  static Range entitled(const Held& held, const Range& lease, Time late) {
    const Time in = held.entered ? *held.entered : held.from + late;
    const Time out = held.leaving ? *held.leaving : held.until + late;
    const Time begin = lease.from <= held.from ? in : std::max(in, lease.from + late);
    return {begin, std::min(out, lease.until == kForEver ? kForEver : lease.until + late)};
  }

  static bool overlap(Range a, Range b) {
    return std::max(a.from, b.from) < std::min(a.until, b.until);
  }

  bool meet(const Held& a, const Held& b) const {
    for (const Range& one : a.entitled) {
      for (const Range& two : b.entitled) {
        if (overlap(entitled(a, one, 0), entitled(b, two, 0))) return true;
      }
    }
    return false;
  }

  /// Whether some pair of leases meets however wrong the clocks are: each of the two may be gone
  /// before the other comes.
  bool surely_meet(const Held& a, const Held& b) const {
    const bool heard = a.entered || a.leaving || b.entered || b.leaving;
    const bool one_clock = unsure(a.worker, b.worker) == 0 && !heard;
    const Time wrong_a =
        one_clock ? 0 : history_.hosts[history_.workers[a.worker].host].uncertainty_ns;
    const Time wrong_b =
        one_clock ? 0 : history_.hosts[history_.workers[b.worker].host].uncertainty_ns;
    for (const Range& one : a.entitled) {
      for (const Range& two : b.entitled) {
        const bool now = overlap(entitled(a, one, 0), entitled(b, two, 0));
        const bool a_first = entitled(a, one, -wrong_a).until > entitled(b, two, wrong_b).from;
        const bool b_first = entitled(b, two, -wrong_b).until > entitled(a, one, wrong_a).from;
        if (now && a_first && b_first) return true;
      }
    }
    return false;
  }

  bool entitled_at(const Held& held, Time time) const {
    for (const Range& lease : held.entitled) {
      if (std::max(held.from, lease.from) <= time && time < std::min(held.until, lease.until)) {
        return true;
      }
    }
    return false;
  }

  void count_pairs(NaiveCounts& counts) const {
    std::set<std::size_t> stayed;
    for (std::size_t i = 0; i < held_.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        const bool turned = inside(held_[i]).from < inside(held_[k]).from;
        const std::size_t first = turned ? i : k, second = turned ? k : i;
        const Held &a = held_[first], &b = held_[second];
        const Range in_a = inside(a), in_b = inside(b);
        const bool both_inside =
            in_a.from < in_a.until && in_b.from < in_b.until && in_b.from < in_a.until;
        if (a.lock != b.lock || !both_inside) continue;
        if (surely_meet(a, b)) {
          ++counts.certain;
        } else if (meet(a, b)) {
          ++counts.uncertain;
        } else {
          stayed.insert(entitled_at(a, in_b.from) ? second : first);
        }
      }
    }
    counts.overstays = stayed.size();
    for (const Held& held : held_) {
      bool contended = false;
      for (std::size_t i = 0; i < held_.size() && &held_[i] != &held; ++i) {
        contended = contended || (held_[i].lock == held.lock && held_[i].worker != held.worker &&
                                  held_[i].until > at(held.call.invoke));
      }
      counts.contended += contended ? 1 : 0;
    }
  }

  std::uint64_t regressions() const {
    std::uint64_t found = 0;
    for (std::size_t later = 0; later < held_.size(); ++later) {
      const Held& b = held_[later];
      if (b.entitled.front().until <= b.from) continue;
      bool wrong = false;
      for (const Held& a : held_) {
        if (&a == &b) break;
        wrong = wrong || (a.lock == b.lock && a.from + unsure(a.worker, b.worker) < b.from &&
                          events_[*a.call.back].token >= events_[*b.call.back].token);
      }
      found += wrong ? 1 : 0;
    }
    return found;
  }

  // --- the counter

  struct Write {
    Range span;  ///< clean: from the grant on; else while it may have been written
    std::uint64_t value = 0;
    std::uint32_t worker = 0;
    bool clean = false;
    std::size_t back = 0;
  };

  const Held* hold_at(std::size_t i) const {
    const Held* found = nullptr;
    for (const Held& held : held_) {
      if (held.worker == events_[i].worker && *held.call.back < i) found = &held;
    }
    return found;
  }

  std::vector<Write> writes(std::uint16_t lock) const {
    std::vector<Write> found;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i];
      if (event.lock != lock || !is(i, Op::update, Phase::invoke)) continue;
      const Held* held = hold_at(i);
      const auto back = answer(i);
      if (back) {
        bool clean = false;
        for (const Range& lease : held == nullptr ? std::vector<Range>{} : held->entitled) {
          clean = clean ||
                  (lease.from <= held->from && at(*back) < lease.until && at(*back) <= held->until);
        }
        found.push_back({{clean ? held->from : at(i), at(*back)},
                         events_[*back].value,
                         event.worker,
                         clean,
                         *back});
        continue;
      }
      Time over = last_;
      for (const Range& kill : faults("kill", event.worker)) {
        if (kill.until >= at(i)) over = std::min(over, kill.until);
      }
      const bool adds_one = held != nullptr && held->died && held->entitled.size() == 1 &&
                            at(i) <= held->until && held->entitled.front().until > over;
      if (!adds_one) found.push_back({{at(i), over}, 0, event.worker, false, i});
    }
    std::sort(found.begin(), found.end(),
              [](const Write& a, const Write& b) { return a.back < b.back; });
    return found;
  }

  /// The widest that any two clocks can differ, where there are two.
  Time widest() const {
    Time most = 0;
    for (const HostRecord& host : history_.hosts) most = std::max(most, host.uncertainty_ns);
    return history_.hosts.size() > 1 ? 2 * most : 0;
  }

  bool dirty(const std::vector<Write>& all, Range span) const {
    for (const Write& write : all) {
      if (write.clean) continue;
      if (write.span.from - widest() <= span.until && span.from <= write.span.until + widest()) {
        return true;
      }
    }
    return false;
  }

  std::uint64_t lost_updates() const {
    std::uint64_t found = 0, least = 0;
    for (std::uint16_t lock = 0; lock < history_.locks.size(); ++lock) {
      const std::vector<Write> all = writes(lock);
      std::uint64_t least_of_lock = 0;
      for (std::size_t k = 0; k < all.size(); ++k) {
        const Write& later = all[k];
        if (!later.clean) continue;
        bool unseen = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
          const Write& earlier = all[i];
          if (!earlier.clean || i == k) continue;
          const Time from = std::min(earlier.span.from, later.span.from) - widest();
          const bool before = earlier.span.until < later.span.from - widest();
          const bool set_back = before && earlier.value >= later.value;
          const bool twins = i < k && earlier.value == later.value;
          if (set_back || twins) unseen = unseen || !dirty(all, {from, later.span.until});
        }
        found += unseen ? 1 : 0;
        if (!dirty(all, {later.span.from - widest(), last_})) {
          least_of_lock = std::max(least_of_lock, later.value);
        }
      }
      least += least_of_lock;
    }
    return found + (*terms_.final_counter < least ? 1 : 0);
  }

  // --- nobody gets it

  Time back_of(const Call& call) const {
    if (call.back) return at(*call.back);
    Time found = last_;
    for (const Range& kill : faults("kill", events_[call.invoke].worker)) {
      if (kill.until >= at(call.invoke)) found = std::max(at(call.invoke), kill.from);
    }
    return found;
  }

  bool failed_with_error(const Call& call) const {
    if (!call.back || events_[*call.back].phase == Phase::ok) return false;
    return static_cast<Why>(events_[*call.back].code) == Why::error;
  }

  static bool touch(Range a, Range b) { return a.from <= b.until && b.from <= a.until; }

  /// The longest that one worker waited within the span, counted tick by tick.
  Time longest_wait(std::uint16_t lock, Range span) const {
    std::map<std::uint32_t, Time> waited;
    constexpr Time kTick = 1'000'000;
    for (const Call& call : calls_) {
      const Event& event = events_[call.invoke];
      if (event.lock != lock || failed_with_error(call)) continue;
      for (Time tick = span.from; tick < span.until; tick += kTick) {
        bool waits = at(call.invoke) <= tick && tick < back_of(call);
        for (const Range& kill : faults("kill", event.worker)) {
          if (kill.until >= at(call.invoke)) waits = waits && tick < kill.from;
        }
        for (const Range& pause : faults("pause", event.worker)) {
          waits = waits && !(pause.from <= tick && tick < pause.until);
        }
        if (waits) waited[event.worker] += kTick;
      }
    }
    Time most = 0;
    for (const auto& [worker, time] : waited) most = std::max(most, time);
    return most;
  }

  /// For how long paused waiters may have had it, unseen: a lease each, or their pauses.
  Time perhaps_held(std::uint16_t lock, Range span) const {
    Time found = 0;
    for (const Call& call : calls_) {
      if (events_[call.invoke].lock != lock || at(call.invoke) >= span.until) continue;
      const Range asked{at(call.invoke), back_of(call)};
      if (asked.until <= span.from) continue;
      Time still = 0;
      bool stood_still = false;
      for (const Range& pause : faults("pause", events_[call.invoke].worker)) {
        if (!touch(pause, span) || !touch(pause, asked)) continue;
        still += pause.until - pause.from;
        stood_still = true;
      }
      if (terms_.leases) still = stood_still ? terms_.lifetime_ns + terms_.margin_ns : 0;
      found += still;
    }
    return found;
  }

  /// Spans in which the lock was free or held by the dead, and one worker waited for too long.
  std::uint64_t vacancies(Time allowed, bool of_the_dead) const {
    std::uint64_t found = 0;
    for (std::uint16_t lock = 0; lock < history_.locks.size(); ++lock) {
      std::vector<const Held*> holds;
      for (const Held& held : held_) {
        if (held.lock == lock) holds.push_back(&held);
      }
      for (std::size_t i = 0; i <= holds.size(); ++i) {
        const Held* next = i < holds.size() ? holds[i] : nullptr;
        const Time until = next != nullptr ? next->from : history_.end_ns;
        const auto span = vacant_before(lock, holds, i, until, next);
        if (!span || span->until - span->from <= allowed) continue;
        if (longest_wait(lock, *span) <= allowed + widest() + perhaps_held(lock, *span)) continue;
        const Held* before = last_before(holds, i);
        const bool counts = !of_the_dead || (before != nullptr && before->died);
        found += counts ? 1 : 0;
      }
    }
    return found;
  }

  /// Whoever gave the lock up last of those who were granted it before number i.
  const Held* last_before(const std::vector<const Held*>& holds, std::size_t i) const {
    std::vector<std::pair<Time, const Held*>> by_end;
    for (std::size_t step = 0; step < i; ++step) {
      // In the order in which it becomes known: on its own, or by the grant that follows.
      for (std::size_t k = 0; k <= step; ++k) {
        if (known_at(holds, k) == step) by_end.push_back({gone_by(holds, k, i), holds[k]});
      }
    }
    const Held* found = nullptr;
    Time latest = 0;
    for (const auto& [gone, held] : by_end) {
      if (found == nullptr || gone >= latest) {
        found = held;
        latest = gone;
      }
    }
    return found;
  }

  /// With whose grant it became known that number k had given the lock up: its own, or that of the
  /// first who was surely granted it afterwards.
  std::size_t known_at(const std::vector<const Held*>& holds, std::size_t k) const {
    if (holds[k]->gone != kForEver) return k;
    for (std::size_t j = k + 1; j < holds.size(); ++j) {
      const Time doubt = unsure(holds[k]->worker, holds[j]->worker);
      if (holds[k]->until + doubt <= holds[j]->from) return j;
    }
    return holds.size();
  }
  Time gone_by(const std::vector<const Held*>& holds, std::size_t k, std::size_t i) const {
    const std::size_t known = known_at(holds, k);
    if (known == k) return holds[k]->gone;
    return known < i ? holds[known]->from : kForEver;
  }

  std::optional<Range> vacant_before(std::uint16_t lock, const std::vector<const Held*>& holds,
                                     std::size_t i, Time until, const Held* next) const {
    Time from = 0;
    for (std::size_t k = 0; k < i; ++k) from = std::max(from, gone_by(holds, k, i));
    if (from == kForEver) return std::nullopt;
    for (const Call& call : calls_) {
      const Event& event = events_[call.invoke];
      if (event.lock != lock || (call.back && events_[*call.back].phase == Phase::ok)) continue;
      const Range asked{at(call.invoke), back_of(call)};
      const bool unknown = call.back && events_[*call.back].phase == Phase::info;
      const bool followed = std::any_of(
          holds.begin(), holds.begin() + static_cast<long>(i),
          [&](const Held* it) { return it->from > asked.from && it->from >= asked.until; });
      if (unknown && asked.from < until && !followed) {
        const Time gone = given_up(*call.back);
        if (gone > until) return std::nullopt;
        from = std::max(from, gone);
      }
      for (const Range& pause : faults("pause", event.worker)) {
        if (touch(pause, asked) && asked.until <= until) from = std::max(from, asked.until);
      }
      for (const Range& kill : faults("kill", event.worker)) {
        if (touch(kill, asked) && kill.until <= until) from = std::max(from, kill.until);
      }
    }
    if (next != nullptr) {
      for (const Range& pause : faults("pause", next->worker)) {
        const Range asked{at(next->call.invoke), next->from};
        if (touch(pause, asked)) from = std::max(from, pause.until);
      }
    }
    return Range{from, until};
  }

  std::uint64_t overtaken() const {
    std::uint64_t found = 0;
    for (const Call& call : calls_) {
      const Event& event = events_[call.invoke];
      const Time sent = at(call.invoke), back = back_of(call);
      bool stood_still = false;
      for (const char* kind : {"pause", "kill"}) {
        for (const Range& fault : faults(kind, event.worker)) {
          stood_still = stood_still || (std::max(fault.from, sent) < std::min(fault.until, back));
        }
      }
      std::uint64_t times = 0;
      for (const Held& held : held_) {
        if (held.lock == event.lock && at(held.call.invoke) > sent && held.from < back) ++times;
      }
      if (!stood_still && times > *terms_.bypass_bound) ++found;
    }
    return found;
  }

  std::uint64_t spurious() const {
    std::uint64_t found = 0;
    for (const Held& held : held_) {
      const auto [left, told] = loss(held);
      if (left <= 0) continue;
      bool excused = false;
      for (const Range& pause : faults("pause", held.worker)) {
        excused = excused || touch(pause, {at(held.call.invoke), told});
      }
      found += excused ? 0 : 1;
    }
    return found;
  }

  /// What was left of a lease when its holder first heard of its loss, and when that was.
  std::pair<Time, Time> loss(const Held& held) const {
    std::size_t releases = 0;
    std::pair<Time, Time> found{0, 0};
    for (std::size_t k = *held.call.back + 1; k < events_.size(); ++k) {
      if (events_[k].worker != held.worker) continue;
      if (events_[k].op == Op::acquire) break;
      const bool lost = events_[k].op == Op::told ||
                        (is(k, Op::refresh, Phase::fail) && events_[k].code == int(Why::lost));
      if (releases == 0 && lost && held.lost_with_left) return {*held.lost_with_left, at(k)};
      if (events_[k].op == Op::release && events_[k].phase == Phase::invoke) ++releases;
      if (is(k, Op::release, Phase::fail) && events_[k].code == int(Why::lost)) {
        found = {held.entitled.back().until - at(k), at(k)};
      }
    }
    return releases == 1 ? found : std::pair<Time, Time>{0, 0};
  }

  const History& history_;
  const Terms& terms_;
  const std::vector<Event>& events_;
  Time last_ = 0;
  std::vector<Call> calls_;
  std::vector<Held> held_;
};

}  // namespace

NaiveCounts naive_judge(const History& history, const Terms& terms) {
  return Naive(history, terms).count();
}

}  // namespace holdfast::harness
