// holdfast check: judges stored runs again. Nothing is run, nothing is written.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/commands/command_line.h"
#include "harness/commands/run_places.h"
#include "harness/commands/stored_runs.h"
#include "harness/commands/summary.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

constexpr const char* kExamples =
    R"(A run's folder is what `holdfast run` says under "report", without the file's name. Any
folder above it stands for all runs below. The verdict is the same bit for bit: if it is not, that
is said, and where both came from the same build, it is an error of the harness.

Examples:
  holdfast check reports/runs/crash-holder-killed/20261123T171802Z-5a3f09c1
  holdfast check reports/runs                         every run that is kept there
  holdfast check RUN --json | jq .verdict             the report, made anew

Exit status: as that of `holdfast run`; 3 also for a folder that holds no whole run.)";

/// What two judgements must agree on: all of it but the time that judging took.
json essence(const std::string& report) {
  json whole = json::parse(report);
  for (json& checker : whole.at("checkers")) checker.erase("took_ns");
  return {{"verdict", whole.at("verdict")},
          {"violations", whole.at("violations")},
          {"checkers", whole.at("checkers")}};
}

/// Compares with the report that the run wrote. An empty text: they agree.
struct Comparison {
  std::string difference;
  bool same_build = false;
};

Comparison compare(const std::string& folder, const std::string& fresh, const RunFacts& facts) {
  const std::string path = folder + "/report.json";
  const auto stored = read_stored(path);
  if (!stored) return {};  // interrupted before it was judged: there is nothing to agree with
  const RunFacts here = build_facts();
  const bool same = here.version == facts.version && here.commit == facts.commit;
  try {
    const json before = essence(*stored), after = essence(fresh);
    if (before == after) return {"", same};
    const json patch = json::diff(before, after);
    return {path + ": says otherwise at " + patch.at(0).at("path").get<std::string>() + ": " +
                before.at("verdict").dump().substr(0, 200) + "; it was judged by holdfast " +
                facts.version + " " + facts.commit + ", this is " + here.version + " " +
                here.commit,
            same};
  } catch (const json::exception& error) {
    return {path + ": is no report: " + error.what(), false};
  }
}

ExitStatus check_one(const std::string& folder, bool as_json, std::vector<RunOutcome>& outcomes) {
  RunResult result;
  auto report = report_run(folder);
  if (!report) {
    std::cerr
        << "holdfast check: " << report.error().text() << "\n"
        << "  a run's folder has scenario.json, facts.json, run.json and history/, as the run "
           "left them\n";
    RunOutcome failed;
    failed.scenario = folder;
    failed.status = ExitStatus::bad_usage;
    outcomes.push_back(std::move(failed));
    return ExitStatus::bad_usage;
  }
  const std::string fresh = report_json(*report);
  (as_json ? std::cerr : std::cout) << report_text(*report, as_typed(folder)) << "\n" << std::flush;
  if (as_json) std::cout << fresh << std::flush;
  result.status = report->status;
  const auto comparison = compare(folder, fresh, report->facts);
  if (!comparison.difference.empty()) {
    std::cerr << "holdfast check: " << comparison.difference << "\n";
    if (comparison.same_build) result.status = ExitStatus::harness_failed;
  }
  result.report = std::move(*report);
  result.folder = folder;
  outcomes.push_back(outcome_of(result.report->scenario, result));
  return result.status;
}

}  // namespace

int check_command(const Arguments& arguments) {
  CLI::App app("Judges stored runs again and compares with what they came to.", "holdfast check");
  std::vector<std::string> paths;
  bool as_json = false;
  app.footer(kExamples);
  app.add_option("RUN", paths, "folders of runs")->required()->type_name("");
  app.add_flag("--json", as_json, "prints the report on standard output, and nothing else there");
  if (const auto status = parse(app, arguments)) return *status;
  std::vector<std::string> runs;
  for (const std::string& path : paths) {
    const auto found = find_stored_runs(path);
    if (!found) {
      std::cerr << "holdfast check: " << found.error().text() << "\n";
      return kBadUsage;
    }
    runs.insert(runs.end(), found->runs.begin(), found->runs.end());
    for (const std::string& folder : found->cut_off) {
      std::cerr << "holdfast check: " << folder
                << ": passed over, it has no run.json: the run was cut off\n";
    }
  }
  std::vector<RunOutcome> outcomes;
  std::vector<ExitStatus> statuses;
  for (const std::string& run : runs) statuses.push_back(check_one(run, as_json, outcomes));
  if (runs.size() > 1) (as_json ? std::cerr : std::cout) << summary_text(outcomes);
  return static_cast<int>(worst(statuses));
}

}  // namespace holdfast::harness
