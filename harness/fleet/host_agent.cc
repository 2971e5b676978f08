#include "harness/fleet/host_agent.h"

#include <algorithm>
#include <utility>

#include "harness/fleet/deaths.h"
#include "harness/history/lives.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {

void HostAgent::say(const ToAgent& message) const {
  if (serving() && channel) channel->send(to_line(message));
}

RecorderClock HostAgent::clock() const {
  return {orders.lives_before, watch ? watch->samples() : std::vector<ClockSample>{}};
}

std::vector<RecorderClock> HostAgent::all_clocks() const {
  std::vector<RecorderClock> all = clocks;
  all.push_back(clock());
  const bool own = std::any_of(all.begin(), all.end(),
                               [](const RecorderClock& clock) { return !clock.samples.empty(); });
  return own ? all : std::vector<RecorderClock>{};
}

std::int64_t HostAgent::on_controller(std::int64_t host_ns) const {
  if (!watch) return host_ns;
  return ClockOffsets(watch->samples()).on_controller(host_ns);
}

void HostAgent::begin_anew(std::uint64_t lives_before) {
  clocks.push_back(clock());
  watch.reset();
  lost = prepared = false;
  orders.lives_before = lives_before;
  grants_before += tally.grants;
  tally = {};
}

Fault loss_of(const HostAgent& agent, std::int64_t began_ns) {
  Fault fault;
  fault.kind = "controller_lost";
  fault.target = agent.orders.name;
  fault.host = agent.orders.host;
  fault.start_ns = agent.heard_ns != 0 ? agent.heard_ns : began_ns;
  fault.end_ns = recorder_now_ns();
  fault.effective = true;
  return fault;
}

std::optional<Fault> bend_ended_by(const Fault& loss, HostAgent& agent) {
  if (!agent.bent) return std::nullopt;
  Fault bent = *std::exchange(agent.bent, std::nullopt);
  bent.start_ns = agent.on_controller(bent.start_ns);
  bent.host_clock = 0;
  bent.end_ns = loss.end_ns;
  return bent;
}

std::vector<Fault> deaths_of(const HostAgent& agent, const std::string& run,
                             const std::set<std::string>& killed) {
  std::vector<Fault> found;
  if (agent.losses_ns.empty()) return found;
  const std::vector<RecorderClock> clocks = agent.all_clocks();
  for (const Death& death : deaths_on(agent.orders.name, run + "/history", killed)) {
    Fault fault;
    fault.kind = "kill";
    fault.target = agent.orders.name;
    fault.host = agent.orders.host;
    fault.worker_name = death.worker;
    fault.effective = true;
    fault.start_ns = death.lived_ns;
    if (const auto clock = clock_of_life(clocks, death.life)) {
      fault.start_ns = ClockOffsets(clocks[*clock].samples).on_controller(death.lived_ns);
    }
    const auto loss =
        std::lower_bound(agent.losses_ns.begin(), agent.losses_ns.end(), fault.start_ns);
    fault.end_ns = loss == agent.losses_ns.end() ? fault.start_ns : *loss;
    found.push_back(std::move(fault));
  }
  return found;
}

}  // namespace holdfast::harness
