#include "harness/sim/replay_file.h"

#include <holdfast/options.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "harness/scenario/json_text.h"
#include "harness/scenario/nearest.h"
#include "harness/sim/contender.h"
#include "harness/sim/members.h"

namespace holdfast::harness::sim {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostProcesses = 16;
constexpr std::size_t kMostChoices = 2 * Stage::kMostSteps;  // a turn and a fate for each step
constexpr std::uint64_t kMostActors = 64;                    // with their threads

template <class Enum>
Enum named(Members& members, const std::string& member, std::size_t count) {
  const std::string text = members.text(member);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<Enum>(i);
    if (text == word(value)) return value;
    all.emplace_back(word(value));
  }
  throw Bad(members.place(member) + ": " + unknown_word(member, text, all));
}

constexpr std::size_t kForks = static_cast<std::size_t>(Round::Fork::daemon) + 1;
constexpr std::size_t kIncidents = static_cast<std::size_t>(Incident::Kind::host_crash) + 1;

/// Of a setting: by whom or what a choice can be about.
class Cast {
 public:
  explicit Cast(const Setting& setting)
      : processes_(setting.processes.size()), incidents_(setting.incidents.size()) {
    for (const ProcessSetting& process : setting.processes) {
      for (const Round& round : process.rounds) {
        has_threads_ = has_threads_ || round.keeper || round.stop_after != Round::kForEver;
      }
    }
  }

  Actor named(Members& members, const std::string& member) const {
    const std::string text = members.text(member);
    if (text == "time") return kTime;
    const std::size_t digits = text.find_first_of("0123456789");
    const std::string before = text.substr(0, digits);
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const bool whole = digits != std::string::npos &&
                       std::from_chars(text.data() + digits, end, number).ptr == end;
    if (whole && number >= 1) {
      if (before == "p") return process(number, members.place(member));
      if (before == "late p") return kLate + process(number, members.place(member));
      if (before == "incident ") return incident(number, members.place(member));
    }
    throw Bad(members.place(member) + ": '" + text +
              "' is nobody; such are p1, late p1, incident 1, time");
  }
  /// Who sends requests.
  Actor sender(Members& members, const std::string& member) const {
    const Actor actor = named(members, member);
    if (actor < kLate) return actor;
    throw Bad(members.place(member) + ": '" + members.text(member) +
              "' sends no requests; a process does, such as p1");
  }

 private:
  Actor process(std::uint32_t number, const std::string& place) const {
    const std::size_t most = has_threads_ ? kMostActors : processes_;
    if (number <= most) return number - 1;
    throw Bad(place + ": there is no p" + std::to_string(number) + "; /setting/processes has " +
              std::to_string(processes_));
  }
  Actor incident(std::uint32_t number, const std::string& place) const {
    if (number <= incidents_) return kIncident + number - 1;
    throw Bad(place + ": there is no incident " + std::to_string(number) +
              "; /setting/incidents has " + std::to_string(incidents_));
  }

  std::size_t processes_, incidents_;
  bool has_threads_ = false;
};

/// A length, or the most that there is: for ever.
Duration patience(Members& from, const std::string& name) {
  const bool for_ever = from.number(name) == Round::kForEver.count();
  return for_ever ? Round::kForEver : from.length(name);
}

/// What checks values by itself says which; where that is, is said here.
template <class Check>
void check_at(const std::string& place, Check check) {
  try {
    check();
  } catch (const std::invalid_argument& bad) {
    throw Bad(place + ": " + bad.what());
  }
}

Round read_round(Members& from) {
  Round round;
  round.before = from.length("before_ns");
  round.patience = patience(from, "patience_ns");
  round.hold = from.length("hold_ns");
  round.refreshes = static_cast<int>(from.number("refreshes", 0, 1000));
  const auto flag = [&](const char* name, bool& to) {
    if (from.has(name)) to = from.flag(name);
  };
  if (from.has("refresh_every_ns")) round.refresh_every = from.length("refresh_every_ns");
  if (from.has("stop_after_ns")) round.stop_after = patience(from, "stop_after_ns");
  if (from.has("tokens_ahead")) round.tokens_ahead = from.word("tokens_ahead");
  if (from.has("renewed_for_ns")) {
    round.renewed_for = from.length("renewed_for_ns");
    check_at(from.place("renewed_for_ns"), [&] {
      if (round.renewed_for != Duration::zero()) check_lifetime(round.renewed_for);
    });
  }
  flag("breaks", round.breaks);
  flag("asks", round.asks);
  flag("keeper", round.keeper);
  flag("unconditionally", round.unconditionally);
  flag("writes", round.writes);
  flag("collects", round.collects);
  if (from.has("fork")) round.fork = named<Round::Fork>(from, "fork", kForks);
  return round;
}

