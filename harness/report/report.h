// verdict + history -> what a run says, to a person and to a machine.
//
// How a run ends, for the command that runs it:
//
//   write scenario.json (Scenario::text), facts.json (write_facts), history, faults, run.json
//   judged = judge_run(dir)             the same that `holdfast check` does with a stored run
//   write_report(dir, report)           report.json, junit.xml, summary.md; page.h: report.html
//   cout << report_text(report, ...)    the verdict, in words
//   return int(report.status)
#pragma once

#include <string>
#include <vector>

#include "harness/checker/finding.h"
#include "harness/history/history.h"
#include "harness/report/exit_status.h"
#include "harness/report/facts.h"
#include "harness/report/measure.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// An event of a violation's story.
struct EventLine {
  Event event;  ///< its indices are the history's; what they stand for is beside it
  std::string worker, name, other;
  bool led_to = false;  ///< the checker points to it; else it is what the parties did around it
  std::string words;    ///< "renames held,17 to free,17", "granted, token 18"
};

struct ViolationParty {
  std::string host;
  std::string worker;
  std::int64_t pid = 0;
  Party party;
};

/// A finding with everything that it points to spelled out.
struct Violation {
  std::string checker;
  Finding finding;
  std::string lock;
  std::vector<ViolationParty> parties;
  std::vector<EventLine> events;  ///< in order
};

/// What one host's clock was known to.
struct HostNote {
  std::string name;
  std::uint32_t workers = 0;
  std::int64_t uncertainty_ns = 0;
  std::vector<ClockSample> clock = {};  ///< some of its exchanges; none: the controller's clock
};

struct Fences {
  std::uint64_t tokens = 0;  ///< grants that came with one
  std::uint64_t raised = 0, published = 0, raises_refused = 0, publications_refused = 0;
};

struct Report {
  RunFacts facts;
  RunFacts judge;  ///< version, commit and build of the program that judged
  Scenario scenario;
  std::vector<HostNote> hosts;
  std::uint64_t workers = 0;  ///< that ever were, replacements included
  std::uint64_t events = 0;
  std::int64_t start_ns = 0, end_ns = 0;
  /// Overlaps that are shorter may be an error of the clocks; in ordered mode they may go unseen.
  std::int64_t detection_floor_ns = 0;
  std::vector<Fault> faults;
  std::vector<std::string> fault_targets;  ///< of each fault, whom it hit: "h1.w3", "h2"
  Verdict verdict;
  std::vector<Violation> violations;
  std::vector<std::string> left_behind;
  Fences fences;
  Measures measures;
  std::string longest_waiter, most_bypassed_waiter;  ///< names; empty: nobody waited, or none was
  ExitStatus status = ExitStatus::harness_failed;
};

/// Pure: the same arguments give the same report. `judge` is build_facts().
Report make_report(const RunFacts& facts, const RunFacts& judge, const Scenario& scenario,
                   const History& history, const Verdict& verdict);

/// A stored run, and what came of it.
struct JudgedRun {
  History history;
  Report report;
};

/// Reads the run's folder (scenario.json, facts.json, the history), judges, measures.
Result<JudgedRun> judge_run(const std::string& run_directory);

/// The same for whoever needs the history no more.
Result<Report> report_run(const std::string& run_directory);

/// Writes DIR/report.json, DIR/junit.xml and DIR/summary.md, each whole or not at all.
Result<void> write_report(const std::string& run_directory, const Report& report);

/// Of report.json: raised when a field changes its meaning or goes; a new field leaves it as it is.
inline constexpr int kReportSchemaVersion = 3;

/// report.json's text, as reports/report.schema.json describes it; `--json` prints it.
std::string report_json(const Report& report);

/// JUnit's XML: the scenario is a suite, each checker a case, and so is what was expected.
std::string junit_xml(const Report& report);

/// The same for a scenario that this machine cannot run: its only case is skipped, with the reason.
std::string skipped_junit_xml(const std::string& scenario, const std::string& reason,
                              std::int64_t unix_ms);

/// The verdict for people who look at continuous integration: plain words, tables, and the command
/// that repeats the run, as Markdown for GITHUB_STEP_SUMMARY and its like.
std::string report_markdown(const Report& report);

/// The same for a scenario that this machine cannot run.
std::string skipped_markdown(const std::string& scenario, const std::string& reason);

/// The verdict for a person: plain words first, then the figures, then where the rest is.
/// `run_directory`: as the person can type it.
std::string report_text(const Report& report, const std::string& run_directory);

/// For a scenario that this machine cannot run: "SKIPPED  name   reason".
std::string skipped_text(const Scenario& scenario, const std::string& reason);

}  // namespace holdfast::harness
