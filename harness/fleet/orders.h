// What the agent of one host is to do, and how the worker that replaces a dead one differs from it.
// Pure: scenario and seed decide all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/nemesis/schedule.h"
#include "harness/workload/plan.h"

namespace holdfast::harness {

/// Where a run keeps its files.
struct Places {
  std::string run;                    ///< the run's folder: history/, logs/
  std::string locks;                  ///< the directory that the locks stand in
  std::string scratch;                ///< clock pages and the like; thrown away afterwards
  std::vector<std::string> faketime;  ///< libraries that bend a program's clock; empty: not needed
  /// The same directory as each host sees it, where they see it through mounts of their own.
  std::vector<std::string> host_locks = {};
  std::string mount_control = {};  ///< where their server listens; empty: there is none
};

/// The same as one host sees it.
struct HostPlaces {
  std::string locks;
  std::string history;  ///< folder of its workers' histories
  std::string logs;     ///< folder of its workers' standard error
  std::string scratch;
  /// Not empty: the host sees none of the run's folders. Its agent makes this directory, where the
  /// three above are, sends what appears in them, and removes it.
  std::string own = {};
  /// It is a machine of its own, whatever the scenario says, and has no resolver: the scenario's
  /// name of the host is its full name.
  bool machine = false;
  /// It has a kernel of its own, that root there may do anything to: its clock is bent, not its
  /// workers' view of it, and its power can be cut.
  bool own_kernel = false;
};

/// Where all that is `run`'s is seen by host number `index` under the controller's own names.
HostPlaces same_places(const Places& run, std::size_t index);

struct HostOrders {
  std::uint32_t host = 0;  ///< index into the scenario's hosts
  std::string name;
  std::uint64_t seed = 0;           ///< of the run
  std::uint32_t first_slot = 0;     ///< slots of this host are numbered from here on
  std::vector<WorkerPlan> workers;  ///< one per slot, the first generation
  std::uint64_t lives_before = 0;   ///< generations that an earlier agent of this host has started
  std::vector<FaultSpec> crashes;   ///< kills at a file operation, as far as meant for this host
  /// For each of `crashes`: how many workers may be given that point; a fault's `times` is shared
  /// out between the hosts, so that no agent has to ask.
  std::vector<std::uint64_t> crash_quota;
  std::string own;          ///< HostPlaces::own
  bool own_kernel = false;  ///< see HostPlaces; then neither of these two is made
  std::string clock_page;   ///< to be made; empty: no clock is bent
  std::string faketime;     ///< to be made; empty: none
  std::vector<std::string> faketime_libraries;
};

/// The names of the run's locks.
std::vector<std::string> lock_names(const Scenario& scenario);

/// One per host, in the scenario's order; `hosts` are their places, in the same order.
std::vector<HostOrders> make_orders(const Scenario& scenario, std::uint64_t seed, const Places& run,
                                    const std::vector<HostPlaces>& hosts);

/// The highest generation that a history in this folder is of; 0: there is none.
std::uint64_t last_life(const std::string& history_folder);

/// A worker's plan, and what of it the agent has to know.
struct ArmedPlan {
  WorkerPlan plan;
  std::optional<CrashChoice> crash;  ///< `spec` is an index into HostOrders::crashes
};

/// The plan of the `generation`-th worker (from 1) of this agent in slot number `index` of this
/// host: of a name, a history file, a seed and a crash point of its own. Uses up the quotas.
ArmedPlan arm(HostOrders& orders, std::size_t index, std::uint64_t generation);

}  // namespace holdfast::harness