void read_hosts(Members& from, Setting& setting) {
  setting.hosts.clear();
  from.each("hosts", kMostProcesses, [&](Members& one) {
    HostSetting host;
    host.name = one.text("name");
    host.machine = one.word("machine");
    host.first_pid = one.number("first_pid", 1, INT32_MAX);
    host.clock.wall_offset =
        Duration(one.number("wall_offset_ns", -Members::kMostLength, Members::kMostLength));
    host.clock.rate_ppm = one.number("rate_ppm", -900'000, 900'000);
    setting.hosts.push_back(host);
  });
  if (setting.hosts.empty()) throw Bad(from.place("hosts") + ": at least one is needed");
}

void read_processes(Members& from, Setting& setting) {
  const auto last_host = static_cast<std::int64_t>(setting.hosts.size()) - 1;
  from.each("processes", kMostProcesses, [&](Members& one) {
    ProcessSetting process;
    process.host = static_cast<std::size_t>(one.number("host", 0, last_host));
    process.restart_after = one.length("restart_after_ns");
    process.same_pid = one.flag("same_pid");
    one.each("rounds", 1000, [&](Members& turn) { process.rounds.push_back(read_round(turn)); });
    setting.processes.push_back(process);
  });
  if (setting.processes.empty()) throw Bad(from.place("processes") + ": at least one is needed");
  from.each("incidents", 100, [&](Members& one) {
    Incident incident;
    incident.kind = named<Incident::Kind>(one, "kind", kIncidents);
    incident.at = one.length("at_ns");
    incident.host = static_cast<std::size_t>(one.number("host", 0, last_host));
    incident.length = one.length("length_ns");
    incident.amount = one.number("amount", -Members::kMostLength, Members::kMostLength);
    setting.incidents.push_back(incident);
  });
}

void read_options(Members& from, Options& options) {
  if (from.has("drift")) {
    const json& drift = from.at("drift");
    if (!drift.is_number()) throw Bad(from.place("drift") + ": expected a number");
    options.drift = drift.get<double>();
  }
  if (from.has("proof_of_death")) options.proof_of_death = from.flag("proof_of_death");
  if (from.has("server_clock")) options.server_clock = from.flag("server_clock");
  if (from.has("durable")) options.durable = from.flag("durable");
  if (from.has("separator")) options.separator = from.text("separator");
  if (from.has("retry_errnos")) {
    const json& errnos = from.at("retry_errnos");
    const auto is_errno = [](const json& one) {
      return one.is_number_integer() && one > 0 && one < 4096;
    };
    if (!errnos.is_array() || !std::all_of(errnos.begin(), errnos.end(), is_errno)) {
      throw Bad(from.place("retry_errnos") + ": expected a list of errno values");
    }
    options.retry_errnos = errnos.get<std::vector<int>>();
  }
}

