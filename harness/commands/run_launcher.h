// Who starts the agents of a run: on this machine, or elsewhere by ssh, by Slurm or by a command.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/commands/voice.h"
#include "harness/fleet/caller.h"
#include "harness/fleet/launcher.h"
#include "harness/fleet/ssh_launcher.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// Machines that the scenario's hosts are dealt out to in turn. None of these: they are on this
/// one.
struct Elsewhere {
  std::vector<SshDestination> ssh;
  std::vector<std::string> nodes;      ///< of Slurm's
  std::string command;                 ///< or wherever this starts agents, which call
  CallAddress listen{"127.0.0.1", 0};  ///< for their calls

  bool any() const { return !ssh.empty() || !nodes.empty() || !command.empty(); }
};

/// `programs`: the folder of this program's own files; `places.scratch` must exist.
Result<std::unique_ptr<Launcher>> make_run_launcher(const Scenario& scenario,
                                                    const Elsewhere& elsewhere,
                                                    const Places& places,
                                                    const std::string& programs, Voice& voice);

}  // namespace holdfast::harness
