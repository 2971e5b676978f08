// Starts this very program again, as an agent or a worker, or a client that reaches an agent.
//
// Fault model: whoever starts a process can be killed at any instant, and then nothing it started
// may live on. So every child asks the kernel for a signal at its parent's death before it runs any
// code of ours, and makes sure that the parent did not die before it could ask.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

struct SpawnedProcess {
  pid_t pid = 0;
  int input = -1;   ///< to be written: its standard input
  int output = -1;  ///< to be read: its standard output
};

struct SpawnOptions {
  std::string program;  ///< looked for in PATH if it has no slash; empty: this very one
  std::vector<std::string> arguments;    ///< of this very program the first is the command
  std::vector<std::string> environment;  ///< NAME=VALUE, beside ours
  std::string errors;                    ///< file for standard error, appended to; empty: as ours
  int death_signal = 0;                  ///< that it gets when the thread that called spawn() ends
  /// A session of its own: signals from the terminal do not reach it. Else a process group.
  bool own_session = false;
};

/// Units:   the process exists and runs the program when this comes back.
/// Errors:  there is no such program; the system's reason.
/// Threads: one at a time.
Result<SpawnedProcess> spawn(const SpawnOptions& options);

/// Lets this process have as many open files as it may: a fleet needs two for each worker, the
/// server of a mount one for each file that a host knows.
void raise_file_limit();

/// Makes this process the parent of every orphan among its descendants, so that none gets away.
void adopt_orphans();

/// Kills all descendants but `spared` and theirs, again and again until there are none; waits for
/// them.
///
/// Errors:  some would not die within the bound, which only the kernel can cause.
Result<void> kill_descendants(const std::vector<pid_t>& spared = {});

}  // namespace holdfast::harness
