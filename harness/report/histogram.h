// A distribution of durations in little space: bins whose width grows with the value.
//
// Each power of two is cut into 32 bins, so a percentile is right to about 3 %; count, least,
// most, mean and deviation are exact. Values below zero count as zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::harness {

struct Bin {
  std::int64_t from = 0;  ///< included
  std::int64_t to = 0;    ///< not included
  std::uint64_t count = 0;

  bool operator==(const Bin&) const = default;
};

class Histogram {
 public:
  void add(std::int64_t value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }
  double mean() const;
  double deviation() const;  ///< of the values themselves, not of a sample

  /// The least value such that `share` of all are not above it; the upper end of its bin, at most
  /// max(). Nothing recorded: 0.
  std::int64_t percentile(double share) const;

  /// Those that are not empty, in order; four to a power of two.
  std::vector<Bin> bins() const;

 private:
  std::vector<std::uint64_t> counts_;  // as long as its highest value needs
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0, max_ = 0;
  double mean_ = 0, squares_ = 0;  // Welford's running mean and sum of squared differences
};

}  // namespace holdfast::harness
