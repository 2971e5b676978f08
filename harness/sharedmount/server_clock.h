// The clock by which the server stamps files, as a function of this machine's. Pure.
//
// The machine's own file system stamps every change with its true time. What a client is shown is
// that instant as the server's clock showed it then: so a clock that is set changes the stamps of
// what comes after, and of nothing before.
#pragma once

#include <ctime>
#include <vector>

#include "harness/scenario/scenario.h"

namespace holdfast::harness::mount {

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

 private:
  struct Setting {
    Nanoseconds from;
    Nanoseconds offset;
  };
  Nanoseconds tick_;
  std::vector<Setting> settings_;
};

}  // namespace holdfast::harness::mount
