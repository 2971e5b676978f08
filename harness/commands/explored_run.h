// A schedule that failed, kept as a run is: its history and report in a folder of its own, which
// `holdfast check` judges again and whose page shows the schedule step by step.
#pragma once

#include <string>
#include <vector>

#include "harness/report/report.h"
#include "harness/sim/shrink.h"

namespace holdfast::harness {

struct ExploredRun {
  std::string folder;
  Report report;
  std::string for_real;  ///< the scenario for real processes; empty: none can say it as it stands

  /// The file that `holdfast explore --replay` takes.
  std::string replay() const;
};

/// Runs the failure's schedule once more, on beyond its mistake for what comes of it, and keeps it
/// in a folder of its own below `runs`: all files of a run (reports/README.md), replay.json,
/// story.txt and story.json; and real.json, where a scenario of one of our own locks can express
/// it. `command_line`: as it was given, for the report. The run's seed is that of the exploration
/// that has drawn the schedule; of one that was not drawn, of its processes' random bits.
///
/// Errors:  a file, and the system's reason; it is then no whole run.
Result<ExploredRun> keep_explored_run(const sim::Failure& failure, const std::string& runs,
                                      const std::vector<std::string>& command_line);

/// Where explorations keep what they find: as `holdfast run` does, below `output` or, if that is
/// empty, where runs are kept.
std::string explored_runs_folder(const std::string& output);

/// What the checkers say of it, where its report is, and how it is told again: a line each.
std::string explored_run_text(const ExploredRun& run);

}  // namespace holdfast::harness
