#include "harness/commands/run_launcher.h"

#include <filesystem>
#include <utility>

#include "harness/fleet/call_launcher.h"
#include "harness/fleet/local_launcher.h"
#include "harness/fleet/own_namespaces.h"
#include "harness/fleet/slurm_launcher.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<Launcher>> launcher_elsewhere(const Scenario& scenario,
                                                     const Elsewhere& elsewhere,
                                                     const Places& places,
                                                     const std::string& programs, Voice& voice) {
  const std::string agent = programs + "/holdfast-agent";
  const std::string logs = places.run + "/logs";
  const std::string run_name =
      fs::path(places.scratch).filename().string().substr(sizeof "holdfast-" - 1) + "-" +
      print_seed(*scenario.seed);
  if (!elsewhere.nodes.empty()) {
    return make_slurm_launcher({elsewhere.nodes, agent, logs, run_name});
  }
  if (!elsewhere.command.empty()) {
    return make_call_launcher({elsewhere.command, elsewhere.listen, agent, logs, run_name,
                               [&voice](const std::string& what) { voice.warning(what); }});
  }
  const std::string sockets = places.scratch + "/ssh";
  std::error_code error;
  if (!fs::create_directory(sockets, error)) return problem(sockets, "make this directory", error);
  return make_ssh_launcher({elsewhere.ssh, agent, logs, sockets, run_name, {}});
}

}  // namespace

Result<std::unique_ptr<Launcher>> make_run_launcher(const Scenario& scenario,
                                                    const Elsewhere& elsewhere,
                                                    const Places& places,
                                                    const std::string& programs, Voice& voice) {
  if (elsewhere.any()) return launcher_elsewhere(scenario, elsewhere, places, programs, voice);
  LocalLauncherOptions options{places.run + "/logs"};
  for (const HostSpec& host : scenario.hosts) {
    if (host.separate_machine) options.own_namespaces.insert(host.name);
  }
  if (options.own_namespaces.empty()) return make_local_launcher(std::move(options));
  if (const auto why = why_no_own_namespaces()) {
    voice.debug("separate machines share pids and network here: " + *why);
    options.own_namespaces.clear();
  }
  return make_local_launcher(std::move(options));
}

}  // namespace holdfast::harness
