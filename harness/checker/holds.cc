#include "harness/checker/holds.h"

#include <algorithm>

#include "harness/checker/leases.h"

namespace holdfast::harness {
namespace {

/// What a worker is at, while its events are read.
struct AtWork {
  std::uint32_t attempt = kNone;
  std::uint32_t hold = kNone;
  std::uint32_t given_back = kNone;  ///< the hold that it has released since its last acquire
  std::uint32_t unsettled = kNone;   ///< its last attempt, if nobody knows what became of it
  std::int64_t refresh_sent_ns = 0;
  std::int64_t notice_ns = 0;  ///< when it last told the controller where it is
  std::int64_t newest_ns = 0;
  std::int64_t answered_ns = 0;  ///< when the lock last answered anything but "unknown"
  bool unknown = false;          ///< its newest answer was "unknown"
};

class Reader {
 public:
  Reader(const History& history, const Terms& terms, Holds& holds, std::vector<News>& news)
      : history_(history),
        leases_(terms.leases),
        holds_(holds),
        news_(news),
        at_work_(history.workers.size()) {}

  void read() {
    for (std::uint32_t i = 0; i < history_.events.size(); ++i) {
      const Event& event = history_.events[i];
      AtWork& work = at_work_[event.worker];
      work.newest_ns = event.at_ns;
      if (is_of_the_lock(event)) work.unknown = event.phase == Phase::info;
      if (proves_life(event)) work.answered_ns = event.at_ns;
      switch (event.op) {
        case Op::acquire: acquire(event, i); break;
        case Op::refresh: refresh(event, i); break;
        case Op::release: release(event, i); break;
        case Op::enter:
        case Op::leave: notice(event, work); break;
        case Op::told:
          if (event.phase == Phase::ok) told(event, i, event.at_ns);
          break;
        case Op::worker:
          if (event.phase == Phase::ok) end_worker(event, i);
          break;
        default: break;
      }
    }
  }

  std::int64_t newest_ns(std::uint32_t worker) const { return at_work_[worker].newest_ns; }

  /// Workers whose last answer was "unknown", and who did not go on: their contender had ended.
  /// When that was is known no better than by its last answer.
  void end_with_their_contenders() {
    for (std::uint32_t worker = 0; worker < at_work_.size(); ++worker) {
      const AtWork& work = at_work_[worker];
      if (!work.unknown || holds_.ended_in_order[worker] || !holds_.kills[worker].empty()) continue;
      const std::uint32_t index = work.hold != kNone ? work.hold : work.given_back;
      if (index != kNone && holds_.holds[index].until_ns > work.answered_ns) {
        Hold& hold = holds_.holds[index];
        hold.until_ns = std::max(hold.from_ns, work.answered_ns);
        hold.leaving_ns = 0;
        hold.end = HoldEnd::died;
        hold.ended = kNone;
        hold.gone_ns = work.newest_ns;
      }
      settle(work, work.newest_ns);
    }
  }

 private:
  static bool is_of_the_lock(const Event& event) {
    return event.op != Op::told && event.op != Op::file && event.op != Op::enter &&
           event.op != Op::leave;
  }

  /// Whether the lock itself has answered, or done something.
  static bool proves_life(const Event& event) {
    if (event.phase == Phase::invoke || event.phase == Phase::info) return false;
    return event.op == Op::acquire || event.op == Op::refresh || event.op == Op::release ||
           event.op == Op::probe || event.op == Op::file;
  }

  void acquire(const Event& event, std::uint32_t i) {
    AtWork& work = at_work_[event.worker];
    if (event.phase == Phase::invoke) {
      end_hold(event, i, HoldEnd::abandoned);
      work.given_back = work.unsettled = kNone;
      work.attempt = static_cast<std::uint32_t>(holds_.attempts.size());
      Attempt attempt;
      attempt.worker = event.worker;
      attempt.invoke = i;
      attempt.sent_ns = event.at_ns;
      attempt.deadline_ns = event.until_ns;
      attempt.lock = event.lock;
      holds_.attempts.push_back(attempt);
      return;
    }
    Attempt& attempt = holds_.attempts[work.attempt];
    attempt.back = i;
    attempt.back_ns = attempt.gone_ns = event.at_ns;
    attempt.outcome = event.phase;
    attempt.why = static_cast<Why>(event.code);
    if (event.phase == Phase::ok) grant(event, i, attempt, work);
    if (event.phase == Phase::info) {
      attempt.gone_ns = kNever;
      work.unsettled = work.attempt;
    }
    work.attempt = kNone;
  }

