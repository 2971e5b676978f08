// What a LeaseKeeper does next: a pure function of what was observed.
//
// A renewal can be answered at once, late, or never: on a hard mount the call itself may not come
// back for hours. So whoever renews cannot be the one who watches the time, and what is decided
// here is decided from how much of the lease is surely left, whether a renewal is under way, and
// how the last one ended.
#pragma once

#include <holdfast/os/time.h>

namespace holdfast {

struct KeeperRules {
  Duration lifetime{};
  double renew_at = 1.0 / 3;  ///< share of the lifetime that has passed
  double warn_at = 1.0 / 3;   ///< share that is left
};

struct KeeperSight {
  Duration left{};          ///< of the lease, at the least; not above zero: over
  bool renewing = false;    ///< a renewal was begun and has not come back
  bool is_lost = false;     ///< a renewal came back and said that the lock is another's
  Duration since_failed{};  ///< since the last renewal failed; Duration::max(): it did not
};

struct KeeperMove {
  bool renew = false;  ///< begin a renewal
  bool warn = false;   ///< tell that the lease will end
  bool lose = false;   ///< tell that it has ended, and stop
  Duration wait{};     ///< then look again after this long, or when a renewal has come back
};

/// Throws std::invalid_argument for shares that make no sense, named in the text.
void check_keeper_rules(const KeeperRules& rules);

/// `warned` is kept between calls: one warning for one run of failures.
KeeperMove next_keeper_move(const KeeperRules& rules, const KeeperSight& sight, bool& warned);

/// How long after a failed renewal the next is tried.
Duration keeper_retry_after(Duration lifetime);

}  // namespace holdfast
