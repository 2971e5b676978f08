#include <holdfast/protocol/lease_protocol.h>

#include <algorithm>
#include <utility>

namespace holdfast {

LeaseProtocol::LeaseProtocol(const std::string& watched, const Options& options, os::System system)
    : options_(options),
      system_(system),
      pace_(watched, options.max_poll, options.spin, system),
      fork_count_(system.host->fork_count()) {}

Duration LeaseProtocol::remaining() const {
  if (phase_ != Phase::held || forked()) return Duration::zero();
  return std::max(Duration::zero(), lease_left(system_.clock->now()));
}

std::optional<os::RawTime> LeaseProtocol::lease_end() const {
  if (phase_ != Phase::held || forked()) return std::nullopt;
  return lease_start().raw + lease_left(lease_start());
}

bool LeaseProtocol::may_acquire(std::error_code& error) {
  notice_fork();
  pace_.begin(lease_start().raw);
  error.clear();
  if (phase_ == Phase::held && held()) error = Errc::already_held;
  return !error;
}

/// Whether nothing more is to be done: it was stopped, or its patience is over.
bool LeaseProtocol::is_over(Waiting& waiting, Step step) {
  ++waiting.turns;
  if (waiting.request.stop.stop_requested()) {
    waiting.error = Errc::cancelled;
    return true;
  }
  const bool may_end = step == Step::wait || waiting.turns > kTurns;
  if (!may_end || patience_left(waiting.start, waiting.patience.limit()) > Duration::zero()) {
    return false;
  }
  waiting.error = waiting.trouble ? waiting.trouble : Errc::timed_out;
  return true;
}

os::Wake LeaseProtocol::wait(Waiting& waiting) {
  const Duration left = patience_left(waiting.start, waiting.patience.limit());
  const Duration pause = std::exchange(waiting.pause, Duration::zero());
  const Duration rest = std::exchange(waiting.rest, Duration::zero());
  if (rest > Duration::zero()) {
    return system_.host->sleep(std::min(left, rest), waiting.request.stop);
  }
  const Duration most = pause > Duration::zero() ? std::min(left, pause) : left;
  return pace_.wait(most, waiting.holder, waiting.request.stop);
}

bool LeaseProtocol::stays(Waiting& waiting, std::error_code error) {
  const os::Stamp now = system_.clock->now();
  if (!waiting.trouble) waiting.trouble_since = now;
  waiting.trouble = error;
  return os::least_elapsed(waiting.trouble_since, now) >= options_.lifetime;
}

void LeaseProtocol::notice_fork() {
  if (!forked()) return;
  fork_count_ = system_.host->fork_count();
  phase_ = Phase::none;
  identified_ = false;
  pace_.drop_watch();
  forget_parent();
}

void LeaseProtocol::identify() {
  if (identified_) return;
  learn_self();
  identified_ = true;
}

Duration LeaseProtocol::patience_left(os::Stamp start, Duration patience) const {
  const Duration gone = os::least_elapsed(start, system_.clock->now());
  return std::max(Duration::zero(), patience - std::max(Duration::zero(), gone));
}

std::error_code LeaseProtocol::note(std::error_code error, const char* call,
                                    const std::string& path) {
  if (error) failure_ = {error, call, path};
  return error;
}

}  // namespace holdfast
