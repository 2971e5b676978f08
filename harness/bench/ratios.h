// What a benchmark run says about ratios: a time means nothing on a shared machine, a ratio of two
// times of one run does.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace holdfast::harness {

/// One claim: `measured` takes at most `at_most` times as long as `base`.
struct Ratio {
  std::string about;
  std::string measured;  ///< names of benchmarks
  std::string base;
  double at_most = 0;  ///< 0: reported without a promise
};

/// The claims that holdfast makes.
const std::vector<Ratio>& promised_ratios();

/// Prints a line for each ratio of which both times are there (median, any one unit); how many
/// promises were missed.
int print_ratios(std::ostream& out, const std::vector<Ratio>& ratios,
                 const std::map<std::string, double>& medians);

}  // namespace holdfast::harness
