// How many times as large B's figure is as A's, and how far that can be trusted.
//
// The figures of one run hang together: a busy minute makes all of its waits long. What tells a
// change from chance is how much runs of the same thing differ. So:
//
// - Several runs on each side: each run gives one logarithm of its figure, and the difference of
//   the two means has Welch's interval (Student's t with Welch's and Satterthwaite's degrees of
//   freedom). It allows for few runs, and for sides that are noisy in different measure.
// - One run on one side: whether it could be one more run of the other side, whose spread is taken
//   for both (a prediction interval).
// - One run on each side: how much runs differ is not known. The interval tells the noise within
//   the two runs only, and no difference is claimed from it.
//
// Source: B. L. Welch, The generalization of "Student's" problem when several different population
//         variances are involved, Biometrika 34 (1947); T. Kalibera and R. Jones, Rigorous
//         benchmarking in reasonable time, ISMM 2013 (ratios, and runs as the unit of repetition);
//         H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., 2.1 and 7.1.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/archive/stored_report.h"

namespace holdfast::harness {

/// What an interval allows for.
enum class Noise {
  unknown,       ///< there is no interval
  within_runs,   ///< one run on each side
  between_runs,  ///< several on one side at least
};

struct Estimate {
  double ratio = 1;          ///< B's figure by A's
  double low = 0, high = 0;  ///< of the interval; without one 0 and 0
  Noise noise = Noise::unknown;

  /// Whether the two are told apart: only ever from several runs.
  bool larger() const { return noise == Noise::between_runs && low > 1; }
  bool smaller() const { return noise == Noise::between_runs && high < 1; }
};

/// One figure of each run, all above zero; `resolution`: the share by which each can be wrong in
/// the same direction, as figures from a histogram's bins are.
///
/// Nothing: one side has no figure.
std::optional<Estimate> estimate_ratio(const std::vector<double>& a, const std::vector<double>& b,
                                       double resolution, double confidence);

/// The ratio of two percentiles of one run each. The interval comes of 2,000 bootstrap samples of
/// each histogram: the p-percentile of n values drawn anew stands where a share of them lies below
/// that has a beta distribution.
///
/// Nothing: one side is empty.
std::optional<Estimate> estimate_within(const StoredLatency& a, const StoredLatency& b,
                                        double percentile, double confidence);

/// Where `share` of all lie below; bins are taken to be evenly filled on a logarithmic scale.
double quantile_of(const StoredLatency& latency, double share);

}  // namespace holdfast::harness
