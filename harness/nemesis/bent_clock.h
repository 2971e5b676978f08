// A host's clock that can be bent, and what came of it be measured.
#pragma once

#include <chrono>

#include "harness/history/history.h"
#include "harness/nemesis/clock_map.h"
#include "harness/result/result.h"

namespace holdfast::harness {

class BentClock {
 public:
  virtual ~BentClock() = default;

  /// Makes the change, which lasts until the next one. `planned` says id, target, host, and planned
  /// effect.
  virtual void set(const ClockSetting& setting, Fault planned) = 0;
  /// Moves what has to be moved on when a rate is bent for programs; call it each kTick.
  ///
  /// Errors:  it could not be moved on: nobody knows any more where programs see it.
  virtual Result<void> tick() = 0;
  /// How long after set() measured() is to be called: a rate takes its time to show.
  virtual std::chrono::nanoseconds settling() const = 0;
  /// What the last set() came to, as far as it can be seen by now; `end_ns` is now.
  virtual Fault measured() = 0;
  /// Whether a set() waits to be measured.
  virtual bool pending() const = 0;

  static constexpr std::chrono::milliseconds kTick{100};
};

}  // namespace holdfast::harness
