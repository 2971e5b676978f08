#include "harness/commands/summary.h"

#include <algorithm>
#include <map>

#include "harness/commands/run_table.h"
#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

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

std::string group_text(const Group& group, std::size_t name_width, std::size_t verdict_width) {
  const std::size_t good = group.as_expected();
  std::string text = "  " + padded(group.scenario, name_width) + "   " +
                     padded(group.verdict(), verdict_width) + "   ";
  if (group.runs.size() == 1) {
    text += good == 1 ? "as expected" : describe(group.runs.front()->status);
  } else {
    text += std::to_string(good) + " of " + std::to_string(group.runs.size()) + " as expected";
  }
  text += "\n";
  for (const RunOutcome* run : group.runs) {
    if (run->status == ExitStatus::as_expected || run->folder.empty()) continue;
    text += "      " + run->verdict + "   " + run->folder + "\n";
  }
  return text;
}

}  // namespace

std::string verdict_words(const RunResult& result) {
  if (!result.report) {
    return result.status == ExitStatus::skipped       ? "SKIPPED"
           : result.status == ExitStatus::interrupted ? "INTERRUPTED"
                                                      : "FAILED";
  }
  const Verdict& verdict = result.report->verdict;
  std::string words = upper(name(verdict.value));
  const std::string found = words_of(verdict);
  return found.empty() ? words : words + " " + found;
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
