// One scenario, run once: started, watched, stored, judged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/commands/run_launcher.h"
#include "harness/commands/voice.h"
#include "harness/report/report.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// What the command line says of all its runs.
struct RunRequest {
  std::string mount;       ///< where the locks are to stand; empty: with the temporary files
  std::string runs;        ///< the folder in which each run gets its own
  Arguments command_line;  ///< as it was given
  std::string again;       ///< the command that repeats a run, but for its scenario and seed
  Elsewhere elsewhere;     ///< where the hosts are
};

struct RunResult {
  ExitStatus status = ExitStatus::harness_failed;
  std::string folder;            ///< of the run; empty: there is none
  std::optional<Report> report;  ///< none: skipped, failed, or given up
  std::string reason;            ///< then
  bool interrupted = false;      ///< no further one is wanted; this one may be whole all the same
};

/// Runs `scenario`, whose seed is set. Everything that went wrong has been said when this comes
/// back, and no process and no passing file is left.
///
/// Threads: owns the process's signals while it runs: the first interrupt ends the run in order,
///          the second at once. While it is judged, an interrupt waits for that.
RunResult run_once(const Scenario& scenario, const RunRequest& request, Voice& voice);

}  // namespace holdfast::harness
