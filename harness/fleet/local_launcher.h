// Logical hosts: every host is one agent on this machine.
//
// Those of its hosts that are machines of their own get namespaces of their own where the machine
// allows that: then their pids are equal, and no host's processes can be looked up from another.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "harness/fleet/launcher.h"

namespace holdfast::harness {

struct LocalLauncherOptions {
  std::string agent_errors;                   ///< folder for the agents' standard error: NAME.err
  std::set<std::string> own_namespaces = {};  ///< hosts that get some; why_no_own_namespaces()
};

std::unique_ptr<Launcher> make_local_launcher(LocalLauncherOptions options);

}  // namespace holdfast::harness
