// LeaseKeeper: renews a lease in the background, and tells when it is lost or will be.
//
// What is decided is decided by a pure function (keeper_step.h). Around it are two thin threads,
// the only ones in the library: one that renews, and may be stuck in the file system for as long as
// that likes, and one that watches the time meanwhile and makes the calls back.
#pragma once

#include <holdfast/lock.h>

#include <functional>
#include <memory>

namespace holdfast {

/// The calls back are made one at a time, in a thread of the keeper's. They must not throw, and may
/// call stop(), lost() and remaining(), but not destroy the keeper. The same goes for the lock's
/// own Lock::on_loss(), which a renewal may call, in the other thread.
struct KeeperOptions {
  /// Renew when this share of the lifetime has passed: above 0, below 1.
  double renew_at = 1.0 / 3;
  /// Warn when, with renewals failing or unanswered, no more than this share of the lifetime is
  /// left: above 0, and no more than `renew_at` leaves.
  double warn_at = 1.0 / 3;
  /// Before the lease's end; once, until a renewal has gone well again.
  std::function<void(Duration left)> on_warning;
  /// Once: the lock is another's, or its lease has run out without a renewal.
  std::function<void(const Failure&)> on_loss;
};

/// Keeps a held Lock alive until it is stopped, destroyed, or the lease is lost. While it runs, the
/// Lock belongs to it: only remaining() and lost() here may be asked. In a forked child it does
/// nothing: the lease, and its renewal, stay the parent's.
class LeaseKeeper {
 public:
  /// Errors: throws Error with not_held if the lock is not held; std::invalid_argument for options
  ///         out of their range.
  explicit LeaseKeeper(Lock& lock, KeeperOptions options = {});
  /// As stop().
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  /// Ends the keeping, and gives the lock back to the caller's use; does not release it. Waits for
  /// a renewal that is under way. Called from a call back it only asks for the end.
  void stop();

  /// Whether the loss was told, or is about to be.
  ///
  /// Threads: any.
  bool lost() const;
  /// How long the lease surely lasts yet, by the renewals that came back.
  ///
  /// Threads: any.
  Duration remaining() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast
