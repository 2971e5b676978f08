// Hosts whose engine starts processes, but carries no standard streams: a batch system, a container
// platform, a person. A command of the user's has it start an agent for each host, and the agent
// calls this controller over TCP (caller.h, handshake.h).
//
// Each host has a token of its own, drawn for this run and good for one call. It is in the
// command's environment, never in anybody's arguments. What is said after the handshake is not
// encrypted: the listener is on the loopback device unless the user says otherwise.
//
// Fault model: anybody can call, say anything or nothing, and as often as he likes: a bounded
// number of strangers is listened to, each for a bounded time, and dropped. The command can fail,
// which is told; or be done long before the agent calls.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/fleet/caller.h"
#include "harness/fleet/launcher.h"
#include "harness/result/result.h"

namespace holdfast::harness {

struct CallLauncherOptions {
  std::string command;  ///< for `sh -c`, once for each host
  CallAddress listen{"127.0.0.1", 0};
  std::string agent;          ///< the program: the command finds it in HOLDFAST_AGENT
  std::string client_errors;  ///< folder for the commands' standard error: NAME.err
  std::string run_name;       ///< sets this run's directories apart from all others
  /// Told of each call that was dropped, and why; after ten of them no more.
  std::function<void(const std::string&)> dropped;
};

/// Errors:  the address is nobody's here, the port is taken; it is one for all addresses, which
///          no agent could call.
Result<std::unique_ptr<Launcher>> make_call_launcher(CallLauncherOptions options);

}  // namespace holdfast::harness
