#include <holdfast/keeper_step.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace holdfast {
namespace {

Duration share_of(Duration whole, double share) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(whole.count()) * share));
}

[[noreturn]] void refuse(const char* option, double value, const char* allowed) {
  std::ostringstream text;
  text << "holdfast: keeper option " << option << " is " << value << ", allowed is " << allowed;
  throw std::invalid_argument(text.str());
}

}  // namespace

void check_keeper_rules(const KeeperRules& rules) {
  if (!(rules.renew_at > 0 && rules.renew_at < 1)) {
    refuse("renew_at", rules.renew_at, "a share between 0 and 1");
  }
  if (!(rules.warn_at > 0 && rules.warn_at <= 1 - rules.renew_at)) {
    refuse("warn_at", rules.warn_at,
           "a share above 0 that renew_at leaves: a warning comes after a renewal was tried");
  }
}

Duration keeper_retry_after(Duration lifetime) {
  return std::clamp<Duration>(lifetime / 20, std::chrono::milliseconds(5), std::chrono::seconds(1));
}

KeeperMove next_keeper_move(const KeeperRules& rules, const KeeperSight& sight, bool& warned) {
  KeeperMove move;
  if (sight.is_lost || sight.left <= Duration::zero()) {
    move.lose = true;
    return move;
  }
  const Duration warn_below = share_of(rules.lifetime, rules.warn_at);
  const Duration renew_below = rules.lifetime - share_of(rules.lifetime, rules.renew_at);
  if (sight.left > warn_below) {
    warned = false;
  } else if (!warned) {
    move.warn = warned = true;
  }
  // The lease's end first, then what comes before it.
  move.wait = sight.left;
  if (!warned) move.wait = std::min(move.wait, sight.left - warn_below);
  if (sight.renewing) return move;
  const Duration retry = keeper_retry_after(rules.lifetime);
  const Duration due = std::max(sight.left - renew_below, Duration::zero());
  const Duration allowed =
      sight.since_failed >= retry ? Duration::zero() : retry - sight.since_failed;
  const Duration until_renewal = std::max(due, allowed);
  if (until_renewal == Duration::zero()) {
    move.renew = true;
  } else {
    move.wait = std::min(move.wait, until_renewal);
  }
  return move;
}

}  // namespace holdfast
