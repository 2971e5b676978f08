#include <nlohmann/json.hpp>

#include "harness/sim/replay_file.h"

namespace holdfast::harness::sim {
namespace {

using Json = nlohmann::ordered_json;

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
  const Json all = {{"version", kReplayVersion},
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

}  // namespace holdfast::harness::sim
