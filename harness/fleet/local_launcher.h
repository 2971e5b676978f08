// Logical hosts: every host is one agent on this machine.
#pragma once

#include <memory>
#include <string>

#include "harness/fleet/launcher.h"

namespace holdfast::harness {

struct LocalLauncherOptions {
  std::string agent_errors;  ///< folder for the agents' standard error: NAME.err
};

std::unique_ptr<Launcher> make_local_launcher(LocalLauncherOptions options);

}  // namespace holdfast::harness