  void grant(const Event& event, std::uint32_t i, Attempt& attempt, AtWork& work) {
    attempt.hold = work.hold = static_cast<std::uint32_t>(holds_.holds.size());
    Hold hold;
    hold.worker = event.worker;
    hold.attempt = work.attempt;
    hold.granted = i;
    hold.from_ns = event.at_ns;
    hold.until_ns = kNever;
    hold.token = event.token;
    hold.lock = event.lock;
    hold.gone_ns = kNever;
    holds_.holds.push_back(hold);
  }

  void notice(const Event& event, AtWork& work) {
    if (event.phase == Phase::invoke) work.notice_ns = event.at_ns;
    if (event.phase != Phase::ok) return;
    holds_.ordered = true;
    holds_.longest_echo_ns = std::max(holds_.longest_echo_ns, event.at_ns - work.notice_ns);
    if (work.hold == kNone) return;
    Hold& hold = holds_.holds[work.hold];
    (event.op == Op::enter ? hold.entered_ns : hold.leaving_ns) = event.until_ns;
  }

  void refresh(const Event& event, std::uint32_t i) {
    AtWork& work = at_work_[event.worker];
    if (event.phase == Phase::invoke) {
      work.refresh_sent_ns = event.at_ns;
    } else if (event.phase == Phase::fail && event.code == static_cast<int>(Why::lost)) {
      told(event, i, work.refresh_sent_ns);
    } else if (event.phase == Phase::ok && work.hold != kNone) {
      news_.push_back(
          {work.hold, work.refresh_sent_ns, event.at_ns, event.until_ns, News::Kind::renewed});
    }
  }

  void told(const Event& event, std::uint32_t i, std::int64_t asked_ns) {
    const AtWork& work = at_work_[event.worker];
    if (work.hold == kNone) return;
    Hold& hold = holds_.holds[work.hold];
    const bool again = hold.told != kNone;
    news_.push_back(
        {work.hold, asked_ns, event.at_ns, 0, again ? News::Kind::lost_again : News::Kind::lost});
    if (again) return;
    hold.told = i;
    hold.told_ns = event.at_ns;
  }

  void release(const Event& event, std::uint32_t i) {
    AtWork& work = at_work_[event.worker];
    if (event.phase == Phase::invoke) {
      if (work.hold != kNone) work.given_back = work.hold;
      end_hold(event, i, HoldEnd::released);
      if (work.given_back != kNone) ++holds_.holds[work.given_back].releases;
      return;
    }
    // A release that failed may have been tried again: the last answer counts.
    if (work.given_back != kNone) holds_.holds[work.given_back].release_back = i;
    const Why why = static_cast<Why>(event.code);
    const bool is_gone = event.phase == Phase::ok ||
                         (event.phase == Phase::fail && (why == Why::lost || why == Why::not_held));
    settle(work, is_gone || leases_ ? event.at_ns : kNever);
  }

  /// What this worker may still have had was given up by `gone_ns`.
  void settle(const AtWork& work, std::int64_t gone_ns) {
    if (work.given_back != kNone) holds_.holds[work.given_back].gone_ns = gone_ns;
    if (work.unsettled != kNone) holds_.attempts[work.unsettled].gone_ns = gone_ns;
  }

  void end_worker(const Event& event, std::uint32_t i) {
    const AtWork& work = at_work_[event.worker];
    holds_.ended_in_order[event.worker] = true;
    end_hold(event, i, HoldEnd::abandoned);
    const bool open =
        (work.given_back != kNone && holds_.holds[work.given_back].gone_ns == kNever) ||
        (work.unsettled != kNone && holds_.attempts[work.unsettled].gone_ns == kNever);
    if (open) settle(work, event.at_ns);
  }

  void end_hold(const Event& event, std::uint32_t i, HoldEnd how) {
    AtWork& work = at_work_[event.worker];
    if (work.hold == kNone) return;
    Hold& hold = holds_.holds[work.hold];
    hold.end = how;
    hold.ended = i;
    hold.until_ns = event.at_ns;
    if (how == HoldEnd::abandoned) hold.gone_ns = event.at_ns;
    work.hold = kNone;
  }

