// Durations, and durations that are drawn anew each time.
#pragma once

#include <chrono>

namespace holdfast::harness {

using Nanoseconds = std::chrono::nanoseconds;

struct Distribution {
  enum class Shape { constant, uniform, exponential };
  Shape shape = Shape::constant;
  Nanoseconds low{};  ///< constant: the value; uniform: the least; exponential: the mean
  Nanoseconds
      high{};  ///< uniform: the most; exponential: values above are cut to this (0: 20 x the mean)
};

}  // namespace holdfast::harness
