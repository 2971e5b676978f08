#include "harness/sim/progress.h"

#include <algorithm>
#include <cmath>

namespace holdfast::harness::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Who waits changes the directory every second or two, whatever its listing shows.
constexpr Duration kTouched = seconds(2);
/// A name that a host has looked up in vain is asked for again after a rest that doubles from 20 ms
/// on, and the directory is changed before each but the first. Where two such changes have failed,
/// which is as many as fail in one schedule in practice, a rest of 80 ms is under way, and one of
/// 160 ms follows the change that mends it.
constexpr Duration kMissed = milliseconds(240);
/// The lease of whoever clears a lock that is a file, under a baton, and how soon another tries
/// that again.
constexpr Duration kClearing = seconds(2);
constexpr Duration kBusyAgain = milliseconds(100);
/// Of flufl.lock, between two tries.
constexpr Duration kFluflNap = milliseconds(2010);
/// From the last look to the grant, at most.
constexpr int kRequests = 16;
constexpr int kTimers = 3;

Duration times(Duration time, double factor) {
  return Duration(
      static_cast<Duration::rep>(std::ceil(static_cast<double>(time.count()) * factor)));
}

/// By how much longer than its clock says a host can take.
double stretch(const Setting& setting) {
  std::int64_t slowest = 0;
  for (const HostSetting& host : setting.hosts) slowest = std::min(slowest, host.clock.rate_ppm);
  return 1e6 / static_cast<double>(1'000'000 + slowest) - 1;
}

/// For how long a host can take an old state of a baton for its newest.
Duration memory_of_baton(const Mount& mount) {
  const bool old_listings = mount.version_3 || !mount.close_to_open;
  return (old_listings ? kTouched : Duration()) + (mount.remembers ? kMissed : Duration());
}

Duration longest_lease(const Setting& setting) {
  Duration longest = setting.options.lifetime;
  for (const ProcessSetting& process : setting.processes) {
    for (const Round& round : process.rounds) longest = std::max(longest, round.renewed_for);
  }
  return longest;
}

}  // namespace

MostWait most_wait(const Setting& setting, const Kind& kind) {
  const Options& options = setting.options;
  const Duration lookups = setting.mount.remembers ? setting.mount.directory_age : Duration();
  MostWait most;
  most.lease = longest_lease(setting);
  most.poll = options.max_poll;
  if (kind.wall_clocks) {
    most.margin = options.slop;
    most.clocks = wall_clocks_apart(setting);
    most.memory = lookups;
    if (kind.own) {
      const Options breaker;
      most.breaker = times(kClearing, 1 + breaker.drift) + breaker.margin + kBusyAgain +
                     memory_of_baton(setting.mount);
    } else {
      most.poll = kFluflNap;
    }
  } else {
    most.margin = options.margin;
    most.clocks = times(most.lease, options.drift);
    most.memory = memory_of_baton(setting.mount);
  }
  most.clocks += times(most.all(), stretch(setting));
  most.steps = kTimers * setting.clock_step;
  if (setting.latency_seed != 0) most.steps += kRequests * Setting::kMostLatency;
  return most;
}

}  // namespace holdfast::harness::sim
