// Renewing a hold, and giving it back.
#include <holdfast/protocol/link.h>
#include <holdfast/protocol/outcome.h>

#include <algorithm>
#include <chrono>

namespace holdfast {
namespace {

constexpr Duration kMostPatience = std::chrono::seconds(2);  // with a request that gets no answer
constexpr Duration kAskBreakers = std::chrono::milliseconds(500);
constexpr Duration kPause = std::chrono::milliseconds(20);

bool is_refused(const std::error_code& error) { return outcome_of(error) == Outcome::refused; }

}  // namespace

void Link::refresh(Duration lifetime, std::error_code& error) {
  notice_fork();
  error.clear();
  if (phase_ != Phase::held) {
    error = Errc::not_held;
    return;
  }
  error = renew(lifetime);
  if (error != Errc::lost) return;
  phase_ = Phase::none;
  drop_claim(kAskBreakers);  // where it fails, release() tries again
}

std::error_code Link::renew(Duration lifetime) {
  const os::Stamp start = system_.clock->now();
  const Duration patience = std::min(kMostPatience, lifetime / 3);
  for (;;) {
    const Renewal renewal{system_.clock->now(), lifetime};
    const std::error_code timed =
        system_.files->set_modified(claim_.path, system_.clock->wall() + lifetime);
    note(timed, "utimensat", claim_.path);
    switch (outcome_of(timed)) {
      case Outcome::refused: return timed;
      case Outcome::unknown: leave_open(renewal); break;
      case Outcome::applied:
        if (const auto answer = judge_renewal(renewal)) return *answer;
        break;
      case Outcome::absent:
        if (const std::error_code error = restore_claim()) return error;
        if (patience_left(start, patience) > Duration::zero()) continue;
        break;
    }
    if (patience_left(start, patience) == Duration::zero()) {
      return is_gone_for_good() ? Errc::lost : Errc::outcome_unknown;
    }
    system_.host->sleep(kPause, {});
  }
}

/// What the time of our claim is worth: nothing, unless the lock is that file. nullopt: look again.
std::optional<std::error_code> Link::judge_renewal(const Renewal& renewal) {
  switch (whose(path_)) {
    case Whose::ours:
      lease_ = renewal;
      open_.reset();
      return std::error_code();
    case Whose::others: return Errc::lost;
    case Whose::missing:
      if (!is_aside()) return Errc::lost;
      leave_open(renewal);
      return std::nullopt;
    case Whose::unknown: leave_open(renewal); break;
  }
  if (is_refused(failure_.code)) return failure_.code;
  return std::nullopt;
}

/// It may count, now or later: until one is known to, the earliest end is the one to keep.
void Link::leave_open(const Renewal& renewal) {
  const auto end = [](const Renewal& one) { return one.sent.raw + one.lifetime; };
  if (!open_ || end(renewal) < end(*open_)) open_ = renewal;
}

/// That a file is gone is believed when it was not there twice: the first time may have been this
/// client's own memory of having looked in vain.
Link::Whose Link::whose_if_seen_twice(const std::string& path) {
  const Whose found = whose(path);
  if (found != Whose::missing) return found;
  system_.host->sleep(kPause, {});
  return whose(path);
}

/// A cleaner took our claim for an old file. Its name is ours alone, and the lock is that file.
std::error_code Link::restore_claim() {
  switch (whose_if_seen_twice(path_)) {
    case Whose::ours: break;
    case Whose::unknown: return failure_.code;
    default: return Errc::lost;
  }
  const std::error_code error = system_.files->link(path_, claim_.path);
  os::FileStatus claim;
  if (!look(claim_.path, claim) && !is_claims_file(claim)) {
    system_.files->unlink(claim_.path);  // the lock changed hands in between
    return Errc::lost;
  }
  return error == std::errc::file_exists ? std::error_code() : note(error, "link", claim_.path);
}

void Link::release(std::error_code& error) {
  notice_fork();
  error.clear();
  if (!owes_release()) {
    error = Errc::not_held;
    return;
  }
  error = give_back(kMostPatience);
  if (breaker_ && breaker_->owes_release()) {
    std::error_code unsettled;
    breaker_->release(unsettled);
    if (!error) error = unsettled;
  }
}

/// Gives back the lock, if it is ours, and the claim. Clear when that is done. Otherwise
/// outcome_unknown, `lost`, or the system's refusal; but for `lost`, it stays to be given back.
std::error_code Link::give_back(Duration patience) {
  const os::Stamp start = system_.clock->now();
  std::error_code error;
  if (phase_ != Phase::none) {
    // Its time being over, it may be about to be broken: not by those of this library, while we
    // have their baton. Where that is not to be had, what is aside is looked at all the same.
    const bool overdue = lease_left(start) <= Duration::zero();
    phase_ = Phase::leaving;
    std::error_code not_alone;
    if (overdue) breaker().acquire(Patience::of(kAskBreakers), {}, not_alone);
    error = remove_lock(patience);
    if (overdue && breaker().owes_release()) breaker().release(not_alone);
    if (error && error != Errc::lost) return error;
    phase_ = Phase::none;
    open_.reset();
  }
  const std::error_code dropped = drop_claim(patience_left(start, patience));
  return error ? error : dropped;
}

/// Takes our file away from the lock's name. Clear when it is gone from there by this call; `lost`
/// if it was not there, and cannot come back.
std::error_code Link::remove_lock(Duration patience) {
  const os::Stamp start = system_.clock->now();
  for (;;) {
    const Duration left = patience_left(start, patience);
    if (const auto answer = remove_lock_once(left)) return *answer;
    if (left == Duration::zero()) return is_gone_for_good() ? Errc::lost : Errc::outcome_unknown;
    system_.host->sleep(kPause, {});
  }
}

std::optional<std::error_code> Link::remove_lock_once(Duration patience) {
  switch (whose(path_)) {
    case Whose::others: return Errc::lost;
    case Whose::missing:
      if (is_aside()) return std::nullopt;
      return Errc::lost;
    case Whose::unknown:
      if (is_refused(failure_.code)) return failure_.code;
      return std::nullopt;
    case Whose::ours: break;
  }
  const Moved moved = aside_.move(patience);
  if (moved == Moved::yes) return finish_removal(patience);
  failure_ = aside_.last_failure();
  if (moved == Moved::refused) return failure_.code;
  if (moved == Moved::unknown) return Errc::outcome_unknown;
  return std::nullopt;
}

/// What was moved was ours when we looked. Between that and the move another can have broken it,
/// and have taken the lock: then it is the other's, and goes back.
std::error_code Link::finish_removal(Duration patience) {
  const os::Stamp start = system_.clock->now();
  Whose found = whose_if_seen_twice(aside_.path());
  while (found == Whose::unknown && patience_left(start, patience) > Duration::zero()) {
    system_.host->sleep(kPause, {});
    found = whose(aside_.path());
  }
  switch (found) {
    case Whose::ours: aside_.discard(); return {};
    case Whose::missing: return {};  // removed by a cleaner: gone all the same
    case Whose::others:
      if (aside_.put_back(patience)) failure_ = aside_.last_failure();
      return Errc::lost;
    case Whose::unknown: break;
  }
  if (aside_.put_back(Duration::zero())) failure_ = aside_.last_failure();
  return Errc::outcome_unknown;
}

}  // namespace holdfast
