#include "harness/sim/ledger.h"

#include <holdfast/error.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

std::string millis(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", static_cast<double>(duration.count()) / 1e6);
  return text;
}

bool is_unknown(std::error_code error) { return error == Errc::outcome_unknown; }

}  // namespace

std::string name_of(const Process& process) {
  std::string name = "p" + std::to_string(process.index + 1);
  for (std::uint32_t i = 0; i < process.lives; ++i) name += '\'';
  return name;
}

void Counts::add(const Counts& other) {
  schedules += other.schedules;
  steps += other.steps;
  acquires += other.acquires;
  grants += other.grants;
  handoffs += other.handoffs;
  taken += other.taken;
  crashes += other.crashes;
  mishaps += other.mishaps;
  incidents += other.incidents;
  too_long += other.too_long;
}

void Ledger::reset(World& world, const Kind& kind) {
  world_ = &world;
  kind_ = &kind;
  workers_.assign(world.setting().processes.size(), {});
  grants_.clear();
  standing_ = {};
  mistake_.reset();
  counts_ = {};
  highest_ = 0;
  last_holder_ = 0;
  quiet_since_ = {};
  disturbed_ = {};
  errors_injected_ = !world.setting().mount.hard;
  state_forgotten_ = false;
}

void Ledger::find_mistake(const char* checker, std::string sentence, std::string cause) {
  if (mistake_) return;
  Mistake mistake{checker, std::move(sentence), std::move(cause), world_->now()};
  if (out_of_contract()) mistake.cause = "out_of_contract";
  if (state_forgotten_) mistake.cause = "server_lost_state";
  const bool wanted =
      only_.empty() || only_ == mistake.checker || only_ == mistake.checker + "/" + mistake.cause;
  if (!wanted) return;
  mistake_ = std::move(mistake);
  if (!goes_on_) world_->stop();
}

/// Whether clocks were further apart than the lock's contract allows.
bool Ledger::out_of_contract() const {
  const Setting& setting = world_->setting();
  std::int64_t slowest = INT64_MAX, fastest = INT64_MIN;
  Duration behind = Duration::max(), ahead = Duration::min(), stepped{};
  for (const HostSetting& host : setting.hosts) {
    slowest = std::min(slowest, host.clock.rate_ppm);
    fastest = std::max(fastest, host.clock.rate_ppm);
    behind = std::min(behind, host.clock.wall_offset);
    ahead = std::max(ahead, host.clock.wall_offset);
  }
  if (!kind_->wall_clocks) {
    return static_cast<double>(fastest - slowest) / 1e6 > setting.options.drift;
  }
  for (const Incident& incident : setting.incidents) {
    if (incident.kind == Incident::Kind::clock_step) stepped += Duration(std::abs(incident.amount));
  }
  return ahead - behind + stepped > setting.options.slop;
}

/// How another's hold came to be no obstacle.
std::string Ledger::fate_of(std::uint64_t id) {
  const Grant* const grant = find(id);
  return grant == nullptr || grant->how.empty() ? std::string() : "; " + grant->how;
}

std::string Ledger::cause_of(std::uint64_t id) {
  const Grant* const grant = find(id);
  return grant == nullptr ? std::string() : grant->cause;
}

bool Ledger::entitled(std::size_t process) const {
  const Worker& worker = workers_[process];
  return worker.stage == Stage::holding && world_->process(process).alive &&
         worker.lock->remaining() > Duration::zero();
}

char Ledger::lane(std::size_t process) const {
  if (!world_->process(process).alive) return 'x';
  switch (workers_[process].stage) {
    case Stage::idle: return '.';
    case Stage::acquiring: return 'w';
    case Stage::holding: return entitled(process) ? 'H' : 'h';
    case Stage::releasing: return 'r';
  }
  return '?';
}

Ledger::Grant* Ledger::find(std::uint64_t id) {
  for (auto grant = grants_.rbegin(); grant != grants_.rend(); ++grant) {
    if (grant->id == id) return &*grant;
  }
  return nullptr;
}

bool Ledger::owns(const Process& process) const {
  return standing_.held && !grants_.empty() && !grants_.back().ended &&
         grants_.back().process == process.index && grants_.back().life == process.lives;
}

void Ledger::acquires(const Process& process, Duration patience) {
  Worker& worker = workers_[process.index];
  worker = {.stage = Stage::acquiring,
            .owes = worker.owes,
            .since = world_->now(),
            .patience = patience,
            .life = process.lives};
  ++counts_.acquires;
  progress(world_->now());
}

