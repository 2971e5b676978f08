#include "harness/sim/branching.h"

#include <algorithm>
#include <utility>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// Whether a process has been told nothing yet.
bool is_fresh(const Process& process) {
  return process.lives == 0 && process.operations <= (process.about_to != nullptr ? 1U : 0U);
}

bool same_task(const ProcessSetting& a, const ProcessSetting& b) {
  const auto same = [](const Round& one, const Round& other) {
    return one.before == other.before && one.patience == other.patience && one.hold == other.hold &&
           one.refreshes == other.refreshes;
  };
  return a.restart_after == b.restart_after && a.same_pid == b.same_pid &&
         std::equal(a.rounds.begin(), a.rounds.end(), b.rounds.begin(), b.rounds.end(), same);
}

}  // namespace

bool KnownStates::insert(std::uint64_t digest) {
  Part& part = parts_[digest % parts_.size()];
  const std::lock_guard lock(part.mutex);
  const bool fresh = part.digests.insert(digest).second;
  if (fresh) ++size_;
  return fresh;
}

Branching::Branching(const Setting& setting, const Bounds& bounds, Stage& stage, KnownStates& known,
                     const Limits& limits)
    : setting_(setting),
      bounds_(bounds),
      stage_(stage),
      known_(known),
      merges_(limits.merges),
      reduces_(limits.reduces),
      step_(setting.clock_step),
      long_(long_delay(setting)) {
  // Where nobody compares stamps or remembers anything, a touch is nobody's business.
  quiet_touches_ = !find_kind(setting.contender)->wall_clocks && !setting.options.server_clock &&
                   !setting.mount.version_3 && !setting.mount.remembers;
}

void Branching::begin(Path path) {
  path_ = std::move(path);
  at_ = 0;
  cut_ = false;
  left_ = bounds_;
  others_.clear();
}

/// Which of so many ways this schedule goes here.
std::size_t Branching::decide(std::size_t ways) {
  if (ways < 2) return 0;
  if (at_ < path_.size()) return std::min<std::size_t>(path_[at_++], ways - 1);
  if (cut_) return 0;
  for (std::size_t way = ways; --way > 0;) {
    Path& other = others_.emplace_back();
    other.reserve(path_.size() + 1);
    other = path_;
    other.push_back(static_cast<std::uint8_t>(way));
  }
  path_.push_back(0);
  ++at_;
  return 0;
}

/// Cuts the schedule off if this situation is known.
void Branching::meet() {
  if (cut_ || at_ < path_.size()) return;
  Digest digest;
  stage_.world().add_to(digest);
  stage_.ledger().add_to(digest);
  digest.add(std::uint64_t{left_.crashes} << 48 | std::uint64_t{left_.replies} << 32 |
             std::uint64_t{left_.pauses} << 16 | left_.clock_steps);
  if (known_.insert(digest.value()) || !merges_) return;
  cut_ = true;
  stage_.world().stop();
}

/// Whether what it does next changes nothing for anybody else, and nothing that is checked.
bool Branching::unnoticed(Actor actor) const {
  if (actor >= kLate) return false;
  const Process& process = stage_.world().process(actor);
  if (process.killed || !process.alive) return false;
  if (process.operations == 0) return true;
  if (!reduces_ || !quiet_touches_ || left_.clock_steps > 0) return false;
  if (process.about_to == nullptr) {
    return lock_is_there() && stage_.ledger().waits_for_ever(actor);
  }
  const Call call = process.about_to->call;
  if (call == Call::touch || call == Call::file_system) return lock_is_there();
  return is_private(*process.about_to);
}

/// Below a directory that only its maker knows. Requests of its own may still move that, late.
bool Branching::is_private(const Operation& operation) const {
  const auto below = [](std::string_view path) {
    const std::size_t name = std::string_view(kLock).size();
    return path.size() > name && path[name] == '.' && path.find('/', name) != path.npos;
  };
  return stage_.world().late_requests() == 0 && below(operation.path) &&
         (operation.to.empty() || below(operation.to));
}

/// Once it is, it stays.
bool Branching::lock_is_there() const {
  const Server& server = stage_.world().server();
  return server.look_up(server.look_up(Server::kRoot, "share"), "lock") != 0;
}

/// Whether both have the same before them, and nothing behind.
bool Branching::alike(Actor actor, Actor other) const {
  if (actor >= kLate || other >= kLate) return false;
  const Process& a = stage_.world().process(actor);
  const Process& b = stage_.world().process(other);
  return reduces_ && is_fresh(a) && is_fresh(b) &&
         (a.about_to == nullptr) == (b.about_to == nullptr) && same_task(*a.setting, *b.setting);
}

std::size_t Branching::next(const Turn& turn) {
  ways_.clear();
  for (std::size_t i = 0; i < turn.able.size(); ++i) {
    const Actor actor = turn.able[i];
    if (unnoticed(actor)) return i;
    if (actor == kTime && left_.clock_steps == 0) continue;
    const auto before = turn.able.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](Actor other) { return alike(actor, other); })) {
      continue;
    }
    ways_.push_back(i);
  }
  meet();
  const std::size_t way = ways_[decide(ways_.size())];
  if (turn.able[way] == kTime) --left_.clock_steps;
  return way;
}

void Branching::add_fates(const Sending& sending) {
  const bool changes = changes_names(sending.call);
  // What befalls another operation befalls the next of these as well.
  if (!changes && sending.call != Call::list) return;
  if (left_.crashes > 0 && changes) {
    fates_.push_back({Mishap::crash_before, {}});
    fates_.push_back({Mishap::crash_late, {}});
    fates_.push_back({Mishap::crash_late, long_});
  }
  if (left_.replies > 0) {
    fates_.push_back({Mishap::late_reply, step_});
    fates_.push_back({Mishap::late_reply, long_});
  }
  if (left_.replies > 0 && changes) {
    fates_.push_back({Mishap::lost_reply, {}});
    fates_.push_back({Mishap::lost_reply, long_});
  }
  if (left_.replies > 0 && changes && !setting_.mount.hard) {
    fates_.push_back({Mishap::failed, {}});
    fates_.push_back({Mishap::failed_applied, {}});
    fates_.push_back({Mishap::failed_late, {}});
    fates_.push_back({Mishap::failed_late, long_});
  }
  if (left_.pauses > 0) fates_.push_back({Mishap::pause, long_});
}

Fate Branching::fate(const Sending& sending) {
  fates_.assign(1, {});
  if (!cut_) add_fates(sending);
  const Fate fate = fates_[decide(fates_.size())];
  if (fate.mishap == Mishap::none) return fate;
  --(fate.mishap >= Mishap::crash_before ? left_.crashes
     : fate.mishap == Mishap::pause      ? left_.pauses
                                         : left_.replies);
  return fate;
}

}  // namespace holdfast::harness::sim
