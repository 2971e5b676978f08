#include "harness/commands/league_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/figures.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

// The one list of a cell's fields, for writing and for reading.
template <class Json, class Cell, class Visit>
void each_field(Json& row, Cell& cell, const Visit& visit) {
  visit(row, "lock", cell.lock);
  visit(row, "condition", cell.condition);
  visit(row, "verdict", cell.verdict);
  visit(row, "found", cell.found);
  visit(row, "why", cell.why);
  visit(row, "version", cell.version);
  visit(row, "overlaps", cell.overlaps);
  visit(row, "grants", cell.grants);
  visit(row, "handoffs", cell.handoffs);
  visit(row, "wait_ns_p50", cell.wait_ns_p50);
  visit(row, "release_ns_p50", cell.release_ns_p50);
  visit(row, "handoff_ns_p50", cell.handoff_ns_p50);
  visit(row, "handoff_ns_p99", cell.handoff_ns_p99);
  visit(row, "recoveries", cell.recoveries);
  visit(row, "recovery_ns_p50", cell.recovery_ns_p50);
  visit(row, "recovery_ns_max", cell.recovery_ns_max);
  visit(row, "seed", cell.seed);
  visit(row, "again", cell.again);
}

std::string short_name(const std::string& scenario) {
  return scenario.substr(scenario.rfind('/') + 1);
}

std::string duration_or_dash(std::int64_t ns) { return ns == 0 ? "-" : human_duration(ns); }

/// "mutual_exclusion: double_break" of the worst finding, or the verdict's own word.
std::string found_of(const Verdict& verdict) {
  if (verdict.first_class == Class::none) return "";
  std::string words(name(verdict.first_class));
  if (verdict.first_cause != Cause::none) words += ": " + std::string(name(verdict.first_cause));
  return words;
}

std::string verdicts(const LeagueTable& table, const std::vector<LeagueLock>& locks,
                     const std::vector<Scenario>& conditions) {
  std::string text = "| lock |";
  std::string rule = "|---|";
  for (const Scenario& condition : conditions) {
    text += " " + short_name(condition.name) + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const LeagueLock& lock : locks) {
    text += "| " + lock.name + " |";
    for (const Scenario& condition : conditions) {
      const LeagueCell* const cell = table.find(lock.name, short_name(condition.name));
      text += " " + (cell == nullptr ? "" : cell_words(*cell)) + " |";
    }
    text += "\n";
  }
  return text;
}

std::string figures(const LeagueTable& table, const std::vector<LeagueLock>& locks) {
  std::string text =
      "| lock | version | acquire, alone | release, alone | handoff p50 | handoff p99 | recovery "
      "p50 | recovery max | kills recovered from |\n|---|---|---|---|---|---|---|---|---|\n";
  static const LeagueCell kNone;
  const auto of = [&](const std::string& lock, const char* condition) -> const LeagueCell& {
    const LeagueCell* const cell = table.find(lock, condition);
    return cell == nullptr ? kNone : *cell;
  };
  for (const LeagueLock& lock : locks) {
    const LeagueCell& alone = of(lock.name, "alone");
    const LeagueCell& crowd = of(lock.name, "no-fault");
    const LeagueCell& killed = of(lock.name, "holder-killed");
    text += "| " + lock.name + " | " + alone.version + " | " + duration_or_dash(alone.wait_ns_p50) +
            " | " + duration_or_dash(alone.release_ns_p50) + " | " +
            duration_or_dash(crowd.handoff_ns_p50) + " | " +
            duration_or_dash(crowd.handoff_ns_p99) + " | " +
            duration_or_dash(killed.recovery_ns_p50) + " | " +
            duration_or_dash(killed.recovery_ns_max) + " | " + grouped(killed.recoveries) + " |\n";
  }
  return text;
}

std::string findings(const LeagueTable& table, const std::vector<LeagueLock>& locks,
                     const std::vector<Scenario>& conditions) {
  std::string text;
  for (const LeagueLock& lock : locks) {
    std::string own;
    for (const Scenario& condition : conditions) {
      const LeagueCell* const cell = table.find(lock.name, short_name(condition.name));
      if (cell == nullptr || cell->verdict == "valid" || cell->verdict == "skipped") continue;
      own += "- **" + cell->condition + "**: " + cell_words(*cell) + ", in " +
             counted(cell->grants, "grant") +
             (cell->overlaps == 0
                  ? ""
                  : ", " + counted(cell->overlaps, "pair") + " of holders inside together") +
             ". " + cell->why + "\n  `" + cell->again + "`\n";
    }
    if (!own.empty()) text += "### " + lock.name + "\n\n" + own + "\n";
  }
  return text;
}

}  // namespace

const LeagueCell* LeagueTable::find(const std::string& lock, const std::string& condition) const {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const LeagueCell& cell) {
    return cell.lock == lock && cell.condition == condition;
  });
  return found == cells.end() ? nullptr : &*found;
}

void LeagueTable::put(LeagueCell cell) {
  const auto same = std::find_if(cells.begin(), cells.end(), [&](const LeagueCell& known) {
    return known.lock == cell.lock && known.condition == cell.condition;
  });
  if (same == cells.end()) {
    cells.push_back(std::move(cell));
  } else {
    *same = std::move(cell);
  }
}