void Ledger::granted(const Process& process, const Contender& lock) {
  Worker& worker = workers_[process.index];
  ++counts_.grants;
  if (counts_.grants > 1 && last_holder_ != process.index) ++counts_.handoffs;
  last_holder_ = process.index;
  progress(world_->now());
  check_patience(process);
  const bool is_entitled = lock.remaining() > Duration::zero();
  for (std::size_t other = 0; is_entitled && other < workers_.size(); ++other) {
    if (other == process.index || !entitled(other)) continue;
    find_mistake("mutual_exclusion",
                 name_of(process) + " was granted the lock while " +
                     name_of(world_->process(other)) + " held it, with a lease of another " +
                     millis(workers_[other].lock->remaining()) + fate_of(workers_[other].grant),
                 cause_of(workers_[other].grant));
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
  if (!is_unknown(error) && error != Errc::timed_out) check_explained(process, error, "acquire");
}

void Ledger::refreshed(const Process& process, const Contender& lock, std::error_code error) {
  Worker& worker = workers_[process.index];
  const Duration lease_end = std::exchange(worker.lease_end, {});
  if (!error) {
    const bool gone = kind_->wall_clocks && !standing_.held;
    if (!gone && !owns(process) && lock.remaining() > Duration::zero()) {
      find_mistake("false_hold", name_of(process) +
                                     "'s lease was renewed, it is told, and by its state on the "
                                     "server it does not hold the lock");
    }
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
  if (left <= Duration::zero()) return;
  find_mistake("spurious_loss",
               name_of(process) + " was told that it had lost the lock, with a lease of another " +
                   millis(left) + (grant == nullptr ? "" : fate_of(grant->id)),
               grant == nullptr ? "" : grant->cause);
}

void Ledger::refreshes(const Process& process) { note_lease(process); }

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
  progress(world_->now());
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
  if (explains(process, error)) return;
  find_mistake("api_contract", name_of(process) + "'s " + call + " failed with '" +
                                   error.message() + "', for which there is no reason");
}

void Ledger::applied(const Request& request, const Process& by) {
  const Standing now = kind_->standing(world_->server());
  if (now == standing_) return;
  const Standing before = standing_;
  standing_ = now;
  if (before.held) end_grant(request, by);
  if (now.held) begin_grant(request, by);
}

void Ledger::end_grant(const Request& request, const Process& by) {
  if (grants_.empty() || grants_.back().ended) return;
  Grant& grant = grants_.back();
  grant.ended = true;
  grant.by_another = grant.process != by.index || grant.life != request.life;
  if (grant.by_another) {
    ++counts_.taken;
    grant.how =
        name_of(by) + " had ended it, while " +
        (workers_[by.index].stage == Stage::releasing ? "giving the lock back" : "taking the lock");
  }
  if (kind_->wall_clocks) {
    const Worker& ender = workers_[by.index];
    if (grant.by_another) {
      grant.cause = ender.stage == Stage::releasing ? "stolen_release"
                    : ender.judged == grant.id      ? "premature_break"
                                                    : "double_break";
    }
    return;
  }
  const Process& holder = world_->process(grant.process);
  const Worker& worker = workers_[grant.process];
  const bool same = holder.lives == grant.life && worker.grant == grant.id;
  if (!same || !entitled(grant.process)) return;
  find_mistake("spurious_loss", "a request of " + name_of(by) + " ended the hold of " +
                                    name_of(holder) + ", whose lease lasts another " +
                                    millis(worker.lock->remaining()));
}

void Ledger::begin_grant(const Request& request, const Process& by) {
  // What was moved aside and is put back is the hold that it was, whoever does that.
  if (const Grant* const known = find(standing_.grant)) {
    Grant again{known->id, known->process, known->life};
    grants_.push_back(std::move(again));
    return;
  }
  grants_.push_back({standing_.grant, by.index, request.life});
  const Worker& worker = workers_[by.index];
  // Whoever has ended in order has heard of the failure, too.
  const bool same_life = !worker.crashed && by.lives == request.life && worker.life == request.life;
  if (!same_life || worker.owes || worker.stage != Stage::idle) return;
  find_mistake("ghost_hold", "the lock came to be held in the name of " + name_of(by) +
                                 ", whose acquire had reported failure");
}

void Ledger::answered(const Process& process, const Operation& operation, const Fate& fate,
                      int error) {
  if (operation.call == Call::status && error == 0 && operation.path == kLock) {
    workers_[process.index].judged = operation.status->inode;
  }
  if (fate.mishap != Mishap::none) {
    ++counts_.mishaps;
    if (!mistake_) disturbed_ += fate.delay;
    progress(world_->now() + fate.delay);
    errors_injected_ =
        errors_injected_ || (fate.mishap >= Mishap::failed && fate.mishap <= Mishap::refused);
  }
  check_progress();
}

void Ledger::check_progress() {
  const Duration seen = enough(world_->setting().options) + disturbed_;
  if (mistake_ && world_->now() > mistake_->at + seen) world_->stop();
  if (world_->now() - quiet_since_ <= enough(world_->setting().options)) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = workers_[i];
    if (worker.stage != Stage::acquiring || !world_->process(i).alive) continue;
    find_mistake("wedge", name_of(world_->process(i)) + " waits since " +
                              millis(world_->now() - worker.since) + ", and nobody gets the lock");
  }
}

void Ledger::crashed(const Process& process) {
  Worker& worker = workers_[process.index];
  worker.stage = Stage::idle;
  worker.lock = nullptr;
  worker.owes = false;
  worker.crashed = true;
  ++counts_.crashes;
  progress(world_->now());
}

void Ledger::happened(const Incident& incident) {
  ++counts_.incidents;
  if (!mistake_) disturbed_ += incident.length;
  progress(world_->now() + incident.length);
  if (incident.kind != Incident::Kind::server_crash || incident.amount == 0) return;
  state_forgotten_ = true;
  standing_ = kind_->standing(world_->server());
}

}  // namespace holdfast::harness::sim
