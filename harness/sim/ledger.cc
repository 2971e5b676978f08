#include "harness/sim/ledger.h"

#include <holdfast/error.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
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

std::string words_of(const Mistake& mistake) {
  std::string why = mistake.cause;
  if (mistake.out_of_contract) why += why.empty() ? "out_of_contract" : ", out_of_contract";
  return why.empty() ? mistake.checker : mistake.checker + " (" + why + ")";
}

const std::vector<std::string>& causes() {
  static const std::vector<std::string> kCauses = {"stolen_release", "double_break",
                                                   "premature_break", "refresh_against_break",
                                                   "server_lost_state"};
  return kCauses;
}

bool Sought::is(const Mistake& mistake) const {
  return (checker.empty() || checker == mistake.checker) &&
         (cause.empty() || cause == mistake.cause) && (!out_of_contract || mistake.out_of_contract);
}

Sought like(const Mistake& mistake) {
  return {mistake.checker, mistake.cause, mistake.out_of_contract};
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
  longest_wait = std::max(longest_wait, other.longest_wait);
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
  for (const ProcessSetting& process : setting.processes) {
    for (const Round& round : process.rounds) fenced_ = fenced_ || round.writes;
  }
  most_wait_ = most_wait(setting, kind).all();
  changes_ = 0;
  standing_ = {};
  mistake_.reset();
  counts_ = {};
  highest_ = 0;
  last_holder_ = 0;
  quiet_since_ = still_at_ = {};
  still_since_ = 0;
  disturbed_ = {};
  errors_injected_ = !setting.mount.hard;
  state_forgotten_ = false;
}

void Ledger::find_mistake(const char* checker, std::string sentence, std::string cause) {
  if (mistake_) return;
  Mistake mistake{checker, std::move(sentence), std::move(cause), world_->now(), out_of_contract()};
  if (state_forgotten_) mistake.cause = "server_lost_state";
  if (!sought_.is(mistake)) return;
  mistake_ = std::move(mistake);
  if (!goes_on_) world_->stop();
}

/// Whether clocks were further apart than the lock's contract allows.
bool Ledger::out_of_contract() const {
  const Setting& setting = world_->setting();
  if (kind_->wall_clocks) return wall_clocks_apart(setting) > setting.options.slop;
  std::int64_t slowest = INT64_MAX, fastest = INT64_MIN;
  for (const HostSetting& host : setting.hosts) {
    slowest = std::min(slowest, host.clock.rate_ppm);
    fastest = std::max(fastest, host.clock.rate_ppm);
  }
  return static_cast<double>(fastest - slowest) / 1e6 > setting.options.drift;
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

const std::vector<Lane>& lanes() {
  static const std::vector<Lane> kLanes = {
      {'.', "outside", "outside"},   {'w', "waits", "waits"},
      {'H', "holds", "holds"},       {'h', "holds without a lease", "holds_without_lease"},
      {'r', "releases", "releases"}, {'b', "breaks by force", "breaks"},
      {'x', "ended", "ended"}};
  return kLanes;
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

std::size_t Ledger::stranger() const {
  if (grants_.empty()) return 0;
  const HostState* const host = world_->process(grants_.back().process).host;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (world_->process(i).host != host) return i;
  }
  return 0;
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
  if (world_->delivers()) return {};  // what it was sent for is not known any more
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
    progress(world_->now());
    errors_injected_ =
        errors_injected_ || (fate.mishap >= Mishap::failed && fate.mishap <= Mishap::refused);
  }
  check_progress();
}

/// Who waits for the longest time in which nobody was granted the lock or renewed it and nothing
/// went wrong, and for how long.
std::pair<std::size_t, Duration> Ledger::longest_wait() {
  quiet_since_ = std::max(quiet_since_, std::min(world_->now(), world_->disturbed_until()));
  std::pair<std::size_t, Duration> longest{0, Duration::zero()};
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = workers_[i];
    if (worker.stage != Stage::acquiring || !world_->process(i).alive) continue;
    const Duration waits = world_->now() - std::max(quiet_since_, worker.since);
    if (waits > longest.second) longest = {i, waits};
  }
  return longest;
}

/// Where nobody sleeps no time passes, so that no bound on it is ever reached.
void Ledger::check_livelock() {
  const Duration now = world_->now();
  if (now != still_at_) {
    still_at_ = now;
    still_since_ = world_->steps();
  }
  if (world_->steps() - still_since_ < kMostStill) return;
  still_since_ = world_->steps();
  if (world_->disturbed_until() > now) return;
  const Process* waits = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Process& process = world_->process(i);
    if (!process.alive) continue;
    if (std::max(process.ready_at, process.host->stands_until) > now) return;
    if (workers_[i].stage == Stage::acquiring) waits = &process;
  }
  if (waits == nullptr) return;
  find_mistake("wedge", "a livelock: " + name_of(*waits) + " waits, and in " +
                            std::to_string(kMostStill) +
                            " steps nobody slept, nothing went wrong, and nobody got or renewed "
                            "the lock");
}

void Ledger::check_progress() {
  check_livelock();
  const Duration seen = enough(world_->setting().options) + disturbed_;
  if (mistake_ && world_->now() > mistake_->at + seen) world_->stop();
  if (world_->now() - quiet_since_ <= most_wait_) return;
  const auto [who, waits] = longest_wait();
  if (waits <= most_wait_) return;
  find_mistake("wedge",
               name_of(world_->process(who)) + " has waited for " + millis(waits) +
                   " in which nothing went wrong and nobody got or renewed the lock, and " +
                   millis(most_wait_) + " are enough");
}

/// Who holds the lock may be meant to do so for ever; who wants it or gives it back is not.
void Ledger::stands_still() {
  for (const bool acquires : {true, false}) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const Stage stage = workers_[i].stage;
      const bool waits = acquires ? stage == Stage::acquiring
                                  : stage == Stage::releasing || stage == Stage::breaking;
      if (!waits || !world_->process(i).alive) continue;
      const char* const what = acquires ? " waits for the lock" : " does not get rid of the lock";
      find_mistake("wedge", name_of(world_->process(i)) + what +
                                ", and nobody who is left will ever do anything again");
      return;
    }
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

void Ledger::happened(const Incident& incident, std::size_t forgotten) {
  ++counts_.incidents;
  if (!mistake_) disturbed_ += incident.length;
  if (incident.kind == Incident::Kind::host_crash) {
    std::erase_if(orphans_,
                  [&](const Orphan& orphan) { return orphan.host->index == incident.host; });
  }
  progress(world_->now());
  if (forgotten == 0) return;
  state_forgotten_ = true;
  fence_.forget();
  standing_ = kind_->standing(world_->server());
}

}  // namespace holdfast::harness::sim
