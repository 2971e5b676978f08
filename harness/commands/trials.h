// Many runs, several at once, each by a `holdfast run` of its own.
//
// Fault model: a run can fail, hang in its end, and be interrupted. Interrupts are handed on: the
// first ends the runs that are under way in order, the second at once; no further one is begun.
// Should this process be killed, the kernel interrupts its runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/commands/commands.h"
#include "harness/commands/voice.h"
#include "harness/report/exit_status.h"
#include "harness/result/result.h"

namespace holdfast::harness {

struct Trial {
  std::size_t number = 0;  ///< the caller's own
  std::string scenario;    ///< its file
  Arguments more;          ///< of `holdfast run`, but for the output and the seed
  std::uint64_t seed = 0;
};

struct TrialEnd {
  ExitStatus status = ExitStatus::harness_failed;
  std::string folder;  ///< of the run; empty: there is none
  std::string said;    ///< on standard output: the verdict in words, or why there is none
};

struct TrialsOptions {
  std::string output;       ///< the folder for the runs' folders
  std::string errors;       ///< file for what the runs say on standard error
  std::size_t at_once = 2;  ///< runs
};

/// Makes the folder for their output, and then the trials that `next` gives until it gives none and
/// none is under way. `ended` may have `next` give more. Returns whether it was interrupted.
///
/// Errors:  the folder cannot be made, a run cannot be started.
/// Threads: owns SIGINT, SIGTERM and SIGHUP of the process while it runs.
Result<bool> run_trials(const TrialsOptions& options,
                        const std::function<std::optional<Trial>()>& next,
                        const std::function<void(const Trial&, const TrialEnd&)>& ended);

/// Says why, and returns the exit status of a command of trials that ended so.
int harness_failed(Voice& voice, const Problem& why);

}  // namespace holdfast::harness
