#include "harness/commands/planted_runs.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/commands/run_places.h"
#include "harness/history/store.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// What cannot be known of a run that was not judged.
NegativeRow row_without_run(const Scenario& planted, const TrialEnd& end, const std::string& log) {
  NegativeRow row;
  row.bug = short_name(planted);
  row.about = planted.about;
  row.expected = words_of(planted.expect.what, planted.expect.cause);
  row.skipped = end.status == ExitStatus::skipped;
  row.found = row.skipped ? skip_reason(end.said) : "failed: see " + log;
  return row;
}

/// One override of a scenario, as it is given to `holdfast run`.
void set(Trial& trial, const std::string& pointer, const json& value) {
  trial.more.insert(trial.more.end(), {"--set", pointer + "=" + value.dump()});
}

}  // namespace

// --- each in a scenario of its own

void PlantedRuns::take(const Turn& turn, const Trial& trial, const TrialEnd& end) {
  const Scenario& planted = scenario_of(turn);
  const std::optional<NegativeRow> judged = judge(planted, end);
  NegativeRow row = judged ? *judged : row_without_run(planted, end, as_typed(trials_log()));
  row.tries = turn.number;
  if (judged) {
    row.again = again(planted, trial);
    if (!is_enough(row) && try_again(turn)) return;
  }
  settle(judged ? status_of(row) : row.skipped ? ExitStatus::skipped : ExitStatus::harness_failed);
  out() << row_text(row) << std::flush;
  table_.rows.push_back(std::move(row));
}

std::optional<NegativeRow> PlantedRuns::judge(const Scenario& planted, const TrialEnd& end) const {
  if (end.folder.empty()) return std::nullopt;
  const auto report = report_run(end.folder);
  const auto history = read_history(end.folder);
  if (!report || !history) return std::nullopt;
  return row_of_run(planted, *report, *history);
}

NegativeRow PlantedRuns::row_of_run(const Scenario&, const Report& report,
                                    const History& history) const {
  return row_of(report, history);
}

ExitStatus PlantedRuns::status_of(const NegativeRow& row) const {
  return row.right    ? ExitStatus::as_expected
         : row.caught ? ExitStatus::mismatch
                      : ExitStatus::violated;
}

std::string PlantedRuns::again(const Scenario&, const Trial& trial) const {
  return "./holdfast run " + trial.scenario + " --seed " + print_seed(trial.seed);
}

Result<void> PlantedRuns::tell(const std::string& folder) {
  std::sort(table_.rows.begin(), table_.rows.end(),
            [](const NegativeRow& a, const NegativeRow& b) { return a.bug < b.bug; });
  table_.origin = origin_here();
  table_.seconds = seconds_;
  out() << "\n" << table_summary(table_);
  if (options_.json) std::cout << table_json(table_);
  auto written = write_table(folder, table_name(), table_markdown(table_), table_json(table_));
  if (written) out() << "the table  " << as_typed(folder) << "/" << table_name() << ".md\n";
  return written;
}

// --- all of them in one

PowerRuns::PowerRuns(SeriesOptions options, Scenario in)
    : PlantedRuns(std::move(options)), in_(std::move(in)) {
  table_.in = as_typed(in_.file);
}

Trial PowerRuns::trial_of(const Scenario& planted) const {
  const json own = json::parse(planted.text);
  std::vector<std::string> require = in_.require;
  for (const std::string& what : planted.require) {
    if (std::find(require.begin(), require.end(), what) == require.end()) require.push_back(what);
  }
  Trial trial;
  trial.scenario = as_typed(in_.file);
  set(trial, "/contender", own.at("contender"));
  set(trial, "/expect", own.at("expect"));
  set(trial, "/requires", require);
  if (in_.work.resource == Resource::fenced) {
    // Few locks give the tokens that a fence needs; a counter tells of lost updates all the same.
    const bool gives_tokens = planted.work.resource == Resource::fenced;
    set(trial, "/work/resource", gives_tokens ? "fenced" : "counter");
    set(trial, "/work/planted_fence", planted.work.planted_fence);
  }
  return trial;
}

NegativeRow PowerRuns::row_of_run(const Scenario& planted, const Report& report,
                                  const History& history) const {
  NegativeRow row = row_of(report, history);
  row.bug = short_name(planted);
  row.about = planted.about;
  row.world = world_of(planted);
  row.faults = faults_of(planted);
  return row;
}

ExitStatus PowerRuns::status_of(const NegativeRow&) const { return ExitStatus::as_expected; }

std::string PowerRuns::again(const Scenario& planted, const Trial& trial) const {
  return "./holdfast negative --in " + trial.scenario + " --only " + short_name(planted);
}

}  // namespace holdfast::harness
