#include "harness/fleet/fleet.h"

#include <algorithm>
#include <utility>

#include "harness/fleet/fleet_run.h"
#include "harness/fleet/line_channel.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/nemesis/processes.h"
#include "harness/scenario/draw.h"

namespace holdfast::harness {
namespace {

using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kBetweenLooks{50};
/// Beyond the grace: an agent that has not finished by then is taken for lost.
constexpr seconds kPatienceWithAgents{10};

}  // namespace

Fleet::Fleet(const Scenario& scenario, std::uint64_t seed, const Places& places, Launcher& launcher,
             const FleetOptions& options)
    : scenario_(scenario),
      places_(places),
      launcher_(launcher),
      options_(options),
      attack_(context_, scenario, seed,
              {[this](std::uint32_t host, const Strike& strike) { return strike_at(host, strike); },
               [this](const Fault& refused) { log(refused); }}),
      signals_(context_, SIGINT, SIGTERM, SIGHUP),
      children_(context_, SIGCHLD),
      look_timer_(context_),
      bound_timer_(context_) {
  std::vector<HostPlaces> seen;
  for (const HostSpec& host : scenario.hosts) {
    auto agent = std::make_unique<HostAgent>();
    agent->seat = {agents_.size(), host.name};
    seen.push_back(launcher.places(agent->seat, places));
    agents_.push_back(std::move(agent));
  }
  auto orders = make_orders(scenario, seed, places, seen);
  for (std::size_t i = 0; i < orders.size(); ++i) agents_[i]->orders = std::move(orders[i]);
}

Result<FleetOutcome> Fleet::run() {
  raise_file_limit();
  adopt_orphans();
  wait_for_signals();
  wait_for_children();
  began_ns_ = recorder_now_ns();
  for (const auto& agent : agents_) {
    if (!problem_) start(*agent);
  }
  if (!problem_) {
    bound(options_.preparing_bound, [this] { preparing_took_too_long(); });
    context_.run();
  }
  for (const auto& agent : agents_) {
    if (agent->channel) agent->channel->drop();
  }
  // Agents whose input ends kill what they started; whoever is left after that is killed here.
  wait_for_agents();
  const auto killed = kill_descendants(spared());
  for (const auto& agent : agents_) {
    for (const Fault& death : deaths_of(*agent, places_.run, killed_workers_)) log(death);
  }
  if (problem_) return tl::unexpected(*problem_);
  if (!killed) return tl::unexpected(killed.error());
  outcome_.last = progress();
  for (const auto& agent : agents_) outcome_.clocks.push_back(agent->all_clocks());
  return outcome_;
}

void Fleet::begin() {
  begun_ = true;
  outcome_.start_ns = recorder_now_ns();
  outcome_.preparing_ns = outcome_.start_ns - began_ns_;
  for (const auto& agent : agents_) agent->say(Go{});
  if (options_.started) options_.started();
  bound_timer_.cancel();
  if (scenario_.until.duration) {
    bound(*scenario_.until.duration, [this] { finish(FleetOutcome::How::complete); });
  }
  attack_.begin(outcome_.start_ns);
  look();
}

void Fleet::preparing_took_too_long() {
  if (begun_) return;  // the bound and the last word of the workers came at once
  std::string waiting;
  for (const auto& agent : agents_) {
    if (!agent->prepared) waiting += (waiting.empty() ? "" : ", ") + agent->orders.name;
  }
  fail({"the fleet", "the workers of " + waiting + " were not ready after " +
                         std::to_string(options_.preparing_bound / seconds(1)) +
                         " s; what they said is in " + options_.agent_errors});
}

void Fleet::look() {
  const FleetProgress now = progress();
  if (options_.progress) options_.progress(now);
  if (scenario_.until.grants && now.grants >= *scenario_.until.grants) {
    finish(FleetOutcome::How::complete);
  }
  look_timer_.expires_after(kBetweenLooks);
  look_timer_.async_wait([this](const error_code& error) {
    if (!error) look();
  });
}

FleetProgress Fleet::progress() const {
  FleetProgress now;
  if (outcome_.start_ns != 0) now.elapsed_ns = recorder_now_ns() - outcome_.start_ns;
  for (const auto& agent : agents_) {
    now.grants += agent->grants_before + agent->tally.grants;
    now.workers += agent->tally.workers;
  }
  now.faults = effective_;
  return now;
}

bool Fleet::strike_at(std::uint32_t host, const Strike& strike) {
  const HostAgent& agent = *agents_.at(host);
  if (agent.serving()) agent.say(Inject{strike});
  return agent.serving();
}

void Fleet::log(Fault fault) {
  fault.id = ++last_fault_;
  if (fault.kind == "kill" && fault.effective) killed_workers_.insert(fault.worker_name);
  if (const auto logged = append_fault(places_.run, fault); !logged) fail(logged.error());
}

void Fleet::finish(FleetOutcome::How how) {
  if (ending_) return;
  ending_ = true;
  outcome_.how = how;
  attack_.end();
  if (options_.ending) options_.ending();
  outcome_.end_ns = recorder_now_ns();
  // Whoever may be late by the scenario is not killed before he is late.
  const nanoseconds grace = longest(scenario_.work.hold) +
                            std::max<nanoseconds>(options_.grace, scenario_.bounds.timeout_slack);
  for (const auto& agent : agents_) agent->say(Finish{grace.count()});
  bound_timer_.cancel();
  bound(grace + nanoseconds(kPatienceWithAgents), [this] {
    for (const auto& agent : agents_) {
      if (!agent->serving()) continue;
      launcher_.kill(agent->seat);
      if (agent->awaited()) {
        agent->finished = true;  // its host has not come back, and there is nothing to do there
      } else {
        lose(*agent, "its agent did not finish");
      }
    }
    end_if_all_have();
  });
}

void Fleet::end_if_all_have() {
  if (!ending_) return;
  if (std::none_of(agents_.begin(), agents_.end(),
                   [](const auto& agent) { return agent->serving(); })) {
    context_.stop();
  }
}

void Fleet::fail(const Problem& problem) {
  if (!problem_) problem_ = problem;
  context_.stop();
}

void Fleet::interrupted() {
  // The first also where the run is ending by itself: all that it asks for is under way then.
  if (begun_ && !std::exchange(asked_, true)) return finish(FleetOutcome::How::interrupted);
  outcome_.how = FleetOutcome::How::aborted;
  context_.stop();
}

void Fleet::wait_for_signals() {
  signals_.async_wait([this](const error_code& error, int) {
    if (error) return;
    interrupted();
    wait_for_signals();
  });
}

void Fleet::wait_for_children() {
  children_.async_wait([this](const error_code& error, int) {
    if (error) return;
    reap();
    wait_for_children();
  });
}

void Fleet::bound(nanoseconds after, std::function<void()> then) {
  bound_timer_.expires_after(after);
  bound_timer_.async_wait([then = std::move(then)](const error_code& error) {
    if (!error) then();
  });
}

Result<FleetOutcome> run_fleet(const Scenario& scenario, std::uint64_t seed, const Places& places,
                               Launcher& launcher, const FleetOptions& options) {
  return Fleet(scenario, seed, places, launcher, options).run();
}

}  // namespace holdfast::harness
