#include "harness/checker/assumptions.h"

#include <algorithm>
#include <map>

#include "harness/checker/evidence.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

constexpr const char* kAssumptions[] = {
    "events are in the order of their instants",
    "every event is of a known worker, host and lock",
    "every return has its call, of the same lock, and no call begins before the same worker's last "
    "one came back",
    "no two workers share a name",
    "no recorder dropped an event",
    "no worker goes on after it was killed, or had ended",
    "every worker was killed by a fault, ended in order, was cut off in a call, or had a program "
    "that "
    "ended, so that its last answer is that nobody knows",
};

/// What is known of one worker so far.
struct State {
  std::uint32_t call = kNone;  ///< the invocation that it is in
  bool ended = false;
  bool unknown = false;  ///< its last answer
  std::int64_t first_ns = 0;
  std::uint32_t newest = kNone;
};

class Assumptions {
 public:
  Assumptions(const History& history, const Terms& terms)
      : history_(history),
        terms_(terms),
        result_(result_of("assumptions", {std::begin(kAssumptions), std::end(kAssumptions)})),
        states_(history.workers.size()) {}

  CheckResult check(Stage stage) {
    check_workers();
    if (result_.outcome != Outcome::found) check_events();
    if (result_.outcome != Outcome::found && stage == Stage::over) check_ends();
    return std::move(result_);
  }

 private:
  void wrong(std::string sentence, std::int64_t at_ns = 0, std::uint32_t event = kNone) {
    Finding finding;
    finding.what = Class::harness_error;
    finding.from_ns = finding.to_ns = at_ns;
    finding.events = in_order({event});
    finding.sentence = std::move(sentence);
    add(result_, std::move(finding));
  }

  void check_workers() {
    std::map<std::string, int> names;
    for (const WorkerRecord& worker : history_.workers) {
      if (worker.host >= history_.hosts.size()) {
        wrong(worker.name + " is on host " + std::to_string(worker.host) + " of " +
              std::to_string(history_.hosts.size()) + ".");
      }
      if (++names[worker.name] == 2) wrong("Two workers are called " + worker.name + ".");
      if (worker.dropped > 0) {
        wrong("The recorder of " + worker.name + " had no room for " +
              count(worker.dropped, "event") + ": free space on the disk of the run's folder.");
      }
    }
    for (const Fault& fault : history_.faults) {
      if (fault.worker != kNobody && fault.worker >= history_.workers.size()) {
        wrong("Fault " + std::to_string(fault.id) + " hit a worker that there is not.");
      }
    }
  }

  void check_events() {
    std::int64_t newest_ns = history_.events.empty() ? 0 : history_.events.front().at_ns;
    for (std::uint32_t i = 0; i < history_.events.size(); ++i) {
      const Event& event = history_.events[i];
      if (event.worker >= history_.workers.size() || event.lock >= history_.locks.size() ||
          event.name >= std::max<std::size_t>(1, history_.names.size()) ||
          event.other >= std::max<std::size_t>(1, history_.names.size()) || event.op < Op::worker ||
          event.op > Op::leave || event.phase < Phase::invoke || event.phase > Phase::info) {
        return wrong("Event " + std::to_string(i) +
                         " is of a worker, lock, name or operation that there is not.",
                     0, i);
      }
      if (event.at_ns < newest_ns) {
        return wrong("Event " + std::to_string(i) + " comes before the one that it follows.",
                     event.at_ns, i);
      }
      newest_ns = event.at_ns;
      check_event(event, i);
      if (!has_room(result_)) return;
    }
  }

  void check_event(const Event& event, std::uint32_t i) {
    State& state = states_[event.worker];
    if (state.newest == kNone) state.first_ns = event.at_ns;
    const std::string& name = history_.workers[event.worker].name;
    if (event.op == Op::file) {
      // What a program has left running may outlive it.
      if (terms_.in_process) state.newest = i;
      if (event.began_ns > event.at_ns) {
        wrong("A file operation of " + name + " ended before it began.", event.at_ns, i);
      }
      return;
    }
    if (state.ended) wrong(name + " went on after it had ended.", event.at_ns, i);
    state.newest = i;
    if (event.op == Op::told) return;
    if (event.op == Op::worker) {
      if (event.phase == Phase::ok) state.ended = true;
      return;
    }
    check_call(event, i, state, name);
  }

  void check_call(const Event& event, std::uint32_t i, State& state, const std::string& name) {
    const bool is_call = event.phase == Phase::invoke;
    if (is_call && state.call != kNone) {
      wrong("A call of " + name + " began before its last one came back.", event.at_ns, i);
    } else if (!is_call && (state.call == kNone || history_.events[state.call].op != event.op ||
                            history_.events[state.call].lock != event.lock)) {
      wrong("A return of " + name + " has no call.", event.at_ns, i);
    }
    state.call = is_call ? i : kNone;
    if (event.op == Op::enter || event.op == Op::leave) return;  // nothing that the lock has said
    state.unknown = event.phase == Phase::info;
  }

  bool was_killed(std::uint32_t worker, std::int64_t& surely_over_ns) const {
    bool killed = false;
    for (const Fault& fault : history_.faults) {
      const std::int64_t over_ns = std::max(fault.start_ns, fault.end_ns);
      // A host's kill ends those who are there, not those who replace them.
      const bool with_host = fault.worker == kNobody && fault.worker_name.empty() &&
                             fault.host == history_.workers[worker].host &&
                             states_[worker].first_ns <= over_ns;
      if (!fault.effective || fault.kind != "kill" || (fault.worker != worker && !with_host)) {
        continue;
      }
      surely_over_ns = killed ? std::max(surely_over_ns, over_ns) : over_ns;
      killed = true;
    }
    return killed;
  }

  /// Every end needs its reason: an end without one may be a crash of the lock under test, or of
  /// the harness, and nothing that was to follow has been seen.
  void check_ends() {
    for (std::uint32_t worker = 0; worker < history_.workers.size(); ++worker) {
      const State& state = states_[worker];
      if (state.newest == kNone) continue;
      const std::string& name = history_.workers[worker].name;
      const std::int64_t newest_ns = history_.events[state.newest].at_ns;
      const bool in_a_call = state.call != kNone;
      std::int64_t over_ns = 0;
      if (state.ended) {
        if (in_a_call) wrong(name + " ended in order, in the middle of a call.", newest_ns);
      } else if (was_killed(worker, over_ns)) {
        if (newest_ns > over_ns) {
          wrong(name + " went on after it had been killed.", newest_ns, state.newest);
        }
      } else if (!in_a_call && (terms_.in_process || !state.unknown)) {
        wrong(name +
                  " ended without saying so, and no fault says why: it crashed, or somebody "
                  "else ended it. Its standard error is in the run's logs.",
              newest_ns, state.newest);
      }
    }
  }

  const History& history_;
  const Terms& terms_;
  CheckResult result_;
  std::vector<State> states_;
};

}  // namespace

std::vector<std::string> assumptions() {
  return {std::begin(kAssumptions), std::end(kAssumptions)};
}

CheckResult check_assumptions(const History& history, const Terms& terms, Stage stage) {
  return Assumptions(history, terms).check(stage);
}

}  // namespace holdfast::harness
