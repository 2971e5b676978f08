// Who starts the agents: on this machine, over ssh, by an engine of a cluster, in guests of a lab.
//
// The fleet knows nothing of where a host is. It asks a launcher for one agent on each host and
// gets two descriptors that carry the agent's lines; all the rest it asks the agent. What a new
// launcher has to do is all here:
//   1. places(): where the run's files are, as that host sees them;
//   2. launch(): start `holdfast agent` there, and hand over descriptors to its standard input and
//      output, or a connected socket (twice: dup(2)) that serves for both;
//   3. kill(): end what carries that agent, at once.
//
// Fault model: an agent can fail to start, hang while it starts, and vanish at any time; so can the
// whole host. The end of the stream means that the agent is gone, and nothing else does. An agent
// whose input ends kills all that it started; so a launcher that drops the streams has ended the
// host's part of the run, as far as the host can still be reached.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "harness/fleet/orders.h"
#include "harness/result/result.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

/// A way to an agent that runs. The fleet owns the descriptors from then on.
struct AgentStreams {
  int input = -1;   ///< to be written: what the agent reads
  int output = -1;  ///< to be read: what it says
  pid_t process =
      0;  ///< child of this process that carries them: agent or client; 0: there is none
};

/// One of the scenario's hosts.
struct HostSeat {
  std::size_t index = 0;  ///< into the scenario's hosts
  std::string name;
};

class Launcher {
 public:
  /// Called once for each launch(), by the thread that runs the context.
  using Connected = std::function<void(Result<AgentStreams>)>;

  virtual ~Launcher() = default;

  /// Where this host keeps the run's files; `run` is where the controller does.
  virtual HostPlaces places(const HostSeat& host, const Places& run) const = 0;

  /// Starts an agent on the host, or begins to: `connected` may be called before this comes back or
  /// later, from the context. What waits on the context is to be owned by its handlers: the context
  /// can end before this object does. Called a second time for a host only after its agent was lost
  /// and returns() said so.
  ///
  /// Errors:  what `connected` is given names the host, and says what to do about it. The fleet has
  ///          a bound for all hosts together (FleetOptions::preparing_bound); a launcher needs
  ///          none.
  virtual void launch(boost::asio::io_context& context, const HostSeat& host,
                      Connected connected) = 0;

  /// Ends the agent, and all that it started, at once and whatever it does. The end of the stream
  /// follows. Nothing happens if there is none.
  virtual void kill(const HostSeat& host) = 0;

  /// Whether a host whose agent was lost will be back in this run: it was crashed on purpose and
  /// boots. Then launch() is called at once, and its workers start again under new names.
  virtual bool returns(const HostSeat&) const { return false; }

  /// Processes of this launcher that are children of ours and no agent's: the fleet leaves them
  /// alone, theirs too. They are this object's to end, at the latest when it is destroyed.
  virtual std::vector<pid_t> helpers() const { return {}; }
};

}  // namespace holdfast::harness
