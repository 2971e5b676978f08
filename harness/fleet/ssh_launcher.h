// Hosts that are reached by the OpenSSH client: machines of their own, with the user's own settings
// (~/.ssh/config), keys and known hosts.
//
// All hosts of a run at one destination share one connection. The agent is one static program; it
// is copied into the user's cache there if that very one is not there yet, and found by a hash of
// its contents, so another version is never taken for it. What a run writes there, but for the
// locks, is in one directory of its own below /tmp that its agent removes.
//
// Fault model: a destination can refuse, ask for a password (then it refuses: nobody is there to
// give one), never answer, or be gone at any time. A copy of the agent that was cut off is thrown
// away.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/fleet/launcher.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// "user@host:port"; user and port may be missing, and an IPv6 address stands in brackets.
struct SshDestination {
  std::string where;  ///< as ssh takes it: host or user@host
  std::string port;   ///< empty: ssh's own
};

/// A list with commas.
///
/// Errors:  which of them cannot be a destination.
Result<std::vector<SshDestination>> parse_destinations(const std::string& list);

struct SshLauncherOptions {
  std::vector<SshDestination> destinations;  ///< the scenario's hosts are dealt out to them in turn
  std::string agent;                         ///< the static program
  std::string client_errors;                 ///< folder for the clients' standard error: NAME.err
  std::string sockets;   ///< an existing directory of our own: shared connections
  std::string run_name;  ///< sets this run's directories apart from all others
  std::vector<std::string> client_options;  ///< more arguments of ssh, as "-F", "config"
};

/// Errors:  the agent cannot be read.
Result<std::unique_ptr<Launcher>> make_ssh_launcher(SshLauncherOptions options);

}  // namespace holdfast::harness
