// What processes are told of their lock, held against what the server shows.
#include <holdfast/error.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "harness/sim/ledger.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

constexpr Duration kKeeperSlack = std::chrono::milliseconds(1);  // of timers that round up

bool is_unknown(std::error_code error) { return error == Errc::outcome_unknown; }

}  // namespace

void Ledger::acquires(const Process& process, Duration patience) {
  Worker& worker = workers_[process.index];
  worker = {.stage = Stage::acquiring,
            .owes = worker.owes,
            .since = world_->now(),
            .patience = patience,
            .life = process.lives};
  ++counts_.acquires;
}

void Ledger::granted(const Process& process, const Contender& lock) {
  Worker& worker = workers_[process.index];
  ++counts_.grants;
  if (counts_.grants > 1 && last_holder_ != process.index) ++counts_.handoffs;
  last_holder_ = process.index;
  const std::chrono::duration<double> waited = longest_wait().second;
  counts_.longest_wait = std::max(counts_.longest_wait, waited / most_wait_);
  progress(world_->now());
  check_patience(process);
  if (kind_->tokens && is_broken(lock.token())) {  // before it was told of it
    worker.stage = Stage::holding;
    worker.lock = &lock;
    worker.grant = lock.token();
    return;
  }
  const bool is_entitled = lock.remaining() > Duration::zero();
  for (std::size_t other = 0; is_entitled && other < workers_.size(); ++other) {
    if (other == process.index || !entitled(other)) continue;
    find_mistake("mutual_exclusion",
                 name_of(process) + " was granted the lock while " +
                     name_of(world_->process(other)) + " held it, with a lease of another " +
                     millis(workers_[other].lock->remaining()) + fate_of(workers_[other].grant),
                 cause_of(workers_[other].grant));
  }
  for (const Orphan& orphan : orphans_) {
    if (!is_entitled || !entitled(orphan)) continue;
    find_mistake("mutual_exclusion",
                 name_of(process) + " was granted the lock while the parent of " +
                     name_of(world_->process(orphan.process)) + " held it" + fate_of(orphan.grant));
  }
  if (lock.token() < worker.least) {
    find_mistake("api_contract", name_of(process) + " was granted token " +
                                     std::to_string(lock.token()) + ", and wanted at least " +
                                     std::to_string(worker.least));
  }
  if (kind_->tokens && lock.token() <= highest_) {
    find_mistake("token_regression", name_of(process) + " was granted token " +
                                         std::to_string(lock.token()) + " after " +
                                         std::to_string(highest_));
  }
  highest_ = std::max(highest_, lock.token());
  const bool told_truth = kind_->wall_clocks ? owns(process) || !standing_.held
                                             : owns(process) && standing_.grant == lock.token();
  if (!told_truth && is_entitled) {
    find_mistake("false_hold", name_of(process) +
                                   " was told that it holds the lock, and by its state on the "
                                   "server it does not");
  }
  worker.stage = Stage::holding;
  worker.owes = false;
  worker.lock = &lock;
  worker.grant = owns(process) ? standing_.grant : 0;
}

/// Time in which something went wrong is no fault of the lock.
void Ledger::check_patience(const Process& process) {
  const Worker& worker = workers_[process.index];
  if (worker.patience == Round::kForEver) return;
  if (world_->now() - worker.since <= worker.patience + kPatienceSlack + disturbed_) return;
  find_mistake("api_contract", name_of(process) + "'s acquire took " +
                                   millis(world_->now() - worker.since) + " with a patience of " +
                                   millis(worker.patience));
}

void Ledger::not_granted(const Process& process, std::error_code error) {
  Worker& worker = workers_[process.index];
  worker.stage = Stage::idle;
  // Whoever knows that a release has not worked knows that the lock may still be held.
  const bool owed = worker.owes;
  worker.owes = owed || is_unknown(error);
  if (!worker.owes && owns(process)) {
    find_mistake("ghost_hold", name_of(process) + "'s acquire failed (" + error.message() +
                                   "), yet the lock is held in its name");
  }
  check_patience(process);
  const bool stopped = worker.stopped_at != Round::kForEver;
  if (stopped && world_->now() - worker.stopped_at > kPatienceSlack + disturbed_) {
    find_mistake("api_contract", name_of(process) + "'s acquire went on for " +
                                     millis(world_->now() - worker.stopped_at) +
                                     " after it was told to stop");
  }
  if (stopped && error == Errc::cancelled) return;
  if (!is_unknown(error) && error != Errc::timed_out) check_explained(process, error, "acquire");
}

