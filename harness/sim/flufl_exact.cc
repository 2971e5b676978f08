#include "harness/sim/flufl_exact.h"

#include <holdfast/error.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::harness::sim {
namespace {

bool is_expected(std::error_code error) {
  return error.value() == ENOENT || error.value() == ESTALE;
}

/// LOCK|HOST|PID|RANDOM.
bool is_claim(const std::string& contents) {
  return std::count(contents.begin(), contents.end(), '|') == 3;
}

}  // namespace

FluflExact::FluflExact(const Setting& setting, os::System system)
    : system_(system), lifetime_(setting.options.lifetime), slop_(setting.options.slop) {
  const os::Process self = system_.host->self();
  claim_ = std::string(kLock) + '|' + self.host + '|' + std::to_string(self.pid) + '|' +
           std::to_string(system_.host->random_bits() >> 1);
}

/// Now + lifetime on this host's wall clock, in whole seconds.
std::error_code FluflExact::touch(const std::string& path) {
  const Duration expires = system_.clock->wall().time_since_epoch() + lifetime_;
  return system_.files->set_modified(path,
                                     os::WallTime(expires - expires % std::chrono::seconds(1)));
}

std::error_code FluflExact::read(std::string& claim) {
  return system_.files->read(kLock, 4096, claim);
}

std::error_code FluflExact::acquire(Duration patience) {
  const os::RawTime begun = system_.clock->now().raw;
  std::error_code error = system_.files->create(claim_, claim_, 0666);
  if (error && error.value() != EEXIST) return error;
  error = touch(claim_);
  if (error && !is_expected(error)) return error;
  for (;;) {
    error = system_.files->link(claim_, kLock);
    if (!error) {
      sent_ = system_.clock->now();
      error = touch(claim_);
      if (error && !is_expected(error)) {
        system_.files->unlink(claim_);
        return error;
      }
      granted_ = true;
      return {};
    }
    if (error.value() == EEXIST) {
      if (const auto ours = judge_busy()) return ours;
    } else if (!is_expected(error)) {
      system_.files->unlink(claim_);
      return error;
    }
    const bool over = patience != Round::kForEver && system_.clock->now().raw - begun >= patience;
    if (over) {
      system_.files->unlink(claim_);
      return Errc::timed_out;
    }
    if (const auto failed = break_if_expired()) return failed;
    system_.host->sleep(nap(), {});
  }
}

/// Whether it is this object itself that has the lock.
std::error_code FluflExact::judge_busy() {
  os::FileStatus status;
  if (system_.files->status(kLock, os::Revalidate::as_mounted, status)) return {};
  if (status.links != 2) return {};
  std::string claim;
  const auto error = read(claim);
  if (error && !is_expected(error)) return error;
  return !error && claim == claim_ ? make_error_code(Errc::already_held) : std::error_code();
}

std::error_code FluflExact::break_if_expired() {
  os::FileStatus status;
  const auto error = system_.files->status(kLock, os::Revalidate::as_mounted, status);
  if (error) return is_expected(error) ? std::error_code() : error;
  const Duration expires = status.modified.time_since_epoch() + slop_;
  if (system_.clock->wall().time_since_epoch() <= expires) return {};
  return break_lock();
}

/// From here on the lock that is broken may be another than the one that had expired.
std::error_code FluflExact::break_lock() {
  std::string winner;
  std::error_code error = read(winner);
  if (error && !is_expected(error)) return error;
  if (!error && !is_claim(winner)) return {};
  error = touch(kLock);
  if (error && !is_expected(error) && error.value() != EACCES) return error;
  const bool known = !read(winner);
  error = system_.files->unlink(kLock);
  if (error && !is_expected(error)) return error;
  if (!known) return {};
  error = system_.files->unlink(winner);
  return is_expected(error) ? std::error_code() : error;
}

Duration FluflExact::nap() {
  const auto spread = system_.host->random_bits() % 2'000'000'000;
  return std::chrono::milliseconds(10) + Duration(static_cast<Duration::rep>(spread));
}

/// Asking is renewing.
std::error_code FluflExact::is_locked() {
  const os::Stamp sent = system_.clock->now();
  std::error_code error = touch(claim_);
  if (error && !is_expected(error)) return error;
  os::FileStatus status;
  error = system_.files->status(kLock, os::Revalidate::as_mounted, status);
  if (error && !is_expected(error)) return error;
  if (error || status.links != 2) return Errc::lost;
  std::string claim;
  error = read(claim);
  if (error && !is_expected(error)) return error;
  if (error || claim != claim_) return Errc::lost;
  sent_ = sent;
  return {};
}

std::error_code FluflExact::refresh() {
  const std::error_code error = is_locked();
  if (error == Errc::lost) granted_ = false;
  return error;
}

std::error_code FluflExact::release() {
  std::error_code error = is_locked();
  granted_ = false;
  if (error) return error;
  error = system_.files->unlink(kLock);
  if (error && !is_expected(error)) return error;
  error = system_.files->unlink(claim_);
  return is_expected(error) ? std::error_code() : error;
}

Duration FluflExact::remaining() const {
  if (!granted_) return {};
  return std::max(Duration::zero(), lifetime_ - os::most_elapsed(sent_, system_.clock->now()));
}

std::unique_ptr<Contender> make_flufl_exact(const Setting& setting, os::System system) {
  return std::make_unique<FluflExact>(setting, system);
}

Standing file_standing(const Server& server) {
  const Inode share = server.look_up(Server::kRoot, "share");
  const Inode lock = server.look_up(share, "lock");
  return {.held = lock != 0, .grant = lock};
}

}  // namespace holdfast::harness::sim
