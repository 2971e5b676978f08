// LeaseKeeper: renews a lease in the background, and tells when it is lost or will be.
//
// The part that decides is KeeperStep, a pure function of what was observed; the thread around it
// is thin, and the only one in the library.
#pragma once

#include <holdfast/lock.h>

#include <functional>
#include <memory>
#include <optional>
#include <system_error>

namespace holdfast {

struct KeeperOptions {
  /// Renew when this share of the lifetime has passed.
  double renew_at = 1.0 / 3;
  /// Warn when, with renewals failing, no more than this share of the lifetime is left.
  double warn_at = 1.0 / 3;
  std::function<void(Duration left)>
      on_warning;                               ///< before the lease's end, in the keeper's thread
  std::function<void(const Failure&)> on_loss;  ///< once, in the keeper's thread
};

/// Keeps a held Lock alive until it is stopped, destroyed, or the lease is lost. While it lives,
/// the Lock belongs to it: only held(), remaining() and token() here may be called.
class LeaseKeeper {
 public:
  LeaseKeeper(Lock& lock, KeeperOptions options = {});
  /// Stops, and waits for the thread; does not release.
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  void stop();
  bool lost() const;
  Duration remaining() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
