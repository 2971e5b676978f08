#include "harness/commands/exported_settings.h"

#include <algorithm>
#include <set>

#include "harness/commands/exported_parts.h"

namespace holdfast::harness {
namespace {

using sim::Failure;
using sim::Mishap;
using sim::Round;
using sim::Setting;

constexpr Duration kFluflSlop = std::chrono::seconds(10);

template <class Is>
bool any_round(const Failure& failure, Is is) {
  const auto& processes = failure.setting.processes;
  return std::any_of(processes.begin(), processes.end(), [&](const sim::ProcessSetting& process) {
    return std::any_of(process.rounds.begin(), process.rounds.end(), is);
  });
}

template <class T>
bool rounds_differ(const Failure& failure, T Round::*part) {
  std::set<T> values;
  any_round(failure, [&](const Round& round) {
    values.insert(round.*part);
    return false;
  });
  return values.size() > 1;
}

template <class Is>
bool any_process(const Failure& failure, Is is) {
  return std::any_of(failure.setting.processes.begin(), failure.setting.processes.end(), is);
}

template <class Is>
bool any_host(const Failure& failure, Is is) {
  return std::any_of(failure.setting.hosts.begin(), failure.setting.hosts.end(), is);
}

bool has_mishap(const Failure& failure, Mishap first, Mishap last) {
  return std::any_of(failure.choices.begin(), failure.choices.end(), [&](const sim::Choice& one) {
    return one.what == sim::Choice::What::fate && one.fate.mishap >= first &&
           one.fate.mishap <= last;
  });
}

bool ends_somebody(const Failure& failure) {
  const auto& incidents = failure.setting.incidents;
  return has_mishap(failure, Mishap::crash_before, Mishap::crash_late) ||
         std::any_of(incidents.begin(), incidents.end(), [](const sim::Incident& incident) {
           return incident.kind == sim::Incident::Kind::host_crash;
         });
}

bool names_recur(const Failure& failure) {
  std::set<std::string> names;
  return any_host(failure, [&](const auto& host) { return !names.insert(host.name).second; });
}

bool machines_pair_up(const Failure& failure) {
  std::set<std::uint64_t> all, shared;
  for (const sim::HostSetting& host : failure.setting.hosts) {
    if (!all.insert(host.machine).second) shared.insert(host.machine);
  }
  return shared.size() > 1;
}

bool is_beyond_wall_clocks(const Failure& failure) {
  return any_host(failure, [](const auto& host) {
    return host.clock.wall_offset > kMostOffset || host.clock.wall_offset < -kMostOffset;
  });
}

bool steady_clock_of_program(const Failure& failure) {
  return is_program(failure.setting) &&
         any_host(failure, [](const auto& host) { return host.clock.rate_ppm != 0; });
}

bool turns_differ(const Failure& failure) {
  return rounds_differ(failure, &Round::before) || rounds_differ(failure, &Round::hold);
}

bool renewals_differ(const Failure& failure) {
  return rounds_differ(failure, &Round::refreshes) || any_round(failure, [](const Round& one) {
           return one.refreshes > 0 && one.hold < kLeastRefresh;
         });
}

bool cache_is_partial(const Failure& failure) {
  const std::size_t known = failure.setting.server.remembered_requests;
  return known > 0 && may_be_done_again(failure.setting) &&
         has_mishap(failure, Mishap::lost_reply, Mishap::duplicate);
}

bool forgets_in_version_4(const Failure& failure) {
  return forgets(failure.setting) && !failure.setting.mount.version_3;
}

/// What every turn either does or does not.
template <bool Round::*part>
bool any(const Failure& failure) {
  return any_round(failure, [](const Round& round) { return round.*part; });
}

constexpr const char* kSharedTimes =
    "which turn of which process takes how long: each worker draws anew";
constexpr const char* kRunsOwn = "it is the run's own";
constexpr const char* kFaults = "/faults";
constexpr const char* kMountFaults = "/mount/faults";

}  // namespace

const std::vector<SettingRow>& setting_rows() {
  using F = const Failure&;
  static const std::vector<SettingRow> rows = {
      {"/contender", "/contender", nullptr, ""},
      {"/lifetime_ns", "/contender/lifetime", nullptr, ""},
      {"/margin_ns", "/contender/options/margin", nullptr, ""},
      {"/max_poll_ns", "/contender/options/max_poll", nullptr, ""},
      {"/slop_ns", "/contender/options/slop",
       [](F f) { return is_program(f.setting) && f.setting.options.slop != kFluflSlop; },
       "how long after its expiry a lock is broken: flufl.lock always takes 10 s"},
      {"/drift", "/contender/options/drift",
       [](F f) { return f.setting.options.drift > kMostDrift; },
       "a drift above 0.5: here it is that"},
      {"/proof_of_death", "/contender/options/proof_of_death", nullptr, ""},
      {"/server_clock", "/contender/options/server_clock", nullptr, ""},
      {"/durable", "/contender/options/durable", nullptr, ""},
      {"/separator", "/contender/options/separator", nullptr, ""},
      {"/retry_errnos", "", [](F f) { return !f.setting.options.retry_errnos.empty(); },
       "on which errors reading the lock is tried again"},
      {"/hosts", "/hosts", nullptr, ""},
      {"/hosts/*/name", "", names_recur, "that hosts have the same name: here each has its own"},
      {"/hosts/*/machine", "/hosts/*/machine", machines_pair_up,
       "which hosts share which machine: here all of those share one"},
      {"/hosts/*/first_pid", "", nullptr,
       "pids are the run's own; on hosts with a machine of their own they begin at 1"},
      {"/hosts/*/wall_offset_ns", kFaults, is_beyond_wall_clocks,
       "wall clocks that are wrong by more than ten years: here by that"},
      {"/hosts/*/rate_ppm", kFaults, steady_clock_of_program,
       "steady clocks that are too fast or too slow: of a program only the wall clock is bent"},
      {"/processes", "/hosts/*/workers", nullptr, ""},
      {"/processes/*/host", "/hosts/*/workers", nullptr, ""},
      {"/processes/*/restart_after_ns", "", ends_somebody,
       "when a process that has ended comes back: here another takes its place at once"},
      {"/processes/*/same_pid", "",
       [](F f) {
         return ends_somebody(f) && any_process(f, [](const auto& one) { return one.same_pid; });
       },
       "that a process gets the pid of the one that has ended"},
      {"/processes/*/rounds", "", nullptr,
       "workers take turn after turn until the run ends: one chance becomes many"},
      {"/processes/*/rounds/*/before_ns", "/work/think", turns_differ, kSharedTimes},
      {"/processes/*/rounds/*/patience_ns", "/work/patience",
       [](F f) { return rounds_differ(f, &Round::patience); },
       "which turn has how much patience: here all have the least"},
      {"/processes/*/rounds/*/hold_ns", "/work/hold",
       [](F f) { return !any_round(f, [](const Round& one) { return one.hold >= kLeastHold; }); },
       "that the lock is given back at once: here it is held for up to 50 ms, for others to meet"},
      {"/processes/*/rounds/*/refreshes", "/work/refresh_every", renewals_differ,
       "which turn renews how often: here all do, as often as the busiest"},
      {"/processes/*/rounds/*/refresh_every_ns", "/work/refresh_every",
       [](F f) { return any_round(f, [](const Round& one) { return one.refresh_every.count(); }); },
       "that a process stays inside for long after its last renewal: here it renews to the end"},
      {"/processes/*/rounds/*/stop_after_ns", "",
       [](F f) {
         return any_round(f, [](const Round& one) { return one.stop_after != Round::kForEver; });
       },
       "that an acquire is told to stop"},
      {"/processes/*/rounds/*/tokens_ahead", "",
       [](F f) { return any_round(f, [](const Round& one) { return one.tokens_ahead > 0; }); },
       "that an acquire asks for a token above others"},
      {"/processes/*/rounds/*/breaks", "", any<&Round::breaks>,
       "that somebody breaks the lock by force"},
      {"/processes/*/rounds/*/asks", "", any<&Round::asks>,
       "that processes ask for the lock's state"},
      {"/processes/*/rounds/*/keeper", "/work/refresh_every", any<&Round::keeper>,
       "that a LeaseKeeper renews, and tells of a loss: here workers renew as often"},
      {"/processes/*/rounds/*/renewed_for_ns", "",
       [](F f) { return any_round(f, [](const Round& one) { return one.renewed_for.count(); }); },
       "that renewals ask for a lifetime of their own"},
      {"/processes/*/rounds/*/unconditionally", "", any<&Round::unconditionally>,
       "that renewals and releases are the unconditional ones"},
      {"/processes/*/rounds/*/writes", "/work/resource", nullptr, ""},
      {"/processes/*/rounds/*/collects", "", nullptr,
       "a worker's fenced resource is collected each sixteenth time"},
      {"/processes/*/rounds/*/fork", "",
       [](F f) {
         return any_round(f, [](const Round& one) { return one.fork != Round::Fork::none; });
       },
       "that a process forks, and its child goes on"},
      {"/mount/version_3", "/mount/emulate", nullptr, ""},
      {"/mount/hard", "/mount/soft",
       [](F f) { return !f.setting.mount.hard && !gives_up(f.setting); },
       "that the mount is soft: nothing takes long enough for it to give up"},
      {"/mount/remembers", "/mount/directory_times", nullptr, ""},
      {"/mount/touch_mends_lookups", "",
       [](F f) { return f.setting.mount.remembers && !f.setting.mount.touch_mends_lookups; },
       "that a host's own touch of a directory mends no lookup in it: here it does"},
      {"/mount/close_to_open", "", [](F f) { return !f.setting.mount.close_to_open; },
       "that hosts believe listings without asking, as with nocto"},
      {"/server/offset_ns", kMountFaults,
       [](F f) { return server_offset(f.setting) != kept_within(server_offset(f.setting)); },
       "a server's clock that is wrong by more than ten years: here by that"},
      {"/server/tick_ns", "/mount/tick", [](F f) { return f.setting.server.tick > kMostTick; },
       "a tick of the server's clock above 2 s: here it is that"},
      {"/server/volatile_changes", "/mount/emulate", forgets_in_version_4,
       "version 4 of NFS: the emulated server that forgets speaks version 3"},
      {"/server/remembered_requests", kMountFaults, cache_is_partial,
       "which requests the server still knows when they come again: here none of those"},
      {"/incidents", kFaults, nullptr, ""},
      {"/incidents/*/kind", kFaults, nullptr, ""},
      {"/incidents/*/at_ns", kFaults, nullptr, ""},
      {"/incidents/*/host", kFaults, nullptr, ""},
      {"/incidents/*/length_ns", kFaults, nullptr, ""},
      {"/incidents/*/amount", kFaults, nullptr, ""},
      {"/lock_exists", "", [](F f) { return !f.setting.lock_exists; },
       "that all make the lock at once: in a run it is made once, so repeat the run"},
      {"/shows_makings", "", [](F f) { return !f.setting.shows_makings; },
       "that listings leave out what is being made"},
      {"/latecomer", "", nullptr, "in a run there is always one more who asks for the lock"},
      {"/clock_step_ns", "", [](F f) { return f.setting.clock_step != Duration::zero(); },
       "that time passes in steps"},
      {"/latency_seed", "", [](F f) { return f.setting.latency_seed != 0; },
       "how long each request takes"},
      {"/chance_seed", "", nullptr, kRunsOwn},
  };
  return rows;
}

std::vector<std::string> lost_of_setting(const Failure& failure) {
  std::vector<std::string> lost;
  for (const SettingRow& row : setting_rows()) {
    if (row.loses == nullptr || !row.loses(failure)) continue;
    if (std::find(lost.begin(), lost.end(), row.words) == lost.end()) lost.emplace_back(row.words);
  }
  return lost;
}

}  // namespace holdfast::harness
