// What the controller knows of the agent of one host: how it is reached, what it has said, which
// clock its host has, and when it, or one before it on the same host, was lost.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/clock_watch.h"
#include "harness/fleet/launcher.h"
#include "harness/fleet/line_channel.h"
#include "harness/history/history.h"

namespace holdfast::harness {

struct HostAgent {
  HostOrders orders;
  HostSeat seat;
  pid_t pid = 0;       ///< the child that carries its channel; 0: none
  pid_t told_pid = 0;  ///< by itself, on its host
  std::shared_ptr<LineChannel> channel;
  bool prepared = false;
  bool finished = false;
  bool lost = false;
  bool gone = false;                  ///< the kernel has reported its end
  std::unique_ptr<ClockWatch> watch;  ///< of a host that has a clock of its own
  std::vector<RecorderClock> clocks;  ///< those that its earlier agents had
  Tally tally;
  std::uint64_t grants_before = 0;      ///< of this host's earlier agents
  std::vector<std::int64_t> losses_ns;  ///< when agents of this host were found to be gone
  std::optional<Fault> bent;            ///< its host's clock, now; logged when that ends
  std::int64_t heard_ns = 0;            ///< when it last said anything

  bool serving() const { return !lost && !finished; }
  /// Its host was crashed and boots: nobody is at work there.
  bool awaited() const { return serving() && !prepared && !losses_ns.empty(); }
  /// Sends it this, if it still serves.
  void say(const ToAgent& message) const;

  RecorderClock clock() const;  ///< since its agent was started
  /// All of this host; none where it has the controller's.
  std::vector<RecorderClock> all_clocks() const;
  /// An instant of its host's present clock, by the controller's.
  std::int64_t on_controller(std::int64_t host_ns) const;

  /// Ready for the next agent of this host, whose workers come after the first `lives_before`.
  void begin_anew(std::uint64_t lives_before);
};

/// The loss of its agent, as a fault: from when it was last heard of, or `began_ns`, until now.
Fault loss_of(const HostAgent& agent, std::int64_t began_ns);

/// Its host's clock was bent until this loss; none: it was not. It is taken out of `agent`.
std::optional<Fault> bend_ended_by(const Fault& loss, HostAgent& agent);

/// The history must know why the workers of a lost host say no more. That they lived any longer
/// than what has outlived them shows is nothing that anybody could be accused with. Of workers not
/// in `killed`; told when all is over: before, some of them might still have been dying.
std::vector<Fault> deaths_of(const HostAgent& agent, const std::string& run,
                             const std::set<std::string>& killed);

}  // namespace holdfast::harness
