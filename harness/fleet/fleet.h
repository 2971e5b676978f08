// The controller's side of a run: one agent per host, all workers started together, faults sent out
// when their time comes, everybody asked to end, and nobody left behind.
//
// Fault model: an agent can vanish at any time; that is an event of the run, its workers are dead
// and the others go on. The user can interrupt: once, and the run ends in order and is judged;
// twice, and everything is killed at once. Should this process itself be killed, its agents see the
// end of their input and kill all that they started.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/fleet/launcher.h"
#include "harness/fleet/orders.h"
#include "harness/history/history.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// How it is going.
struct FleetProgress {
  std::int64_t elapsed_ns = 0;
  std::uint64_t grants = 0;
  std::uint64_t workers = 0;                    ///< at work
  std::map<std::string, std::uint64_t> faults;  ///< that took effect, by kind
};

struct FleetOutcome {
  enum class How {
    complete,     ///< its time was over, or its grants were reached
    interrupted,  ///< asked to end early; ended in order
    aborted,  ///< asked twice, or before it began: everything was killed, nothing is to be judged
  };
  How how = How::complete;
  std::int64_t start_ns = 0;      ///< recorder's clock: just before the workers were let go
  std::int64_t end_ns = 0;        ///< when the last worker had been asked to end
  std::int64_t preparing_ns = 0;  ///< from the first agent's start until all workers waited
  FleetProgress last;
  std::vector<std::string> lost_hosts;             ///< whose agents vanished
  std::vector<std::vector<RecorderClock>> clocks;  ///< of each host; none: it has the controller's
};

struct FleetOptions {
  std::function<void(const FleetProgress&)> progress;  ///< some times a second
  std::function<void()> started;                       ///< when the workers have been let go
  std::function<void()> ending;                        ///< when they are about to be asked to end
  /// Processes of the caller's that serve the run, and theirs: they are not ended with it.
  std::vector<pid_t> spared;
  std::string agent_errors;  ///< folder for the agents' and workers' standard error
  std::chrono::nanoseconds preparing_bound = std::chrono::seconds(60);
  /// What a worker that was asked to end has at least, beyond its longest hold: for a release, the
  /// last events, and the end of a process. Where the scenario allows an acquire to be later than
  /// that, it has as long as that is. Then it is killed.
  std::chrono::nanoseconds grace = std::chrono::seconds(10);
};

/// Runs the scenario on the hosts of `launcher`; history and fault log end up in `places.run`.
///
/// Errors:  something could not be started, a worker broke (not: was killed), the disk is full. All
///          processes are gone then, too.
/// Threads: owns SIGINT, SIGTERM, SIGHUP and SIGCHLD of the process while it runs.
Result<FleetOutcome> run_fleet(const Scenario& scenario, std::uint64_t seed, const Places& places,
                               Launcher& launcher, const FleetOptions& options);

}  // namespace holdfast::harness
