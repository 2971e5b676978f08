#include "harness/sim/scenes.h"

#include "harness/sim/alike.h"

namespace holdfast::harness::sim {
namespace {

using std::chrono::milliseconds;

void populate(Setting& setting, std::size_t processes) {
  setting.hosts.resize(processes);
  setting.processes.resize(processes, ProcessSetting(setting.processes.front()));
  for (std::size_t i = 0; i < processes; ++i) {
    setting.hosts[i] = host_of(i);
    setting.processes[i].host = i;
  }
}

/// Processes that are alike, each on a host of its own, and a lock whose lease lasts for two steps
/// of time and is taken over after three.
Setting alike(const std::string& contender, std::size_t processes, std::size_t rounds) {
  Setting setting;
  setting.contender = contender;
  setting.clock_step = milliseconds(100);
  setting.latecomer = true;
  setting.options.lifetime = milliseconds(200);
  setting.options.margin = milliseconds(20);
  setting.options.max_poll = milliseconds(100);
  setting.options.slop = milliseconds(100);
  setting.processes.resize(1);
  setting.processes[0].rounds.resize(rounds);
  populate(setting, processes);
  return setting;
}

}  // namespace

void Scene::resize(std::size_t processes) { populate(setting, processes); }

std::vector<Scene> scenes(const std::string& contender) {
  std::vector<Scene> all;
  all.push_back({"handover",
                 "the lock goes to and fro, and from who is dead",
                 alike(contender, 2, 2),
                 {.crashes = 1, .replies = 1, .clock_steps = 2}});
  all.push_back({"takeover",
                 "it is taken over from who is dead or stands still",
                 alike(contender, 3, 1),
                 {.crashes = 1, .pauses = 1, .clock_steps = 1}});
  Setting creation = alike(contender, 3, 1);
  creation.lock_exists = creation.shows_makings = false;
  all.push_back({"creation",
                 "all make the lock at once",
                 creation,
                 {.crashes = 1, .replies = 1, .clock_steps = 1}});
  Setting race = alike(contender, 2, 1);
  for (ProcessSetting& process : race.processes) {
    process.rounds[0].hold = 2 * race.clock_step;
    process.rounds[0].refreshes = 1;
  }
  all.push_back({"race",
                 "renewing, and giving back, against a take-over",
                 race,
                 {.replies = 1, .pauses = 1, .clock_steps = 2}});
  return all;
}

const char* word(MountKind kind) {
  switch (kind) {
    case MountKind::plain: return "plain";
    case MountKind::soft: return "soft";
    case MountKind::version_3: return "version_3";
  }
  return "?";
}

void mount_as(MountKind kind, Setting& setting) {
  setting.mount.hard = kind != MountKind::soft;
  setting.mount.version_3 = setting.mount.remembers = kind == MountKind::version_3;
  if (kind != MountKind::version_3) return;
  setting.server.tick = std::chrono::seconds(1);
  setting.server.remembered_requests = 0;
}

std::vector<Bounds> on_the_way_to(const Bounds& bounds) {
  std::vector<Bounds> all(1);
  for (const auto part :
       {&Bounds::crashes, &Bounds::replies, &Bounds::pauses, &Bounds::clock_steps}) {
    for (std::uint32_t i = 0; i < bounds.*part; ++i) {
      Bounds wider = all.back();
      ++(wider.*part);
      all.push_back(wider);
    }
  }
  return all;
}

}  // namespace holdfast::harness::sim
