// What an injected clock shows, as a function of the real clocks. Pure.
//
// Each clock is a straight line through an anchor: from there on it runs `rate` times as fast as
// the real one. A change of rate moves the anchor to the present, so elapsed clocks bend and never
// jump; only the wall clock can be set.
#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::harness {

/// The three clocks that a lock can read, in nanoseconds.
struct ClockReading {
  std::int64_t raw = 0;   ///< CLOCK_MONOTONIC_RAW
  std::int64_t boot = 0;  ///< CLOCK_BOOTTIME
  std::int64_t wall = 0;  ///< since 1970

  bool operator==(const ClockReading&) const = default;
};

/// One straight line: what is shown at `real`, and from there on.
struct ClockLine {
  std::int64_t real = 0;
  std::int64_t shown = 0;

  bool operator==(const ClockLine&) const = default;
};

/// The zero value shows every clock as it is.
struct ClockMap {
  ClockLine raw, boot, wall;
  double rate = 1;  ///< of all three

  bool operator==(const ClockMap&) const = default;
};

/// A change to be made. What is not given stays as it is: without an offset the wall clock goes on
/// from what it shows now.
struct ClockSetting {
  std::optional<std::int64_t> offset_ns;  ///< of the wall clock against the real one, from now on
  std::optional<double> rate;
};

std::int64_t shown(const ClockLine& line, double rate, std::int64_t real);
ClockReading shown(const ClockMap& map, const ClockReading& real);

/// The map after `setting` was made at the instant `now` of the real clocks.
ClockMap changed(const ClockMap& before, const ClockSetting& setting, const ClockReading& now);

}  // namespace holdfast::harness
