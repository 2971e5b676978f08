// Hosts that Slurm gives us: the engine does placement, start and cleanup, and carries the agents'
// streams. Each host is one job step of one task, on a node of the allocation that we are in, or
// on a node that is named; then srun asks for it.
//
// Fault model: srun waits for nodes that are taken as long as the fleet lets it; a node can be lost
// at any time, and then the stream ends, as soon as Slurm takes it for lost (SlurmdTimeout). Should
// this process be gone, srun gets a signal, and ends the step: Slurm kills all of it at once, and
// the agent's directory below /tmp is left there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/fleet/launcher.h"

namespace holdfast::harness {

struct SlurmLauncherOptions {
  std::vector<std::string> nodes;  ///< the scenario's hosts are dealt out to them in turn
  std::string agent;               ///< the static program
  std::string client_errors;       ///< folder for the steps' standard error: NAME.err
  std::string run_name;            ///< sets this run's directories apart from all others
};

/// The nodes of a list such as "n[1-3],m7".
///
/// Errors:  Slurm is not installed; what it said of the list.
Result<std::vector<std::string>> slurm_nodes(const std::string& list);

/// Errors:  the agent cannot be read.
Result<std::unique_ptr<Launcher>> make_slurm_launcher(SlurmLauncherOptions options);

}  // namespace holdfast::harness
