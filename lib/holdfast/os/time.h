// Time, as the lock sees it.
//
// Three clocks matter to a lock, and comparing readings of different ones is the classic mistake of
// the field. So points on different clocks are different types here, and mixing does not compile.
//   - elapsed time of this host, which nobody can step: RawTime and BootTime;
//   - the wall clock of this host, which may be wrong by any amount: WallTime;
//   - the stamps that a file system puts on files: ServerTime.
// None of the clock types has a now(): only os::Clock tells time, and it is handed down.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace holdfast {

using Duration = std::chrono::nanoseconds;

namespace os {

/// CLOCK_MONOTONIC_RAW: neither stepped nor slewed; stands still while the host is suspended.
struct RawClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<RawClock>;
  static constexpr bool is_steady = true;
};

/// CLOCK_BOOTTIME: runs on while the host is suspended; is slewed.
struct BootClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

/// This host's wall clock, since 1970 in UTC. May be stepped, and may be wrong.
struct WallClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;
};

/// Stamps of files. Whose clock made them is the file system's secret.
struct ServerClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<ServerClock>;
  static constexpr bool is_steady = false;
};

using RawTime = RawClock::time_point;
using BootTime = BootClock::time_point;
using WallTime = WallClock::time_point;
using ServerTime = ServerClock::time_point;

/// Both elapsed-time clocks, read one after the other.
struct Stamp {
  RawTime raw{};
  BootTime boot{};
};

/// What a holder must assume has passed of its lease: the larger of the two clocks' answers.
inline Duration most_elapsed(const Stamp& since, const Stamp& now) {
  return std::max(now.raw - since.raw, Duration(now.boot - since.boot));
}

/// What a waiter may claim to have waited: undercounting costs it only time.
inline Duration least_elapsed(const Stamp& since, const Stamp& now) { return now.raw - since.raw; }

}  // namespace os
}  // namespace holdfast
