// Every random choice of a run, from one printed seed.
//
// The same seed gives the same choices with every compiler and standard library: that is why no
// std::distribution is used here. Whoever chooses gets a stream of their own (derived_seed), so
// that one more choice in one place changes nothing in another.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::harness {

/// splitmix64: every seed is a good one, and a stream costs one word.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits();
  /// One of 0 .. below - 1, all equally likely; 0 for 0.
  std::uint64_t below(std::uint64_t below);
  /// In [0, 1).
  double unit();

 private:
  std::uint64_t state_;
};

/// The seed of the stream called `name`, number `index`, of the one seeded with `seed`.
std::uint64_t derived_seed(std::uint64_t seed, std::string_view name, std::uint64_t index = 0);

}  // namespace holdfast::harness
