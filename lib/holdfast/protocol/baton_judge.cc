#include <holdfast/protocol/baton_judge.h>

#include <algorithm>
#include <cmath>

namespace holdfast {
namespace {

/// A file system cuts its stamps, to two seconds at the most (FAT): a state can be younger by that
/// than two of them say.
constexpr Duration kCoarsestStamps = std::chrono::seconds(2);

}  // namespace

Duration observation_needed(Duration lifetime, const Options& options) {
  const double apart = std::ceil(static_cast<double>(lifetime.count()) * options.drift);
  return lifetime + Duration(static_cast<Duration::rep>(apart)) + options.margin;
}

BatonJudge::BatonJudge(const Options& options, Register& baton)
    : options_(options), baton_(baton) {}

bool BatonJudge::see(const Seen& seen, const BatonState& state) {
  if (name_ == seen.value) return false;
  name_ = seen.value;
  state_ = state;
  since_ = seen.returned;
  next_age_ = seen.returned;
  return true;
}

Ruling BatonJudge::rule(bool prove) {
  if (prove && is_dead()) return Ruling::dead;
  if (left() == Duration::zero()) return Ruling::run_out;
  if (options_.server_clock && is_old_by_server()) return Ruling::run_out;
  return Ruling::wait;
}

Duration BatonJudge::left() const {
  const Duration seen = os::least_elapsed(since_, baton_.system().clock->now());
  return std::max(Duration::zero(), observation_needed(state_.lifetime, options_) - seen);
}

std::optional<os::Process> BatonJudge::provable() const {
  if (!options_.proof_of_death || state_.machine == 0) return std::nullopt;
  const os::Process self = baton_.system().host->self();
  if (state_.machine != self.machine) return std::nullopt;
  // A long host name is cut in the state: what can be compared is what would be written.
  if (state_.host != encode_host(self.host, state_.host.size())) return std::nullopt;
  os::Process holder = process_of(state_);
  holder.host = self.host;
  return holder;
}

bool BatonJudge::is_dead() {
  const std::optional<os::Process> holder = provable();
  return holder && baton_.system().host->life(*holder) == os::Life::proved_dead;
}

/// By the file system's own stamps, where the administrator vouches for them. Asked again only when
/// the age can have become enough.
bool BatonJudge::is_old_by_server() {
  const os::Stamp now = baton_.system().clock->now();
  if (now.raw < next_age_.raw) return false;
  const Duration needed = observation_needed(state_.lifetime, options_) + kCoarsestStamps;
  const std::optional<Duration> age = age_by_server();
  if (age && *age >= needed) return true;
  const Duration again = age ? needed - *age : options_.max_poll;
  next_age_.raw = now.raw + std::clamp(again, options_.max_poll, needed);
  return false;
}

/// The stamp of exactly the name that was listed: all states share one inode, and what a cache
/// knows of it may be the stamp of the state before. A younger state that gets in between makes the
/// answer younger, which is safe; so does taking the server's present first.
std::optional<Duration> BatonJudge::age_by_server() {
  os::FileStatus state;
  const std::optional<os::ServerTime> present = baton_.server_time();
  if (!present) return std::nullopt;
  const std::string path = baton_.path() + '/' + name_;
  if (baton_.system().files->status(path, os::Revalidate::forced, state)) return std::nullopt;
  return *present - state.changed;
}

}  // namespace holdfast
