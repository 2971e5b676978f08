#include "harness/sim/branching.h"

#include <algorithm>
#include <utility>

#include "harness/sim/contender.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// Whether a process has been told nothing yet.
bool is_fresh(const Process& process) {
  return process.lives == 0 && process.operations <= (process.about_to != nullptr ? 1U : 0U);
}

bool is_beside_lock(std::string_view path) {
  const std::size_t name = std::string_view(kLock).size();
  return path.size() > name && path.starts_with(kLock) && path[name] == '.';
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && path.find('/', directory.size()) != path.npos;
}

}  // namespace

bool KnownStates::insert(std::uint64_t digest) {
  Part& part = parts_[digest % parts_.size()];
  const std::lock_guard lock(part.mutex);
  const bool fresh = part.digests.insert(digest).second;
  if (fresh) ++size_;
  return fresh;
}

std::uint64_t KnownStates::bytes() {
  std::uint64_t bytes = 0;
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    // 15 of them share 16 bytes that tell which are taken.
    bytes += part.digests.bucket_count() * (15 * sizeof(std::uint64_t) + 16) / 15;
  }
  return bytes;
}

Branching::Branching(const Setting& setting, const Bounds& bounds, Stage& stage, KnownStates& known,
                     KnownStates& gone, const Limits& limits)
    : setting_(setting),
      bounds_(bounds),
      stage_(stage),
      known_(known),
      gone_(gone),
      merges_(limits.merges),
      reduces_(limits.reduces),
      answers_again_(setting.server.remembered_requests == ServerSetting::kAllRequests),
      step_(setting.clock_step),
      long_(long_delay(setting)) {
  plain_ = !find_kind(setting.contender)->wall_clocks && !setting.options.server_clock &&
           !setting.mount.remembers_anything();
  numberings_ = numberings(setting);
  if (!reduces_ || !plain_) numberings_.resize(1);
  stage_.world().number_by(&numberings_);
}

void Branching::begin(Path path) {
  path_ = std::move(path);
  at_ = 0;
  cut_ = false;
  left_ = bounds_;
  doubt_ = {};
  transitions_ = 0;
  others_.clear();
}

/// Which of so many ways this schedule goes here.
std::size_t Branching::decide(std::size_t ways) {
  if (ways < 2) return 0;
  if (at_ < path_.size()) return std::min<std::size_t>(path_[at_++], ways - 1);
  if (cut_) return 0;
  leave(at_, ways);
  path_.push_back(0);
  ++at_;
  return 0;
}

/// The same, where the first way will do unless it turns out otherwise.
std::size_t Branching::decide_unless(std::size_t ways, Actor actor, bool of_reply) {
  if (ways < 2) return 0;
  if (at_ < path_.size()) return std::min<std::size_t>(path_[at_++], ways - 1);
  if (cut_) return 0;
  doubt_ = {at_, ways, actor, stage_.world().process(actor).noticed, of_reply};
  path_.push_back(0);
  ++at_;
  return 0;
}

/// The other ways of a decision, for later.
void Branching::leave(std::size_t at, std::size_t ways) {
  for (std::size_t way = ways; --way > 0;) {
    Path& other = others_.emplace_back();
    other.reserve(at + 1);
    other.assign(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(at));
    other.push_back(static_cast<std::uint8_t>(way));
  }
}

/// A step goes unnoticed if its process does not look at a clock after it. A late reply to such a
/// step comes to the same as one to the next such step.
bool Branching::mattered(const Doubt& doubt) const {
  const Process& process = stage_.world().process(doubt.actor);
  if (process.noticed != doubt.noticed) return true;
  if (!doubt.of_reply) return false;
  return !process.alive || process.about_to == nullptr || !is_private(process) ||
         !has_fates(process);
}

void Branching::settle_doubt() {
  if (doubt_.ways == 0) return;
  if (mattered(doubt_)) leave(doubt_.at, doubt_.ways);
  doubt_.ways = 0;
}

bool Branching::ends() {
  settle_doubt();
  if (cut_) return false;
  ending_ = ending_now();
  left_ = {};  // nothing of it can be used any more
  return gone_.insert(situation());
}

std::uint64_t Branching::ending_now() const {
  std::uint64_t least = ~std::uint64_t{0};
  for (const Numbering& numbering : numberings(setting_)) {
    Digest digest(numbering);
    stage_.world().server().add_to(digest, {.is_nobodys = [](std::size_t) { return true; }}, {});
    stage_.ledger().add_grants(digest);
    least = std::min(least, digest.value());
  }
  return least;
}

/// Cuts the schedule off if this situation is known.
void Branching::meet() {
  if (cut_ || at_ < path_.size()) return;
  ++transitions_;
  if (known_.insert(situation()) || !merges_) return;
  cut_ = true;
  stage_.world().stop();
}

std::uint64_t Branching::situation() const {
  std::uint64_t least = ~std::uint64_t{0};
  for (const Numbering& numbering : numberings_) {
    Digest digest(numbering);
    stage_.world().add_to(digest);
    stage_.ledger().add_to(digest);
    digest.add(std::uint64_t{left_.crashes} << 48 | std::uint64_t{left_.replies} << 32 |
               std::uint64_t{left_.pauses} << 16 | left_.clock_steps);
    least = std::min(least, digest.value());
  }
  return least;
}

