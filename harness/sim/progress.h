// Progress: how long a lock may be had by nobody while somebody waits for it, once nothing goes
// wrong any more.
//
// What the protocols promise is a lease and a margin; what comes on top of that is how long a
// waiter takes to see what there is. README.md, "Progress", says of each part why it is needed.
#pragma once

#include "harness/sim/contender.h"
#include "harness/sim/setting.h"

namespace holdfast::harness::sim {

/// Parts of true time, whatever the hosts' clocks show.
struct MostWait {
  Duration lease{};    ///< the longest that there is: of somebody who has died
  Duration margin{};   ///< `margin`; of a lock that is a file, `slop`
  Duration clocks{};   ///< by which a waiter's clock can have to make it longer
  Duration poll{};     ///< between two looks
  Duration memory{};   ///< that a host can take for what has changed since
  Duration breaker{};  ///< of a lock that is a file: who was to break it has died, too
  Duration steps{};    ///< of requests that take their time, and of timers that are due in steps

  Duration all() const { return lease + margin + clocks + poll + memory + breaker + steps; }
};

/// Pure.
MostWait most_wait(const Setting& setting, const Kind& kind);

}  // namespace holdfast::harness::sim
