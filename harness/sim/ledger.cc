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

/// Who waits touches the lock every second or two; more than two is not taken for granted.
constexpr Duration kNoticed = std::chrono::seconds(5);

}  // namespace

std::string millis(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", static_cast<double>(duration.count()) / 1e6);
  return text;
}

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
  orphans_.clear();
  forced_.clear();
  fence_.reset();
  const Setting& setting = world.setting();
  fenced_ = false;
  longest_lease_ = setting.options.lifetime;
  for (const ProcessSetting& process : setting.processes) {
    for (const Round& round : process.rounds) {
      fenced_ = fenced_ || round.writes;
      longest_lease_ = std::max(longest_lease_, round.renewed_for);
    }
  }
  changes_ = 0;
  standing_ = {};
  mistake_.reset();
  counts_ = {};
  highest_ = 0;
  last_holder_ = 0;
  quiet_since_ = {};
  disturbed_ = {};
  errors_injected_ = !setting.mount.hard;
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
         worker.lock->remaining() > Duration::zero() && !is_broken(worker.grant);
}

bool Ledger::entitled(const Orphan& orphan) const {
  const os::Stamp now = orphan.host->stamp(world_->now());
  return os::most_elapsed(orphan.since, now) < orphan.left && !is_broken(orphan.grant);
}

bool Ledger::is_broken(std::uint64_t id) const {
  return !forced_.empty() && std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return grant.id == id && grant.broken;
  });
}

bool Ledger::nothing_went_wrong() const {
  return counts_.mishaps + counts_.incidents + counts_.crashes == 0;
}

char Ledger::lane(std::size_t process) const {
  if (!world_->process(process).alive) return 'x';
  switch (workers_[process].stage) {
    case Stage::idle: return '.';
    case Stage::acquiring: return 'w';
    case Stage::holding: return entitled(process) ? 'H' : 'h';
    case Stage::releasing: return 'r';
    case Stage::breaking: return 'b';
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

void Ledger::forked(const Process& process, bool parent_stays) {
  Worker& worker = workers_[process.index];
  if (parent_stays && entitled(process.index)) {
    orphans_.push_back({worker.grant, process.index, process.host,
                        process.host->stamp(world_->now()), worker.lock->remaining()});
  }
  worker = {};
  progress(world_->now());
}

void Ledger::applied(const Request& request, const Process& by) {
  if (fenced_) {
    if (const Verdict verdict = fence_.applied(world_->server())) {
      find_mistake(verdict->checker, "a request of " + name_of(by) + " " + verdict->words);
    }
  }
  const Standing now = kind_->standing(world_->server());
  if (now == standing_) return;
  ++changes_;
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
  grant.broken = std::any_of(forced_.begin(), forced_.end(), [&](const Forced& forced) {
    return forced.process == by.index && forced.grant == grant.id;
  });
  if (kind_->wall_clocks) {
    if (grant.by_another) grant.cause = cause_of_ending(grant, workers_[by.index]);
    return;
  }
  for (const Orphan& orphan : orphans_) {
    if (orphan.grant != grant.id || !entitled(orphan)) continue;
    find_mistake("spurious_loss", "a request of " + name_of(by) +
                                      " ended the hold of the parent of " +
                                      name_of(world_->process(orphan.process)));
  }
  const Process& holder = world_->process(grant.process);
  const Worker& worker = workers_[grant.process];
  const bool same = holder.lives == grant.life && worker.grant == grant.id;
  if (!same || !entitled(grant.process)) return;
  find_mistake("spurious_loss", "a request of " + name_of(by) + " ended the hold of " +
                                    name_of(holder) + ", whose lease lasts another " +
                                    millis(worker.lock->remaining()));
}

/// Of a lock that is a file: how a holder that was entitled came to lose it.
std::string Ledger::cause_of_ending(const Grant& grant, const Worker& ender) const {
  if (ender.stage == Stage::releasing) return "stolen_release";
  if (ender.judged != grant.id) return "double_break";
  return grant.renewed_at > ender.judged_at ? "refresh_against_break" : "premature_break";
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
    workers_[process.index].judged_at = world_->now();
  }
  if (operation.call == Call::set_modified && error == 0 && kind_->wall_clocks && owns(process) &&
      workers_[process.index].stage == Stage::holding) {
    grants_.back().renewed_at = world_->now();
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

/// How long it may take from when nothing goes wrong any more until somebody gets the lock: a
/// lease, and what a waiter waits for beside it.
Duration Ledger::may_wait() const {
  const Setting& setting = world_->setting();
  if (kind_->wall_clocks) return kWedgeAfter + 3 * (longest_lease_ + setting.options.slop);
  const Duration remembered = setting.mount.remembers ? setting.mount.lookup_age : Duration::zero();
  return 2 * longest_lease_ + setting.options.margin + kNoticed + remembered;
}

void Ledger::check_progress() {
  const Duration seen = enough(world_->setting().options) + disturbed_;
  if (mistake_ && world_->now() > mistake_->at + seen) world_->stop();
  if (world_->now() - quiet_since_ <= may_wait()) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (entitled(i)) return progress(world_->now());
  }
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
  if (incident.kind == Incident::Kind::host_crash) {
    std::erase_if(orphans_,
                  [&](const Orphan& orphan) { return orphan.host->index == incident.host; });
  }
  progress(world_->now() + incident.length);
  if (incident.kind != Incident::Kind::server_crash || incident.amount == 0) return;
  state_forgotten_ = true;
  fence_.forget();
  standing_ = kind_->standing(world_->server());
}

}  // namespace holdfast::harness::sim
