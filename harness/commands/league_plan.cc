#include "harness/commands/league_plan.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

Result<LeagueCondition> read_condition(const json& entry, const fs::path& folder,
                                       const std::string& place) {
  const bool fits = entry.is_object() && entry.contains("scenario") &&
                    entry["scenario"].is_string() &&
                    entry.value("runs", json(1U)).is_number_unsigned() &&
                    entry.value("apart", json(false)).is_boolean();
  if (!fits) {
    return problem(place, R"(allowed is {"scenario": "alone.json", "runs": 1, "apart": true})");
  }
  LeagueCondition condition;
  condition.runs = entry.value("runs", std::uint64_t{1});
  condition.apart = entry.value("apart", false);
  if (condition.runs == 0) return problem(place + "/runs", "found 0, allowed is at least 1");
  auto scenario = read_scenario((folder / std::string(entry["scenario"])).string(), {});
  if (!scenario) return tl::unexpected(scenario.error());
  condition.scenario = std::move(*scenario);
  return condition;
}

Result<LeagueLock> read_lock(const json& entry, const std::string& place) {
  const bool fits = entry.is_object() && entry.contains("name") && entry["name"].is_string() &&
                    entry.contains("contender");
  if (!fits) return problem(place, R"(a lock needs a "name", a string, and a "contender")");
  LeagueLock lock;
  lock.name = entry["name"];
  lock.contender = entry["contender"].dump();
  lock.needs = entry.value("requires", json::array()).dump();
  lock.package = entry.value("package", std::string());
  const json notes = entry.value("notes", json::object());
  for (const auto& [condition, note] : notes.items()) {
    if (!note.is_string()) return problem(place + "/notes/" + condition, "is no sentence");
    lock.notes[condition] = note;
  }
  return lock;
}

/// Whoever puts a scenario there wants it to be run.
Result<void> all_are_named(const LeaguePlan& plan, const fs::path& folder,
                           const std::string& file) {
  const auto scenarios = find_scenarios(folder.string());
  if (!scenarios) return tl::unexpected(scenarios.error());
  for (const std::string& scenario : *scenarios) {
    const bool named = std::any_of(
        plan.conditions.begin(), plan.conditions.end(),
        [&](const LeagueCondition& condition) { return condition.scenario.file == scenario; });
    if (!named) return problem(file + ": /conditions", "does not name " + scenario);
  }
  return {};
}

}  // namespace

Result<LeaguePlan> read_league_plan(const std::string& file) {
  const auto text = read_stored(file);
  if (!text) return tl::unexpected(text.error());
  const json league = json::parse(*text, nullptr, false);
  const auto has_list = [&](const char* key) {
    return league.contains(key) && league[key].is_array();
  };
  if (!league.is_object() || league.value("version", json()) != 1 || !has_list("conditions") ||
      !has_list("locks")) {
    return problem(
        file, R"(found no league, allowed is {"version": 1, "conditions": [...], "locks": [...]})");
  }
  LeaguePlan plan;
  const fs::path folder = fs::path(file).parent_path();
  for (const json& entry : league["conditions"]) {
    const std::string place = file + ": /conditions/" + std::to_string(plan.conditions.size());
    auto condition = read_condition(entry, folder, place);
    if (!condition) return tl::unexpected(condition.error());
    plan.conditions.push_back(std::move(*condition));
  }
  for (const json& entry : league["locks"]) {
    auto lock = read_lock(entry, file + ": /locks/" + std::to_string(plan.locks.size()));
    if (!lock) return tl::unexpected(lock.error());
    plan.locks.push_back(std::move(*lock));
  }
  if (auto named = all_are_named(plan, folder, file); !named) return tl::unexpected(named.error());
  return plan;
}

}  // namespace holdfast::harness
