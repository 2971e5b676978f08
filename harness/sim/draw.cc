#include "harness/sim/draw.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "harness/sim/contender.h"

namespace holdfast::harness::sim {
namespace {

using std::chrono::milliseconds;

/// Instants in a schedule are short against this: holds, pauses and expiries all fit in.
constexpr Duration kScene = std::chrono::seconds(2);
/// Operations of one process, within which mishaps come together.
constexpr std::uint32_t kSoon = 6;
/// Beyond the contract clocks run by up to so much too fast or too slow; waits become longer by it.
constexpr std::int64_t kMostPpm = 500'000;
/// For a mishap that can befall a rename.
constexpr int kMoreDraws = 4;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.below(n)); }
  Duration up_to(Duration most) {
    return Duration(
        static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  Duration around(Duration most) { return 2 * up_to(most) - most; }
  template <class T, std::size_t n>
  T of(const T (&values)[n]) {
    return values[random_.below(n)];
  }
  std::uint64_t bits() { return random_.bits(); }

 private:
  Random random_;
};

void draw_hosts(const Range& range, Draw& draw, Setting& setting) {
  const std::size_t count = setting.processes.size();
  const std::size_t hosts = draw.one_in(3) ? 1 + draw.below(count) : count;
  const bool containers = draw.one_in(4);
  setting.hosts.resize(hosts);
  // Drift is a ratio: of the fastest clock to the slowest.
  const double drift = setting.options.drift;
  const auto most_ppm = static_cast<std::int64_t>(drift / (2 + drift) * 1e6) - 100;
  for (std::size_t i = 0; i < hosts; ++i) {
    HostSetting& host = setting.hosts[i];
    host.name = containers ? "a" : std::string(1, static_cast<char>('a' + i));
    host.machine = i + 1;
    host.first_pid = containers ? 7 : 100 + static_cast<std::int64_t>(i) * 100;
    if (draw.one_in(2)) host.clock.wall_offset = draw.around(range.wall_offset);
    if (draw.one_in(2)) {
      host.clock.rate_ppm = draw.one_in(2) ? most_ppm : -most_ppm;
      if (range.fast_clocks) {
        host.clock.rate_ppm = std::clamp(60 * host.clock.rate_ppm, -kMostPpm, kMostPpm);
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    setting.processes[i].host = i < hosts ? i : draw.below(hosts);
  }
}

void draw_rounds(const Range& range, Draw& draw, Setting& setting) {
  const Duration lifetime = setting.options.lifetime;
  const Duration holds[] = {{}, {}, milliseconds(5), lifetime / 2, lifetime, 2 * lifetime};
  const Duration waits[] = {{}, {}, {}, milliseconds(1), lifetime / 3, lifetime};
  for (ProcessSetting& process : setting.processes) {
    process.rounds.resize(range.least_rounds +
                          draw.below(range.most_rounds - range.least_rounds + 1));
    for (Round& round : process.rounds) {
      round.before = draw.of(waits);
      round.hold = draw.of(holds);
      if (draw.one_in(3)) round.refreshes = 1 + static_cast<int>(draw.below(2));
      if (round.refreshes > 0 && draw.one_in(2)) {
        round.refresh_every = lifetime / 2;
        if (draw.one_in(2)) round.hold = (round.refreshes + 3) * round.refresh_every;
      }
      if (draw.one_in(5)) round.patience = draw.of(waits);
    }
    if (range.crashes && draw.one_in(3)) {
      process.restart_after = draw.one_in(2) ? milliseconds(1) : lifetime;
      process.same_pid = draw.one_in(2);
    }
  }
}

/// What processes do beside acquire, refresh and release: some of it in some schedules.
void draw_extras(const Range& range, Draw& draw, Setting& setting) {
  const Kind& kind = *find_kind(range.contender);
  if (!kind.own || !range.extras) return;
  const Duration lifetime = setting.options.lifetime;
  const Duration stops[] = {{}, milliseconds(1), milliseconds(30), lifetime, 2 * lifetime};
  const Duration leases[] = {lifetime / 2, lifetime, lifetime * 3 / 2};
  const bool stopped = draw.one_in(5), asked = draw.one_in(5), kept = draw.one_in(4);
  const bool otherwise = draw.one_in(5), forked = draw.one_in(6);
  const bool fenced = kind.tokens && draw.one_in(5), ahead = kind.tokens && draw.one_in(6);
  const bool broken = kind.tokens && draw.one_in(8);
  for (ProcessSetting& process : setting.processes) {
    for (Round& round : process.rounds) {
      if (stopped && draw.one_in(3)) round.stop_after = draw.of(stops);
      if (asked) round.asks = draw.one_in(2);
      if (kept) round.keeper = draw.one_in(2);
      if (otherwise && draw.one_in(2)) round.renewed_for = draw.of(leases);
      if (otherwise) round.unconditionally = draw.one_in(2);
      if (forked && draw.one_in(4)) {
        round.fork = draw.one_in(2) ? Round::Fork::child : Round::Fork::daemon;
      }
      if (fenced) round.writes = !draw.one_in(4);
      if (fenced) round.collects = round.writes && draw.one_in(2);
      if (ahead && draw.one_in(3)) round.tokens_ahead = 1 + draw.below(20);
      if (broken) round.breaks = draw.one_in(4);
    }
  }
}

/// Whatever users of the lock may agree on.
void draw_options(const Kind& kind, Draw& draw, Options& options) {
  if (!kind.own) return;
  if (draw.one_in(8)) options.proof_of_death = false;
  if (kind.tokens) {
    if (draw.one_in(8)) options.server_clock = true;
    if (draw.one_in(8)) options.durable = true;
    if (draw.one_in(8)) options.drift = 0.1;
  } else {
    if (draw.one_in(8)) options.separator = "^";
    if (draw.one_in(8)) options.retry_errnos = {EIO};
  }
}

void draw_incidents(const Range& range, Draw& draw, Setting& setting) {
  const Duration lifetime = setting.options.lifetime;
  const Duration lengths[] = {milliseconds(10), lifetime / 2, 2 * lifetime};
  std::vector<Incident::Kind> possible = {Incident::Kind::partition, Incident::Kind::suspend,
                                          Incident::Kind::pause, Incident::Kind::clock_step,
                                          Incident::Kind::server_crash};
  if (range.crashes) possible.push_back(Incident::Kind::host_crash);
  const std::size_t count = range.most_mishaps == 0 || !draw.one_in(3) ? 0 : 1 + draw.below(2);
  for (std::size_t i = 0; i < count; ++i) {
    Incident incident;
    incident.kind = possible[draw.below(possible.size())];
    incident.at = draw.up_to(kScene + 2 * lifetime);
    incident.host = draw.below(setting.hosts.size());
    incident.length = draw.of(lengths);
    if (incident.kind == Incident::Kind::clock_step) {
      incident.amount = draw.around(range.wall_offset).count();
    }
    setting.incidents.push_back(incident);
  }
  if (!range.forgetful_server) return;
  setting.server.volatile_changes = 1 + draw.below(4);
  setting.incidents.push_back({.kind = Incident::Kind::server_crash,
                               .at = draw.up_to(kScene),
                               .length = milliseconds(10),
                               .amount = static_cast<std::int64_t>(1 + draw.below(4))});
}

}  // namespace

Setting draw_setting(const Range& range, std::uint64_t seed) {
  Draw draw(derived_seed(seed, "setting"));
  Setting setting;
  setting.contender = range.contender;
  setting.options.lifetime = draw.one_in(2) ? milliseconds(200) : milliseconds(800);
  setting.options.margin = milliseconds(20);
  setting.options.max_poll = milliseconds(50);
  setting.options.slop = milliseconds(200);
  Range own = range;
  if (find_kind(range.contender)->wall_clocks) {
    // Its times are whole seconds.
    setting.options.lifetime = std::chrono::seconds(draw.one_in(2) ? 2 : 15);
    setting.options.slop = std::chrono::seconds(10);
    setting.options.max_poll = milliseconds(500);
    if (!range.fast_clocks) own.wall_offset = setting.options.slop / 8;
  }
  if (range.extras) draw_options(*find_kind(range.contender), draw, setting.options);
  const std::size_t spread = range.most_processes - range.least_processes + 1;
  setting.processes.resize(range.least_processes + draw.below(spread));
  draw_hosts(own, draw, setting);
  draw_rounds(range, draw, setting);
  draw_extras(range, draw, setting);
  setting.mount.version_3 = draw.one_in(2);
  setting.mount.hard = !draw.one_in(3);
  setting.mount.remembers = draw.one_in(2);
  setting.mount.touch_mends_lookups = draw.one_in(2);
  const Duration ticks[] = {{}, milliseconds(1), milliseconds(10), std::chrono::seconds(1)};
  setting.server.tick = draw.of(ticks);
  const std::size_t caches[] = {ServerSetting::kAllRequests, 0, 4, 1};
  setting.server.remembered_requests = draw.of(caches);
  setting.lock_exists = !draw.one_in(4);
  if (draw.one_in(2)) setting.latency_seed = draw.bits() | 1;
  setting.chance_seed = draw.bits();
  setting.latecomer = range.extras;
  draw_incidents(own, draw, setting);
  if (setting.mount.remembers) setting.mount.close_to_open = !draw.one_in(4);
  return setting;
}

void RandomDecisions::reset(const Range& range, const Setting& setting, std::uint64_t seed) {
  seed_ = derived_seed(seed, "decisions");
  random_ = Random(seed_);
  scheduler_ = static_cast<Scheduler>(random_.below(3));
  for (std::uint64_t& one : priorities_) one = random_.bits() | (std::uint64_t{1} << 62);
  for (std::uint32_t& at : change_at_) at = static_cast<std::uint32_t>(random_.below(60));
  turns_ = 0;
  lowest_ = std::uint64_t{1} << 60;
  mishaps_left_ = static_cast<std::uint32_t>(random_.below(range.most_mishaps + 1));
  crashes_left_ = range.crashes ? 2 : 0;
  const std::uint64_t rates[] = {4, 16, 40};
  one_in_ = rates[random_.below(3)];
  at_renames_ = random_.below(3) == 0;
  if (at_renames_) one_in_ = rates[0];
  together_ = random_.below(3) == 0;
  until_ = {};
  for (bool& one : enabled_) one = random_.below(2) == 0;
  if (setting.mount.hard) {
    for (const Mishap mishap : {Mishap::failed, Mishap::failed_applied, Mishap::failed_late}) {
      enabled_[static_cast<std::size_t>(mishap)] = false;
    }
  }
  if (!range.crashes) {
    for (const Mishap mishap : {Mishap::crash_before, Mishap::crash_after, Mishap::crash_late}) {
      enabled_[static_cast<std::size_t>(mishap)] = false;
    }
  }
  const Duration lifetime = setting.options.lifetime;
  delays_ = {Duration(1000),
             milliseconds(1),
             milliseconds(15),
             milliseconds(300),
             lifetime / 2,
             lifetime,
             lifetime + setting.options.slop,
             lifetime * 6 / 5,
             lifetime * 3};
}

std::uint64_t RandomDecisions::priority(Actor actor) const {
  if (actor < kLate) return priorities_[actor % priorities_.size()];
  return derived_seed(seed_, "actor", actor) | (std::uint64_t{1} << 62);
}

std::size_t RandomDecisions::next(const Turn& turn) {
  ++turns_;
  switch (scheduler_) {
    case Scheduler::walk: return static_cast<std::size_t>(random_.below(turn.able.size()));
    case Scheduler::seldom:
      if (random_.below(12) != 0) return turn.usual;
      return static_cast<std::size_t>(random_.below(turn.able.size()));
    case Scheduler::priorities: break;
  }
  const auto higher = [&](Actor a, Actor b) { return priority(a) < priority(b); };
  auto best = std::max_element(turn.able.begin(), turn.able.end(), higher);
  const bool change = std::find(change_at_.begin(), change_at_.end(), turns_) != change_at_.end();
  if (change && *best < kLate) {
    priorities_[*best % priorities_.size()] = --lowest_;
    best = std::max_element(turn.able.begin(), turn.able.end(), higher);
  }
  return static_cast<std::size_t>(best - turn.able.begin());
}

Mishap RandomDecisions::draw_mishap(Call call) {
  const auto mishap = static_cast<Mishap>(1 + random_.below(kMishaps - 1));
  if (!enabled_[static_cast<std::size_t>(mishap)]) return Mishap::none;
  const bool for_changes = mishap == Mishap::duplicate || mishap == Mishap::failed_applied ||
                           mishap == Mishap::failed_late || mishap == Mishap::refused ||
                           mishap == Mishap::crash_after || mishap == Mishap::crash_late;
  if (for_changes && !changes_anything(call)) return Mishap::none;
  if (mishap == Mishap::silly && call != Call::unlink) return Mishap::none;
  if (mishap >= Mishap::crash_before) {
    if (crashes_left_ == 0) return Mishap::none;
    --crashes_left_;
  }
  return mishap;
}

Fate RandomDecisions::fate(const Sending& sending) {
  if (mishaps_left_ == 0 || (at_renames_ && sending.call != Call::rename)) return {};
  std::uint32_t& until = until_[sending.process % until_.size()];
  if (random_.below(sending.operation <= until ? 2 : one_in_) != 0) return {};
  Mishap mishap = draw_mishap(sending.call);
  for (int i = 0; at_renames_ && mishap == Mishap::none && i < kMoreDraws; ++i) {
    mishap = draw_mishap(sending.call);
  }
  if (mishap == Mishap::none) return {};
  --mishaps_left_;
  if (together_) until = sending.operation + kSoon;
  return {mishap, delays_[random_.below(delays_.size())]};
}

}  // namespace holdfast::harness::sim
