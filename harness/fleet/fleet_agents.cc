// What the controller hears of its agents, and what becomes of those that vanish.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "harness/fleet/clock_watch.h"
#include "harness/fleet/fleet_run.h"
#include "harness/fleet/line_channel.h"
#include "harness/history/lives.h"
#include "harness/history/recorder.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness {

void Fleet::start(HostAgent& agent) {
  launcher_.launch(context_, agent.seat, [this, &agent](Result<AgentStreams> streams) {
    if (!streams) return fail(streams.error());
    connect(agent, *streams);
  });
}

void Fleet::connect(HostAgent& agent, const AgentStreams& streams) {
  agent.pid = streams.process;
  agent.channel =
      LineChannel::open(context_, streams.output, streams.input,
                        {[this, &agent](const std::string& line) { heard(agent, line); },
                         [this, &agent] {
                           if (!agent.finished) lose(agent, "its agent ended");
                         }});
  agent.channel->send(to_line(ToAgent(Hello{})));
}

void Fleet::heard(HostAgent& agent, const std::string& line) {
  agent.heard_ns = recorder_now_ns();
  const auto message = read_from_agent(line);
  if (!message) return fail(message.error());
  std::visit([&](const auto& of) { take(agent, of); }, *message);
}

void Fleet::take(HostAgent& agent, const Greeting& greeting) {
  if (greeting.version != kAgentProtocol) {
    return fail({"agent of " + agent.orders.name,
                 "speaks version " + std::to_string(greeting.version) +
                     " of the protocol, this controller speaks " + std::to_string(kAgentProtocol)});
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

void Fleet::take(HostAgent& agent, const ClockTold& told) {
  if (!agent.watch) return;
  const bool first = agent.watch->samples().empty();
  agent.watch->told(told, agent.heard_ns);
  // Behind the word to finish it would begin after its end.
  if (first && !ending_) agent.say(Prepare{agent.orders});
}

void Fleet::take(HostAgent& agent, const Parcel& parcel) {
  const bool history = parcel.file.ends_with(".events");
  const auto kept = unpack(parcel, places_.run + (history ? "/history" : "/logs"));
  if (!kept) return fail({"host " + agent.orders.name, kept.error().text()});
  agent.say(Kept{parcel.bytes});
}

void Fleet::take(HostAgent& agent, const Prepared&) {
  agent.prepared = true;
  if (begun_ && !ending_) return agent.say(Go{});  // its host is back
  if (ending_) return;
  if (std::all_of(agents_.begin(), agents_.end(), [](const auto& of) { return of->prepared; })) {
    begin();
  }
}

void Fleet::take(HostAgent& agent, const Tally& tally) { agent.tally = tally; }

void Fleet::take(HostAgent& agent, const Struck& struck) {
  Fault fault = struck.fault;
  attack_.struck(fault.id);
  fault.host = agent.orders.host;
  if (agent.watch) fault.host_clock = static_cast<std::uint32_t>(agent.clocks.size() + 1);
  if (!struck.over) {
    agent.bent = fault;
    if (fault.effective) ++effective_[fault.kind];
    return;
  }
  // One that was refused meanwhile ends nothing.
  const bool was_bent =
      fault.kind == "clock" && agent.bent && agent.bent->start_ns == fault.start_ns;
  if (was_bent) agent.bent.reset();
  if (fault.effective && !was_bent) ++effective_[fault.kind];
  log(fault);
}

void Fleet::take(HostAgent&, const NobodyInside& nobody) { attack_.nobody_inside(nobody.strike); }

void Fleet::take(HostAgent& agent, const Notice& notice) {
  newest_notice_ns_ = std::max(recorder_now_ns(), newest_notice_ns_ + 1);
  agent.say(Echo{notice.index, notice.life, newest_notice_ns_});
}

void Fleet::take(HostAgent& agent, const Finishing& finishing) {
  outcome_.end_ns = std::max(outcome_.end_ns, agent.on_controller(finishing.at_ns));
}

void Fleet::take(HostAgent& agent, const Finished&) {
  agent.finished = true;
  if (agent.watch) agent.watch->stop();
  agent.channel->close_output();
  end_if_all_have();
}

void Fleet::take(HostAgent&, const Trouble& trouble) { fail(trouble.problem); }

void Fleet::lose(HostAgent& agent, const std::string& why) {
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
  if (std::none_of(agents_.begin(), agents_.end(), [](const auto& of) { return of->serving(); })) {
    finish(FleetOutcome::How::complete);
    context_.stop();
  }
  end_if_all_have();
}

void Fleet::start_again(HostAgent& agent) {
  agent.begin_anew(last_life(places_.run + "/history"));
  start(agent);
}

void Fleet::log_loss(HostAgent& agent, bool back) {
  const Fault loss = loss_of(agent, began_ns_);
  if (!back) {
    ++effective_[loss.kind];
    log(loss);
  }
  agent.losses_ns.push_back(loss.end_ns);
  if (const auto bent = bend_ended_by(loss, agent)) log(*bent);
}

void Fleet::kill_orphans() {
  for (const pid_t child : children_of(::getpid())) {
    const bool known = std::any_of(agents_.begin(), agents_.end(),
                                   [&](const auto& agent) { return agent->pid == child; });
    const auto spared = this->spared();
    if (std::find(spared.begin(), spared.end(), child) != spared.end()) continue;
    if (!known) ::kill(child, SIGKILL);
  }
}

std::vector<pid_t> Fleet::spared() const {
  std::vector<pid_t> all = options_.spared;
  const std::vector<pid_t> helpers = launcher_.helpers();
  all.insert(all.end(), helpers.begin(), helpers.end());
  return all;
}

void Fleet::wait_for_agents() {
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

void Fleet::reap() {
  for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
    for (const auto& agent : agents_) {
      if (agent->pid == pid) agent->gone = true;
    }
  }
  if (!outcome_.lost_hosts.empty()) kill_orphans();
}

}  // namespace holdfast::harness
