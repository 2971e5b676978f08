#include "harness/report/measure.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "harness/report/fault_windows.h"

namespace holdfast::harness {
namespace {

constexpr std::size_t kNoLock = std::numeric_limits<std::size_t>::max();

/// What a worker is at.
struct AtWork {
  std::optional<Event> pending;   // the invocation that has not come back
  std::uint64_t lock_grants = 0;  // of its lock when the pending acquire was sent
  bool lock_was_free = false;     // and whether nobody held it then
  std::size_t inside = kNoLock;   // the lock that it holds
  std::int64_t granted_ns = 0;
  std::uint32_t failed_files = 0;  // a bit for each kind that failed since its last call began
};

/// What a lock has seen.
struct AtLock {
  std::uint64_t grants = 0;
  std::size_t holders = 0;
  std::size_t waiting = 0;
  std::optional<std::int64_t> released_ns;  // while somebody waited; until the next grant
  bool holder_died = false;                 // and nobody was granted since
  std::optional<std::int64_t> wanted_ns;    // since when somebody wants what the dead one had
  std::map<std::uint32_t, std::uint64_t> grants_of;  // by slot, of all that ever asked
};

/// A process's end by a kill.
struct Death {
  std::int64_t at_ns = 0;
  std::uint32_t worker = 0;
};

class Sweep {
 public:
  Sweep(const History& history, std::int64_t aftermath_ns, const SeenSample& seen)
      : history_(history),
        seen_(seen),
        windows_(history, aftermath_ns),
        workers_(history.workers.size()),
        locks_(std::max<std::size_t>(history.locks.size(), 1)) {
    for (const WorkerRecord& worker : history.workers) {
      out_.operations_recorded |= worker.records_files;
    }
    out_.by_host.resize(history.hosts.size());
    start_windows();
  }

  Measures run() {
    const std::vector<Death> deaths = find_deaths();
    auto death = deaths.begin();
    for (const Event& event : history_.events) {
      for (; death != deaths.end() && death->at_ns < event.at_ns; ++death) die(*death);
      take(event);
    }
    for (; death != deaths.end(); ++death) die(*death);
    finish();
    return std::move(out_);
  }

 private:
  /// Each effective kill ends its victim after the victim's last event, whatever the clock of the
  /// one who sent the signal said.
  std::vector<Death> find_deaths() const {
    std::vector<std::int64_t> newest(workers_.size(), std::numeric_limits<std::int64_t>::min());
    for (const Event& event : history_.events) newest[event.worker] = event.at_ns;
    std::vector<Death> deaths;
    for (const Fault& fault : history_.faults) {
      if (fault.kind != "kill" || !fault.effective || fault.worker >= workers_.size()) continue;
      deaths.push_back({std::max(fault.start_ns, newest[fault.worker]), fault.worker});
    }
    std::stable_sort(deaths.begin(), deaths.end(),
                     [](const Death& a, const Death& b) { return a.at_ns < b.at_ns; });
    return deaths;
  }

  void take(const Event& event) {
    if (event.phase == Phase::invoke) workers_[event.worker].failed_files = 0;
    switch (event.op) {
      case Op::acquire: acquire(event); break;
      case Op::refresh: answer(event, &Latencies::refresh); break;
      case Op::release: release(event); break;
      case Op::worker:
        if (event.phase == Phase::ok) end_hold(event.worker, event.at_ns);
        break;
      case Op::file: file(event); break;
      default: break;
    }
    if (event.phase == Phase::info) unknown(event);
  }

  void unknown(const Event& event) {
    if (event.op == Op::enter || event.op == Op::leave) return;  // nothing was asked of the lock
    ++out_.unknown_outcomes;
    if (event.code == static_cast<std::int32_t>(Why::contender)) ++out_.contender_errors;
  }

