// The verdict as Markdown, as GitHub shows it beside a run of continuous integration: in words
// first, then tables, then how to repeat it. The words are those of the terminal.
#include <algorithm>
#include <map>

#include "harness/checker/power.h"
#include "harness/report/figures.h"
#include "harness/report/latency_steps.h"
#include "harness/report/markdown.h"
#include "harness/report/report.h"
#include "harness/report/report_words.h"

namespace holdfast::harness {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// "flufl.lock 5.0.1 · 2 hosts, 4 workers · seed `5a3f09c1` · 2026-11-23 17:18:02 UTC"
std::string circumstances(const Report& report) {
  const Scenario& scenario = report.scenario;
  std::uint64_t workers = 0;
  for (const HostSpec& host : scenario.hosts) workers += host.workers;
  std::string line = markdown(report.facts.contender) + " · " +
                     counted(scenario.hosts.size(), "host") + ", " + counted(workers, "worker");
  if (scenario.seed) line += " · seed " + markdown_code(print_seed(*scenario.seed));
  line += " · " + utc_time(report.facts.started_unix_ms) + " · took " +
          human_duration(report.end_ns - report.start_ns) + " · holdfast " +
          markdown(report.facts.version);
  if (!report.facts.commit.empty()) line += " " + markdown_code(report.facts.commit);
  return line + "\n";
}

std::string story_block(const std::vector<StoryLine>& story) {
  std::size_t width = 0;
  for (const StoryLine& line : story) width = std::max(width, line.who.size());
  std::vector<std::string> lines;
  for (const StoryLine& line : story) {
    lines.push_back(instant(line.at_ns) + "  " + line.who +
                    std::string(width - line.who.size(), ' ') + "  " + line.words);
  }
  return markdown_block(lines, "text");
}

/// Every class and cause that was found, with the first of each in a sentence.
std::string findings(const Report& report) {
  struct Kind {
    std::uint64_t count = 0;
    const Violation* first = nullptr;
  };
  std::map<std::pair<Class, Cause>, Kind> kinds;
  std::map<Class, std::uint64_t> kept;
  for (const Violation& violation : report.violations) {
    Kind& kind = kinds[{violation.finding.what, violation.finding.cause}];
    if (kind.first == nullptr) kind.first = &violation;
    ++kind.count;
    ++kept[violation.finding.what];
  }
  Rows rows;
  for (const auto& [key, kind] : kinds) {
    const auto [what, cause] = key;
    const auto all = report.verdict.counts.find(what);
    const bool some = all != report.verdict.counts.end() && all->second > kept[what];
    rows.push_back({markdown(name(what)), cause == Cause::none ? "" : markdown(name(cause)),
                    grouped(kind.count) + (some ? " kept of " + grouped(all->second) : ""),
                    kind.first->finding.certain ? "yes" : "possible only",
                    markdown(kind.first->finding.sentence)});
  }
  return markdown_table({"found", "cause", "how often", "certain", "the first of them"}, rows);
}

std::string power(const Report& report) {
  const Power& power = report.verdict.power;
  const auto row = [](const char* what, std::uint64_t count) {
    return std::vector<std::string>{what, grouped(count)};
  };
  Rows rows = {row("attempts", power.attempts),
               row("grants", power.grants),
               row("grants that others waited for, too", power.contended_grants),
               row("handed from one process to another", power.handoffs_between_workers),
               row("handed from one host to another", power.handoffs_between_hosts),
               row("holders killed inside", power.kills_inside),
               row("leases that ran out", power.leases_run_out)};
  if (report.verdict.value == Value::valid && power.handoffs_between_workers != 0) {
    rows.push_back(
        {"violations per handoff, at most (95 %)", with_decimals(power.violation_rate_bound, 6)});
  }
  return markdown_table({"what the run could have shown", ""}, rows);
}

std::string latencies(const Report& report) {
  Rows rows;
  for (const LatencyStep& step : kLatencySteps) {
    const Histogram& histogram = report.measures.all.*step.of;
    if (histogram.count() == 0) continue;
    rows.push_back({markdown(step.name), grouped(histogram.count()),
                    human_duration(histogram.percentile(0.5)),
                    human_duration(histogram.percentile(0.99)), human_duration(histogram.max())});
  }
  return markdown_table({"latency", "count", "p50", "p99", "max"}, rows);
}

/// By kind: how often it was tried, how often it took effect, and why it did not.
std::string faults(const Report& report) {
  struct Kind {
    std::uint64_t tried = 0, effective = 0;
    std::map<std::string, std::uint64_t> why_not;
  };
  std::map<std::string, Kind> kinds;
  for (const std::string& planned : report.facts.terms.wants_faults) kinds[planned];
  for (const Fault& fault : report.faults) {
    for (const std::string& name : counted_as(fault)) {
      Kind& kind = kinds[name];
      ++kind.tried;
      if (fault.effective) {
        ++kind.effective;
      } else {
        ++kind.why_not[fault.why_not];
      }
    }
  }
  Rows rows;
  for (const auto& [name, kind] : kinds) {
    const auto most =
        std::max_element(kind.why_not.begin(), kind.why_not.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    rows.push_back({markdown(name), grouped(kind.tried), grouped(kind.effective),
                    most == kind.why_not.end()
                        ? ""
                        : markdown(most->first) + " (" + times(most->second) + ")"});
  }
  return markdown_table({"fault", "tried", "took effect", "why not, mostly"}, rows);
}

}  // namespace

std::string markdown_words(const Passages& told) {
  std::string text;
  for (const Passage& passage : told) {
    text += passage.story.empty() ? markdown(passage.words) + "\n" : story_block(passage.story);
    text += "\n";
  }
  return text;
}

const char* markdown_sign(ExitStatus status) {
  switch (status) {
    case ExitStatus::as_expected: return "✅";
    case ExitStatus::unknown: return "❔";
    case ExitStatus::skipped: return "⏭️";
    case ExitStatus::interrupted: return "⏹️";
    default: return "❌";
  }
}

std::string report_markdown(const Report& report) {
  std::string text = std::string("### ") + markdown_sign(report.status) + " " +
                     markdown(verdict_words(report.verdict)) + " in " +
                     markdown(report.scenario.name) + ": " + describe(report.status) + "\n\n" +
                     circumstances(report) + "\n" + markdown_words(plain_passages(report));
  for (const std::string& table :
       {findings(report), power(report), faults(report), latencies(report)}) {
    if (!table.empty()) text += table + "\n";
  }
  if (report.facts.again.empty()) return text;
  return text + "Again:\n\n" + markdown_block({report.facts.again}, "sh");
}

std::string skipped_markdown(const std::string& scenario, const std::string& reason) {
  return std::string("### ") + markdown_sign(ExitStatus::skipped) +
         " SKIPPED: " + markdown(scenario) + "\n\n" + markdown(reason) + "\n";
}

}  // namespace holdfast::harness
