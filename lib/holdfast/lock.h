// Lock: start here.
//
// A lease-based lock for processes on many hosts that share a directory. It meets TimedLockable, so
// std::unique_lock, std::lock_guard and std::scoped_lock work; beside that it gives what a lease
// needs: how long it lasts, its renewal, its fencing token, and honest answers when a request's
// outcome is not known.
//
// Threads: one Lock object is for one thread at a time; several objects on one path, in one process
// or in many, exclude each other. After fork(2) a child owns none of its parent's locks.
#pragma once

#include <holdfast/error.h>
#include <holdfast/holder.h>
#include <holdfast/options.h>
#include <holdfast/os/os.h>
#include <holdfast/token.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>

namespace holdfast {

class Protocol;

/// What an acquire gives.
struct Grant {
  Token token = 0;          ///< 0 with `link`
  os::RawTime lease_end{};  ///< advisory: Lock::remaining() decides
  /// `baton`: an earlier holder died or overstayed, and nobody was told yet.
  bool follows_dead = false;
};

/// What acquire can be told beside its patience.
struct Request {
  std::stop_token stop;  ///< cancels the wait
  /// The grant's token is at least this. `link` has none: std::errc::invalid_argument.
  Token min_token = 0;
};

/// What waiting for a lock has cost so far.
struct WaitCounts {
  std::uint64_t waits = 0;       ///< times that acquire slept
  std::uint64_t woken = 0;       ///< of these, ended by a change or by the holder's death
  std::uint64_t unnotified = 0;  ///< slept by polling alone: no inotify instance was to be had
  std::uint64_t take_overs = 0;  ///< of locks whose holder died or overstayed
};

class Lock {
 public:
  /// Does no file operation: the lock is made by the first acquire, its parent directory is not.
  /// Trailing slashes of `path` are removed; a relative path is looked up anew by each operation.
  ///
  /// Errors: std::invalid_argument for an option out of its range.
  explicit Lock(std::string path, Options options = {});
  Lock(std::string path, Options options, os::System system);
  /// Releases what it holds, as unlock() does, on_loss() included; nothing in a forked child.
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Takes the lock, waiting at most `patience`. The lease that it gives lasts for lifetime().
  ///
  /// Units:  `patience` runs on this host's raw clock, which nobody can step; Patience::none() is
  ///         one attempt. A call to the file system that does not come back holds it up.
  /// Errors: timed_out, cancelled, already_held, wrong_protocol, unsupported,
  ///         unsupported_file_system, corrupt, outcome_unknown (our request may still be applied:
  ///         call release), errors of the system.
  /// Source: lib/README.md, "The steps"; with `link`, "link, step by step".
  Grant acquire(Patience patience, const Request& request = {});
  Grant acquire(Patience patience, const Request& request, std::error_code& error);

  /// Renews the lease for a whole lifetime from now; with an argument, that is the lifetime from
  /// now on.
  ///
  /// Errors: not_held, lost, outcome_unknown (the lease ends at the earliest of what is possible),
  ///         std::errc::invalid_argument for a lifetime out of its range, errors of the system
  ///         (not renewed: the lease runs on as it was).
  void refresh(std::optional<Duration> lifetime = std::nullopt);
  void refresh(std::optional<Duration> lifetime, std::error_code& error);
  /// As refresh, and silent when the lock is not held, or lost.
  void refresh_unconditionally(std::optional<Duration> lifetime = std::nullopt);
  void refresh_unconditionally(std::optional<Duration> lifetime, std::error_code& error);

  /// Gives the lock back. Whatever the answer, it is not held any more; where the error is not
  /// `lost`, another release(), the next acquire() or the destructor tries again.
  ///
  /// Errors: not_held, lost (another has or had it since), outcome_unknown, errors of the system.
  void release();
  void release(std::error_code& error);
  /// As release, and silent when the lock is not held, or lost. Never releases another's.
  void release_unconditionally();
  void release_unconditionally(std::error_code& error);

  /// The operator's forced break (`baton`): takes over exactly the state that holder() has shown,
  /// then gives it back so that the next holder is told (Grant::follows_dead). The holder may still
  /// believe itself entitled, and learns of it at its next refresh or release.
  ///
  /// Errors: not_held (it is not in that state any more: nothing was changed), already_held (by
  ///         this object: release it), std::errc::invalid_argument, outcome_unknown (call release),
  ///         std::errc::operation_not_supported with `link`, errors of the system.
  void break_lock(const std::string& shown);
  void break_lock(const std::string& shown, std::error_code& error);

  // TimedLockable. lock() waits default_patience and throws Error; the try_ forms return false for
  // timed_out and throw for the rest; unlock() never throws, see last_failure() and on_loss().
  void lock();
  bool try_lock();
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& patience) {
    return try_acquire(Patience::of(patience));
  }
  template <class Clock, class D>
  bool try_lock_until(const std::chrono::time_point<Clock, D>& deadline) {
    return try_acquire(Patience::of(deadline - Clock::now()));
  }
  void unlock() noexcept;

  /// Whether this object holds the lock and its lease runs. No file operation.
  bool held() const;
  /// How long the lease surely lasts yet; zero when it is over or nothing is held. No file
  /// operation.
  Duration remaining() const;
  /// When that is, on this host's raw clock; nullopt when nothing is held. No file operation.
  std::optional<os::RawTime> lease_end() const;
  /// The token of the present hold; 0 when nothing is held.
  Token token() const;

  /// Looks at the lock afresh. Where this process may not do that (a read-only observer of `baton`)
  /// nothing is certain: the answer is State::unknown, and last_failure() tells what was refused.
  State state();
  State state(std::error_code& error);
  /// flufl.lock's question: refreshes, and tells whether this object holds the lock. Where the
  /// renewal fails and the lease runs yet, the answer is yes, and last_failure() tells what failed.
  ///
  /// Errors: outcome_unknown and errors of the system, where nothing runs any more and the lock is
  ///         not surely lost; the answer with them is no.
  bool is_locked();
  bool is_locked(std::error_code& error);
  /// Who holds it, whoever that is; nullopt if nobody does.
  ///
  /// Errors: wrong_protocol, unsupported (`link`: the file is nobody's claim), errors of the
  /// system.
  std::optional<Holder> holder();
  std::optional<Holder> holder(std::error_code& error);
  /// `link`: when the lock expires, by the clock of its holder; nullopt without a lock, and with
  /// `baton`, whose states tell no time.
  ///
  /// Errors: wrong_protocol, errors of the system.
  std::optional<os::WallTime> expiration();
  std::optional<os::WallTime> expiration(std::error_code& error);

  const std::string& path() const;
  /// `link`: this object's claim file; empty with `baton`.
  std::string claim_path() const;
  /// Of the grants and renewals to come; a lease that runs ends when it would have.
  ///
  /// Errors: std::invalid_argument for one out of its range, 100 ms to 30 days.
  Duration lifetime() const;
  void set_lifetime(Duration lifetime);
  /// Of the newest operation: its code is clear if that went well.
  const Failure& last_failure() const;
  WaitCounts waits() const;
  /// Called, in the thread that finds out, when a held lock turns out to be lost. Must not throw.
  void on_loss(std::function<void(const Failure&)> callback);

 private:
  friend class LeaseKeeper;

  bool try_acquire(Patience patience);
  std::error_code note(const char* operation, std::error_code error);
  void check(const char* operation, std::error_code error);

  std::string path_;
  Options options_;
  os::System system_;
  std::unique_ptr<Protocol> protocol_;
  Failure last_failure_;
  std::function<void(const Failure&)> on_loss_;
};

}  // namespace holdfast
