// What a lock can be told. Every value has a default that is safe on NFS.
#pragma once

#include <holdfast/os/time.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

/// How to take part in a lock. All users of one path must agree.
enum class ProtocolKind {
  baton,  ///< one directory entry, renamed: no race in breaking a stale lock. The default.
  link,   ///< wire-compatible with flufl.lock 5 to 9
};

/// How long a caller is prepared to wait, on this host's elapsed time.
class Patience {
 public:
  /// One attempt.
  static constexpr Patience none() { return Patience(Duration::zero()); }
  static constexpr Patience for_ever() { return Patience(Duration::max()); }
  /// At least one attempt is made, whatever `duration` is.
  template <class Rep, class Period>
  static constexpr Patience of(std::chrono::duration<Rep, Period> duration) {
    using Wide = std::chrono::duration<long double, std::nano>;
    const Wide wide(duration);
    if (wide >= Wide(Duration::max())) return for_ever();
    return wide <= Wide::zero() ? none() : Patience(std::chrono::duration_cast<Duration>(wide));
  }
  /// At least one attempt is made, even if `deadline` has passed.
  template <class Clock, class D>
  static Patience until(std::chrono::time_point<Clock, D> deadline) {
    return of(deadline - Clock::now());
  }
  constexpr bool is_none() const { return limit_ == Duration::zero(); }
  constexpr bool is_for_ever() const { return limit_ == Duration::max(); }
  constexpr Duration limit() const { return limit_; }

 private:
  explicit constexpr Patience(Duration limit) : limit_(limit) {}
  Duration limit_;
};

struct Options {
  ProtocolKind protocol = ProtocolKind::baton;
  Duration lifetime = std::chrono::seconds(15);  ///< of a grant and of a renewal, 100 ms to 30 days
  Patience default_patience = Patience::for_ever();  ///< of lock() and lock_guard
  /// The back-off's cap while waiting, 1 us to 1 h: how much later than a release on another host a
  /// waiter may look. Each look of each waiter is a request to the server.
  Duration max_poll = std::chrono::milliseconds(250);
  /// How long a call that has to wait looks for a release on this host without sleeping, if the
  /// call before it waited no longer than that; 0 to 1 s, 0: never. It saves the time of waking up,
  /// and costs a processor, as far as nobody else wants it.
  Duration spin = std::chrono::microseconds(500);

  std::uint32_t directory_mode = 0777;  ///< of a lock directory that is made, less the umask
  std::uint32_t file_mode = 0666;       ///< of a file that is made, less the umask

  /// `baton`: the most by which two hosts' raw clocks may *run* apart, as a ratio, 0 to below 1.
  double drift = 0.01;
  /// `baton`: scheduling and timer granularity on the waiter's side, 0 to 1 day.
  Duration margin = std::chrono::milliseconds(100);
  bool proof_of_death = true;  ///< take over at once from a process proved dead on this machine
  bool server_clock = false;   ///< the administrator vouches that file stamps are the server's
  bool durable = false;        ///< fsync the directory before a grant or a renewal counts

  /// `link`: how far wall clocks may be apart; also how long after its expiry a lock is broken. 0
  /// to 1 year; flufl.lock itself takes 10 s.
  Duration slop = std::chrono::seconds(10);
  /// `link`: between the fields of a claim's name; 1 to 16 bytes, no letter, digit or slash.
  std::string separator = "|";
  /// `link`: errno values on which reading the lock is tried again, for at most 2 s.
  std::vector<int> retry_errnos;
};

/// Throws std::invalid_argument that names the option, its value and what is allowed.
void check_options(const Options& options);
/// The same for a lifetime alone.
void check_lifetime(Duration lifetime);

}  // namespace holdfast
