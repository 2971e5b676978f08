// How the agent gets to a host where all that there is is a shell: the program that reaches the
// host (ssh, srun) runs a script there that becomes the agent. If that very agent is not in the
// user's cache there, it is sent along first; a hash of its contents is in its name, so another
// version is never taken for it, and a copy that was cut off never gets the name.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "harness/fleet/launcher.h"
#include "harness/fleet/spawn.h"

namespace holdfast::harness {

/// The agent as one static program, and the script that starts it.
class AgentProgram {
 public:
  /// Errors:  it cannot be read.
  static Result<AgentProgram> read(const std::string& path);

  /// For `sh -c`. What it says before the agent says anything is for start_agent().
  const std::string& script() const { return script_; }
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::string script_;
};

/// Starts `client`, which runs agent.script() on the host and carries its standard streams.
/// `errors` of the client is where its complaints are looked for. Returns its process; 0: it could
/// not be started, and `connected` has been told.
pid_t start_agent(boost::asio::io_context& context, const SpawnOptions& client,
                  const AgentProgram& agent, const std::string& host,
                  Launcher::Connected connected);

/// Places of a host that shares nothing with this machine but the locks' directory.
HostPlaces places_elsewhere(const HostSeat& host, const Places& run, const std::string& run_name);

/// The last words of a client in its log, which say why it ended; empty: there are none.
std::string last_words(const std::string& log);

}  // namespace holdfast::harness
