// The clock by which the server stamps files, as a function of this machine's. Pure.
//
// The machine's own file system stamps every change with its true time. What a client is shown is
// that instant as the server's clock showed it then: so a clock that is set changes the stamps of
// what comes after, and of nothing before.
//
// It also keeps what came of the newest setting: a clock that is set and set again before anybody
// was told of a stamp in between has deceived nobody.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <vector>

#include "harness/scenario/scenario.h"

namespace holdfast::harness::mount {

/// When the times of a file were truly set, by this machine's clock; zero where a client gave them.
struct TrueTimes {
  timespec access{};
  timespec modified{};
  timespec changed{};
};

class ServerClock {
 public:
  /// Stamps are cut to whole multiples of `tick`, which is at least 1 ns.
  explicit ServerClock(Nanoseconds tick = Nanoseconds{1}) : tick_(tick) {}

  /// From the instant `now` on (by this machine's wall clock) it is off by `offset`.
  void set(Nanoseconds offset, const timespec& now);
  Nanoseconds offset() const { return settings_.empty() ? Nanoseconds{} : settings_.back().offset; }

  /// The stamp of a change that was made at `real`.
  timespec stamp(const timespec& real) const;
  /// A time that a client gave: cut, and otherwise as it is.
  timespec cut(const timespec& given) const;

  /// What the newest setting did.
  struct Seen {
    std::uint64_t stamps = 0;  ///< that somebody was told, and that are others for it
    Nanoseconds off{};         ///< by how much the first of them was not what a right clock shows
  };
  const Seen& seen() const { return seen_; }
  /// Somebody is told of `shown`, the times of a file.
  void tell(const TrueTimes& real, const struct stat& shown);

 private:
  struct Setting {
    Nanoseconds from;
    Nanoseconds offset;
  };
  void tell(const timespec& real, const timespec& shown);

  Nanoseconds tick_;
  std::vector<Setting> settings_;
  Seen seen_;
};

}  // namespace holdfast::harness::mount