  void acquire(const Event& event) {
    AtWork& work = workers_[event.worker];
    AtLock& lock = locks_[event.lock];
    if (event.phase == Phase::invoke) {
      end_hold(event.worker, event.at_ns);
      work.pending = event;
      work.lock_grants = lock.grants;
      work.lock_was_free = lock.holders == 0;
      ++lock.waiting;
      lock.grants_of.try_emplace(history_.workers[event.worker].slot, 0);
      if (lock.holder_died && !lock.wanted_ns) lock.wanted_ns = event.at_ns;
      return;
    }
    if (!work.pending) return;
    waited(event.worker, event.at_ns);
    if (event.phase == Phase::ok) granted(event, work, lock);
    if (event.phase == Phase::fail) ++out_.failed_acquires[static_cast<Why>(event.code)];
    work.pending.reset();
  }

  void granted(const Event& event, AtWork& work, AtLock& lock) {
    const Event& sent = *work.pending;
    sample(&Latencies::wait, event.worker, sent.at_ns, event.at_ns);
    if (sent.began_ns < sent.at_ns && sent.began_ns != 0) {
      sample(&Latencies::intended_wait, event.worker, sent.began_ns, event.at_ns);
    } else if (open_arrivals_) {
      sample(&Latencies::intended_wait, event.worker, sent.at_ns, event.at_ns);
    }
    if (work.lock_was_free && lock.grants == work.lock_grants) {
      sample(&Latencies::acquire, event.worker, sent.at_ns, event.at_ns);
    }
    if (lock.released_ns && sent.at_ns < *lock.released_ns) {
      sample(&Latencies::handoff, event.worker, *lock.released_ns, event.at_ns);
    }
    if (lock.holder_died && lock.wanted_ns) {
      sample(&Latencies::recovery, event.worker, *lock.wanted_ns, event.at_ns);
    }
    lock.released_ns.reset();
    lock.wanted_ns.reset();
    lock.holder_died = false;
    ++lock.grants;
    ++lock.holders;
    ++lock.grants_of[history_.workers[event.worker].slot];
    ++out_.grants;
    count_in_window(event.at_ns);
    work.inside = event.lock;
    work.granted_ns = event.at_ns;
  }

  /// A wait is over, or was cut off: it counts for fairness either way.
  void waited(std::uint32_t worker, std::int64_t until_ns) {
    const AtWork& work = workers_[worker];
    AtLock& lock = locks_[work.pending->lock];
    --lock.waiting;
    const std::int64_t waited_ns = until_ns - work.pending->at_ns;
    if (waited_ns > out_.fairness.longest_wait_ns) {
      out_.fairness.longest_wait_ns = waited_ns;
      out_.fairness.longest_waiter = worker;
    }
    const std::uint64_t bypassed = lock.grants - work.lock_grants;
    if (bypassed > out_.fairness.most_bypassed) {
      out_.fairness.most_bypassed = bypassed;
      out_.fairness.most_bypassed_waiter = worker;
    }
  }

  void release(const Event& event) {
    if (event.phase == Phase::invoke && workers_[event.worker].inside != kNoLock) {
      AtLock& lock = locks_[workers_[event.worker].inside];
      end_hold(event.worker, event.at_ns);
      if (lock.waiting != 0) lock.released_ns = event.at_ns;
    }
    answer(event, &Latencies::release);
  }

  void answer(const Event& event, Histogram Latencies::*which) {
    AtWork& work = workers_[event.worker];
    if (event.phase == Phase::invoke) {
      work.pending = event;
      return;
    }
    if (!work.pending || work.pending->op != event.op) return;
    if (event.phase == Phase::ok) sample(which, event.worker, work.pending->at_ns, event.at_ns);
    work.pending.reset();
  }

  void end_hold(std::uint32_t worker, std::int64_t at_ns) {
    AtWork& work = workers_[worker];
    if (work.inside == kNoLock) return;
    --locks_[work.inside].holders;
    sample(&Latencies::hold, worker, work.granted_ns, at_ns);
    work.inside = kNoLock;
  }

  void die(const Death& death) {
    AtWork& work = workers_[death.worker];
    if (work.inside != kNoLock) {
      AtLock& lock = locks_[work.inside];
      end_hold(death.worker, death.at_ns);
      lock.holder_died = true;
      lock.wanted_ns.reset();
      if (lock.waiting != 0) lock.wanted_ns = death.at_ns;
    }
    cut_off(death.worker, death.at_ns);
  }

