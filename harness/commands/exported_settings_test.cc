// That nothing of a schedule's setting is dropped silently where it becomes a scenario.
#include "harness/commands/exported_settings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/commands/exported_scenario.h"
#include "harness/sim/draw.h"
#include "harness/sim/replay_file.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

/// A member that is new does not compile here: then it needs to be in replays (replay_file.cc) and
/// in setting_rows().
[[maybe_unused]] void all_members(const sim::Setting& setting) {
  [[maybe_unused]] const auto& [contender, options, hosts, processes, mount, server, incidents,
                                exists, makings, latency, chance, latecomer, step] = setting;
  [[maybe_unused]] const auto& [protocol, lifetime, patience, poll, spin, directories, files, drift,
                                margin, proof, server_clock, durable, slop, separator, errnos] =
      options;
  [[maybe_unused]] const auto& [name, machine, pid, clock] = hosts.front();
  [[maybe_unused]] const auto& [wall, rate] = clock;
  [[maybe_unused]] const auto& [host, rounds, restart, same_pid] = processes.front();
  [[maybe_unused]] const auto& [before, waits, hold, refreshes, every, stop, tokens, breaks, asks,
                                keeper, renewed, forced, writes, collects, fork] = rounds.front();
  [[maybe_unused]] const auto& [version_3, hard, remembers, touch, opening, file_age, directory_age,
                                most_age] = mount;
  [[maybe_unused]] const auto& [offset, tick, forgets, remembered] = server;
  [[maybe_unused]] const auto& [kind, at, where, length, amount] = incidents.front();
}

/// Two processes on two hosts, whose third rename fails, and nothing else out of the ordinary.
sim::Failure plain() {
  sim::Failure failure;
  failure.mistake = {"mutual_exclusion", "two at once", "", {}};
  failure.setting.hosts.resize(2);
  failure.setting.hosts[1] = {"b", 2, 200, {}};
  failure.setting.processes.resize(2);
  failure.setting.processes[1].host = 1;
  for (sim::ProcessSetting& process : failure.setting.processes) {
    process.rounds = {{.hold = std::chrono::milliseconds(60)}};
  }
  failure.setting.incidents = {
      {.kind = sim::Incident::Kind::partition, .length = std::chrono::milliseconds(10)}};
  return failure;
}

Json document(const sim::Failure& failure) { return Json::parse(sim::replay_text(failure)); }

/// What is different in a replay, and what comes of it.
struct Sample {
  enum class Outcome { said, lost, nothing };
  const char* member;
  Outcome outcome;
  /// Pointers into the setting, and what is put there. "/one/": into the first process's round;
  /// "/each/": into each round; "befalls": what happens to p1's first rename.
  const char* changes;
};
using Outcome = Sample::Outcome;

