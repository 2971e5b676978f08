// An acquire or a refresh that reported success, although the lock's state says otherwise.
//
// Two witnesses: the recorded file operations, where another worker had removed the entry, or
// renamed the state, that the holder had made, before the holder's call came back (acquire) or was
// even sent (refresh); and the lock itself, asked inside an entitled hold while nobody else can
// have changed anything. Only grants that were entitled when they came back are looked at.
#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "harness/checker/checks.h"
#include "harness/checker/origins.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {
namespace {

Finding finding_of(const Evidence& evidence, const Hold& hold, std::uint32_t success,
                   std::uint32_t witness, const std::string& says) {
  const Event& event = evidence.history.events[success];
  Finding finding;
  finding.what = Class::false_hold;
  finding.lock = hold.lock;
  finding.from_ns = event.at_ns;
  finding.to_ns = hold.until_ns;
  finding.parties = {party_of(hold)};
  finding.events = in_order({hold.granted, success, witness});
  const std::int64_t sent_ns = evidence.holds.attempts[hold.attempt].sent_ns;
  finding.faults = faults_near(evidence, {sent_ns, hold.until_ns}, finding.parties);
  finding.sentence = std::string(event.op == Op::acquire ? "The acquire of " : "The refresh of ") +
                     who(evidence, hold.worker) + " of " + which(evidence, hold.lock) +
                     " came back at " + seconds(event.at_ns) + " as done, and yet " + says + ".";
  return finding;
}

/// Follows what each worker has made and whether somebody else took it away.
class Takings {
 public:
  Takings(const Evidence& evidence, const Trail& trail)
      : events_(evidence.history.events),
        trail_(trail),
        entries_(evidence.history.locks.size(), kNone),
        workers_(evidence.history.workers.size()),
        witness_(evidence.holds.holds.size(), {kNone, kNone}) {}

  /// By hold: the success that was false, and the file operation that shows it; kNone.
  std::vector<std::array<std::uint32_t, 2>> find() {
    std::uint32_t next_hold = 0;
    for (std::uint32_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i];
      Worker& worker = workers_[event.worker];
      switch (event.op) {
        case Op::file:
          if (event.phase == Phase::ok) file(event, i);
          break;
        case Op::acquire:
          if (event.phase == Phase::invoke) {
            worker = {};
          } else if (event.phase == Phase::ok) {
            worker.hold = next_hold++;
            success(worker, i, event.at_ns);
          }
          break;
        case Op::refresh:
          if (event.phase == Phase::invoke) worker.sent_ns = event.at_ns;
          if (event.phase == Phase::ok) success(worker, i, worker.sent_ns);
          break;
        default: break;
      }
    }
    return std::move(witness_);
  }

 private:
  struct Worker {
    std::uint32_t hold = kNone;
    std::uint32_t take = kNone;   ///< the newest thing that it made
    std::uint32_t taken = kNone;  ///< by this event somebody else removed it
    std::int64_t sent_ns = 0;
  };

  void file(const Event& event, std::uint32_t i) {
    const Deed deed = trail_.deed(event);
    if (deed == Deed::takes) {
      make(event, i);
      entries_[event.lock] = i;
    } else if (deed == Deed::removes) {
      const std::uint32_t entry = entries_[event.lock];
      entries_[event.lock] = kNone;
      // A file that was only moved aside may be put back; one whose inode is not known may be
      // another; and what overlaps in time may have been the other way round.
      if (entry == kNone || event.file == FileOp::rename) return;
      const Event& made = events_[entry];
      const bool same = event.value != 0 && event.value == made.value;
      if (same && event.began_ns > made.at_ns) taken_away(entry, event, i);
    } else if (trail_.is_transition(event)) {
      const auto holder = held_by_.find(event.name);
      if (holder != held_by_.end()) {
        const std::uint32_t take = holder->second;
        held_by_.erase(holder);
        taken_away(take, event, i);
      }
      if (trail_.is_held_state(event.other, event.lock)) {
        make(event, i);
        held_by_[event.other] = i;
      }
    }
  }

  void make(const Event& event, std::uint32_t i) {
    workers_[event.worker].take = i;
    workers_[event.worker].taken = kNone;
  }

  void taken_away(std::uint32_t take, const Event& event, std::uint32_t i) {
    Worker& worker = workers_[events_[take].worker];
    if (worker.take == take && event.worker != events_[take].worker) worker.taken = i;
  }

  /// A success that was reported; it is false if the thing was gone by `at_ns`.
  void success(const Worker& worker, std::uint32_t i, std::int64_t at_ns) {
    if (worker.hold == kNone || worker.taken == kNone || witness_[worker.hold][0] != kNone) return;
    if (events_[worker.taken].at_ns < at_ns) witness_[worker.hold] = {i, worker.taken};
  }

  const std::vector<Event>& events_;
  const Trail& trail_;
  std::vector<std::uint32_t> entries_;              ///< by lock: the event that made what is there
  std::map<std::uint32_t, std::uint32_t> held_by_;  ///< by state's name: the event that made it
  std::vector<Worker> workers_;
  std::vector<std::array<std::uint32_t, 2>> witness_;
};