  void cut_off(std::uint32_t worker, std::int64_t at_ns) {
    AtWork& work = workers_[worker];
    if (!work.pending) return;
    ++out_.unfinished;
    if (work.pending->op == Op::acquire) waited(worker, at_ns);
    work.pending.reset();
  }

  void file(const Event& event) {
    OperationCount& count = out_.operations[event.file];
    std::uint32_t& failed = workers_[event.worker].failed_files;
    const std::uint32_t kind = 1U << static_cast<unsigned>(event.file);
    if ((failed & kind) != 0) ++count.retries;
    if (event.phase == Phase::ok) ++count.ok;
    if (event.phase == Phase::fail) {
      ++count.failed[event.code];
      failed |= kind;
    }
  }

  void sample(Histogram Latencies::*which, std::uint32_t worker, std::int64_t from_ns,
              std::int64_t to_ns) {
    (out_.all.*which).add(to_ns - from_ns);
    (out_.by_host[history_.workers[worker].host].*which).add(to_ns - from_ns);
    Latencies& phase = windows_.touch(from_ns, to_ns) ? out_.under_fault : out_.quiet;
    (phase.*which).add(to_ns - from_ns);
    if (seen_) seen_(which, from_ns, to_ns);
  }

  /// About a hundred windows, each a round length.
  void start_windows() {
    constexpr std::int64_t kWindows = 100;
    const std::int64_t span = std::max<std::int64_t>(history_.end_ns - history_.start_ns, 1);
    std::int64_t decade = 1'000'000, length = decade;
    while (length * kWindows < span) {
      length = length < 2 * decade ? 2 * decade : length < 5 * decade ? 5 * decade : 10 * decade;
      if (length == 10 * decade) decade = length;
    }
    out_.throughput.window_ns = length;
    out_.throughput.grants.assign(static_cast<std::size_t>((span + length - 1) / length), 0);
    open_arrivals_ =
        std::any_of(history_.events.begin(), history_.events.end(), [](const Event& event) {
          return event.op == Op::acquire && event.phase == Phase::invoke && event.began_ns != 0 &&
                 event.began_ns < event.at_ns;
        });
  }

  /// Grants after the end, of workers that were already asked to end, belong to the last window.
  void count_in_window(std::int64_t at_ns) {
    auto& windows = out_.throughput.grants;
    const std::int64_t number =
        std::max<std::int64_t>(at_ns - history_.start_ns, 0) / out_.throughput.window_ns;
    ++windows[std::min(static_cast<std::size_t>(number), windows.size() - 1)];
  }

  void finish() {
    const std::int64_t end = history_.events.empty()
                                 ? history_.end_ns
                                 : std::max(history_.end_ns, history_.events.back().at_ns);
    for (std::uint32_t worker = 0; worker < workers_.size(); ++worker) {
      cut_off(worker, end);
      end_hold(worker, end);
    }
    double sum = 0;
    std::size_t counted = 0;
    for (const AtLock& lock : locks_) {
      const auto jain = jain_of(lock);
      if (!jain) continue;
      sum += *jain;
      out_.fairness.least_jain = std::min(out_.fairness.least_jain, *jain);
      ++counted;
    }
    if (counted != 0) out_.fairness.jain = std::min(1.0, sum / static_cast<double>(counted));
  }

  /// (sum x)^2 / (n sum x^2): 1 where all got the same, 1/n where one got everything.
  static std::optional<double> jain_of(const AtLock& lock) {
    double sum = 0, squares = 0;
    for (const auto& [slot, count] : lock.grants_of) {
      const auto grants = static_cast<double>(count);
      sum += grants;
      squares += grants * grants;
    }
    if (lock.grants == 0) return std::nullopt;
    // Rounding could make it a hair more than all alike.
    return std::min(1.0, sum * sum / (static_cast<double>(lock.grants_of.size()) * squares));
  }

  const History& history_;
  const SeenSample& seen_;
  FaultWindows windows_;
  std::vector<AtWork> workers_;
  std::vector<AtLock> locks_;
  bool open_arrivals_ = false;
  Measures out_;
};

}  // namespace

Measures measure(const History& history, std::int64_t aftermath_ns, const SeenSample& seen) {
  return Sweep(history, aftermath_ns, seen).run();
}

}  // namespace holdfast::harness