  const History& history_;
  bool leases_;
  Holds& holds_;
  std::vector<News>& news_;
  std::vector<AtWork> at_work_;
};

/// Whom a fault hit: its worker, or everybody on its host.
bool hits(const History& history, const Fault& fault, std::uint32_t worker) {
  if (fault.worker != kNobody) return fault.worker == worker;
  return fault.worker_name.empty() && fault.host != kNobody &&
         history.workers[worker].host == fault.host;
}

void find_faults(const History& history, Holds& holds) {
  for (const Fault& fault : history.faults) {
    const bool kill = fault.kind == "kill";
    if (!kill && fault.kind != "pause") continue;
    if (!(kill ? fault.effective : was_done(fault))) continue;
    for (std::uint32_t worker = 0; worker < history.workers.size(); ++worker) {
      if (!hits(history, fault, worker)) continue;
      auto& list = kill ? holds.kills[worker] : holds.pauses[worker];
      list.push_back({fault.start_ns, std::max(fault.start_ns, fault.end_ns)});
    }
  }
  for (auto& pauses : holds.pauses) {
    std::sort(pauses.begin(), pauses.end(),
              [](const Span& a, const Span& b) { return a.from_ns < b.from_ns; });
  }
}

/// When the process that a kill hit was still alive, at the latest that can be proved. Where that
/// process is the worker, its last event proves its life; a program's worker goes on recording
/// after the program's death.
std::int64_t death_ns(const Span& kill, std::int64_t newest_ns, bool in_process) {
  return in_process ? std::clamp(newest_ns, kill.from_ns, kill.until_ns) : kill.from_ns;
}

void apply_kill(const Span& kill, std::int64_t died_ns, Hold& hold) {
  if (hold.from_ns > kill.until_ns) return;
  if (hold.end == HoldEnd::unseen || hold.until_ns > died_ns) {
    hold.until_ns = std::max(hold.from_ns, died_ns);
    hold.leaving_ns = 0;
    hold.end = HoldEnd::died;
    hold.ended = kNone;
    hold.gone_ns = std::max(hold.until_ns, kill.until_ns);
  } else if (hold.gone_ns == kNever) {
    hold.gone_ns = kill.until_ns;  // killed while it gave the lock back
  }
}

void end_what_never_ended(const Reader& reader, Holds& holds) {
  for (Hold& hold : holds.holds) {
    if (hold.end == HoldEnd::unseen) {
      hold.until_ns = std::max(hold.from_ns, reader.newest_ns(hold.worker));
    }
  }
  for (Attempt& attempt : holds.attempts) {
    if (attempt.back == kNone) {
      attempt.back_ns = holds.end_ns;
      attempt.gone_ns = kNever;
    }
  }
}

void apply_kills(const Reader& reader, bool in_process, Holds& holds) {
  for (Hold& hold : holds.holds) {
    for (const Span& kill : holds.kills[hold.worker]) {
      if (hold.end == HoldEnd::died) break;
      apply_kill(kill, death_ns(kill, reader.newest_ns(hold.worker), in_process), hold);
    }
  }
  for (Attempt& attempt : holds.attempts) {
    for (const Span& kill : holds.kills[attempt.worker]) {
      if (attempt.back != kNone) {
        if (attempt.gone_ns == kNever) attempt.gone_ns = kill.until_ns;
        continue;
      }
      if (attempt.died || kill.until_ns < attempt.sent_ns) continue;
      attempt.back_ns = std::max(attempt.sent_ns, kill.from_ns);
      attempt.gone_ns = std::max(attempt.back_ns, kill.until_ns);
      attempt.died = true;
    }
  }
}

}  // namespace

bool Holds::entitled_at(const Hold& hold, std::int64_t at_ns) const {
  if (at_ns < hold.from_ns || at_ns >= hold.until_ns) return false;
  for (const Span& lease : leases_of(hold)) {
    if (lease.from_ns <= at_ns && at_ns < lease.until_ns) return true;
  }
  return false;
}

bool Holds::entitled_through(const Hold& hold, const Span& span) const {
  if (span.from_ns < hold.from_ns || span.until_ns > hold.until_ns) return false;
  for (const Span& lease : leases_of(hold)) {
    if (lease.from_ns <= span.from_ns && span.until_ns < lease.until_ns) return true;
  }
  return false;
}

Holds find_holds(const History& history, const Terms& terms, const Trail& trail) {
  Holds holds;
  const std::size_t workers = history.workers.size();
  holds.kills.resize(workers);
  holds.pauses.resize(workers);
  holds.ended_in_order.resize(workers, false);
  holds.holds_of.resize(history.locks.size());
  holds.attempts_of.resize(history.locks.size());
  holds.end_ns = history.end_ns;
  if (!history.events.empty()) {
    holds.end_ns = std::max(holds.end_ns, history.events.back().at_ns);
  }
  find_faults(history, holds);

  std::vector<News> news;
  Reader reader(history, terms, holds, news);
  reader.read();
  end_what_never_ended(reader, holds);
  reader.end_with_their_contenders();
  apply_kills(reader, terms.in_process, holds);

  for (std::uint32_t i = 0; i < holds.holds.size(); ++i) {
    holds.holds_of[holds.holds[i].lock].push_back(i);
  }
  for (std::uint32_t i = 0; i < holds.attempts.size(); ++i) {
    holds.attempts_of[holds.attempts[i].lock].push_back(i);
  }
  find_leases(history, terms, trail, std::move(news), holds);
  return holds;
}

}  // namespace holdfast::harness
