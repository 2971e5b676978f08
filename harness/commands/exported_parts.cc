#include "harness/commands/exported_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/scenario/duration.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;
using sim::Incident;
using sim::Round;
using sim::Setting;

/// Of a soft mount, here and in the simulated world.
constexpr Duration kSoftPatience = std::chrono::seconds(1);
/// A LeaseKeeper renews when this part of the lifetime has passed.
constexpr int kKeeperPart = 3;

Json own_options(const Setting& setting) {
  const Options& options = setting.options;
  Json json = {{"max_poll", print_duration(options.max_poll)},
               {"proof_of_death", options.proof_of_death},
               {"server_clock", options.server_clock},
               {"durable", options.durable}};
  if (setting.contender == "link") {
    json["slop"] = print_duration(options.slop);
    json["separator"] = options.separator;
  } else {
    json["margin"] = print_duration(options.margin);
    json["drift"] = std::min(options.drift, kMostDrift);
  }
  return json;
}

template <class See>
void each_round(const Setting& setting, See see) {
  for (const sim::ProcessSetting& process : setting.processes) {
    for (const Round& round : process.rounds) see(round);
  }
}

/// The least and the most of what the rounds have.
Json spread(const Setting& setting, Duration Round::*part, Duration at_least) {
  Duration least = Duration::max(), most{};
  each_round(setting, [&](const Round& round) {
    least = std::min(least, round.*part);
    most = std::max(most, round.*part);
  });
  most = std::max(most, at_least);
  return {{"uniform", {print_duration(std::min(least, most)), print_duration(most)}}};
}

/// The shortest that any round has between two renewals; Duration::max(): none renews.
Duration refresh_every(const Setting& setting) {
  Duration every = Duration::max();
  each_round(setting, [&](const Round& round) {
    if (round.keeper) every = std::min(every, setting.options.lifetime / kKeeperPart);
    if (round.keeper || round.refreshes == 0) return;
    Duration part = round.hold / (round.refreshes + 1);
    if (round.refresh_every > Duration::zero()) part = std::min(part, round.refresh_every);
    every = std::min(every, std::max(part, kLeastRefresh));
  });
  return every;
}

template <class Is>
bool any_incident(const Setting& setting, Is is) {
  return std::any_of(setting.incidents.begin(), setting.incidents.end(), is);
}

/// Whether another host is on the same machine.
bool shares_machine(const Setting& setting, const sim::HostSetting& host) {
  return std::count_if(setting.hosts.begin(), setting.hosts.end(),
                       [&](const auto& other) { return other.machine == host.machine; }) > 1;
}

}  // namespace

std::string exported_host(std::size_t host) { return "h" + std::to_string(host + 1); }

bool is_program(const Setting& setting) {
  return setting.contender != "baton" && setting.contender != "link";
}

bool forgets(const Setting& setting) {
  return setting.server.volatile_changes > 0 && any_incident(setting, [](const Incident& one) {
           return one.kind == Incident::Kind::server_crash && one.amount != 0;
         });
}

bool gives_up(const Setting& setting) {
  return !setting.mount.hard && any_incident(setting, [](const Incident& one) {
    return (one.kind == Incident::Kind::server_crash || one.kind == Incident::Kind::partition) &&
           one.length > kSoftPatience;
  });
}

bool may_be_done_again(const Setting& setting) {
  return setting.server.remembered_requests < sim::ServerSetting::kAllRequests ||
         any_incident(setting,
                      [](const Incident& one) { return one.kind == Incident::Kind::server_crash; });
}

Duration server_offset(const Setting& setting) {
  return setting.server.offset - sim::ServerSetting().offset;
}

Duration kept_within(Duration offset) { return std::clamp(offset, -kMostOffset, kMostOffset); }

Result<Json> exported_contender(const Setting& setting, const std::string& replay) {
  const std::string lifetime = print_duration(setting.options.lifetime);
  if (!is_program(setting)) {
    return Json{
        {"lock", setting.contender}, {"lifetime", lifetime}, {"options", own_options(setting)}};
  }
  if (setting.contender == "flufl_exact") {
    return Json{{"program", {"/usr/bin/python3", "../../harness/contender/adapters/flufl_lock.py"}},
                {"name", "flufl.lock"},
                {"lifetime", lifetime}};
  }
  return problem(replay, "'" + setting.contender +
                             "' exists in the simulated world only; what can be exported are "
                             "replays of baton, link, and flufl_exact (as flufl.lock)");
}

Json exported_hosts(const Setting& setting) {
  Json hosts = Json::array();
  for (std::size_t host = 0; host < setting.hosts.size(); ++host) {
    const auto workers =
        std::count_if(setting.processes.begin(), setting.processes.end(),
                      [&](const sim::ProcessSetting& one) { return one.host == host; });
    hosts.push_back(
        {{"name", exported_host(host)},
         {"workers", std::max<std::ptrdiff_t>(2, workers)},
         {"machine", shares_machine(setting, setting.hosts[host]) ? "shared" : "separate"}});
  }
  return hosts;
}

Json exported_work(const Setting& setting) {
  Json work = {{"hold", spread(setting, &Round::hold, kLeastHold)},
               {"think", spread(setting, &Round::before, Duration::zero())}};
  Duration patience = Round::kForEver;
  bool writes = false;
  each_round(setting, [&](const Round& round) {
    patience = std::min(patience, round.patience);
    writes = writes || round.writes;
  });
  if (patience != Round::kForEver) work["patience"] = print_duration(patience);
  const Duration every = refresh_every(setting);
  if (every != Duration::max()) work["refresh_every"] = print_duration(every);
  // Others have no tokens, and write nothing in the simulated world either.
  if (writes && setting.contender == "baton") work["resource"] = "fenced";
  return work;
}

Json exported_mount(const Setting& setting) {
  const sim::Mount& mount = setting.mount;
  const auto times = [&](Duration least, Duration most) -> Json {
    if (!mount.remembers) least = most = Duration::zero();
    return {print_duration(least), print_duration(std::max(least, most))};
  };
  Json json = {{"emulate", forgets(setting)  ? "nfs-async"
                           : mount.version_3 ? "nfs3-default"
                                             : "nfs4.2-default"},
               {"file_times", times(mount.file_age, mount.most_directory_age)},
               {"directory_times", times(mount.directory_age, mount.most_directory_age)},
               {"tick", print_duration(std::clamp(setting.server.tick, Duration(1), kMostTick))}};
  if (gives_up(setting)) json["soft"] = print_duration(kSoftPatience);
  return json;
}

Json exported_clocks(const Setting& setting) {
  Json faults = Json::array();
  for (std::size_t host = 0; host < setting.hosts.size(); ++host) {
    const sim::HostClock& clock = setting.hosts[host].clock;
    if (clock == sim::HostClock{}) continue;
    Json fault = {{"fault", "clock"}, {"target", exported_host(host)}};
    if (clock.wall_offset != Duration::zero()) {
      fault["offset"] = print_duration(kept_within(clock.wall_offset));
    }
    if (clock.rate_ppm != 0) fault["rate"] = 1 + static_cast<double>(clock.rate_ppm) / 1e6;
    faults.push_back(fault);
  }
  return faults;
}

Json exported_server_clock(const Setting& setting) {
  const Duration offset = kept_within(server_offset(setting));
  if (offset == Duration::zero()) return Json::array();
  return Json::array({{{"fault", "server_clock"}, {"offset", print_duration(offset)}}});
}

}  // namespace holdfast::harness
