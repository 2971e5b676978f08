// Draws durations as a scenario says, or tells the longest that one can come to.
#pragma once

#include <algorithm>
#include <cmath>

#include "harness/random/random.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// The longest that draw() can come to; an exponential one without an end is cut at 20 times its
/// mean.
inline Nanoseconds longest(const Distribution& from) {
  switch (from.shape) {
    case Distribution::Shape::constant: return from.low;
    case Distribution::Shape::uniform: return from.high;
    case Distribution::Shape::exponential: break;
  }
  return from.high.count() > 0 ? from.high : 20 * from.low;
}

/// Takes exactly one word from `random`, whatever the shape, so that a change of shape leaves the
/// choices after it alone.
inline Nanoseconds draw(const Distribution& from, Random& random) {
  const double unit = random.unit();
  const auto low = static_cast<double>(from.low.count());
  switch (from.shape) {
    case Distribution::Shape::constant: break;
    case Distribution::Shape::uniform: {
      const double width = static_cast<double>((from.high - from.low).count()) + 1;
      return from.low + Nanoseconds(static_cast<std::int64_t>(unit * width));
    }
    case Distribution::Shape::exponential: {
      const auto most = static_cast<double>(longest(from).count());
      return Nanoseconds(static_cast<std::int64_t>(std::min(-low * std::log1p(-unit), most)));
    }
  }
  return from.low;
}

/// The time from one strike to the next: `every`, longer or shorter by up to `jitter` (0 to 1) of
/// it, and at least 1 ns. Takes one word from `random`.
inline Nanoseconds draw_interval(Nanoseconds every, double jitter, Random& random) {
  const double share = 1 + jitter * (2 * random.unit() - 1);
  const double drawn = static_cast<double>(every.count()) * share;
  return Nanoseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(drawn)));
}

}  // namespace holdfast::harness
