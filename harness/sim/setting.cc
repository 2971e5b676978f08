#include "harness/sim/setting.h"

#include <algorithm>
#include <cstdlib>

#include "harness/sim/decisions.h"

namespace holdfast::harness::sim {

const char* word(Incident::Kind kind) {
  switch (kind) {
    case Incident::Kind::server_crash: return "server_crash";
    case Incident::Kind::partition: return "partition";
    case Incident::Kind::suspend: return "suspend";
    case Incident::Kind::pause: return "pause";
    case Incident::Kind::clock_step: return "clock_step";
    case Incident::Kind::host_crash: return "host_crash";
  }
  return "?";
}

const char* word(Round::Fork fork) {
  switch (fork) {
    case Round::Fork::none: return "none";
    case Round::Fork::child: return "child";
    case Round::Fork::daemon: return "daemon";
  }
  return "?";
}

Duration wall_clocks_apart(const Setting& setting) {
  Duration behind = Duration::max(), ahead = Duration::min(), stepped{};
  for (const HostSetting& host : setting.hosts) {
    behind = std::min(behind, host.clock.wall_offset);
    ahead = std::max(ahead, host.clock.wall_offset);
  }
  for (const Incident& incident : setting.incidents) {
    if (incident.kind == Incident::Kind::clock_step) stepped += Duration(std::abs(incident.amount));
  }
  return ahead - behind + stepped;
}

const char* word(Mishap mishap) {
  switch (mishap) {
    case Mishap::none: return "none";
    case Mishap::pause: return "pause";
    case Mishap::late_request: return "late_request";
    case Mishap::late_reply: return "late_reply";
    case Mishap::lost_reply: return "lost_reply";
    case Mishap::duplicate: return "duplicate";
    case Mishap::failed: return "failed";
    case Mishap::failed_applied: return "failed_applied";
    case Mishap::failed_late: return "failed_late";
    case Mishap::stale: return "stale";
    case Mishap::refused: return "refused";
    case Mishap::silly: return "silly";
    case Mishap::crash_before: return "crash_before";
    case Mishap::crash_after: return "crash_after";
    case Mishap::crash_late: return "crash_late";
  }
  return "?";
}

}  // namespace holdfast::harness::sim
