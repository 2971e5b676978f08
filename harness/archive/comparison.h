// Two sets of runs, told apart: verdicts, what was found, how long things took, and what was
// changed.
//
// Pure. Runs are put together by scenario, and where several locks were in one, by lock. Where both
// sides are of one scenario each, these two are compared, whatever they are called.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/archive/estimate.h"
#include "harness/archive/stored_report.h"

namespace holdfast::harness {

/// What the runs of one side came to.
struct Standing {
  std::string scenario;
  std::uint64_t runs = 0, as_expected = 0;
  std::map<std::string, std::uint64_t> verdicts;  ///< "violated wedge", and of how many runs
  ExitStatus worst = ExitStatus::as_expected;
  std::map<std::string, std::uint64_t> classes;  ///< findings, and in how many runs of them
  std::uint64_t grants = 0, handoffs = 0;
  std::uint64_t faults = 0, faults_effective = 0;
  std::vector<std::string> seeds;
};

/// One figure of both sides: the mean (geometric) of the runs'.
struct Compared {
  std::string what;       ///< a step's name: "wait"; "grants_per_second"
  double percentile = 0;  ///< 0.5, 0.99; 0: it is none
  double a = 0, b = 0;    ///< nanoseconds; grants per second; operations per grant
  Estimate estimate;
  bool chosen = false;  ///< the scenario sets how long it takes: it says nothing about the lock
};

/// A key with values that one side has, and the other has not. JSON texts; none: no such key.
struct Change {
  std::string key;
  std::set<std::string> a, b;
};

struct ScenarioComparison {
  Standing a, b;
  std::vector<std::string> appeared, went;  ///< classes that no run of the other side has
  std::vector<Compared> latencies;
  std::optional<Compared> throughput;
  std::vector<Compared> operations;  ///< per grant, by kind; "all" first
  std::vector<Change> scenario, environment;
  std::optional<std::pair<double, double>> load_a, load_b;  ///< least and most, before the runs

  bool worse() const;   ///< the worst exit status of B's runs is worse than that of A's
  bool better() const;  ///< the other way round
  /// Whether the same verdicts came out. A scenario that takes anything is never worse or better.
  bool same_verdicts() const;
};

struct Comparison {
  double confidence = 0;  ///< of all latencies' intervals of one scenario together
  std::vector<ScenarioComparison> scenarios;
  std::vector<std::string> only_a, only_b;  ///< scenarios, and of several locks the lock
};

/// Of two exit statuses, whether `b` is the worse one: 0, 6, 2, 5, 1, 3, 4, 130.
bool worse_than(ExitStatus b, ExitStatus a);

Comparison compare(const std::vector<StoredReport>& a, const std::vector<StoredReport>& b);

/// The latencies of B that surely take more than `ratio` times as long as A's.
std::vector<Compared> slower_than(const ScenarioComparison& scenario, double ratio);

}  // namespace holdfast::harness