void Ledger::refreshed(const Process& process, const Contender& lock, std::error_code error) {
  Worker& worker = workers_[process.index];
  const Duration lease_end = std::exchange(worker.lease_end, {});
  if (!error) {
    const bool gone = kind_->wall_clocks && !standing_.held;
    const bool excused = gone || is_broken(worker.grant);
    if (!excused && !owns(process) && lock.remaining() > Duration::zero()) {
      find_mistake("false_hold", name_of(process) +
                                     "'s lease was renewed, it is told, and by its state on the "
                                     "server it does not hold the lock");
    }
    progress(world_->now());
    return;
  }
  if (error != Errc::lost) {
    if (!is_unknown(error)) check_explained(process, error, "refresh");
    return;
  }
  const Grant* const grant = find(worker.grant);
  if (grant != nullptr && !grant->by_another) {
    find_mistake("api_contract",
                 name_of(process) + "'s refresh reported the lock as lost, which nobody has taken");
  }
  check_loss(process, grant, lease_end);
  worker.stage = Stage::idle;
  worker.lock = nullptr;
}

/// A holder is told that the lock is lost, and its lease still lasts.
void Ledger::check_loss(const Process& process, const Grant* grant, Duration lease_end) {
  const Duration left = lease_end - world_->now();
  if (left <= Duration::zero() || (grant != nullptr && grant->broken)) return;
  find_mistake("spurious_loss",
               name_of(process) + " was told that it had lost the lock, with a lease of another " +
                   millis(left) + (grant == nullptr ? "" : fate_of(grant->id)),
               grant == nullptr ? "" : grant->cause);
}

void Ledger::refreshes(const Process& process, Duration lifetime) {
  note_lease(process);
  if (lifetime == Round::kForEver) return;
  Duration& end = workers_[process.index].lease_end;
  end = std::min(end, process.host->after(world_->now(), lifetime));
}

void Ledger::releases(const Process& process) {
  note_lease(process);
  workers_[process.index].stage = Stage::releasing;
}

/// As it is before the call, which may end it.
void Ledger::note_lease(const Process& process) {
  Worker& worker = workers_[process.index];
  worker.lease_end = {};
  if (worker.lock == nullptr) return;
  const Duration left = worker.lock->remaining();
  if (left > Duration::zero()) worker.lease_end = process.host->after(world_->now(), left);
}

void Ledger::released(const Process& process, std::error_code error) {
  Worker& worker = workers_[process.index];
  const Duration lease_end = std::exchange(worker.lease_end, {});
  worker.stage = Stage::idle;
  worker.lock = nullptr;
  worker.owes = error && error != Errc::lost && error != Errc::not_held;
  const Grant* const grant = find(worker.grant);
  if (grant != nullptr && !error && (!grant->ended || grant->by_another)) {
    find_mistake("api_contract",
                 name_of(process) + "'s release reported success, but " +
                     (grant->ended ? "another had taken the lock" : "it still holds the lock"));
  }
  if (grant != nullptr && error == Errc::lost && !grant->by_another) {
    find_mistake("api_contract", name_of(process) +
                                     "'s release reported the lock as lost, which nobody has "
                                     "taken");
  }
  if (error == Errc::lost) check_loss(process, grant, lease_end);
  if (error && !is_unknown(error) && error != Errc::lost && error != Errc::not_held) {
    check_explained(process, error, "release");
  }
}

void Ledger::threw(const Process& process, const std::string& what) {
  find_mistake("api_contract", name_of(process) + "'s lock threw an exception: " + what);
}

bool Ledger::explains(const Process& process, std::error_code error) const {
  if (error == Errc::already_held) return workers_[process.index].owes;
  const bool own = error.category() == category();
  return own ? state_forgotten_ && error == Errc::corrupt : errors_injected_;
}

/// Errors of the system come from the system; the lock's own verdicts on what it found there must
/// have a reason.
void Ledger::check_explained(const Process& process, std::error_code error, const char* call) {
  // What this host remembers to have looked up in vain is the system's answer for half a minute;
  // to go on in spite of it is what these are asked for.
  constexpr std::string_view kGoOn = "acquire refresh release raise publish read";
  const bool goes_on = kGoOn.find(call) != std::string_view::npos;
  const bool remembered = !goes_on && error.value() == ENOENT && world_->setting().mount.remembers;
  if (remembered || explains(process, error)) return;
  find_mistake("api_contract", name_of(process) + "'s " + call + " failed with '" +
                                   error.message() + "', for which there is no reason");
}

/// Who asks for less than what is left has no more than that, whatever becomes of the request.
void Ledger::wants_token(const Process& process, Token least) {
  workers_[process.index].least = least;
}

