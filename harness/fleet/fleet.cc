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
#include "harness/fleet/clock_watch.h"
#include "harness/fleet/deaths.h"
#include "harness/fleet/line_channel.h"
#include "harness/fleet/spawn.h"
#include "harness/history/lives.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/nemesis/processes.h"
#include "harness/nemesis/schedule.h"

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

struct Agent {
  HostOrders orders;
  HostSeat seat;
  pid_t pid = 0;       ///< the child that carries its channel; 0: none
  pid_t told_pid = 0;  ///< by itself, on its host
  std::shared_ptr<LineChannel> channel;
  bool prepared = false;
  bool finishing = false;
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
  RecorderClock clock() const {
    return {orders.lives_before, watch ? watch->samples() : std::vector<ClockSample>{}};
  }
  std::vector<RecorderClock> all_clocks() const {
    std::vector<RecorderClock> all = clocks;
    all.push_back(clock());
    const bool own = std::any_of(all.begin(), all.end(),
                                 [](const RecorderClock& clock) { return !clock.samples.empty(); });
    return own ? all : std::vector<RecorderClock>{};
  }
};

class Fleet {
 public:
  Fleet(const Scenario& scenario, std::uint64_t seed, const Places& places, Launcher& launcher,
        const FleetOptions& options)
      : scenario_(scenario),
        places_(places),
        launcher_(launcher),
        options_(options),
        schedule_(scenario, seed),
        signals_(context_, SIGINT, SIGTERM, SIGHUP),
        children_(context_, SIGCHLD),
        strike_timer_(context_),
        look_timer_(context_),
        bound_timer_(context_) {
    std::vector<HostPlaces> seen;
    for (const HostSpec& host : scenario.hosts) {
      auto agent = std::make_unique<Agent>();
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
    for (const auto& agent : agents_) log_deaths(*agent);
    if (problem_) return tl::unexpected(*problem_);
    if (!killed) return tl::unexpected(killed.error());
    outcome_.last = progress();
    for (const auto& agent : agents_) outcome_.clocks.push_back(agent->all_clocks());
    return outcome_;
  }

 private:
  // --- agents ---------------------------------------------------------------------------------

  void start(Agent& agent) {
    launcher_.launch(context_, agent.seat, [this, &agent](Result<AgentStreams> streams) {
      if (!streams) return fail(streams.error());
      connect(agent, *streams);
    });
  }

  void connect(Agent& agent, const AgentStreams& streams) {
    agent.pid = streams.process;
    agent.channel =
        LineChannel::open(context_, streams.output, streams.input,
                          {[this, &agent](const std::string& line) { heard(agent, line); },
                           [this, &agent] {
                             if (!agent.finished) lose(agent, "its agent ended");
                           }});
    agent.channel->send(to_line(ToAgent(Hello{})));
  }

  void say(Agent& agent, const ToAgent& message) {
    if (agent.serving() && agent.channel) agent.channel->send(to_line(message));
  }

  void heard(Agent& agent, const std::string& line) {
    agent.heard_ns = recorder_now_ns();
    const auto message = read_from_agent(line);
    if (!message) return fail(message.error());
    std::visit([&](const auto& of) { take(agent, of); }, *message);
  }

  void take(Agent& agent, const Greeting& greeting) {
    if (greeting.version != kAgentProtocol) {
      return fail(
          {"agent of " + agent.orders.name, "speaks version " + std::to_string(greeting.version) +
                                                " of the protocol, this controller speaks " +
                                                std::to_string(kAgentProtocol)});
    }
    agent.told_pid = static_cast<pid_t>(greeting.pid);
    if (greeting.clock.empty() || greeting.clock != recorder_clock()) {
      agent.watch = std::make_unique<ClockWatch>(
          context_, [this, &agent](const AskClock& ask) { say(agent, ask); });
      return;  // what its workers record before the first answer could not be placed
    }
    say(agent, Prepare{agent.orders});
  }

  void take(Agent& agent, const ClockTold& told) {
    if (!agent.watch) return;
    const bool first = agent.watch->samples().empty();
    agent.watch->told(told, agent.heard_ns);
    if (first) say(agent, Prepare{agent.orders});
  }

  void take(Agent& agent, const Parcel& parcel) {
    const bool history = parcel.file.ends_with(".events");
    const auto kept = unpack(parcel, places_.run + (history ? "/history" : "/logs"));
    if (!kept) return fail({"host " + agent.orders.name, kept.error().text()});
    say(agent, Kept{parcel.bytes});
  }

  void take(Agent& agent, const Prepared&) {
    agent.prepared = true;
    if (begun_ && !ending_) return say(agent, Go{});  // its host is back
    if (ending_) return;
    if (std::all_of(agents_.begin(), agents_.end(), [](const auto& of) { return of->prepared; })) {
      begin();
    }
  }

  void take(Agent& agent, const Tally& tally) { agent.tally = tally; }

  void take(Agent& agent, const Struck& struck) {
    Fault fault = struck.fault;
    searches_.erase(fault.id);
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

  void take(Agent&, const NobodyInside& nobody) {
    const auto found = searches_.find(nobody.strike);
    if (found == searches_.end()) return;
    look_for_holder(found->second);
  }

  /// Ordered mode. The worker waits for this, so it is where it says to be at this very instant;
  /// that no two instants are equal puts all of them in one order.
  void take(Agent& agent, const Notice& notice) {
    newest_notice_ns_ = std::max(recorder_now_ns(), newest_notice_ns_ + 1);
    say(agent, Echo{notice.index, notice.life, newest_notice_ns_});
  }

  void take(Agent& agent, const Finishing& finishing) {
    agent.finishing = true;
    outcome_.end_ns = std::max(outcome_.end_ns, on_controller(agent, finishing.at_ns));
  }

  static std::int64_t on_controller(const Agent& agent, std::int64_t host_ns) {
    if (!agent.watch) return host_ns;
    return ClockOffsets(agent.watch->samples()).on_controller(host_ns);
  }

  void take(Agent& agent, const Finished&) {
    agent.finished = true;
    if (agent.watch) agent.watch->stop();
    agent.channel->close_output();
    end_if_all_have();
  }

  void take(Agent&, const Trouble& trouble) { fail(trouble.problem); }

  /// An agent vanished: an event of the run. Its workers are dead, as the kernel saw to.
  void lose(Agent& agent, const std::string& why) {
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
  void start_again(Agent& agent) {
    agent.clocks.push_back(agent.clock());
    agent.watch.reset();
    agent.lost = agent.prepared = false;
    agent.orders.lives_before = last_life(places_.run + "/history");
    agent.grants_before += agent.tally.grants;
    agent.tally = {};
    start(agent);
  }

  void log_loss(Agent& agent, bool back) {
    Fault fault;
    fault.kind = "controller_lost";
    fault.target = agent.orders.name;
    fault.host = agent.orders.host;
    fault.start_ns = agent.heard_ns != 0 ? agent.heard_ns : began_ns_;
    fault.end_ns = recorder_now_ns();
    fault.effective = true;
    if (!back) {
      ++effective_[fault.kind];
      log(fault);
    }
    agent.losses_ns.push_back(fault.end_ns);
    if (!agent.bent) return;
    agent.bent->start_ns = on_controller(agent, agent.bent->start_ns);
    agent.bent->host_clock = 0;
    agent.bent->end_ns = fault.end_ns;
    log(*std::exchange(agent.bent, std::nullopt));
  }

  /// The history must know why the workers of a lost host say no more. That they lived any longer
  /// than what has outlived them shows is nothing that anybody could be accused with. Told when all
  /// is over: before, some of them might still have been dying.
  void log_deaths(const Agent& agent) {
    if (agent.losses_ns.empty()) return;
    const std::vector<RecorderClock> clocks = agent.all_clocks();
    for (const Death& death :
         deaths_on(agent.orders.name, places_.run + "/history", killed_workers_)) {
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
      log(fault);
    }
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
    for (const auto& agent : agents_) say(*agent, Go{});
    if (options_.started) options_.started();
    bound_timer_.cancel();
    if (scenario_.until.duration) {
      bound(*scenario_.until.duration, [this] { finish(FleetOutcome::How::complete); });
    }
    next_strike();
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

  void next_strike() {
    const auto strike = schedule_.next();
    if (!strike || ending_) return;
    const std::int64_t wait = outcome_.start_ns + strike->at_ns - recorder_now_ns();
    strike_timer_.expires_after(nanoseconds(std::max<std::int64_t>(0, wait)));
    strike_timer_.async_wait([this, strike = *strike](const error_code& error) {
      if (error || ending_) return;
      send_out(strike);
      next_strike();
    });
  }

  void send_out(const Strike& strike) {
    if (strike.whom == Strike::Whom::holder) {
      searches_[strike.id] = strike;
      return look_for_holder(searches_[strike.id]);
    }
    for (const std::uint32_t host : strike.hosts) {
      Agent& agent = *agents_.at(host);
      if (agent.serving()) {
        say(agent, Inject{strike});
      } else {
        refuse(strike, host, "its agent is lost");
      }
    }
  }

  /// Asks the next host of the strike; `hosts` are those that have not been asked yet.
  void look_for_holder(Strike& strike) {
    while (!strike.hosts.empty()) {
      Agent& agent = *agents_.at(strike.hosts.front());
      strike.hosts.erase(strike.hosts.begin());
      if (!agent.serving()) continue;
      return say(agent, Inject{strike});
    }
    const auto over = searches_.extract(strike.id);
    refuse(over.mapped(), kNobody, "nobody was inside");
  }

  void refuse(const Strike& strike, std::uint32_t host, const std::string& why) {
    Fault fault;
    fault.kind = strike.kind == FaultSpec::Kind::kill    ? "kill"
                 : strike.kind == FaultSpec::Kind::pause ? "pause"
                                                         : "clock";
    fault.target = strike.target;
    fault.host = host;
    fault.start_ns = fault.end_ns = recorder_now_ns();
    fault.planned_pause_ns = strike.pause_ns;
    fault.why_not = why;
    log(fault);
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
    strike_timer_.cancel();
    if (options_.ending) options_.ending();
    outcome_.end_ns = recorder_now_ns();
    const nanoseconds grace = longest(scenario_.work.hold) + options_.grace;
    for (const auto& agent : agents_) say(*agent, Finish{grace.count()});
    bound_timer_.cancel();
    bound(grace + nanoseconds(kPatienceWithAgents), [this] {
      for (const auto& agent : agents_) {
        if (!agent->serving()) continue;
        launcher_.kill(agent->seat);
        lose(*agent, "its agent did not finish");
      }
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
  Schedule schedule_;
  IgnoredPipes ignored_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  asio::signal_set children_;
  asio::steady_timer strike_timer_;
  asio::steady_timer look_timer_;
  asio::steady_timer bound_timer_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::map<std::uint32_t, Strike> searches_;  ///< holders being looked for
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
