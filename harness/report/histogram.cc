#include "harness/report/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace holdfast::harness {
namespace {

constexpr int kBits = 5;  // 32 bins to a power of two
constexpr std::uint64_t kPerOctave = 1U << kBits;
constexpr std::size_t kMerged = kPerOctave / 4;  // bins of a report: four to a power of two

/// Values below 32 have a bin each; above, the five bits after the leading one choose it.
std::size_t index_of(std::uint64_t value) {
  if (value < kPerOctave) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
  return static_cast<std::size_t>((static_cast<std::uint64_t>(shift) + 1) * kPerOctave +
                                  ((value >> shift) - kPerOctave));
}

/// The least value of a bin. One past the last bin of all is the end of the range of values.
std::int64_t start_of(std::size_t index) {
  if (index < kPerOctave) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kPerOctave - 1;
  const std::uint64_t mantissa = kPerOctave + index % kPerOctave;
  if (shift + kBits >= 63) return INT64_MAX;
  return static_cast<std::int64_t>(mantissa << shift);
}

}  // namespace

void Histogram::add(std::int64_t value) {
  value = std::max<std::int64_t>(value, 0);
  const std::size_t index = index_of(static_cast<std::uint64_t>(value));
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  ++count_;
  const double difference = static_cast<double>(value) - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (static_cast<double>(value) - mean_);
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  const auto ours = static_cast<double>(count_), theirs = static_cast<double>(other.count_);
  const double difference = other.mean_ - mean_;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  squares_ += other.squares_ + difference * difference * ours * theirs / (ours + theirs);
  mean_ += difference * theirs / (ours + theirs);
  count_ += other.count_;
}

double Histogram::mean() const { return mean_; }

double Histogram::deviation() const {
  return count_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(count_));
}

std::int64_t Histogram::percentile(double share) const {
  if (count_ == 0) return 0;
  const double exact = std::ceil(share * static_cast<double>(count_));
  const auto rank =
      std::clamp<std::uint64_t>(exact < 1 ? 1 : static_cast<std::uint64_t>(exact), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(start_of(i + 1) - 1, min_, max_);
  }
  return max_;
}

std::vector<Bin> Histogram::bins() const {
  std::vector<Bin> bins;
  for (std::size_t i = 0; i < counts_.size(); i += kMerged) {
    Bin bin{start_of(i), start_of(i + kMerged), 0};
    const std::size_t end = std::min(i + kMerged, counts_.size());
    for (std::size_t j = i; j < end; ++j) bin.count += counts_[j];
    if (bin.count != 0) bins.push_back(bin);
  }
  return bins;
}

}  // namespace holdfast::harness