void Ledger::is_stopped(const Process& process) {
  Worker& worker = workers_[process.index];
  if (worker.stage == Stage::acquiring) worker.stopped_at = world_->now();
}

void Ledger::breaks(const Process& process, std::uint64_t shown) {
  workers_[process.index] = {
      .stage = Stage::breaking, .since = world_->now(), .life = process.lives};
  forced_.push_back({process.index, shown});
}

void Ledger::broke(const Process& process, std::error_code error) {
  Worker& worker = workers_[process.index];
  worker.stage = Stage::idle;
  worker.owes = error && error != Errc::not_held;
  if (!worker.owes && owns(process)) {
    find_mistake("ghost_hold",
                 name_of(process) + " has broken a lock, which is held in its name now");
  }
  const bool own = error == Errc::not_held || error == Errc::already_held || is_unknown(error) ||
                   error == Errc::timed_out;
  if (error && !own) check_explained(process, error, "break");
}

void Ledger::asks_state(const Process& process) { workers_[process.index].changes = changes_; }

/// What was so all the time while it looked, it must have seen.
void Ledger::told_state(const Process& process, State state, std::error_code error) {
  // A lock that is a file may be replaced, again and again, while it is looked at.
  if (kind_->wall_clocks && error.value() == ESTALE) return;
  if (error && !is_unknown(error) && error != Errc::timed_out) {
    return check_explained(process, error, "state");
  }
  if (error || kind_->wall_clocks || workers_[process.index].changes != changes_) return;
  const bool says_ours = state == State::ours || state == State::ours_expired;
  const bool is_others = standing_.held && !owns(process);
  const char* wrong = nullptr;
  if (state == State::unlocked && standing_.held) wrong = "unlocked, and it was held";
  if (says_ours && !owns(process)) wrong = "its own, and it was not";
  if (state == State::stale) {
    if (!is_others || grants_.empty()) {
      wrong = "a dead holder's, and it was not";
    } else {
      const Process& holder = world_->process(grants_.back().process);
      const bool lives = holder.alive && holder.lives == grants_.back().life;
      if (lives) wrong = "a dead holder's, who lives";
    }
  }
  if (wrong != nullptr) {
    find_mistake("api_contract", name_of(process) + " was told that the lock is " + wrong);
  }
}

void Ledger::child_answered(const Process& process, const char* call, std::error_code error) {
  if (error == Errc::not_held) return;
  find_mistake("api_contract", name_of(process) + ", a child, was told by " + call + ": " +
                                   (error ? error.message() : "done") +
                                   ", of a lock that is its parent's");
}

/// While a renewal is under way, the lock itself knows more than anybody may ask it.
void Ledger::keeper_lost(const Process& process, const KeeperLoss& loss) {
  const auto& [by_word, renewing, late, warned] = loss;
  const Worker& worker = workers_[process.index];
  const Grant* const grant = find(worker.grant);
  if (!renewing && entitled(process.index) && grant != nullptr && !grant->by_another) {
    find_mistake("api_contract",
                 name_of(process) + "'s keeper reported the lock as lost, which nobody has taken");
  }
  if (by_word || counts_.incidents > 0) return;
  if (late > kKeeperSlack || !warned) {
    find_mistake("api_contract", name_of(process) + "'s keeper told that the lease is over " +
                                     millis(late) + " too late" +
                                     (warned ? "" : ", and had not warned"));
  }
}

void Ledger::fence_answered(const Process& process, const char* call, std::error_code error,
                            Verdict verdict) {
  if (verdict) find_mistake(verdict->checker, name_of(process) + " " + verdict->words);
  if (!error || error == Errc::stale_token) return;
  if (!is_unknown(error)) return check_explained(process, error, call);
  // Who publishes while another does the same, under a higher token, may never learn the outcome.
  if (!nothing_went_wrong() || errors_injected_ || std::string_view(call) == "publish") return;
  find_mistake("api_contract",
               name_of(process) + "'s " + call + " has an unknown outcome, and nothing went wrong");
}

void Ledger::latecomer_comes() {
  // Requests of those who have gone may still be on their way: what they knew is not forgotten.
  for (Worker& worker : workers_) {
    worker = {.owes = worker.owes, .crashed = worker.crashed, .life = worker.life};
  }
  progress(std::max(world_->now(), world_->disturbed_until()));
}

void Ledger::latecomer_gave_up() {
  find_mistake("wedge",
               "nothing goes wrong any more, and somebody who comes then does not get the "
               "lock");
}

}  // namespace holdfast::harness::sim