Result<std::vector<LeagueLock>> read_league_locks(const std::string& file) {
  const auto text = read_stored(file);
  if (!text) return tl::unexpected(text.error());
  const json league = json::parse(*text, nullptr, false);
  const bool is_league = league.is_object() && league.value("version", json()) == 1 &&
                         league.contains("contenders") && league["contenders"].is_array();
  if (!is_league) {
    return problem(file, R"(found no league, allowed is {"version": 1, "contenders": [...]})");
  }
  std::vector<LeagueLock> locks;
  for (const json& entry : league["contenders"]) {
    const std::string place = file + ": /contenders/" + std::to_string(locks.size());
    const bool fits = entry.is_object() && entry.contains("name") && entry["name"].is_string() &&
                      entry.contains("contender");
    if (!fits) return problem(place, R"(a lock needs a "name", a string, and a "contender")");
    LeagueLock lock;
    lock.name = entry["name"];
    lock.contender = entry["contender"].dump();
    lock.needs = entry.value("requires", json::array()).dump();
    lock.package = entry.value("package", std::string());
    locks.push_back(std::move(lock));
  }
  return locks;
}

LeagueCell cell_of(const LeagueLock& lock, const Report& report) {
  LeagueCell cell;
  cell.lock = lock.name;
  cell.condition = short_name(report.scenario.name);
  cell.verdict = std::string(name(report.verdict.value));
  cell.found = found_of(report.verdict);
  cell.why = report.violations.empty() ? report.verdict.reason
                                       : report.violations.front().finding.sentence;
  cell.version = report.facts.contender;
  const auto overlaps = report.verdict.counts.find(Class::mutual_exclusion);
  if (overlaps != report.verdict.counts.end()) cell.overlaps = overlaps->second;
  cell.grants = report.verdict.power.grants;
  cell.handoffs = report.verdict.power.handoffs_between_workers;
  const Latencies& all = report.measures.all;
  cell.wait_ns_p50 = all.wait.percentile(0.5);
  cell.release_ns_p50 = all.release.percentile(0.5);
  cell.handoff_ns_p50 = all.handoff.percentile(0.5);
  cell.handoff_ns_p99 = all.handoff.percentile(0.99);
  cell.recoveries = all.recovery.count();
  cell.recovery_ns_p50 = all.recovery.percentile(0.5);
  cell.recovery_ns_max = all.recovery.max();
  return cell;
}

std::string cell_words(const LeagueCell& cell) {
  if (cell.verdict == "violated") return "**" + cell.found + "**";
  if (cell.verdict == "unknown" && cell.grants == 0) return "never granted";
  if (cell.verdict == "unknown") return "unknown (" + cell.found + ")";
  return cell.verdict;
}

std::string league_markdown(const LeagueTable& table, const std::vector<LeagueLock>& locks,
                            const std::vector<Scenario>& conditions) {
  std::string text =
      "# The league\n\nWhat the harness makes of locks that people use, ours included. Written by "
      "`" +
      table.command + "`, " + table.origin.date + ", holdfast " + table.origin.version + ", on " +
      table.origin.machine +
      ".\n\nOne run of each lock under each condition, with its default behaviour and a lifetime "
      "of "
      "2 s\nwhere it has one. What is **bold** was violated, and how. *valid*: nothing was found "
      "in "
      "that one\nrun, which for a rare race is not much. *unknown*: the run shows neither. *never "
      "granted*: the lock\ncannot work there at all, such as a kernel lock on a mount that has "
      "none.\n\n";
  for (const Scenario& condition : conditions) {
    text += "- *" + short_name(condition.name) + "*: " + condition.about + "\n";
  }
  text +=
      "\n" + verdicts(table, locks, conditions) +
      "\n## Figures\n\nOn one machine that did other work, too: compare rows. *alone*: median of a "
      "lone user, pipes to a\nprogram included. *handoff*: from a release's call to the grant of "
      "one who waited then, eight workers.\n*recovery*: from a holder's death to the next "
      "grant.\n\n" +
      figures(table, locks) + "\n## What was found\n\n" + findings(table, locks, conditions);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string league_json(const LeagueTable& table) {
  ordered_json league = {{"schema_version", kSchemaVersion}, {"version", table.origin.version},
                         {"date", table.origin.date},        {"machine", table.origin.machine},
                         {"command", table.command},         {"cells", ordered_json::array()}};
  for (const LeagueCell& cell : table.cells) {
    ordered_json row;
    each_field(row, cell,
               [](ordered_json& to, const char* key, const auto& value) { to[key] = value; });
    league["cells"].push_back(std::move(row));
  }
  return league.dump(2) + "\n";
}

Result<LeagueTable> parse_league(const std::string& text, const std::string& file) {
  const json league = json::parse(text, nullptr, false);
  if (!league.is_object() || league.value("schema_version", json()) != kSchemaVersion) {
    return problem(file, "is no table of the league of version 1: remove it, and run all again");
  }
  LeagueTable table;
  try {
    table.origin.version = league.at("version");
    table.origin.date = league.at("date");
    table.origin.machine = league.at("machine");
    table.command = league.at("command");
    for (const json& row : league.at("cells")) {
      each_field(
          row, table.cells.emplace_back(),
          [](const json& from, const char* key, auto& value) { from.at(key).get_to(value); });
    }
  } catch (const json::exception& error) {
    return problem(file, std::string("does not fit: ") + error.what());
  }
  return table;
}

}  // namespace holdfast::harness
