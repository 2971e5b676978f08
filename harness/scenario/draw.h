// Draws a duration from a scenario's distribution.
#pragma once

#include <algorithm>
#include <cmath>

#include "harness/random/random.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

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
      const double most = from.high.count() > 0 ? static_cast<double>(from.high.count()) : 20 * low;
      return Nanoseconds(static_cast<std::int64_t>(std::min(-low * std::log1p(-unit), most)));
    }
  }
  return from.low;
}

}  // namespace holdfast::harness
