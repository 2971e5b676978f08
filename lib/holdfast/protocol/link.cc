#include <holdfast/protocol/link.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr std::size_t kMostName = 255;
constexpr std::size_t kMostDigits = 10 + 19;  // of a pid and of a random number

/// What is in a claim's name beside the host.
std::size_t without_host(const ClaimForm& form, const std::string& separator) {
  return form.base().size() + 3 * separator.size() + kMostDigits;
}

os::WallTime wall_time(os::ServerTime stamp) { return os::WallTime(stamp.time_since_epoch()); }

/// The directory that the lock is in, as it is watched.
std::string watched_directory(const ClaimForm& form) {
  const std::string& directory = form.directory();
  if (directory.size() <= 1) return directory.empty() ? "." : directory;
  return directory.substr(0, directory.size() - 1);
}

}  // namespace

std::unique_ptr<Protocol> make_link(std::string path, const Options& options, os::System system) {
  return std::make_unique<Link>(std::move(path), options, system);
}

Link::Link(std::string path, const Options& options, os::System system)
    : LeaseProtocol(watched_directory({path, options.separator}), options, system),
      path_(std::move(path)),
      form_(path_, options.separator),
      aside_(path_, system) {}

bool Link::owes_release() const {
  if (forked()) return false;
  return phase_ != Phase::none || claim_.made || (breaker_ && breaker_->owes_release());
}

/// While the outcome of a renewal is open, the lease ends at the earliest of what is possible.
Duration Link::lease_left(const os::Stamp& now) const {
  const auto left = [&](const Renewal& renewal) {
    return renewal.lifetime - os::most_elapsed(renewal.sent, now);
  };
  return open_ ? std::min(left(lease_), left(*open_)) : left(lease_);
}

State Link::state(std::error_code& error) {
  notice_fork();
  error.clear();
  failure_ = {};
  os::FileStatus status;
  error = look(path_, status);
  if (outcome_of(error) == Outcome::absent) {
    error.clear();
    failure_ = {};
    return State::unlocked;
  }
  if (error) return State::unknown;
  if (status.type == os::FileType::directory) error = Errc::wrong_protocol;
  if (status.type != os::FileType::regular) return State::unknown;
  std::string contents;
  const std::error_code unread = read(path_, contents);
  if (outcome_of(unread) == Outcome::absent) return State::unlocked;
  if (unread) {
    // What cannot be a claim, or may not be read, tells nothing; why not is in last_failure().
    if (is_passing(unread) && unread != std::errc::file_too_large) error = unread;
    return State::unknown;
  }
  const std::optional<Claim> claim = form_.parse_contents(contents);
  if (!claim) return State::unknown;
  identify();
  const bool own = phase_ != Phase::none && contents == claim_.path;
  return state_of(*claim, own, wall_time(status.modified) < system_.clock->wall());
}

/// A pid proves nothing without its machine: two containers can share a host name.
State Link::state_of(const Claim& claim, bool own, bool expired) const {
  if (own || (claim.host == host_ && made_by_process(claim, self_))) {
    return expired ? State::ours_expired : State::ours;
  }
  if (claim.host != host_) return State::unknown;
  if (is_dead(claim)) return State::stale;
  return expired ? State::theirs_expired : State::unknown;
}

std::optional<Holder> Link::holder(std::error_code& error) {
  notice_fork();
  os::FileStatus status;
  error = look(path_, status);
  if (!error) error = error_of_type(status.type);
  std::string contents;
  if (!error) error = read(path_, contents);
  if (outcome_of(error) == Outcome::absent) error.clear(), status.inode = 0;
  if (error || status.inode == 0) return std::nullopt;
  const std::optional<Claim> claim = form_.parse_contents(contents);
  if (!claim) {
    error = Errc::unsupported;
    return std::nullopt;
  }
  Holder holder;
  holder.host = claim->host;
  holder.pid = claim->pid;
  const Duration left = wall_time(status.modified) + options_.slop - system_.clock->wall();
  holder.at_most_left = std::max(Duration::zero(), left);
  return holder;
}

std::optional<os::WallTime> Link::expiration(std::error_code& error) {
  os::FileStatus status;
  error = look(path_, status);
  if (!error) error = error_of_type(status.type);
  if (outcome_of(error) == Outcome::absent) {
    error.clear();
    return std::nullopt;
  }
  if (error) return std::nullopt;
  return wall_time(status.modified);
}

std::string Link::claim_path() {
  notice_fork();
  if (claim_.path.empty()) draw_claim();
  return claim_.path;
}

/// Clear for a regular file; else why there is no lock of ours at the path.
std::error_code Link::error_of_type(os::FileType type) {
  switch (type) {
    case os::FileType::regular: return {};
    case os::FileType::directory: return Errc::wrong_protocol;
    case os::FileType::symlink: return note({ELOOP, std::system_category()}, "stat", path_);
    case os::FileType::other: break;
  }
  return note({EINVAL, std::system_category()}, "stat", path_);
}

void Link::forget_parent() {
  claim_ = {};
  open_.reset();
}

/// May ask a name server.
void Link::learn_self() {
  self_ = system_.host->self();
  const std::size_t others = without_host(form_, options_.separator);
  const std::size_t room = others < kMostName ? kMostName - others : 1;
  host_ = claim_host(claim_host(system_.host->full_name()).substr(0, room));
}

bool Link::is_retried(const std::error_code& error) const {
  const auto& wanted = options_.retry_errnos;
  return error.category() == std::system_category() &&
         std::find(wanted.begin(), wanted.end(), error.value()) != wanted.end();
}

}  // namespace holdfast