/// `changes` of the plain replay.
sim::Failure changed(const std::string& changes) {
  Json whole = document(plain());
  Json& setting = whole["setting"];
  const Json all = Json::parse(changes);
  for (const auto& [pointer, value] : all.items()) {
    if (pointer == "befalls") {
      whole["choices"] = {
          {{"of", "p1"}, {"call", "rename"}, {"number", 1}, {"mishap", value}, {"delay_ns", 1000}}};
    } else if (pointer.starts_with("/each/")) {
      for (Json& process : setting["processes"]) process["rounds"][0][pointer.substr(6)] = value;
    } else if (pointer.starts_with("/one/")) {
      setting["processes"][0]["rounds"][0][pointer.substr(5)] = value;
    } else {
      setting[Json::json_pointer(pointer)] = value;
    }
  }
  const auto read = sim::parse_replay(whole.dump(), "a.json");
  if (!read) throw std::runtime_error(read.error().text());
  return *read;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"/contender", Outcome::said, R"({"/contender": "link"})"},
      {"/lifetime_ns", Outcome::said, R"({"/lifetime_ns": 3000000000})"},
      {"/margin_ns", Outcome::said, R"({"/margin_ns": 70000000})"},
      {"/max_poll_ns", Outcome::said, R"({"/max_poll_ns": 70000000})"},
      {"/slop_ns", Outcome::said, R"({"/contender": "link", "/slop_ns": 3000000000})"},
      {"/slop_ns", Outcome::lost, R"({"/contender": "flufl_exact", "/slop_ns": 3000000000})"},
      {"/drift", Outcome::said, R"({"/drift": 0.1})"},
      {"/drift", Outcome::lost, R"({"/drift": 0.7})"},
      {"/proof_of_death", Outcome::said, R"({"/proof_of_death": false})"},
      {"/server_clock", Outcome::said, R"({"/server_clock": true})"},
      {"/durable", Outcome::said, R"({"/durable": true})"},
      {"/separator", Outcome::said, R"({"/contender": "link", "/separator": "^"})"},
      {"/retry_errnos", Outcome::lost, R"({"/retry_errnos": [5]})"},
      {"/hosts", Outcome::said,
       R"({"/hosts/2": {"name": "c", "machine": 3, "first_pid": 1, "wall_offset_ns": 0,
           "rate_ppm": 0}})"},
      {"/hosts/*/name", Outcome::lost, R"({"/hosts/1/name": "a"})"},
      {"/hosts/*/machine", Outcome::said, R"({"/hosts/1/machine": 1})"},
      {"/hosts/*/machine", Outcome::lost, R"({"/hosts/1/machine": 1,
          "/hosts/2": {"name": "c", "machine": 3, "first_pid": 1, "wall_offset_ns": 0,
           "rate_ppm": 0},
          "/hosts/3": {"name": "d", "machine": 3, "first_pid": 1, "wall_offset_ns": 0,
           "rate_ppm": 0}})"},
      {"/hosts/*/first_pid", Outcome::nothing, R"({"/hosts/1/first_pid": 100})"},
      {"/hosts/*/wall_offset_ns", Outcome::said, R"({"/hosts/1/wall_offset_ns": -1000000})"},
      {"/hosts/*/wall_offset_ns", Outcome::lost,
       R"({"/hosts/1/wall_offset_ns": 400000000000000000})"},
      {"/hosts/*/rate_ppm", Outcome::said, R"({"/hosts/1/rate_ppm": 4000})"},
      {"/hosts/*/rate_ppm", Outcome::lost,
       R"({"/contender": "flufl_exact", "/hosts/1/rate_ppm": 4000})"},
      {"/processes", Outcome::said,
       R"({"/processes/2": {"host": 0, "restart_after_ns": 0, "same_pid": false, "rounds": []},
           "/processes/3": {"host": 0, "restart_after_ns": 0, "same_pid": false, "rounds": []}})"},
      {"/processes/*/host", Outcome::said,
       R"({"/processes/2": {"host": 1, "restart_after_ns": 0, "same_pid": false, "rounds": []},
           "/processes/3": {"host": 1, "restart_after_ns": 0, "same_pid": false, "rounds": []}})"},
      {"/processes/*/restart_after_ns", Outcome::lost,
       R"({"/processes/0/restart_after_ns": 7000000, "befalls": "crash_before"})"},
      {"/processes/*/restart_after_ns", Outcome::lost, R"({"befalls": "crash_after"})"},
      {"/processes/*/restart_after_ns", Outcome::lost, R"({"/incidents/0/kind": "host_crash"})"},
      {"/processes/*/same_pid", Outcome::lost,
       R"({"/processes/0/same_pid": true, "befalls": "crash_late"})"},
      {"/processes/*/rounds", Outcome::nothing,
       R"({"/processes/1/rounds/1": {"before_ns": 0, "patience_ns": 9223372036854775807,
           "hold_ns": 60000000, "refreshes": 0}})"},
      {"/processes/*/rounds/*/before_ns", Outcome::said, R"({"/each/before_ns": 70000000})"},
      {"/processes/*/rounds/*/before_ns", Outcome::lost, R"({"/one/before_ns": 70000000})"},
      {"/processes/*/rounds/*/patience_ns", Outcome::said, R"({"/each/patience_ns": 70000000})"},
      {"/processes/*/rounds/*/patience_ns", Outcome::lost, R"({"/one/patience_ns": 0})"},
      {"/processes/*/rounds/*/hold_ns", Outcome::said, R"({"/each/hold_ns": 70000000})"},
      {"/processes/*/rounds/*/hold_ns", Outcome::lost, R"({"/each/hold_ns": 7000000})"},
      {"/processes/*/rounds/*/refreshes", Outcome::said, R"({"/each/refreshes": 2})"},
      {"/processes/*/rounds/*/refreshes", Outcome::lost, R"({"/one/refreshes": 2})"},
      {"/processes/*/rounds/*/refresh_every_ns", Outcome::said,
       R"({"/each/refreshes": 1, "/each/refresh_every_ns": 10000000})"},
      {"/processes/*/rounds/*/refresh_every_ns", Outcome::lost,
       R"({"/each/refreshes": 1, "/each/refresh_every_ns": 10000000})"},
      {"/processes/*/rounds/*/stop_after_ns", Outcome::lost, R"({"/one/stop_after_ns": 30000000})"},
      {"/processes/*/rounds/*/tokens_ahead", Outcome::lost, R"({"/one/tokens_ahead": 7})"},
      {"/processes/*/rounds/*/breaks", Outcome::lost, R"({"/one/breaks": true})"},
      {"/processes/*/rounds/*/asks", Outcome::lost, R"({"/one/asks": true})"},
      {"/processes/*/rounds/*/keeper", Outcome::said, R"({"/one/keeper": true})"},
      {"/processes/*/rounds/*/keeper", Outcome::lost, R"({"/one/keeper": true})"},
      {"/processes/*/rounds/*/renewed_for_ns", Outcome::lost,
       R"({"/one/renewed_for_ns": 300000000})"},
      {"/processes/*/rounds/*/unconditionally", Outcome::lost, R"({"/one/unconditionally": true})"},
      {"/processes/*/rounds/*/writes", Outcome::said, R"({"/one/writes": true})"},
      {"/processes/*/rounds/*/collects", Outcome::nothing, R"({"/one/collects": true})"},
      {"/processes/*/rounds/*/fork", Outcome::lost, R"({"/one/fork": "daemon"})"},
      {"/mount/version_3", Outcome::said, R"({"/mount/version_3": true})"},
      {"/mount/hard", Outcome::said,
       R"({"/mount/hard": false, "/incidents/0/length_ns": 2000000000})"},
      {"/mount/hard", Outcome::lost, R"({"/mount/hard": false})"},
      {"/mount/remembers", Outcome::said, R"({"/mount/remembers": true})"},
      {"/mount/touch_mends_lookups", Outcome::lost,
       R"({"/mount/remembers": true, "/mount/touch_mends_lookups": false})"},
      {"/mount/close_to_open", Outcome::lost, R"({"/mount/close_to_open": false})"},
      {"/server/offset_ns", Outcome::said, R"({"/server/offset_ns": 1700000003000000000})"},
      {"/server/offset_ns", Outcome::lost, R"({"/server/offset_ns": 1000000000})"},
      {"/server/tick_ns", Outcome::said, R"({"/server/tick_ns": 0})"},
      {"/server/tick_ns", Outcome::lost, R"({"/server/tick_ns": 3000000000})"},
      {"/server/volatile_changes", Outcome::said,
       R"({"/server/volatile_changes": 3, "/mount/version_3": true,
           "/incidents/0/kind": "server_crash", "/incidents/0/amount": 2})"},
      {"/server/volatile_changes", Outcome::lost,
       R"({"/server/volatile_changes": 3, "/incidents/0/kind": "server_crash",
           "/incidents/0/amount": 2})"},
      {"/server/remembered_requests", Outcome::said,
       R"({"/server/remembered_requests": 0, "befalls": "lost_reply"})"},
      {"/server/remembered_requests", Outcome::lost,
       R"({"/server/remembered_requests": 4, "befalls": "lost_reply"})"},
      {"/incidents", Outcome::said,
       R"({"/incidents/1": {"kind": "pause", "at_ns": 7, "host": 1, "length_ns": 7,
           "amount": 0}})"},
      {"/incidents/*/kind", Outcome::said, R"({"/incidents/0/kind": "pause"})"},
      {"/incidents/*/at_ns", Outcome::said,
       R"({"/incidents/0/kind": "pause", "/incidents/0/at_ns": 7000000})"},
      {"/incidents/*/host", Outcome::said,
       R"({"/incidents/0/kind": "pause", "/incidents/0/host": 1})"},
      {"/incidents/*/length_ns", Outcome::said,
       R"({"/incidents/0/kind": "pause", "/incidents/0/length_ns": 7000000})"},
      {"/incidents/*/amount", Outcome::said,
       R"({"/incidents/0/kind": "clock_step", "/incidents/0/amount": 7000000})"},
      {"/lock_exists", Outcome::lost, R"({"/lock_exists": false})"},
      {"/shows_makings", Outcome::lost, R"({"/shows_makings": false})"},
      {"/latecomer", Outcome::nothing, R"({"/latecomer": true})"},
      {"/clock_step_ns", Outcome::lost, R"({"/clock_step_ns": 100000000})"},
      {"/latency_seed", Outcome::lost, R"({"/latency_seed": 7})"},
      {"/chance_seed", Outcome::nothing, R"({"/chance_seed": 7})"},
  };
  return all;
}

