#include "harness/archive/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/report/latency_steps.h"

namespace holdfast::harness {
namespace {

using Runs = std::vector<const StoredReport*>;

/// Percentiles are right to one of 32 bins for each power of two.
constexpr double kResolution = 1.0 / 32;
constexpr double kConfidence = 0.95;
constexpr std::array kPercentiles = {0.5, 0.99};

Standing standing_of(const Runs& runs) {
  Standing standing;
  standing.scenario = runs.front()->scenario;
  standing.runs = runs.size();
  std::vector<ExitStatus> statuses;
  for (const StoredReport* run : runs) {
    if (run->status == ExitStatus::as_expected) ++standing.as_expected;
    ++standing.verdicts[run->verdict + (run->found.empty() ? "" : " " + run->found)];
    for (const auto& [what, count] : run->classes) ++standing.classes[what];
    standing.grants += run->grants;
    standing.handoffs += run->handoffs;
    standing.faults += run->faults;
    standing.faults_effective += run->faults_effective;
    standing.seeds.push_back(run->seed);
    statuses.push_back(run->status);
  }
  standing.worst = worst(statuses);
  return standing;
}

std::vector<std::string> missing_in(const std::map<std::string, std::uint64_t>& classes,
                                    const std::map<std::string, std::uint64_t>& others) {
  std::vector<std::string> missing;
  for (const auto& [what, runs] : classes) {
    if (!others.contains(what)) missing.push_back(what);
  }
  return missing;
}

double geometric_mean(const std::vector<double>& figures) {
  double sum = 0;
  for (const double figure : figures) sum += std::log(figure);
  return std::exp(sum / static_cast<double>(figures.size()));
}

/// The figures of those runs that have one above zero.
template <class Of>
std::vector<double> figures_of(const Runs& runs, Of of) {
  std::vector<double> figures;
  for (const StoredReport* run : runs) {
    if (const std::optional<double> figure = of(*run); figure && *figure > 0) {
      figures.push_back(*figure);
    }
  }
  return figures;
}

std::optional<Compared> compared(const std::string& what, const std::vector<double>& a,
                                 const std::vector<double>& b, double resolution,
                                 double confidence) {
  const auto estimate = estimate_ratio(a, b, resolution, confidence);
  if (!estimate) return std::nullopt;
  Compared made;
  made.what = what;
  made.a = geometric_mean(a);
  made.b = geometric_mean(b);
  made.estimate = *estimate;
  return made;
}

std::vector<double> percentiles_of(const Runs& runs, const std::string& step, double percentile) {
  return figures_of(runs, [&](const StoredReport& run) -> std::optional<double> {
    const StoredLatency& latency = run.latency.at(step);
    if (latency.count == 0) return std::nullopt;
    return static_cast<double>(
        std::max<std::int64_t>(percentile == 0.5 ? latency.p50_ns : latency.p99_ns, 1));
  });
}

/// Each step's median and 99th percentile. Many intervals are looked at: each is made so wide that
/// all of them hold together (Bonferroni).
std::vector<Compared> latencies_of(const Runs& a, const Runs& b) {
  std::vector<Compared> all;
  std::size_t judged = 0;
  for (const bool counting : {true, false}) {
    const double each =
        1 - (1 - kConfidence) / static_cast<double>(std::max<std::size_t>(judged, 1));
    for (const LatencyStep& step : kLatencySteps) {
      for (const double percentile : kPercentiles) {
        const auto of_a = percentiles_of(a, step.name, percentile);
        const auto of_b = percentiles_of(b, step.name, percentile);
        if (of_a.empty() || of_b.empty()) continue;
        if (counting) {
          ++judged;
          continue;
        }
        auto made = compared(step.name, of_a, of_b, kResolution, each);
        made->percentile = percentile;
        made->chosen = step.of == &Latencies::hold;
        if (a.size() == 1 && b.size() == 1) {
          made->estimate = *estimate_within(a.front()->latency.at(step.name),
                                            b.front()->latency.at(step.name), percentile, each);
          made->estimate.ratio = made->b / made->a;
        }
        all.push_back(std::move(*made));
      }
    }
  }
  return all;
}

std::vector<Compared> operations_of(const Runs& a, const Runs& b) {
  std::set<std::string> kinds;
  for (const Runs* side : {&a, &b}) {
    for (const StoredReport* run : *side) {
      for (const auto& [kind, per_grant] : run->operations_per_grant) kinds.insert(kind);
    }
  }
  std::vector<Compared> all;
  for (const std::string& kind : kinds) {
    const auto of = [&](const StoredReport& run) -> std::optional<double> {
      const auto found = run.operations_per_grant.find(kind);
      if (found == run.operations_per_grant.end()) return std::nullopt;
      return found->second;
    };
    auto made = compared(kind, figures_of(a, of), figures_of(b, of), 0, kConfidence);
    if (made) all.push_back(std::move(*made));
  }
  std::stable_partition(all.begin(), all.end(),
                        [](const Compared& it) { return it.what == "all"; });
  return all;
}

/// Key by key: what values the runs of each side have, where that is not the same set.
std::vector<Change> changes_of(const Runs& a, const Runs& b,
                               std::map<std::string, std::string> StoredReport::*keys) {
  std::map<std::string, Change> all;
  const auto note = [&](const Runs& runs, std::set<std::string> Change::*side) {
    for (const StoredReport* run : runs) {
      for (const auto& [key, value] : run->*keys) (all[key].*side).insert(value);
    }
  };
  note(a, &Change::a);
  note(b, &Change::b);
  std::vector<Change> changes;
  for (auto& [key, change] : all) {
    if (change.a == change.b) continue;
    change.key = key;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::optional<std::pair<double, double>> load_of(const Runs& runs) {
  std::optional<std::pair<double, double>> load;
  for (const StoredReport* run : runs) {
    if (!run->load) continue;
    if (!load) load = {*run->load, *run->load};
    load = {std::min(load->first, *run->load), std::max(load->second, *run->load)};
  }
  return load;
}

ScenarioComparison compared_runs(const Runs& a, const Runs& b) {
  ScenarioComparison made;
  made.a = standing_of(a);
  made.b = standing_of(b);
  made.appeared = missing_in(made.b.classes, made.a.classes);
  made.went = missing_in(made.a.classes, made.b.classes);
  made.latencies = latencies_of(a, b);
  const auto rate = [](const StoredReport& run) { return run.grants_per_second; };
  made.throughput =
      compared("grants_per_second", figures_of(a, rate), figures_of(b, rate), 0, kConfidence);
  made.operations = operations_of(a, b);
  made.scenario = changes_of(a, b, &StoredReport::scenario_keys);
  made.environment = changes_of(a, b, &StoredReport::environment_keys);
  made.load_a = load_of(a);
  made.load_b = load_of(b);
  return made;
}

/// Runs by scenario, and in each by the lock that was under it: other locks are no repetitions.
std::map<std::string, std::map<std::string, Runs>> by_lock(const std::vector<StoredReport>& runs) {
  std::map<std::string, std::map<std::string, Runs>> groups;
  for (const StoredReport& run : runs) groups[run.scenario][run.contender].push_back(&run);
  return groups;
}

using Locks = std::map<std::string, Runs>;

/// A scenario of one side with one of the other: a lock with a lock, or, if there are several, each
/// with itself.
void compare_locks(const std::pair<const std::string, Locks>& a,
                   const std::pair<const std::string, Locks>& b, Comparison& comparison) {
  if (a.second.size() == 1 && b.second.size() == 1) {
    comparison.scenarios.push_back(
        compared_runs(a.second.begin()->second, b.second.begin()->second));
    return;
  }
  for (const auto& [lock, runs] : a.second) {
    const auto other = b.second.find(lock);
    if (other == b.second.end()) {
      comparison.only_a.push_back(a.first + ", " + lock);
      continue;
    }
    comparison.scenarios.push_back(compared_runs(runs, other->second));
    comparison.scenarios.back().a.scenario += ", " + lock;
    comparison.scenarios.back().b.scenario += ", " + lock;
  }
  for (const auto& [lock, runs] : b.second) {
    if (!a.second.contains(lock)) comparison.only_b.push_back(b.first + ", " + lock);
  }
}

}  // namespace

bool worse_than(ExitStatus b, ExitStatus a) { return a != b && worst({a, b}) == b; }

bool ScenarioComparison::worse() const { return worse_than(b.worst, a.worst); }
bool ScenarioComparison::better() const { return worse_than(a.worst, b.worst); }

bool ScenarioComparison::same_verdicts() const {
  using VerdictCount = decltype(a.verdicts)::value_type;
  return std::ranges::equal(a.verdicts, b.verdicts, {}, &VerdictCount::first, &VerdictCount::first);
}

Comparison compare(const std::vector<StoredReport>& a, const std::vector<StoredReport>& b) {
  Comparison comparison;
  comparison.confidence = kConfidence;
  const auto of_a = by_lock(a), of_b = by_lock(b);
  if (of_a.size() == 1 && of_b.size() == 1) {
    compare_locks(*of_a.begin(), *of_b.begin(), comparison);
    return comparison;
  }
  for (const auto& group : of_a) {
    const auto other = of_b.find(group.first);
    if (other == of_b.end()) {
      comparison.only_a.push_back(group.first);
    } else {
      compare_locks(group, *other, comparison);
    }
  }
  for (const auto& [scenario, runs] : of_b) {
    if (!of_a.contains(scenario)) comparison.only_b.push_back(scenario);
  }
  return comparison;
}

std::vector<Compared> slower_than(const ScenarioComparison& scenario, double ratio) {
  std::vector<Compared> slower;
  for (const Compared& latency : scenario.latencies) {
    const Estimate& estimate = latency.estimate;
    if (!latency.chosen && estimate.larger() && estimate.low > ratio) slower.push_back(latency);
  }
  return slower;
}

}  // namespace holdfast::harness
