#include "harness/archive/comparison_words.h"

#include <cmath>

#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

/// Of an interval that is wider than this, the end that is near 1 is all that is of use.
constexpr double kWidest = 1'000;

std::string ratio_words(double ratio) {
  if (ratio >= 10) return with_decimals(ratio, ratio < 1'000 ? 1 : 0);
  const double size = ratio > 0 ? std::floor(std::log10(ratio)) : 0;
  return with_decimals(ratio, size >= -1 ? 2 : 1 - static_cast<int>(size));
}

std::string interval_words(const Estimate& estimate) {
  if (estimate.noise == Noise::unknown) return "not known";
  if (estimate.noise == Noise::between_runs && estimate.high > kWidest * estimate.low) {
    if (estimate.larger()) return "at least " + ratio_words(estimate.low);
    if (estimate.smaller()) return "at most " + ratio_words(estimate.high);
    return "too few runs to say";
  }
  return ratio_words(estimate.low) + " to " + ratio_words(estimate.high);
}

std::string percentile_words(double percentile) { return percentile == 0.5 ? "p50" : "p99"; }

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string verdicts_of(const Standing& standing) {
  std::string text;
  for (const auto& [verdict, runs] : standing.verdicts) {
    text += (text.empty() ? "" : ", ") + verdict;
    if (standing.verdicts.size() > 1) text += " in " + counted(runs, "run");
  }
  return text;
}

std::string classes_of(const Standing& standing) {
  std::string text;
  for (const auto& [what, runs] : standing.classes) {
    text += (text.empty() ? "" : ", ") + what;
    if (standing.runs > 1) text += " in " + counted(runs, "run");
  }
  return text.empty() ? "nothing" : text;
}

ComparisonPart verdicts(const ScenarioComparison& scenario) {
  const Standing &a = scenario.a, &b = scenario.b;
  const auto row = [&](const char* what, auto of) {
    return std::vector<std::string>{what, of(a), of(b)};
  };
  ComparisonPart part;
  part.heads = {"verdict", "A", "B"};
  part.rows = {row("verdict", verdicts_of),
               row("as expected",
                   [](const Standing& it) {
                     return grouped(it.as_expected) + " of " + counted(it.runs, "run");
                   }),
               row("found", classes_of),
               row("grants", [](const Standing& it) { return grouped(it.grants); }),
               row("handed over", [](const Standing& it) { return grouped(it.handoffs); }),
               row("faults that took effect", [](const Standing& it) {
                 return grouped(it.faults_effective) + " of " + grouped(it.faults);
               })};
  if (!scenario.appeared.empty()) {
    part.sentences.push_back("Only B has: " + listed(scenario.appeared) + ".");
  }
  if (!scenario.went.empty()) {
    part.sentences.push_back("Only A has: " + listed(scenario.went) + ".");
  }
  return part;
}

/// How far the intervals can be trusted: said where they are shown.
std::string about_intervals(const Comparison& comparison, const ScenarioComparison& scenario) {
  const std::string percent = with_decimals(100 * comparison.confidence, 0) + " %";
  if (scenario.a.runs == 1 && scenario.b.runs == 1) {
    return "One run each: how much runs of the same thing differ is not known, so no difference is "
           "claimed. The intervals tell the noise within the two runs only. Several runs of each "
           "tell more: holdfast run --repeat 5.";
  }
  return "All intervals of latencies hold together with " + percent +
         " confidence; they allow for "
         "how much the runs of one side differ among themselves (" +
         counted(scenario.a.runs, "run") + " and " + counted(scenario.b.runs, "run") + ").";
}

ComparisonPart latencies(const ComparisonTitle& title, const Comparison& comparison,
                         const ScenarioComparison& scenario) {
  ComparisonPart part;
  if (scenario.latencies.empty()) return part;
  part.heads = {"latency", "", "A", "B", "B / A", "interval", ""};
  for (const Compared& latency : scenario.latencies) {
    part.rows.push_back({latency.what, percentile_words(latency.percentile),
                         human_duration(static_cast<std::int64_t>(latency.a)),
                         human_duration(static_cast<std::int64_t>(latency.b)),
                         ratio_words(latency.estimate.ratio), interval_words(latency.estimate),
                         estimate_words(latency.estimate, "longer", "shorter") +
                             (latency.chosen ? " (the scenario sets it)" : "")});
  }
  part.sentences = {about_intervals(comparison, scenario)};
  if (!title.fail_slower) return part;
  const auto slower = slower_than(scenario, *title.fail_slower);
  std::string named;
  for (const Compared& latency : slower) {
    named +=
        (named.empty() ? "" : ", ") + latency.what + " " + percentile_words(latency.percentile);
  }
  part.sentences.push_back(
      named.empty()
          ? "Nothing is surely slower by more than " + ratio_words(*title.fail_slower) + "."
          : "SLOWER by more than " + ratio_words(*title.fail_slower) + ": " + named + ".");
  return part;
}

ComparisonPart work(const ScenarioComparison& scenario) {
  ComparisonPart part;
  part.heads = {"work", "A", "B", "B / A", "interval", ""};
  const auto add = [&](const std::string& what, const Compared& figure) {
    part.rows.push_back({what, with_decimals(figure.a, 2), with_decimals(figure.b, 2),
                         ratio_words(figure.estimate.ratio), interval_words(figure.estimate),
                         estimate_words(figure.estimate, "more", "less")});
  };
  if (scenario.throughput) add("grants per second", *scenario.throughput);
  for (const Compared& kind : scenario.operations) {
    add(kind.what == "all" ? "file operations per grant" : "  " + kind.what, kind);
  }
  if (part.rows.empty()) return {};
  return part;
}

std::string values_of(const std::set<std::string>& values) {
  constexpr std::size_t kMost = 3;
  if (values.empty()) return "(no such key)";
  std::string text;
  std::size_t count = 0;
  for (const std::string& value : values) {
    if (++count > kMost) return text + " and " + std::to_string(values.size() - kMost) + " more";
    text += (count == 1 ? "" : " or ") + value;
  }
  return text;
}

ComparisonPart changes(const std::string& title, const std::vector<Change>& all) {
  ComparisonPart part;
  part.title = title;
  part.heads = {"key", "A", "B"};
  for (const Change& change : all) {
    part.rows.push_back({change.key, values_of(change.a), values_of(change.b)});
  }
  if (all.empty()) part.sentences = {"Nothing."};
  return part;
}

std::string load_words(const std::optional<std::pair<double, double>>& load) {
  if (!load) return "not known";
  const std::string least = with_decimals(load->first, 1), most = with_decimals(load->second, 1);
  return least == most ? least : least + " to " + most;
}

}  // namespace

