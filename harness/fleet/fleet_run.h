// The controller of a run, as run_fleet() has it for as long as it lasts: what it hears of its
// agents (fleet_agents.cc), and the course of the run (fleet.cc).
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/attack.h"
#include "harness/fleet/fleet.h"
#include "harness/fleet/host_agent.h"
#include "harness/fleet/spawn.h"

namespace holdfast::harness {

/// Threads: one, in run().
class Fleet {
 public:
  Fleet(const Scenario& scenario, std::uint64_t seed, const Places& places, Launcher& launcher,
        const FleetOptions& options);

  /// Once.
  Result<FleetOutcome> run();

 private:
  // Agents.
  void start(HostAgent& agent);
  void connect(HostAgent& agent, const AgentStreams& streams);
  void heard(HostAgent& agent, const std::string& line);
  void take(HostAgent& agent, const Greeting& greeting);
  void take(HostAgent& agent, const ClockTold& told);
  void take(HostAgent& agent, const Parcel& parcel);
  void take(HostAgent& agent, const Prepared&);
  void take(HostAgent& agent, const Tally& tally);
  void take(HostAgent& agent, const Struck& struck);
  void take(HostAgent&, const NobodyInside& nobody);
  /// Ordered mode. The worker waits for this, so it is where it says to be at this very instant;
  /// that no two instants are equal puts all of them in one order.
  void take(HostAgent& agent, const Notice& notice);
  void take(HostAgent& agent, const Finishing& finishing);
  void take(HostAgent& agent, const Finished&);
  void take(HostAgent&, const Trouble& trouble);
  /// An agent vanished: an event of the run. Its workers are dead, as the kernel saw to.
  void lose(HostAgent& agent, const std::string& why);
  /// Its host was crashed on purpose, and boots: the new workers get names that are not taken.
  void start_again(HostAgent& agent);
  void log_loss(HostAgent& agent, bool back);
  /// What a dead agent left is ours by now: everything that is no agent.
  void kill_orphans();
  std::vector<pid_t> spared() const;
  void wait_for_agents();
  void reap();

  // The run.
  void begin();
  void preparing_took_too_long();
  /// Looks at where the run stands, some times a second.
  void look();
  FleetProgress progress() const;
  bool strike_at(std::uint32_t host, const Strike& strike);
  void log(Fault fault);

  // Its end.
  void finish(FleetOutcome::How how);
  void end_if_all_have();
  void fail(const Problem& problem);
  void interrupted();
  void wait_for_signals();
  void wait_for_children();
  void bound(std::chrono::nanoseconds after, std::function<void()> then);

  const Scenario& scenario_;
  const Places& places_;
  Launcher& launcher_;
  const FleetOptions& options_;
  IgnoredPipes ignored_;
  boost::asio::io_context context_{1};
  Attack attack_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set children_;
  boost::asio::steady_timer look_timer_;
  boost::asio::steady_timer bound_timer_;
  std::vector<std::unique_ptr<HostAgent>> agents_;
  std::map<std::string, std::uint64_t> effective_;
  std::set<std::string> killed_workers_;
  std::uint32_t last_fault_ = 0;
  std::int64_t began_ns_ = 0;
  std::int64_t newest_notice_ns_ = 0;
  bool begun_ = false;
  bool ending_ = false;
  bool asked_ = false;  ///< to end, by a signal
  FleetOutcome outcome_;
  std::optional<Problem> problem_;
};

}  // namespace holdfast::harness
