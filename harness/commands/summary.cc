#include "harness/commands/summary.h"

#include <algorithm>
#include <map>

#include "harness/report/figures.h"
#include "harness/report/markdown.h"
#include "harness/report/report_words.h"

namespace holdfast::harness {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// The runs of one scenario, in the order in which they were made.
struct Group {
  std::string scenario;
  std::vector<const RunOutcome*> runs;

  std::size_t as_expected() const {
    return static_cast<std::size_t>(std::count_if(
        runs.begin(), runs.end(),
        [](const RunOutcome* run) { return run->status == ExitStatus::as_expected; }));
  }
  /// What most of them came to; among equals the first.
  std::string verdict() const {
    std::map<std::string, std::size_t> counts;
    for (const RunOutcome* run : runs) ++counts[run->verdict];
    return (*std::max_element(runs.begin(), runs.end(),
                              [&](const RunOutcome* a, const RunOutcome* b) {
                                return counts[a->verdict] < counts[b->verdict];
                              }))
        ->verdict;
  }
};

std::vector<Group> grouped_by_scenario(const std::vector<RunOutcome>& outcomes) {
  std::vector<Group> groups;
  for (const RunOutcome& outcome : outcomes) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& known) {
      return known.scenario == outcome.scenario;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {outcome.scenario, {}});
    group->runs.push_back(&outcome);
  }
  return groups;
}

/// What became of the scenario, in a word or two.
std::string outcome_words(const Group& group) {
  const std::size_t good = group.as_expected();
  if (group.runs.size() != 1) {
    return std::to_string(good) + " of " + std::to_string(group.runs.size()) + " as expected";
  }
  return good == 1 ? "as expected" : describe(group.runs.front()->status);
}

std::string group_text(const Group& group, std::size_t name_width, std::size_t verdict_width) {
  std::string text = "  " + padded(group.scenario, name_width) + "   " +
                     padded(group.verdict(), verdict_width) + "   " + outcome_words(group) + "\n";
  for (const RunOutcome* run : group.runs) {
    if (run->status == ExitStatus::as_expected || run->folder.empty()) continue;
    text += "      " + run->verdict + "   " + run->folder + "\n";
  }
  return text;
}

ExitStatus worst_of(const Group& group) {
  std::vector<ExitStatus> statuses;
  for (const RunOutcome* run : group.runs) statuses.push_back(run->status);
  return worst(statuses);
}

/// Of those that came out otherwise than expected; if all did as expected, of all. The first ones.
std::string seeds(const Group& group) {
  constexpr std::size_t kMost = 4;
  const bool all = group.as_expected() == group.runs.size();
  std::string text;
  std::size_t count = 0;
  for (const RunOutcome* run : group.runs) {
    if (run->seed.empty() || (!all && run->status == ExitStatus::as_expected)) continue;
    if (++count <= kMost) text += (count == 1 ? "" : " ") + markdown_code(run->seed);
  }
  return count > kMost ? text + " and " + std::to_string(count - kMost) + " more" : text;
}

std::vector<std::string> markdown_row(const Group& group) {
  std::uint64_t grants = 0, faults = 0, planned = 0;
  for (const RunOutcome* run : group.runs) {
    grants += run->grants;
    faults += run->faults;
    planned += run->faults_planned;
  }
  return {markdown_sign(worst_of(group)),
          markdown(group.scenario),
          markdown(group.verdict()),
          markdown(group.runs.front()->expected),
          outcome_words(group),
          grouped(grants),
          planned == 0 ? "none" : grouped(faults) + " of " + grouped(planned),
          seeds(group)};
}

/// What was told of those that came out otherwise than expected.
std::string others_markdown(const std::vector<RunOutcome>& outcomes) {
  constexpr std::size_t kMost = 10;
  std::string text;
  std::size_t count = 0;
  for (const RunOutcome& run : outcomes) {
    if (run.status == ExitStatus::as_expected || ++count > kMost) continue;
    text += std::string("\n#### ") + markdown_sign(run.status) + " " + markdown(run.verdict) +
            " in " + markdown(run.scenario) + "\n\n" + run.told;
    if (!run.again.empty()) text += markdown_block({run.again}, "sh");
  }
  if (count > kMost) text += "\n" + counted(count - kMost, "more run") + " came out otherwise.\n";
  return text;
}

}  // namespace

std::string verdict_words(const RunResult& result) {
  if (!result.report) {
    return result.status == ExitStatus::skipped       ? "SKIPPED"
           : result.status == ExitStatus::interrupted ? "INTERRUPTED"
                                                      : "FAILED";
  }
  return verdict_words(result.report->verdict);
}

RunOutcome outcome_of(const Scenario& scenario, const RunResult& result) {
  RunOutcome outcome;
  outcome.scenario = scenario.name;
  outcome.status = result.status;
  outcome.verdict = verdict_words(result);
  outcome.folder = result.folder;
  outcome.expected = expected_words(scenario.expect);
  if (scenario.seed) outcome.seed = print_seed(*scenario.seed);
  if (!result.report) {
    outcome.told = markdown(result.reason) + "\n";
    return outcome;
  }
  const Report& report = *result.report;
  outcome.grants = report.verdict.power.grants;
  outcome.faults_planned = report.faults.size();
  outcome.faults =
      static_cast<std::uint64_t>(std::count_if(report.faults.begin(), report.faults.end(),
                                               [](const Fault& fault) { return fault.effective; }));
  outcome.told = markdown_words(plain_passages(report));
  outcome.again = report.facts.again;
  return outcome;
}

std::string summary_markdown(const std::vector<RunOutcome>& outcomes) {
  const std::vector<Group> groups = grouped_by_scenario(outcomes);
  std::vector<std::vector<std::string>> rows;
  std::vector<ExitStatus> statuses;
  std::size_t good = 0;
  for (const Group& group : groups) {
    rows.push_back(markdown_row(group));
    statuses.push_back(worst_of(group));
    good += group.as_expected();
  }
  return std::string("### ") + markdown_sign(worst(statuses)) + " " +
         counted(outcomes.size(), "run") + " of " + counted(groups.size(), "scenario") + ", " +
         grouped(good) + " as expected\n\n" +
         markdown_table({"", "scenario", "verdict", "expected", "came out", "grants",
                         "faults that took effect", "seed"},
                        rows) +
         others_markdown(outcomes);
}

std::string summary_text(const std::vector<RunOutcome>& outcomes) {
  const std::vector<Group> groups = grouped_by_scenario(outcomes);
  std::size_t name_width = 0, verdict_width = 0, good = 0;
  for (const Group& group : groups) {
    name_width = std::max(name_width, group.scenario.size());
    verdict_width = std::max(verdict_width, group.verdict().size());
    good += group.as_expected();
  }
  std::string text = "SUMMARY   " + counted(outcomes.size(), "run") + " of " +
                     counted(groups.size(), "scenario") + ", " + grouped(good) + " as expected\n\n";
  for (const Group& group : groups) text += group_text(group, name_width, verdict_width);
  return text;
}

}  // namespace holdfast::harness