std::string estimate_words(const Estimate& estimate, const char* more, const char* less) {
  if (estimate.noise != Noise::between_runs) return "not judged: one run each";
  return estimate.larger() ? more : estimate.smaller() ? less : "no difference seen";
}

std::string comparison_heading(const ScenarioComparison& scenario) {
  const std::string name = scenario.a.scenario == scenario.b.scenario
                               ? scenario.a.scenario
                               : scenario.a.scenario + " and " + scenario.b.scenario;
  const std::string word = scenario.worse()           ? "WORSE"
                           : scenario.better()        ? "BETTER"
                           : scenario.same_verdicts() ? "SAME VERDICT"
                                                      : "OTHER VERDICT";
  return word + "   " + name;
}

std::vector<ComparisonPart> parts_of(const ComparisonTitle& title, const Comparison& comparison,
                                     const ScenarioComparison& scenario) {
  std::vector<ComparisonPart> parts = {verdicts(scenario), latencies(title, comparison, scenario),
                                       work(scenario),
                                       changes("What changed in the scenario", scenario.scenario),
                                       changes("What changed around it", scenario.environment)};
  parts.back().sentences.push_back(
      "The machine's load before the runs: " + load_words(scenario.load_a) + ", and " +
      load_words(scenario.load_b) + ".");
  return parts;
}

std::vector<std::string> left_over(const Comparison& comparison) {
  std::vector<std::string> sentences;
  if (!comparison.only_a.empty()) {
    sentences.push_back("Only A has runs of: " + listed(comparison.only_a) + ".");
  }
  if (!comparison.only_b.empty()) {
    sentences.push_back("Only B has runs of: " + listed(comparison.only_b) + ".");
  }
  return sentences;
}

}  // namespace holdfast::harness
