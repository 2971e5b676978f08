// The agent: one process per (logical) host that starts the host's workers, injects its faults, and
// answers for both to the controller.
//
// Fault model: the controller can vanish at any instant. Then the agent's standard input ends (and
// the kernel sends SIGTERM besides), and the agent kills all that it ever started, orphans of
// orphans included, before it ends itself. Should the agent vanish, the kernel kills its workers.
#pragma once

#include <holdfast/os/os.h>

#include <string>
#include <vector>

namespace holdfast::harness {

/// The agent becomes the first process of a host of its own that has the name which follows.
inline constexpr const char* kOwnNamespaces = "--own-namespaces";
/// The agent calls its controller (caller.h) in the place of its standard input and output.
inline constexpr const char* kCall = "--call";

/// Serves the controller on standard input and output until it has finished or is gone. Returns the
/// exit status of the process. `arguments`: none, or kOwnNamespaces and a name, or
/// kCall.
///
/// Threads: the process must have no other when this is called.
int serve_as_agent(const os::System& system, const std::vector<std::string>& arguments);

}  // namespace holdfast::harness
