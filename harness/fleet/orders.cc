#include "harness/fleet/orders.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "harness/history/lives.h"

namespace holdfast::harness {
namespace {

constexpr std::uint64_t kWithoutEnd = std::numeric_limits<std::uint64_t>::max();

bool bends_clocks(const Scenario& scenario) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [](const FaultSpec& fault) { return fault.kind == FaultSpec::Kind::clock; });
}

bool meant_for(const FaultSpec& fault, const std::string& host) {
  return fault.target == "any" || fault.target == "all" || fault.target == host;
}

/// The share of host number `index`: the first hosts get what does not divide.
std::uint64_t quota(const FaultSpec& fault, const Scenario& scenario, std::size_t index) {
  if (!fault.times) return kWithoutEnd;
  std::uint64_t sharers = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    if (!meant_for(fault, scenario.hosts[i].name)) continue;
    ++sharers;
    if (i < index) ++before;
  }
  return *fault.times / sharers + (before < *fault.times % sharers ? 1 : 0);
}

WorkerPlan common_plan(const Scenario& scenario, const HostSpec& host, const HostOrders& orders,
                       const HostPlaces& places) {
  WorkerPlan plan;
  plan.host = host.name;
  plan.separate_machine = host.separate_machine || places.machine;
  plan.directory = places.locks;
  plan.survives_power_cut = places.own_kernel;
  plan.locks = lock_names(scenario);
  plan.clock_page = orders.clock_page;
  plan.faketime = orders.faketime;
  plan.contender = scenario.contender;
  // The library that records what a program does is not there.
  if (!places.own.empty() && !plan.contender.program.empty()) plan.contender.record_files = false;
  plan.work = scenario.work;
  plan.ordered = scenario.ordered;
  plan.patience_ns = scenario.work.patience ? scenario.work.patience->count() : -1;
  plan.reply_bound_ns = scenario.bounds.reply.count();
  return plan;
}

HostOrders host_orders(const Scenario& scenario, std::uint64_t seed, const Places& run,
                       const HostPlaces& places, std::size_t index) {
  const HostSpec& host = scenario.hosts[index];
  HostOrders orders;
  orders.host = static_cast<std::uint32_t>(index);
  orders.name = host.name;
  orders.seed = seed;
  orders.own = places.own;
  orders.own_kernel = places.own_kernel;
  if (bends_clocks(scenario) && !places.own_kernel) {
    orders.clock_page = places.scratch + "/" + host.name + ".clock";
    if (!scenario.contender.program.empty()) {
      orders.faketime = places.scratch + "/" + host.name + ".faketime";
      orders.faketime_libraries = run.faketime;
    }
  }
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.operation.empty() || !meant_for(fault, host.name)) continue;
    orders.crashes.push_back(fault);
    orders.crash_quota.push_back(quota(fault, scenario, index));
  }
  const bool mount_kills = !orders.crashes.empty() && !kills_itself(scenario.contender);
  const WorkerPlan common = common_plan(scenario, host, orders, places);
  for (std::uint32_t i = 0; i < host.workers; ++i) {
    WorkerPlan plan = common;
    plan.name = host.name + ".w" + std::to_string(i + 1);
    plan.history = places.history + "/" + plan.name + ".events";
    plan.errors = places.logs + "/" + plan.name + ".err";
    if (mount_kills) {
      plan.crash_control = run.mount_control;
      plan.crash_mark = run.scratch + "/" + plan.name + ".crash";
    }
    orders.workers.push_back(std::move(plan));
  }
  return orders;
}

}  // namespace

std::vector<std::string> lock_names(const Scenario& scenario) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < scenario.locks; ++i) {
    names.push_back("lock" + std::to_string(i + 1));
  }
  return names;
}

HostPlaces same_places(const Places& run, std::size_t index) {
  return {run.host_locks.empty() ? run.locks : run.host_locks.at(index), run.run + "/history",
          run.run + "/logs", run.scratch};
}

std::vector<HostOrders> make_orders(const Scenario& scenario, std::uint64_t seed, const Places& run,
                                    const std::vector<HostPlaces>& hosts) {
  std::vector<HostOrders> all;
  std::uint32_t slot = 0;
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    HostOrders orders = host_orders(scenario, seed, run, hosts.at(i), i);
    orders.first_slot = slot;
    for (WorkerPlan& plan : orders.workers) plan.slot = slot++;
    all.push_back(std::move(orders));
  }
  return all;
}

std::uint64_t last_life(const std::string& history_folder) {
  namespace fs = std::filesystem;
  std::uint64_t last = 0;
  std::error_code error;  // what cannot be read is no history that a name could collide with
  for (fs::directory_iterator at(history_folder, error), end; !error && at != end;
       at.increment(error)) {
    last = std::max(last, life_of(at->path().filename()));
  }
  return last;
}

ArmedPlan arm(HostOrders& orders, std::size_t index, std::uint64_t generation) {
  ArmedPlan armed{orders.workers.at(index), std::nullopt};
  WorkerPlan& plan = armed.plan;
  generation += orders.lives_before;
  if (generation > 1) {
    const std::string name = plan.name + "'" + std::to_string(generation);
    for (std::string* path : {&plan.history, &plan.crash_mark}) {
      const std::size_t at = path->rfind(plan.name);
      if (at != std::string::npos) path->replace(at, plan.name.size(), name);
    }
    plan.name = name;
  }
  const std::uint64_t slot_seed = derived_seed(orders.seed, "worker", plan.slot);
  plan.seed = derived_seed(slot_seed, "life", generation);
  Random random(derived_seed(slot_seed, "crash", generation));
  armed.crash = draw_crash(orders.crashes, orders.name, random);
  if (armed.crash && orders.crash_quota.at(armed.crash->spec) == 0) armed.crash.reset();
  if (armed.crash) {
    --orders.crash_quota[armed.crash->spec];
    plan.crash_operation = armed.crash->operation;
    plan.crash_at = armed.crash->at;
    plan.crash_before = armed.crash->before;
  }
  return armed;
}

}  // namespace holdfast::harness
