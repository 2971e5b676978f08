#include "harness/fleet/slurm_launcher.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <sstream>
#include <utility>

#include "harness/descriptor/read_to_end.h"
#include "harness/fleet/remote_shell.h"

namespace holdfast::harness {
namespace {

class SlurmLauncher final : public Launcher {
 public:
  SlurmLauncher(SlurmLauncherOptions options, AgentProgram agent)
      : options_(std::move(options)), agent_(std::move(agent)) {}

  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return places_elsewhere(host, run, options_.run_name);
  }

  void launch(boost::asio::io_context& context, const HostSeat& host,
              Connected connected) override {
    const std::string& node = options_.nodes[host.index % options_.nodes.size()];
    SpawnOptions options;
    options.program = "srun";
    // --overlap: several hosts on one node, and beside whatever else runs in the allocation.
    options.arguments = {"--quiet",      "--nodes=1",
                         "--ntasks=1",   "--nodelist=" + node,
                         "--unbuffered", "--job-name=holdfast-" + host.name};
    if (::getenv("SLURM_JOB_ID") != nullptr) options.arguments.push_back("--overlap");
    options.arguments.insert(options.arguments.end(), {"sh", "-c", agent_.script()});
    options.errors = options_.client_errors + "/" + host.name + ".err";
    options.death_signal = SIGTERM;
    options.own_session = true;
    const pid_t client = start_agent(
        context, options, agent_, "host " + host.name + " on node " + node, std::move(connected));
    if (client != 0) clients_[host.index] = client;
  }

  void kill(const HostSeat& host) override {
    // SIGTERM, so that srun ends its step; the agent's input ends with it.
    if (const auto client = clients_.extract(host.index)) ::kill(client.mapped(), SIGTERM);
  }

 private:
  SlurmLauncherOptions options_;
  AgentProgram agent_;
  std::map<std::size_t, pid_t> clients_;
};

/// All that a program says until it ends.
std::string said_by(const SpawnedProcess& process) {
  ::close(process.input);
  std::string text = read_to_end(process.output);
  ::close(process.output);
  return text;
}

}  // namespace

Result<std::vector<std::string>> slurm_nodes(const std::string& list) {
  SpawnOptions options;
  options.program = "scontrol";
  options.arguments = {"show", "hostnames", list};
  const auto process = spawn(options);
  if (!process) return tl::unexpected(process.error());
  std::istringstream lines(said_by(*process));
  int status = 0;
  ::waitpid(process->pid, &status, 0);
  std::vector<std::string> nodes;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) nodes.push_back(line);
  }
  if (status != 0 || nodes.empty()) return problem(list, "is no list of nodes that Slurm reads");
  return nodes;
}

Result<std::unique_ptr<Launcher>> make_slurm_launcher(SlurmLauncherOptions options) {
  auto agent = AgentProgram::read(options.agent);
  if (!agent) return tl::unexpected(agent.error());
  return std::make_unique<SlurmLauncher>(std::move(options), std::move(*agent));
}

}  // namespace holdfast::harness
