#include "harness/archive/estimate.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "harness/random/random.h"

namespace holdfast::harness {
namespace {

/// Logarithms of one side's figures.
struct Sample {
  std::size_t count = 0;
  double mean = 0, variance = 0;  ///< the variance of one figure, estimated; 0 of a single one
};

Sample sample_of(const std::vector<double>& figures) {
  Sample sample;
  sample.count = figures.size();
  const auto count = static_cast<double>(figures.size());
  for (const double figure : figures) sample.mean += std::log(figure) / count;
  if (figures.size() < 2) return sample;
  for (const double figure : figures) {
    const double off = std::log(figure) - sample.mean;
    sample.variance += off * off / (count - 1);
  }
  return sample;
}

/// The standard error of the difference of two means, and its degrees of freedom.
struct Spread {
  double error = 0, freedom = 1;
};

Spread spread_of(const Sample& a, const Sample& b) {
  const auto n = static_cast<double>(a.count), m = static_cast<double>(b.count);
  if (a.count < 2 || b.count < 2) {
    const double variance = std::max(a.variance, b.variance);  // the other one's is 0
    return {std::sqrt(variance * (1 / n + 1 / m)), n + m - 2};
  }
  const double u = a.variance / n, v = b.variance / m;
  const double both = u * u / (n - 1) + v * v / (m - 1);
  return {std::sqrt(u + v), both > 0 ? (u + v) * (u + v) / both : n + m - 2};
}

bool usable(const std::vector<double>& figures) {
  return !figures.empty() &&
         std::all_of(figures.begin(), figures.end(), [](double figure) { return figure > 0; });
}

/// The shares below a percentile in samples drawn anew, by the inverse of their distribution.
class Shares {
 public:
  Shares(std::uint64_t count, double percentile)
      : beta_(rank(count, percentile), static_cast<double>(count) + 1 - rank(count, percentile)) {}
  double at(double unit) const { return boost::math::quantile(beta_, unit); }

 private:
  static double rank(std::uint64_t count, double percentile) {
    const auto n = static_cast<double>(count);
    return std::clamp(std::ceil(percentile * n), 1.0, n);
  }
  boost::math::beta_distribution<double> beta_;
};

}  // namespace

std::optional<Estimate> estimate_ratio(const std::vector<double>& a, const std::vector<double>& b,
                                       double resolution, double confidence) {
  if (!usable(a) || !usable(b)) return std::nullopt;
  const Sample from = sample_of(a), to = sample_of(b);
  Estimate estimate;
  const double difference = to.mean - from.mean;
  estimate.ratio = std::exp(difference);
  if (from.count + to.count < 3) return estimate;
  const Spread spread = spread_of(from, to);
  const double times = boost::math::quantile(
      boost::math::students_t_distribution<double>(spread.freedom), (1 + confidence) / 2);
  const double reach = times * spread.error + std::log1p(resolution);
  estimate.low = std::exp(difference - reach);
  estimate.high = std::exp(difference + reach);
  estimate.noise = Noise::between_runs;
  return estimate;
}

double quantile_of(const StoredLatency& latency, double share) {
  const double wanted = share * static_cast<double>(latency.count);
  double below = 0;
  for (const Bin& bin : latency.bins) {
    const auto inside = static_cast<double>(bin.count);
    if (below + inside < wanted) {
      below += inside;
      continue;
    }
    // A duration of 0 has no logarithm.
    const auto low = static_cast<double>(std::max<std::int64_t>({bin.from, latency.min_ns, 1}));
    const auto high = std::max(low, static_cast<double>(std::min(bin.to, latency.max_ns)));
    return low * std::pow(high / low, (wanted - below) / inside);
  }
  return static_cast<double>(std::max<std::int64_t>(latency.max_ns, 1));
}

std::optional<Estimate> estimate_within(const StoredLatency& a, const StoredLatency& b,
                                        double percentile, double confidence) {
  if (a.count == 0 || b.count == 0) return std::nullopt;
  constexpr std::size_t kSamples = 2'000;
  Random random(derived_seed(0, "estimate_within"));  // the same files give the same words
  const Shares of_a(a.count, percentile), of_b(b.count, percentile);
  std::vector<double> ratios;
  ratios.reserve(kSamples);
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double from = quantile_of(a, of_a.at(random.unit()));
    ratios.push_back(quantile_of(b, of_b.at(random.unit())) / from);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto at = [&](double share) {
    return ratios[static_cast<std::size_t>(share * static_cast<double>(kSamples - 1))];
  };
  Estimate estimate;
  estimate.low = at((1 - confidence) / 2);
  estimate.high = at((1 + confidence) / 2);
  estimate.ratio = quantile_of(b, percentile) / quantile_of(a, percentile);
  estimate.noise = Noise::within_runs;
  return estimate;
}

}  // namespace holdfast::harness
