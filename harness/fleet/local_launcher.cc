#include "harness/fleet/local_launcher.h"

#include <signal.h>

#include <map>
#include <utility>

#include "harness/fleet/agent.h"
#include "harness/fleet/spawn.h"

namespace holdfast::harness {
namespace {

class LocalLauncher final : public Launcher {
 public:
  explicit LocalLauncher(LocalLauncherOptions options) : options_(std::move(options)) {}

  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return same_places(run, host.index);
  }

  void launch(boost::asio::io_context&, const HostSeat& host, Connected connected) override {
    SpawnOptions options;
    options.arguments = {"agent"};
    if (options_.own_namespaces.contains(host.name)) {
      options.arguments.insert(options.arguments.end(), {kOwnNamespaces, host.name});
    }
    options.errors = options_.agent_errors + "/" + host.name + ".err";
    options.death_signal = SIGTERM;
    options.own_session = true;
    const auto process = spawn(options);
    if (!process) return connected(tl::unexpected(process.error()));
    agents_[host.index] = process->pid;
    connected(AgentStreams{process->input, process->output, process->pid});
  }

  void kill(const HostSeat& host) override {
    if (const auto agent = agents_.extract(host.index)) ::kill(agent.mapped(), SIGKILL);
  }

 private:
  LocalLauncherOptions options_;
  std::map<std::size_t, pid_t> agents_;
};

}  // namespace

std::unique_ptr<Launcher> make_local_launcher(LocalLauncherOptions options) {
  return std::make_unique<LocalLauncher>(std::move(options));
}

}  // namespace holdfast::harness