/// Whether what it does next changes nothing for anybody else, and nothing that is checked.
bool Branching::unnoticed(Actor actor) const {
  if (!reduces_ || !plain_ || actor >= kLate) return false;
  const Process& process = stage_.world().process(actor);
  if (process.killed || !process.alive || process.operations == 0) return false;
  if (process.about_to == nullptr) {
    return left_.clock_steps == 0 && lock_is_there() && stage_.ledger().waits_for_ever(actor);
  }
  if (process.befallen) return false;
  if (left_.clock_steps > 0 && has_fates(process)) return false;
  return is_settled(*process.about_to) || is_private(process);
}

/// Whether its answer is the same, whenever it is asked.
bool Branching::is_settled(const Operation& operation) const {
  switch (operation.call) {
    case Call::touch:
    case Call::file_system: return lock_is_there();
    case Call::status: return operation.path == kLock && lock_is_there();
    case Call::list: return operation.path == kShare && !setting_.shows_makings && lock_is_there();
    default: return false;
  }
}

/// Beside the lock, or below such a directory, under names that its maker alone knows. Requests of
/// its own may still move that, late.
bool Branching::is_private(const Process& process) const {
  const auto own = [&](std::string_view path) {
    return is_beside_lock(path) && (!setting_.shows_makings || is_below(path, kLock));
  };
  const Operation& operation = *process.about_to;
  return stage_.world().late_requests(process.index) == 0 && own(operation.path) &&
         (operation.to.empty() || own(operation.to));
}

/// Whether somebody else can notice what it does. Times of files are noticed where stamps are
/// compared, or listings are judged by them.
bool Branching::is_change(Call call) const {
  return changes_names(call) || (!plain_ && changes_anything(call));
}

bool Branching::has_fates(const Process& process) const {
  const Call call = process.about_to->call;
  return (left_.replies > 0 || left_.pauses > 0) && (is_change(call) || call == Call::list);
}

/// Once it is, it stays.
bool Branching::lock_is_there() const {
  const Server& server = stage_.world().server();
  return server.look_up(server.look_up(Server::kRoot, "share"), kLockName) != 0;
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
  settle_doubt();
  ways_.clear();
  std::size_t alone = turn.able.size();
  for (std::size_t i = 0; i < turn.able.size(); ++i) {
    const Actor actor = turn.able[i];
    if (begins(actor)) return i;
    if (actor == kTime && left_.clock_steps == 0) continue;
    const auto before = turn.able.first(i);
    if (std::any_of(before.begin(), before.end(),
                    [&](Actor other) { return alike(actor, other); })) {
      continue;
    }
    if (alone == turn.able.size() && unnoticed(actor)) alone = i;
    ways_.push_back(i);
  }
  if (alone < turn.able.size()) {
    // Where time cannot pass, nobody notices what a process learns.
    if (left_.clock_steps == 0) return alone;
    std::swap(ways_.front(), *std::find(ways_.begin(), ways_.end(), alone));
  }
  meet();
  const bool first_alone = alone < turn.able.size();
  const std::size_t way = ways_[first_alone ? decide_unless(ways_.size(), turn.able[alone], false)
                                            : decide(ways_.size())];
  if (turn.able[way] == kTime) --left_.clock_steps;
  return way;
}

/// Whether it has yet to do its first step, which is to ask for its first turn.
bool Branching::begins(Actor actor) const {
  return actor < kLate && stage_.world().process(actor).alive &&
         !stage_.world().process(actor).killed && stage_.world().process(actor).operations == 0;
}

bool Branching::is_noticed(const Sending& sending) const {
  return !reduces_ || !plain_ || !is_private(stage_.world().process(sending.process));
}

void Branching::add_fates(const Sending& sending) {
  const bool changes = is_change(sending.call);
  // What befalls another operation befalls the next of these as well.
  if (!changes && sending.call != Call::list) return;
  // The end of a process in what nobody else notices is its end before its next change; and to be
  // sent again without delay, and not done again, makes no difference there.
  const bool noticed = is_noticed(sending);
  if (left_.crashes > 0 && changes && noticed) {
    fates_.push_back({Mishap::crash_before, {}});
    fates_.push_back({Mishap::crash_late, {}});
    fates_.push_back({Mishap::crash_late, long_});
  }
  if (left_.replies > 0) {
    fates_.push_back({Mishap::late_reply, step_});
    fates_.push_back({Mishap::late_reply, long_});
  }
  const bool again = !answers_again_;
  if (left_.replies > 0 && changes && (noticed || again)) {
    fates_.push_back({Mishap::lost_reply, {}});
    // Where the server knows what it has answered, that is a late reply.
    if (again) fates_.push_back({Mishap::lost_reply, long_});
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
  // Only replies can be late here, which those to the process's next step can be as well.
  const bool like_next = !cut_ && left_.clock_steps == 0 && left_.pauses == 0 &&
                         setting_.mount.hard && answers_again_ && !is_noticed(sending);
  const Fate fate =
      fates_[like_next ? decide_unless(fates_.size(), static_cast<Actor>(sending.process), true)
                       : decide(fates_.size())];
  if (fate.mishap == Mishap::none) return fate;
  --(fate.mishap >= Mishap::crash_before ? left_.crashes
     : fate.mishap == Mishap::pause      ? left_.pauses
                                         : left_.replies);
  return fate;
}

}  // namespace holdfast::harness::sim
