// Fenwick trees: sums and maxima over the first of many places, in O(log n) each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::harness {

/// How many marks are among the first places.
class CountTree {
 public:
  explicit CountTree(std::size_t places) : nodes_(places + 1, 0) {}

  void mark(std::size_t place) {
    for (std::size_t i = place + 1; i < nodes_.size(); i += i & (~i + 1)) ++nodes_[i];
  }
  /// Marks at places before `end`.
  std::uint64_t before(std::size_t end) const {
    std::uint64_t sum = 0;
    for (std::size_t i = end; i > 0; i -= i & (~i + 1)) sum += nodes_[i];
    return sum;
  }

 private:
  std::vector<std::uint32_t> nodes_;
};

/// Which of the first places has the highest value.
class MaxTree {
 public:
  struct Best {
    std::uint64_t value = 0;
    std::size_t place = static_cast<std::size_t>(-1);  ///< none
    bool any() const { return place != static_cast<std::size_t>(-1); }
  };

  explicit MaxTree(std::size_t places) : nodes_(places + 1) {}

  void set(std::size_t place, std::uint64_t value) {
    for (std::size_t i = place + 1; i < nodes_.size(); i += i & (~i + 1)) {
      raise(nodes_[i], {value, place});
    }
  }
  /// The highest at places before `end`.
  Best before(std::size_t end) const {
    Best best;
    for (std::size_t i = end; i > 0; i -= i & (~i + 1)) raise(best, nodes_[i]);
    return best;
  }

 private:
  static void raise(Best& best, const Best& other) {
    if (other.any() && (!best.any() || other.value > best.value)) best = other;
  }
  std::vector<Best> nodes_;
};

}  // namespace holdfast::harness
