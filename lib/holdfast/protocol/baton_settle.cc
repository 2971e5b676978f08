// What became of doubtful requests, and giving a hold back.
//
// A request whose outcome is not known may be applied as long as the state that it was to replace
// is there. So it is settled by seeing another state; and where that does not come by itself, by
// making one: the base is burned, or, where it is ours, given back.
#include <holdfast/protocol/baton.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(20);

}  // namespace

/// Whether, within `patience`, it is certain that nothing is held or can come to be held in our
/// name.
bool Baton::settle(Duration patience) {
  const os::Stamp start = system_.clock->now();
  for (;;) {
    if (settle_once(baton_.look_afresh(kPause), patience_left(start, patience))) return true;
    if (patience_left(start, patience) == Duration::zero()) return false;
    system_.host->sleep(kPause, {});
  }
}

/// One step towards that, from what was seen.
bool Baton::settle_once(const Seen& seen, Duration patience) {
  if (!seen.certain()) return !owes_release();
  if (is_own(seen.value)) {
    adopt(seen.value);
    give_back(!hold_.told, patience);
    return !owes_release();
  }
  phase_ = Phase::none;
  if (!owes_release()) return true;
  burn(seen.value, patience);
  return !owes_release();
}

/// Replaces a state that a pending request of ours was to replace. Lawful: it is free, or its lease
/// has run out, or its holder is dead, or we would not have sent that request.
void Baton::burn(const std::string& base, Duration patience) {
  const BatonState from = *parse_state(base);
  if (from.generation >= kMostGeneration) return;
  BatonState to;
  to.generation = from.generation + 1;
  to.taken = from.held ? to.generation : from.taken;
  to.news = from.held || from.news;
  const Swap swap = swap_seen(base, state_name(to), patience);
  if (swap.error) failure_ = baton_.last_failure();
}

/// A swap of a state that is there: where only this client does not know of it, it is made to look
/// for it again.
Swap Baton::swap_seen(const std::string& from, const std::string& to, Duration patience) {
  const os::Stamp start = system_.clock->now();
  int misses = 0;
  for (Duration left = patience;;) {
    Swap swap = baton_.swap(from, to, left);
    left = patience_left(start, patience);
    if (!swap.unseen() || left == Duration::zero()) return swap;
    system_.host->sleep(std::min(left, baton_.missed(misses)), {});
  }
}

/// Whether this process has sent the name, or holds it by this object.
bool Baton::is_own(const std::string& name) {
  return (phase_ != Phase::none && hold_.name == name) || baton_.find_sent(name) != nullptr;
}

/// The lock's state is this name of ours: it must be given back.
void Baton::adopt(const std::string& name) {
  if (phase_ != Phase::none && hold_.name == name) {
    phase_ = Phase::leaving;
    return;
  }
  // A renewal that got through: the caller was told of the hold that it renews.
  const SentName sent = *baton_.find_sent(name);
  const bool told = phase_ != Phase::none && hold_.told && sent.base == hold_.name;
  hold_ = {*parse_state(name), name, sent.sent, sent.sent, told, {}};
  phase_ = Phase::leaving;
}

/// Gives `hold_` back; clear when that is done. Otherwise outcome_unknown, `lost`, or the system's
/// refusal; but for `lost`, it stays to be given back.
std::error_code Baton::give_back(bool keep_news, Duration patience) {
  const os::Stamp start = system_.clock->now();
  Duration left = patience;
  int misses = 0;
  phase_ = Phase::leaving;
  for (;;) {
    left_.generation = hold_.state.generation;
    left_.taken = hold_.state.taken;
    left_.news = hold_.state.news && keep_news;
    write_state_name(left_, left_name_);
    const Swap swap = baton_.swap(hold_.name, left_name_, left);
    if (swap.outcome == Swapped::yes) {
      phase_ = Phase::none;
      return {};
    }
    left_name_.clear();
    failure_ = baton_.last_failure();
    left = patience_left(start, patience);
    if (swap.seen.certain() && swap.seen.value != hold_.name && is_own(swap.seen.value)) {
      adopt(swap.seen.value);  // a renewal of ours got through after all
      continue;
    }
    if (swap.outcome == Swapped::no) return judge_gone(swap.seen);
    if (swap.outcome == Swapped::failed && !swap.unseen()) return swap.error;
    if (left == Duration::zero()) return Errc::outcome_unknown;
    system_.host->sleep(swap.unseen() ? std::min(left, baton_.missed(misses)) : kPause, {});
  }
}

/// Our state is gone, but not by this call: what that says about an earlier one.
std::error_code Baton::judge_gone(const Seen& seen) {
  if (!seen.certain()) return Errc::outcome_unknown;  // the lock itself is gone
  const BatonState now = *parse_state(seen.value);
  const std::uint64_t ours = hold_.state.generation;
  phase_ = Phase::none;
  if (!now.held && now.generation == ours) return {};
  if (now.generation > ours && now.taken <= ours) return {};
  if (now.taken == ours + 1) return Errc::lost;
  return Errc::outcome_unknown;
}

}  // namespace holdfast