Setting read_setting(Members& from) {
  Setting setting;
  setting.contender = from.text("contender");
  if (find_kind(setting.contender) == nullptr) {
    throw Bad(from.place("contender") + ": there is no contender '" + setting.contender +
              "'; see holdfast explore --list");
  }
  setting.options.lifetime = from.length("lifetime_ns");
  setting.options.margin = from.length("margin_ns");
  setting.options.max_poll = from.length("max_poll_ns");
  setting.options.slop = from.length("slop_ns");
  read_options(from, setting.options);
  check_at("/setting", [&] { check_options(setting.options); });
  read_hosts(from, setting);
  read_processes(from, setting);
  Members mount(from.at("mount"), from.place("mount"));
  setting.mount.version_3 = mount.flag("version_3");
  setting.mount.hard = mount.flag("hard");
  setting.mount.remembers = mount.flag("remembers");
  setting.mount.touch_mends_lookups = mount.flag("touch_mends_lookups");
  setting.mount.close_to_open = mount.flag("close_to_open");
  mount.done();
  Members server(from.at("server"), from.place("server"));
  setting.server.offset = Duration(server.number("offset_ns", 0, 4 * Members::kMostLength));
  setting.server.tick = server.length("tick_ns");
  setting.server.volatile_changes =
      static_cast<std::size_t>(server.number("volatile_changes", 0, 1000));
  setting.server.remembered_requests = static_cast<std::size_t>(
      server.number("remembered_requests", 0, ServerSetting::kAllRequests));
  server.done();
  setting.lock_exists = from.flag("lock_exists");
  if (from.has("shows_makings")) setting.shows_makings = from.flag("shows_makings");
  if (from.has("latecomer")) setting.latecomer = from.flag("latecomer");
  if (from.has("clock_step_ns")) setting.clock_step = from.length("clock_step_ns");
  setting.latency_seed = from.word("latency_seed");
  setting.chance_seed = from.word("chance_seed");
  from.done();
  return setting;
}

Choice read_choice(Members& one, const Cast& cast) {
  Choice choice;
  if (one.has("instead_of")) {
    choice.what = Choice::What::turn;
    choice.actor = cast.named(one, "instead_of");
    choice.call = named<Call>(one, "call", kCalls);
    choice.number = static_cast<std::uint32_t>(one.number("number", 0, INT32_MAX));
    choice.nth = static_cast<std::uint32_t>(one.number("nth", 0, INT32_MAX));
    choice.instead = cast.named(one, "runs");
    return choice;
  }
  choice.number = static_cast<std::uint32_t>(one.number("number", 0, INT32_MAX));
  choice.actor = cast.sender(one, "of");
  choice.call = named<Call>(one, "call", kCalls);
  choice.fate.mishap = named<Mishap>(one, "mishap", kMishaps);
  choice.fate.delay = one.length("delay_ns");
  return choice;
}

/// Whether it is a replay at all, and one of this version.
void check_kind(Members& all) {
  if (!all.has("holdfast")) {
    throw Bad("/holdfast: is missing, so this is no replay; a scenario is for holdfast run");
  }
  const std::string kind = all.text("holdfast");
  if (kind != "replay") {
    throw Bad("/holdfast: found \"" + kind + "\", allowed is \"replay\"" +
              (kind == "exploration" ? "; this file is for holdfast explore FILE" : ""));
  }
  const std::int64_t version = all.number("version");
  if (version == kReplayVersion) return;
  throw Bad("/version: found " + std::to_string(version) + ", and this holdfast reads " +
            std::to_string(kReplayVersion) +
            (version > kReplayVersion
                 ? ": use the newer one that has written it"
                 : ": use the older one that has written it, or have the schedule found anew"));
}

Failure read_failure(const json& document) {
  Members all(document, "");
  check_kind(all);
  Failure failure;
  if (!all.at("seed").is_null()) failure.seed = all.word("seed");
  Members fails(all.at("fails"), "/fails");
  failure.mistake.checker = fails.text("checker");
  failure.mistake.cause = fails.text("cause");
  failure.mistake.out_of_contract = fails.flag("out_of_contract");
  failure.mistake.sentence = fails.text("sentence");
  fails.done();
  Members setting(all.at("setting"), "/setting");
  failure.setting = read_setting(setting);
  const Cast cast(failure.setting);
  all.each("choices", kMostChoices,
           [&](Members& one) { failure.choices.push_back(read_choice(one, cast)); });
  all.done();
  return failure;
}

}  // namespace

Result<Failure> parse_replay(const std::string& text, const std::string& place) {
  if (text.size() > kMostReplayBytes) {
    return problem(place, "has more than " + std::to_string(kMostReplayBytes) +
                              " bytes, and no replay has so many");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return problem(place, "is empty; a replay is what holdfast explore has kept as replay.json");
  }
  const auto document = parse_json(text, place);
  if (!document) return tl::unexpected(document.error());
  try {
    return read_failure(*document);
  } catch (const Bad& bad) {
    return problem(place, bad.what());
  } catch (const json::exception& bad) {
    return problem(place, bad.what());
  }
}

}  // namespace holdfast::harness::sim
