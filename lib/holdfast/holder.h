// Who holds a lock, and what may be said of it.
#pragma once

#include <holdfast/os/time.h>
#include <holdfast/token.h>

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast {

/// The states of flufl.lock, with its meaning (`link`) and ours (`baton`): lib/README.md.
enum class State {
  unlocked = 1,    ///< nobody holds it
  ours,            ///< ours, lease running
  ours_expired,    ///< ours, lease over
  stale,           ///< the holder is proved dead
  theirs_expired,  ///< another's, and its lease is over as far as can be seen from here
  unknown,         ///< another's, alive or not known
};

/// Who holds the lock, as the lock itself says. Text from a shared directory: never trusted.
struct Holder {
  std::string host;
  std::int64_t pid = 0;
  Token token = 0;      ///< 0 with `link`
  Duration lifetime{};  ///< of the present renewal; 0 with `link`
  /// How long the lease may still run, as far as this object has seen.
  std::optional<Duration> at_most_left;
  /// `baton`: exactly the state that was seen, for break_lock().
  std::string shown;
};

}  // namespace holdfast