/// Until when others may have done something to a lock: attempts and the holds that they led to.
class Others {
 public:
  Others(const Evidence& evidence, std::uint16_t lock) {
    for (const std::uint32_t index : evidence.holds.attempts_of[lock]) {
      const Attempt& attempt = evidence.holds.attempts[index];
      std::int64_t end_ns = attempt.back_ns;
      if (attempt.outcome == Phase::info || attempt.outcome == Phase::invoke) end_ns = kNever;
      if (attempt.hold != kNone) {
        end_ns = std::max(end_ns, evidence.holds.holds[attempt.hold].gone_ns);
      }
      sent_.push_back(attempt.sent_ns);
      latest_.push_back(latest_.empty() ? Two{} : latest_.back());
      latest_.back().add(attempt.worker, end_ns);
    }
  }

  /// Whether anybody but `worker` had asked for the lock and was not surely done with it.
  bool about(const Span& span, std::uint32_t worker) const {
    const auto after = std::upper_bound(sent_.begin(), sent_.end(), span.until_ns);
    if (after == sent_.begin()) return false;
    const Two& two = latest_[static_cast<std::size_t>(after - sent_.begin()) - 1];
    return (two.worker == worker ? two.second_ns : two.first_ns) >= span.from_ns;
  }

 private:
  /// The latest end, whose it is, and the latest of all the others.
  struct Two {
    std::uint32_t worker = kNobody;
    std::int64_t first_ns = std::numeric_limits<std::int64_t>::min();
    std::int64_t second_ns = std::numeric_limits<std::int64_t>::min();

    void add(std::uint32_t of, std::int64_t end_ns) {
      if (of == worker) {
        first_ns = std::max(first_ns, end_ns);
      } else if (end_ns > first_ns) {
        second_ns = first_ns;
        first_ns = end_ns;
        worker = of;
      } else {
        second_ns = std::max(second_ns, end_ns);
      }
    }
  };
  std::vector<std::int64_t> sent_;
  std::vector<Two> latest_;  ///< among the first attempts
};

/// Probes inside entitled holds that said something else than `mine`, nobody else being about.
void ask_the_lock(const Evidence& evidence, CheckResult& result) {
  const auto& events = evidence.history.events;
  std::vector<Others> others;
  for (std::uint16_t lock = 0; lock < evidence.history.locks.size(); ++lock) {
    others.emplace_back(evidence, lock);
  }
  struct Worker {
    std::uint32_t hold = kNone, success = kNone, probe = kNone;
    std::int64_t sent_ns = 0;  ///< when its acquire was sent
  };
  std::vector<Worker> workers(evidence.history.workers.size());
  std::uint32_t next_hold = 0;
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    Worker& worker = workers[event.worker];
    if (event.op == Op::acquire && event.phase == Phase::invoke) {
      worker = {kNone, kNone, kNone, event.at_ns};
    } else if (event.op == Op::acquire && event.phase == Phase::ok) {
      worker.hold = next_hold++;
    }
    if ((event.op == Op::acquire || event.op == Op::refresh) && event.phase == Phase::ok) {
      worker.success = i;
    }
    if (event.op != Op::probe || worker.hold == kNone) continue;
    if (event.phase == Phase::invoke) worker.probe = i;
    if (event.phase != Phase::ok || worker.probe == kNone) continue;
    const auto state = static_cast<ProbedState>(event.value);
    if (state != ProbedState::other && state != ProbedState::free) continue;
    const Hold& hold = evidence.holds.holds[worker.hold];
    const Span asked{events[worker.probe].at_ns, event.at_ns};
    if (event.lock != hold.lock || !evidence.holds.entitled_through(hold, asked)) continue;
    if (others[hold.lock].about({worker.sent_ns, event.at_ns}, event.worker)) continue;
    add(result, finding_of(evidence, hold, worker.success, i,
                           "asked at " + seconds(event.at_ns) + ", the lock said that " +
                               (state == ProbedState::free ? "nobody" : "somebody else") +
                               " held it, with nobody else about"));
    worker.hold = kNone;  // one finding for each hold
  }
}

}  // namespace

CheckResult check_false_hold(const Evidence& evidence, const Trail& trail,
                             const Contract& contract) {
  if (!tells_its_state(evidence)) return not_applicable("false_hold", kTellsNothing);
  CheckResult result = result_of(
      "false_hold",
      {"what the lock says counts only while nobody else can have changed it",
       "a removal counts only if it surely hit what the holder had made, and surely in time: file "
       "operations of hosts whose clocks are uncertain are no witness"});
  const Origins origins(evidence, trail);
  std::vector<std::array<std::uint32_t, 2>> witnesses;
  if (trail.in_order()) witnesses = Takings(evidence, trail).find();
  for (std::uint32_t i = 0; i < witnesses.size(); ++i) {
    const auto [success, witness] = witnesses[i];
    if (success == kNone) continue;
    const Hold& hold = evidence.holds.holds[i];
    const Event& removal = evidence.history.events[witness];
    if (evidence.holds.leases_of(hold).front().until_ns <= hold.from_ns) continue;
    const std::int64_t sent_ns = evidence.holds.attempts[hold.attempt].sent_ns;
    if (contract.breach({sent_ns, evidence.history.events[success].at_ns}).found) continue;
    Finding finding =
        finding_of(evidence, hold, success, witness,
                   who(evidence, removal.worker) + " had taken away what held the lock at " +
                       seconds(removal.at_ns));
    const bool named = trail.deed(removal) == Deed::removes;
    if (const Unheard* const request = named ? origins.of_release(witness) : nullptr) {
      finding.cause = Cause::lost_reply;
      finding.sentence += " Before that, " + words_of(*request) + ".";
    }
    add(result, std::move(finding));
  }
  ask_the_lock(evidence, result);
  return result;
}

}  // namespace holdfast::harness
