// Renewing a hold, and giving it back when the caller says so; the operator's forced break.
#include <holdfast/protocol/baton.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kMostPatience = std::chrono::seconds(2);  // with a request that gets no answer
constexpr Duration kFirstPause = std::chrono::milliseconds(20);
constexpr Duration kLongestPause = std::chrono::milliseconds(320);
constexpr Duration kKeepYoungAfter = std::chrono::hours(1);

}  // namespace

void Baton::refresh(Duration lifetime, std::error_code& error) {
  notice_fork();
  error.clear();
  if (phase_ != Phase::held) {
    error = Errc::not_held;
    return;
  }
  error = renew(lifetime);
  if (error || phase_ != Phase::held) return;
  const os::Stamp now = system_.clock->now();
  if (os::most_elapsed(hold_.touched, now) < kKeepYoungAfter) return;
  baton_.keep_young(hold_.name);  // may be refused: the file can be another user's
  hold_.touched = now;
}

std::error_code Baton::renew(Duration lifetime) {
  const os::Stamp start = system_.clock->now();
  const Duration patience = std::min(kMostPatience, lifetime / 3);
  int misses = 0;
  // Every try is a name of its own, and may be applied later: so they get fewer, not just more.
  for (Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    if (hold_.state.renewal >= kMostRenewal) return Errc::unsupported;
    BatonState to = hold_.state;
    ++to.renewal;
    to.lifetime = std::chrono::ceil<std::chrono::milliseconds>(lifetime);
    to.nonce = system_.host->random_bits();
    const std::string name = state_name(to);
    const Swap swap = baton_.swap(hold_.name, name, patience_left(start, patience));
    if (swap.outcome == Swapped::yes) {
      const std::error_code error = renewed(to, name, swap.sent);
      const bool late = lease_left(system_.clock->now()) <= Duration::zero();
      if (error || !late || patience_left(start, patience) == Duration::zero()) return error;
      continue;  // the answer took longer than the lease
    }
    failure_ = baton_.last_failure();
    if (const auto answer = judge_renewal(swap, start)) return *answer;
    const Duration left = patience_left(start, patience);
    if (left == Duration::zero()) return Errc::outcome_unknown;
    if (swap.unseen()) pause = std::min(left, baton_.missed(misses));
    system_.host->sleep(pause, {});
  }
}

/// The name is the lock's state, and counts from before it was first sent.
std::error_code Baton::renewed(const BatonState& state, const std::string& name, os::Stamp sent) {
  const Lease before{hold_.sent, hold_.state.lifetime};
  hold_.state = state;
  hold_.name = name;
  hold_.sent = sent;
  if (!options_.durable) return {};
  const std::error_code error = baton_.make_durable();
  if (!error) {
    hold_.on_disk.reset();
    return {};
  }
  // It does not count: after a power cut the lock would be in the state before.
  failure_ = baton_.last_failure();
  if (!hold_.on_disk) hold_.on_disk = before;
  return error;
}

/// What an answer other than "yes" means; nullopt: not renewed yet, try again.
std::optional<std::error_code> Baton::judge_renewal(const Swap& swap, os::Stamp start) {
  if (swap.seen.certain() && swap.seen.value != hold_.name) {
    const SentName* const sent = baton_.find_sent(swap.seen.value);
    if (sent == nullptr) {
      phase_ = Phase::none;
      return Errc::lost;
    }
    // An earlier renewal got through. If it is of this call it is what was asked for.
    const os::Stamp since = sent->sent;
    const std::error_code error = renewed(*parse_state(swap.seen.value), swap.seen.value, since);
    if (error || since.raw >= start.raw) return error;
    return std::nullopt;
  }
  if (swap.outcome == Swapped::no) {
    phase_ = Phase::none;
    return Errc::lost;
  }
  if (swap.outcome == Swapped::failed && !swap.unseen()) return swap.error;
  return std::nullopt;
}

void Baton::release(std::error_code& error) {
  notice_fork();
  error.clear();
  if (!owes_release()) {
    error = Errc::not_held;
    return;
  }
  if (phase_ == Phase::none) {
    // Only a doubtful request is left, of an acquire that ended so.
    if (!settle(kMostPatience)) error = Errc::outcome_unknown;
    return;
  }
  error = give_back(!hold_.told, kMostPatience);
}

void Baton::break_shown(const std::string& shown, std::error_code& error) {
  notice_fork();
  error.clear();
  const std::optional<BatonState> from = parse_state(shown);
  if (!from || !from->held || from->generation >= kMostGeneration) {
    error = std::make_error_code(std::errc::invalid_argument);
    return;
  }
  if (owes_release()) {
    error = Errc::already_held;
    return;
  }
  error = check_place();
  if (error) return;
  const Seen seen = baton_.look_afresh(kMostPatience);
  if (!seen.certain() || seen.value != shown) {
    error = seen.certain() || seen.sight == Sight::missing ? make_error_code(Errc::not_held)
                                                           : error_of(seen);
    return;
  }
  hold_.state.generation = hold_.state.taken = from->generation + 1;
  hold_.state.news = true;
  prepare_hold();
  const Swap swap = swap_seen(shown, hold_.name, kMostPatience);
  if (swap.error) failure_ = baton_.last_failure();
  switch (swap.outcome) {
    case Swapped::yes:
      hold_.sent = swap.sent;
      hold_.told = false;
      error = give_back(true, kMostPatience);
      if (error == Errc::lost) error.clear();  // broken all the same, and taken over since
      return;
    case Swapped::no: error = Errc::not_held; return;
    case Swapped::failed: error = swap.error; return;
    case Swapped::unknown:
      // To burn the state is to break it: either way it is gone, and the next holder is told.
      if (!settle(kMostPatience)) error = Errc::outcome_unknown;
      return;
  }
}

}  // namespace holdfast