std::set<std::string> members_of_rows() {
  std::set<std::string> members;
  for (const SettingRow& row : setting_rows()) {
    EXPECT_TRUE(members.insert(row.member).second) << row.member << " stands twice";
  }
  return members;
}

/// Every list and every value, by its pointer.
void walk(const Json& value, const std::string& pointer, std::set<std::string>& to) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) walk(member, pointer + "/" + name, to);
    return;
  }
  to.insert(pointer);
  if (!value.is_array()) return;
  for (const Json& element : value) {
    if (element.is_object()) walk(element, pointer + "/*", to);
  }
}

// A member that nobody has thought of is missing here.
TEST(ExportedSettings, HaveARowForEachMemberOfAReplay) {
  Json all = Json::object();
  for (const Sample& sample : samples()) {
    // Of rounds, what is as usual is not written.
    const Json changes = Json::parse(sample.changes);
    for (const auto& [pointer, value] : changes.items()) {
      if (pointer.starts_with("/one/") || pointer.starts_with("/each/")) all[pointer] = value;
    }
  }
  const sim::Failure everything = changed(all.dump());
  std::set<std::string> members;
  walk(document(everything)["setting"], "", members);
  EXPECT_EQ(members, members_of_rows());
}

/// Up to what is drawn for any host or process.
Json at_key(const std::string& text, const std::string& key) {
  const Json scenario = Json::parse(text);
  const Json::json_pointer pointer(key.substr(0, key.find("/*")));
  return scenario.contains(pointer) ? scenario[pointer] : Json();
}

