#include "harness/report/report.h"

#include <algorithm>

#include "harness/checker/checker.h"
#include "harness/history/store.h"
#include "harness/report/event_words.h"
#include "harness/report/stored_file.h"
#include "harness/report/violations.h"

namespace holdfast::harness {
namespace {

/// Enough to draw a line with: the narrowest of each stretch of the run.
std::vector<ClockSample> some_of(const HostRecord& host) {
  std::vector<ClockSample> all;
  for (const RecorderClock& clock : host.clocks) {
    all.insert(all.end(), clock.samples.begin(), clock.samples.end());
  }
  constexpr std::size_t kMost = 100;
  const std::size_t stretch = (all.size() + kMost - 1) / kMost;
  std::vector<ClockSample> some;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % stretch == 0) some.push_back(all[i]);
    if (all[i].error_ns < some.back().error_ns) some.back() = all[i];
  }
  return some;
}

std::vector<HostNote> notes_of(const History& history) {
  std::vector<HostNote> notes;
  for (const HostRecord& host : history.hosts) {
    notes.push_back({host.name, 0, host.uncertainty_ns, some_of(host)});
  }
  for (const WorkerRecord& worker : history.workers) {
    if (worker.host < notes.size()) ++notes[worker.host].workers;
  }
  return notes;
}

Fences fences_of(const History& history) {
  Fences fences;
  for (const Event& event : history.events) {
    const bool ok = event.phase == Phase::ok;
    const bool refused =
        event.phase == Phase::fail && event.code == static_cast<std::int32_t>(Why::stale_token);
    if (event.op == Op::acquire && ok && event.token != 0) ++fences.tokens;
    if (event.op == Op::raise) (ok ? fences.raised : fences.raises_refused) += ok || refused;
    if (event.op == Op::publish) {
      (ok ? fences.published : fences.publications_refused) += ok || refused;
    }
  }
  return fences;
}

/// Two hosts' clocks can both be off: what overlaps by less than both may not overlap at all. In
/// ordered mode the one message that says "inside" and the other's that says "leaving" may both be
/// on their way.
std::int64_t detection_floor_ns(const std::vector<HostNote>& hosts, const Power& power) {
  std::int64_t worst_ns = 0, next_ns = 0;
  for (const HostNote& host : hosts) {
    next_ns = std::max(next_ns, std::min(worst_ns, host.uncertainty_ns));
    worst_ns = std::max(worst_ns, host.uncertainty_ns);
  }
  return std::max(worst_ns + next_ns, 2 * power.longest_echo_ns);
}

std::string name_of(const History& history, std::uint32_t worker) {
  return worker < history.workers.size() ? history.workers[worker].name : std::string();
}

/// Whether all that events and workers point to is there. The checkers say what is wrong with a
/// history of which this is not true; there is nothing to measure in it.
bool in_range(const History& history) {
  const auto known = [&](std::uint32_t name) { return name == 0 || name < history.names.size(); };
  return std::all_of(history.workers.begin(), history.workers.end(),
                     [&](const WorkerRecord& it) { return it.host < history.hosts.size(); }) &&
         std::all_of(history.events.begin(), history.events.end(), [&](const Event& it) {
           return it.worker < history.workers.size() && it.lock < history.locks.size() &&
                  known(it.name) && known(it.other);
         });
}

}  // namespace

Report make_report(const RunFacts& facts, const RunFacts& judge, const Scenario& scenario,
                   const History& history, const Verdict& verdict) {
  static const History kNothing;
  const History& fit = in_range(history) ? history : kNothing;
  Report report;
  report.facts = facts;
  report.judge = judge;
  report.scenario = scenario;
  report.hosts = notes_of(history);
  report.workers = history.workers.size();
  report.events = history.events.size();
  report.start_ns = history.start_ns;
  report.end_ns = history.end_ns;
  report.detection_floor_ns = detection_floor_ns(report.hosts, verdict.power);
  report.faults = history.faults;
  for (const Fault& fault : history.faults) {
    report.fault_targets.push_back(fault_target(history, fault));
  }
  report.verdict = verdict;
  report.violations = spell_out(fit, verdict);
  report.left_behind = history.left_behind;
  report.fences = fences_of(fit);
  report.measures = measure(fit, facts.terms.lifetime_ns + facts.terms.margin_ns);
  report.measures.by_host.resize(history.hosts.size());
  report.longest_waiter = name_of(fit, report.measures.fairness.longest_waiter);
  report.most_bypassed_waiter = name_of(fit, report.measures.fairness.most_bypassed_waiter);
  report.status =
      facts.interrupted ? ExitStatus::interrupted : exit_status(verdict, scenario.expect);
  return report;
}

Result<JudgedRun> judge_run(const std::string& run_directory) {
  const std::string path = run_directory + "/scenario.json";
  const auto text = read_stored(path);
  if (!text) return tl::unexpected(text.error());
  const auto scenario = parse_scenario(*text, path, {});
  if (!scenario) return tl::unexpected(scenario.error());
  const auto facts = read_facts(run_directory);
  if (!facts) return tl::unexpected(facts.error());
  auto history = read_history(run_directory);
  if (!history) return tl::unexpected(history.error());
  const Verdict verdict = judge(*history, facts->terms);
  Report report = make_report(*facts, build_facts(), *scenario, *history, verdict);
  return JudgedRun{std::move(*history), std::move(report)};
}

Result<Report> report_run(const std::string& run_directory) {
  auto judged = judge_run(run_directory);
  if (!judged) return tl::unexpected(judged.error());
  return std::move(judged->report);
}

Result<void> write_report(const std::string& run_directory, const Report& report) {
  if (auto written = write_stored(run_directory + "/report.json", report_json(report)); !written) {
    return written;
  }
  if (auto written = write_stored(run_directory + "/junit.xml", junit_xml(report)); !written) {
    return written;
  }
  return write_stored(run_directory + "/summary.md", report_markdown(report));
}

}  // namespace holdfast::harness
