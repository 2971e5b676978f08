#include "harness/sim/replay_file.h"

#include <holdfast/options.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "harness/sim/contender.h"
#include "harness/sim/members.h"

namespace holdfast::harness::sim {
namespace {

using nlohmann::json;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kVersion = 3;
constexpr std::uint64_t kMostProcesses = 16;
constexpr std::uint64_t kMostActors = 64;  // with their threads

template <class Enum>
Enum named(Members& members, const std::string& member, std::size_t count) {
  const std::string text = members.text(member);
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<Enum>(i);
    if (text == word(value)) return value;
    all += std::string(i == 0 ? "" : ", ") + word(value);
  }
  throw Bad(members.place(member) + ": there is no '" + text + "'; there are: " + all);
}

constexpr std::size_t kForks = static_cast<std::size_t>(Round::Fork::daemon) + 1;
constexpr std::size_t kIncidents = static_cast<std::size_t>(Incident::Kind::host_crash) + 1;

Actor actor_named(Members& members, const std::string& member) {
  const std::string text = members.text(member);
  const std::size_t digits = text.find_first_of("0123456789");
  const std::string before = text.substr(0, digits);
  if (text == "time") return kTime;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const bool whole =
      digits != std::string::npos && std::from_chars(text.data() + digits, end, number).ptr == end;
  if (whole && number >= 1 && number <= kMostActors) {
    if (before == "p") return number - 1;
    if (before == "late p") return kLate + number - 1;
    if (before == "incident ") return kIncident + number - 1;
  }
  throw Bad(members.place(member) + ": '" + text +
            "' is nobody; such are p1, late p1, incident 1, time");
}

/// What is as it is by default is left out.
Json write_round(const Round& round) {
  const Round plain;
  Json written = {{"before_ns", round.before.count()},
                  {"patience_ns", round.patience.count()},
                  {"hold_ns", round.hold.count()},
                  {"refreshes", round.refreshes}};
  const auto add = [&](const char* name, const auto& value, const auto& usual) {
    if (value != usual) written[name] = value;
  };
  add("refresh_every_ns", round.refresh_every.count(), plain.refresh_every.count());
  add("stop_after_ns", round.stop_after.count(), plain.stop_after.count());
  add("tokens_ahead", round.tokens_ahead, plain.tokens_ahead);
  add("breaks", round.breaks, false);
  add("asks", round.asks, false);
  add("keeper", round.keeper, false);
  add("renewed_for_ns", round.renewed_for.count(), plain.renewed_for.count());
  add("unconditionally", round.unconditionally, false);
  add("writes", round.writes, false);
  add("collects", round.collects, false);
  add("fork", std::string(word(round.fork)), std::string(word(plain.fork)));
  return written;
}

Round read_round(Members& from) {
  Round round;
  round.before = from.length("before_ns");
  round.patience = from.length("patience_ns");
  round.hold = from.length("hold_ns");
  round.refreshes = static_cast<int>(from.number("refreshes", 0, 1000));
  const auto flag = [&](const char* name, bool& to) {
    if (from.has(name)) to = from.flag(name);
  };
  if (from.has("refresh_every_ns")) round.refresh_every = from.length("refresh_every_ns");
  if (from.has("stop_after_ns")) round.stop_after = from.length("stop_after_ns");
  if (from.has("tokens_ahead")) round.tokens_ahead = from.word("tokens_ahead");
  if (from.has("renewed_for_ns")) {
    round.renewed_for = from.length("renewed_for_ns");
    if (round.renewed_for != Duration::zero()) check_lifetime(round.renewed_for);
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

Json write_setting(const Setting& setting) {
  Json hosts = Json::array(), processes = Json::array(), incidents = Json::array();
  for (const HostSetting& host : setting.hosts) {
    hosts.push_back({{"name", host.name},
                     {"machine", host.machine},
                     {"first_pid", host.first_pid},
                     {"wall_offset_ns", host.clock.wall_offset.count()},
                     {"rate_ppm", host.clock.rate_ppm}});
  }
  for (const ProcessSetting& process : setting.processes) {
    Json rounds = Json::array();
    for (const Round& round : process.rounds) rounds.push_back(write_round(round));
    processes.push_back({{"host", process.host},
                         {"restart_after_ns", process.restart_after.count()},
                         {"same_pid", process.same_pid},
                         {"rounds", rounds}});
  }
  for (const Incident& incident : setting.incidents) {
    incidents.push_back({{"kind", word(incident.kind)},
                         {"at_ns", incident.at.count()},
                         {"host", incident.host},
                         {"length_ns", incident.length.count()},
                         {"amount", incident.amount}});
  }
  const Options& options = setting.options;
  return {{"contender", setting.contender},
          {"lifetime_ns", options.lifetime.count()},
          {"margin_ns", options.margin.count()},
          {"max_poll_ns", options.max_poll.count()},
          {"slop_ns", options.slop.count()},
          {"drift", options.drift},
          {"proof_of_death", options.proof_of_death},
          {"server_clock", options.server_clock},
          {"durable", options.durable},
          {"separator", options.separator},
          {"retry_errnos", options.retry_errnos},
          {"hosts", hosts},
          {"processes", processes},
          {"mount",
           {{"version_3", setting.mount.version_3},
            {"hard", setting.mount.hard},
            {"remembers", setting.mount.remembers},
            {"touch_mends_lookups", setting.mount.touch_mends_lookups},
            {"close_to_open", setting.mount.close_to_open}}},
          {"server",
           {{"offset_ns", setting.server.offset.count()},
            {"tick_ns", setting.server.tick.count()},
            {"volatile_changes", setting.server.volatile_changes},
            {"remembered_requests", setting.server.remembered_requests}}},
          {"incidents", incidents},
          {"lock_exists", setting.lock_exists},
          {"shows_makings", setting.shows_makings},
          {"latecomer", setting.latecomer},
          {"clock_step_ns", setting.clock_step.count()},
          {"latency_seed", setting.latency_seed},
          {"chance_seed", setting.chance_seed}};
}

void read_hosts(Members& from, Setting& setting) {
  setting.hosts.clear();
  from.each("hosts", kMostProcesses, [&](Members& one) {
    HostSetting host;
    host.name = one.text("name");
    host.machine = one.word("machine");
    host.first_pid = one.number("first_pid", 1, INT32_MAX);
    host.clock.wall_offset = one.duration("wall_offset_ns");
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
  from.each("incidents", 100, [&](Members& one) {
    Incident incident;
    incident.kind = named<Incident::Kind>(one, "kind", kIncidents);
    incident.at = one.length("at_ns");
    incident.host = static_cast<std::size_t>(one.number("host", 0, last_host));
    incident.length = one.length("length_ns");
    incident.amount = one.number("amount");
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
    options.retry_errnos = from.at("retry_errnos").get<std::vector<int>>();
  }
}

Setting read_setting(Members& from) {
  Setting setting;
  setting.contender = from.text("contender");
  if (find_kind(setting.contender) == nullptr) {
    throw Bad(from.place("contender") + ": there is no contender '" + setting.contender + "'");
  }
  setting.options.lifetime = from.length("lifetime_ns");
  setting.options.margin = from.length("margin_ns");
  setting.options.max_poll = from.length("max_poll_ns");
  setting.options.slop = from.length("slop_ns");
  read_options(from, setting.options);
  check_options(setting.options);
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
  setting.server.offset = server.duration("offset_ns");
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

Json write_choice(const Choice& choice) {
  if (choice.what == Choice::What::turn) {
    return {{"instead_of", actor_name(choice.actor)},
            {"call", word(choice.call)},
            {"number", choice.number},
            {"nth", choice.nth},
            {"runs", actor_name(choice.instead)}};
  }
  return {{"of", actor_name(choice.actor)},
          {"call", word(choice.call)},
          {"number", choice.number},
          {"mishap", word(choice.fate.mishap)},
          {"delay_ns", choice.fate.delay.count()}};
}

Choice read_choice(Members& one) {
  Choice choice;
  if (one.has("instead_of")) {
    choice.what = Choice::What::turn;
    choice.actor = actor_named(one, "instead_of");
    choice.call = named<Call>(one, "call", kCalls);
    choice.number = static_cast<std::uint32_t>(one.number("number", 0, INT32_MAX));
    choice.nth = static_cast<std::uint32_t>(one.number("nth", 0, INT32_MAX));
    choice.instead = actor_named(one, "runs");
    return choice;
  }
  choice.number = static_cast<std::uint32_t>(one.number("number", 0, INT32_MAX));
  choice.actor = actor_named(one, "of");
  choice.call = named<Call>(one, "call", kCalls);
  choice.fate.mishap = named<Mishap>(one, "mishap", kMishaps);
  choice.fate.delay = one.length("delay_ns");
  return choice;
}

}  // namespace

std::string actor_name(Actor actor) {
  if (actor == kTime) return "time";
  if (actor >= kIncident) return "incident " + std::to_string(actor - kIncident + 1);
  if (actor >= kLate) return "late p" + std::to_string(actor - kLate + 1);
  return "p" + std::to_string(actor + 1);
}

std::string replay_text(const Failure& failure) {
  Json choices = Json::array();
  for (const Choice& choice : failure.choices) choices.push_back(write_choice(choice));
  const Json all = {{"version", kVersion},
                    {"holdfast", "replay"},
                    {"seed", failure.seed ? Json(*failure.seed) : Json()},
                    {"fails",
                     {{"checker", failure.mistake.checker},
                      {"cause", failure.mistake.cause},
                      {"out_of_contract", failure.mistake.out_of_contract},
                      {"sentence", failure.mistake.sentence}}},
                    {"setting", write_setting(failure.setting)},
                    {"choices", choices}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Failure> parse_replay(const std::string& text, const std::string& place) {
  try {
    const json document = json::parse(text);
    Members all(document, "");
    if (all.text("holdfast") != "replay") throw Bad("/holdfast: this is no replay");
    all.number("version", kVersion, kVersion);
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
    all.each("choices", 100'000,
             [&](Members& one) { failure.choices.push_back(read_choice(one)); });
    all.done();
    return failure;
  } catch (const json::exception& bad) {
    return problem(place, bad.what());
  } catch (const Bad& bad) {
    return problem(place, bad.what());
  } catch (const std::invalid_argument& bad) {
    return problem(place, bad.what());
  }
}

}  // namespace holdfast::harness::sim