// One change at a time: it shows where the table says that it shows, or is told, or neither where
// the table says why.
TEST(ExportedSettings, AreSaidOrToldOrNeedNoWords) {
  const auto before = export_scenario(plain(), "a.json");
  ASSERT_TRUE(before) << before.error().text();
  EXPECT_THAT(before->notes, testing::IsEmpty());
  for (const SettingRow& row : setting_rows()) {
    bool said = false, lost = false, nothing = false;
    for (const Sample& sample : samples()) {
      if (std::string(sample.member) != row.member) continue;
      SCOPED_TRACE(std::string(row.member) + " " + sample.changes);
      const auto after = export_scenario(changed(sample.changes), "a.json");
      ASSERT_TRUE(after) << after.error().text();
      switch (sample.outcome) {
        case Outcome::said:
          said = true;
          ASSERT_NE(std::string(row.key), "");
          EXPECT_NE(at_key(after->text, row.key), at_key(before->text, row.key));
          break;
        case Outcome::lost:
          lost = true;
          EXPECT_THAT(after->notes, testing::Contains(row.words));
          EXPECT_THAT(Json::parse(after->text)["about"].get<std::string>(), HasSubstr(row.words));
          break;
        case Outcome::nothing:
          nothing = true;
          EXPECT_EQ(after->text, before->text);
          EXPECT_NE(std::string(row.words), "");
          break;
      }
    }
    EXPECT_EQ(said, std::string(row.key) != "") << row.member;
    EXPECT_EQ(lost, row.loses != nullptr) << row.member;
    EXPECT_EQ(nothing, !said && !lost) << row.member;
  }
}

// Whatever is drawn becomes a scenario that can be read, or it is said that nothing of it can.
TEST(ExportedSettings, MakeAScenarioOfWhateverIsDrawn) {
  int exported = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    sim::Range range;
    const char* const contenders[] = {"baton", "link", "flufl_exact"};
    range.contender = contenders[seed % 3];
    range.forgetful_server = seed % 5 == 0;
    range.fast_clocks = seed % 7 == 0;
    sim::Failure failure{sim::draw_setting(range, seed), {}, {"wedge", "nobody", "", {}}, {}};
    sim::RandomDecisions decisions;
    decisions.reset(range, failure.setting, seed);
    sim::Recording recording(decisions);
    sim::Stage stage;
    stage.run(failure.setting, recording);
    failure.choices = recording.choices();
    const auto scenario = export_scenario(failure, "a.json");
    exported += scenario ? 1 : 0;
    if (!scenario) {
      EXPECT_THAT(scenario.error().text(), HasSubstr("can bring about nothing")) << seed;
    }
  }
  EXPECT_GT(exported, 300);
}

}  // namespace
}  // namespace holdfast::harness
