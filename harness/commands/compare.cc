// holdfast compare: what differs between two runs, or two sets of them. Nothing is run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "harness/archive/comparison_report.h"
#include "harness/commands/command_line.h"
#include "harness/commands/run_places.h"
#include "harness/commands/stored_runs.h"

namespace holdfast::harness {
namespace {

constexpr int kWorse = 1;
constexpr int kMissing = 2;
constexpr int kSlower = 5;

constexpr const char* kExamples =
    R"(A is what there was, B is what there is. Each is the folder of a run, or a folder above runs:
one that `holdfast run --output` made. Runs are put together by scenario, and where several locks
were in one, by lock; where each side is of one scenario, these two are compared, whatever their
names.

What is compared: verdicts, classes of findings that came and went, latencies, grants per second,
file operations per grant, and key by key what changed in the scenario and around it (holdfast,
kernel, mount options). A ratio says how many times as long B takes as A. Its interval allows for
how much runs of the same thing differ, so it takes several runs of each: --repeat 5 is a good
start. Of one run each no difference is claimed. How intervals are made: reports/README.md.

Examples:
  holdfast run scenarios/smoke --repeat 5 --output before      then change something, and
  holdfast run scenarios/smoke --repeat 5 --output after
  holdfast compare before after
  holdfast compare before after --fail-slower 1.25             for continuous integration
  holdfast compare before after --markdown >> "$GITHUB_STEP_SUMMARY"
  holdfast compare RUN-1 RUN-2 --json | jq '.scenarios[0].scenario_changes'

Exit status: 0 the same or better; 1 a verdict got worse, measured by what its scenario expects;
5 none did, but a latency is surely slower than --fail-slower allows; 2 neither, but B has no run
of a scenario that A has, or one that cannot be read; 3 bad usage, or nothing to compare.)";

struct CommandLine {
  std::string a, b;
  bool json = false;
  bool markdown = false;
  std::optional<double> fail_slower;
};

int fail(const std::string& words) {
  std::cerr << "holdfast compare: " << words << "\n";
  return kBadUsage;
}

struct Side {
  std::vector<StoredReport> reports;
  bool whole = true;  ///< false: of some runs nothing could be read
};

/// What cannot be read is named, and the others are compared; nothing at all is an error.
Result<Side> read_side(const std::string& path) {
  const auto found = find_run_folders(path);
  if (!found) return tl::unexpected(found.error());
  Side side;
  std::string problems;
  for (const std::string& folder : *found) {
    auto report = read_stored_report(folder);
    if (report) {
      side.reports.push_back(std::move(*report));
    } else {
      problems += (problems.empty() ? "" : "\n") + report.error().text();
    }
  }
  if (side.reports.empty()) return problem("", problems);
  side.whole = problems.empty();
  if (!side.whole) std::cerr << "holdfast compare: passed over:\n" << problems << "\n";
  return side;
}

int status_of(const Comparison& comparison, bool whole, const std::optional<double>& fail_slower) {
  bool worse = false, slower = false;
  for (const ScenarioComparison& scenario : comparison.scenarios) {
    worse = worse || scenario.worse();
    slower = slower || (fail_slower && !slower_than(scenario, *fail_slower).empty());
  }
  if (worse) return kWorse;
  if (slower) return kSlower;
  return whole && comparison.only_a.empty() ? kDone : kMissing;
}

/// Where nothing can be said surely, of one run each or of runs without a grant, nothing would ever
/// fail: that is no gate.
bool can_tell(const Comparison& comparison) {
  const auto tells = [](const ScenarioComparison& scenario) {
    return std::any_of(scenario.latencies.begin(), scenario.latencies.end(), [](const auto& one) {
      return !one.chosen && one.estimate.noise == Noise::between_runs;
    });
  };
  return std::all_of(comparison.scenarios.begin(), comparison.scenarios.end(), tells);
}

}  // namespace

int compare_command(const Arguments& arguments) {
  CLI::App app("Tells what differs between two runs, or two sets of runs.", "holdfast compare");
  CommandLine line;
  app.footer(kExamples);
  app.add_option("A", line.a, "what there was: a run, or a folder of runs")
      ->required()
      ->type_name("");
  app.add_option("B", line.b, "what there is")->required()->type_name("");
  auto* const json =
      app.add_flag("--json", line.json, "as JSON (reports/compare.schema.json), and nothing else");
  app.add_flag("--markdown", line.markdown, "as Markdown")->excludes(json);
  app.add_option("--fail-slower", line.fail_slower,
                 "exit status 5 if a latency surely takes more than RATIO times as long: if its\n"
                 "whole interval is above that; hold times, which the scenario sets, aside")
      ->type_name("RATIO")
      ->check(CLI::Range(1.0, 1e6).description(""));
  if (const auto status = parse(app, arguments)) return *status;
  const auto a = read_side(line.a), b = read_side(line.b);
  if (!a) return fail(a.error().text());
  if (!b) return fail(b.error().text());
  const Comparison comparison = compare(a->reports, b->reports);
  if (comparison.scenarios.empty()) {
    return fail(line.a + " and " + line.b + " have no scenario in common: " +
                a->reports.front().scenario + " is in A, " + b->reports.front().scenario + " in B");
  }
  if (line.fail_slower && !can_tell(comparison)) {
    return fail(
        "--fail-slower takes several runs of each scenario, with grants: one run each cannot tell "
        "a change from chance\n  more runs:  holdfast run SCENARIO --repeat 5 --output DIR");
  }
  const ComparisonTitle title{as_typed(line.a), as_typed(line.b), line.fail_slower};
  std::cout << (line.json       ? comparison_json(title, comparison)
                : line.markdown ? comparison_markdown(title, comparison)
                                : comparison_text(title, comparison))
            << std::flush;
  if (!std::cout) {
    std::cerr << "holdfast compare: standard output cannot be written\n";
    return kHarnessFailed;
  }
  return status_of(comparison, b->whole, line.fail_slower);
}

}  // namespace holdfast::harness
