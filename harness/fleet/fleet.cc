#include "harness/fleet/fleet.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <set>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/attack.h"
#include "harness/fleet/clock_watch.h"
#include "harness/fleet/host_agent.h"
#include "harness/fleet/line_channel.h"
#include "harness/fleet/spawn.h"
#include "harness/history/lives.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kBetweenLooks{50};
/// Beyond the grace: an agent that has not finished by then is taken for lost.
constexpr seconds kPatienceWithAgents{10};

/// How long the longest hold of this work can be.
nanoseconds longest(const Distribution& of) {
  switch (of.shape) {
    case Distribution::Shape::constant: return of.low;
    case Distribution::Shape::uniform: return of.high;
    case Distribution::Shape::exponential: return of.high.count() > 0 ? of.high : 20 * of.low;
  }
  return of.low;
}

class Fleet {
 public:
  Fleet(const Scenario& scenario, std::uint64_t seed, const Places& places, Launcher& launcher,
        const FleetOptions& options)
      : scenario_(scenario),
        places_(places),
        launcher_(launcher),
        options_(options),
        attack_(
            context_, scenario, seed,
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

  Result<FleetOutcome> run() {
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

 private:
  // --- agents ---------------------------------------------------------------------------------

  void start(HostAgent& agent) {
    launcher_.launch(context_, agent.seat, [this, &agent](Result<AgentStreams> streams) {
      if (!streams) return fail(streams.error());
      connect(agent, *streams);
    });
  }

  void connect(HostAgent& agent, const AgentStreams& streams) {
    agent.pid = streams.process;
    agent.channel =
        LineChannel::open(context_, streams.output, streams.input,
                          {[this, &agent](const std::string& line) { heard(agent, line); },
                           [this, &agent] {
                             if (!agent.finished) lose(agent, "its agent ended");
                           }});
    agent.channel->send(to_line(ToAgent(Hello{})));
  }

  void heard(HostAgent& agent, const std::string& line) {
    agent.heard_ns = recorder_now_ns();
    const auto message = read_from_agent(line);
    if (!message) return fail(message.error());
    std::visit([&](const auto& of) { take(agent, of); }, *message);
  }

  void take(HostAgent& agent, const Greeting& greeting) {
    if (greeting.version != kAgentProtocol) {
      return fail(
          {"agent of " + agent.orders.name, "speaks version " + std::to_string(greeting.version) +
                                                " of the protocol, this controller speaks " +
                                                std::to_string(kAgentProtocol)});
    }
    agent.told_pid = static_cast<pid_t>(greeting.pid);
    if (ending_) return agent.say(Finish{});  // its host is back too late for anybody to work there
    if (greeting.clock.empty() || greeting.clock != recorder_clock()) {
      agent.watch =
          std::make_unique<ClockWatch>(context_, [&agent](const AskClock& ask) { agent.say(ask); });
      return;  // what its workers record before the first answer could not be placed
    }
    agent.say(Prepare{agent.orders});
  }

  void take(HostAgent& agent, const ClockTold& told) {
    if (!agent.watch) return;
    const bool first = agent.watch->samples().empty();
    agent.watch->told(told, agent.heard_ns);
    if (first) agent.say(Prepare{agent.orders});
  }

  void take(HostAgent& agent, const Parcel& parcel) {
    const bool history = parcel.file.ends_with(".events");
    const auto kept = unpack(parcel, places_.run + (history ? "/history" : "/logs"));
    if (!kept) return fail({"host " + agent.orders.name, kept.error().text()});
    agent.say(Kept{parcel.bytes});
  }

  void take(HostAgent& agent, const Prepared&) {
    agent.prepared = true;
    if (begun_ && !ending_) return agent.say(Go{});  // its host is back
    if (ending_) return;
    if (std::all_of(agents_.begin(), agents_.end(), [](const auto& of) { return of->prepared; })) {
      begin();
    }
  }

  void take(HostAgent& agent, const Tally& tally) { agent.tally = tally; }

  void take(HostAgent& agent, const Struck& struck) {
    Fault fault = struck.fault;
    attack_.struck(fault.id);
    fault.host = agent.orders.host;
    if (agent.watch) fault.host_clock = static_cast<std::uint32_t>(agent.clocks.size() + 1);
    if (!struck.over) {
      agent.bent = fault;
      ++effective_[fault.kind];
      return;
    }
    const bool was_bent = fault.effective && fault.kind == "clock" && agent.bent;
    if (was_bent) agent.bent.reset();
    if (fault.effective && !was_bent) ++effective_[fault.kind];
    log(fault);
  }

  void take(HostAgent&, const NobodyInside& nobody) { attack_.nobody_inside(nobody.strike); }

  /// Ordered mode. The worker waits for this, so it is where it says to be at this very instant;
  /// that no two instants are equal puts all of them in one order.
  void take(HostAgent& agent, const Notice& notice) {
    newest_notice_ns_ = std::max(recorder_now_ns(), newest_notice_ns_ + 1);
    agent.say(Echo{notice.index, notice.life, newest_notice_ns_});
  }

  void take(HostAgent& agent, const Finishing& finishing) {
    agent.finishing = true;
    outcome_.end_ns = std::max(outcome_.end_ns, agent.on_controller(finishing.at_ns));
  }

  void take(HostAgent& agent, const Finished&) {
    agent.finished = true;
    if (agent.watch) agent.watch->stop();
    agent.channel->close_output();
    end_if_all_have();
  }

  void take(HostAgent&, const Trouble& trouble) { fail(trouble.problem); }

  /// An agent vanished: an event of the run. Its workers are dead, as the kernel saw to.
  void lose(HostAgent& agent, const std::string& why) {
    if (agent.lost || agent.finished) return;
    agent.lost = true;
    if (agent.watch) agent.watch->stop();
    if (agent.channel) agent.channel->drop();
    kill_orphans();
    const bool back = begun_ && !ending_ && launcher_.returns(agent.seat);
    if (!back) outcome_.lost_hosts.push_back(agent.orders.name);
    log_loss(agent, back);
    if (back) return start_again(agent);
    if (!begun_) {
      return fail({"host " + agent.orders.name,
                   why + " before the run began; see its log in " + options_.agent_errors});
    }
    if (std::none_of(agents_.begin(), agents_.end(),
                     [](const auto& of) { return of->serving(); })) {
      finish(FleetOutcome::How::complete);
      context_.stop();
    }
    end_if_all_have();
  }

  /// Its host was crashed on purpose, and boots: the new workers get names that are not taken.
  void start_again(HostAgent& agent) {
    agent.begin_anew(last_life(places_.run + "/history"));
    start(agent);
  }

  void log_loss(HostAgent& agent, bool back) {
    const Fault loss = loss_of(agent, began_ns_);
    if (!back) {
      ++effective_[loss.kind];
      log(loss);
    }
    agent.losses_ns.push_back(loss.end_ns);
    if (const auto bent = bend_ended_by(loss, agent)) log(*bent);
  }

  /// What a dead agent left is ours by now: everything that is no agent.
  void kill_orphans() {
    for (const pid_t child : children_of(::getpid())) {
      const bool known = std::any_of(agents_.begin(), agents_.end(),
                                     [&](const auto& agent) { return agent->pid == child; });
      const auto spared = this->spared();
      if (std::find(spared.begin(), spared.end(), child) != spared.end()) continue;
      if (!known) ::kill(child, SIGKILL);
    }
  }

  std::vector<pid_t> spared() const {
    std::vector<pid_t> all = options_.spared;
    const std::vector<pid_t> helpers = launcher_.helpers();
    all.insert(all.end(), helpers.begin(), helpers.end());
    return all;
  }

  void wait_for_agents() {
    const auto ended = [](const auto& agent) {
      if (agent->pid != 0) return agent->gone;
      if (agent->watch) return true;
      // One that nothing here carries can still be ours: what started it did so on this machine.
      const std::vector<pid_t> ours = descendants_of(::getpid());
      return std::find(ours.begin(), ours.end(), agent->told_pid) == ours.end();
    };
    for (int round = 0; round < 3000; ++round) {
      reap();
      if (std::all_of(agents_.begin(), agents_.end(), ended)) return;
      ::usleep(1000);
    }
  }

  void reap() {
    for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
      for (const auto& agent : agents_) {
        if (agent->pid == pid) agent->gone = true;
      }
    }
    if (!outcome_.lost_hosts.empty()) kill_orphans();
  }

  // --- the run --------------------------------------------------------------------------------

  void begin() {
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

  void preparing_took_too_long() {
    std::string waiting;
    for (const auto& agent : agents_) {
      if (!agent->prepared) waiting += (waiting.empty() ? "" : ", ") + agent->orders.name;
    }
    fail({"the fleet", "the workers of " + waiting + " were not ready after " +
                           std::to_string(options_.preparing_bound / seconds(1)) +
                           " s; what they said is in " + options_.agent_errors});
  }

  /// Looks at where the run stands, some times a second.
  void look() {
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

  FleetProgress progress() const {
    FleetProgress now;
    if (outcome_.start_ns != 0) now.elapsed_ns = recorder_now_ns() - outcome_.start_ns;
    for (const auto& agent : agents_) {
      now.grants += agent->grants_before + agent->tally.grants;
      now.workers += agent->tally.workers;
      now.started += agent->tally.started;
    }
    now.faults = effective_;
    return now;
  }

  bool strike_at(std::uint32_t host, const Strike& strike) {
    const HostAgent& agent = *agents_.at(host);
    if (agent.serving()) agent.say(Inject{strike});
    return agent.serving();
  }

  void log(Fault fault) {
    fault.id = ++last_fault_;
    if (fault.kind == "kill" && fault.effective) killed_workers_.insert(fault.worker_name);
    if (const auto logged = append_fault(places_.run, fault); !logged) fail(logged.error());
  }

  // --- the end --------------------------------------------------------------------------------

  void finish(FleetOutcome::How how) {
    if (ending_) return;
    ending_ = true;
    outcome_.how = how;
    attack_.end();
    if (options_.ending) options_.ending();
    outcome_.end_ns = recorder_now_ns();
    const nanoseconds grace = longest(scenario_.work.hold) + options_.grace;
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

  void end_if_all_have() {
    if (!ending_) return;
    if (std::none_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->serving(); })) {
      context_.stop();
    }
  }

  void fail(const Problem& problem) {
    if (!problem_) problem_ = problem;
    context_.stop();
  }

  void interrupted() {
    if (begun_ && !ending_) return finish(FleetOutcome::How::interrupted);
    outcome_.how = FleetOutcome::How::aborted;
    context_.stop();
  }

  void wait_for_signals() {
    signals_.async_wait([this](const error_code& error, int) {
      if (error) return;
      interrupted();
      wait_for_signals();
    });
  }

  void wait_for_children() {
    children_.async_wait([this](const error_code& error, int) {
      if (error) return;
      reap();
      wait_for_children();
    });
  }

  void bound(nanoseconds after, std::function<void()> then) {
    bound_timer_.expires_after(after);
    bound_timer_.async_wait([then = std::move(then)](const error_code& error) {
      if (!error) then();
    });
  }

  const Scenario& scenario_;
  const Places& places_;
  Launcher& launcher_;
  const FleetOptions& options_;
  IgnoredPipes ignored_;
  asio::io_context context_{1};
  Attack attack_;
  asio::signal_set signals_;
  asio::signal_set children_;
  asio::steady_timer look_timer_;
  asio::steady_timer bound_timer_;
  std::vector<std::unique_ptr<HostAgent>> agents_;
  std::map<std::string, std::uint64_t> effective_;
  std::set<std::string> killed_workers_;
  std::uint32_t last_fault_ = 0;
  std::int64_t began_ns_ = 0;
  std::int64_t newest_notice_ns_ = 0;
  bool begun_ = false;
  bool ending_ = false;
  FleetOutcome outcome_;
  std::optional<Problem> problem_;
};

}  // namespace

Result<FleetOutcome> run_fleet(const Scenario& scenario, std::uint64_t seed, const Places& places,
                               Launcher& launcher, const FleetOptions& options) {
  return Fleet(scenario, seed, places, launcher, options).run();
}

}  // namespace holdfast::harness
