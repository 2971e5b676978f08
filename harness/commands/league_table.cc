#include "harness/commands/league_table.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSchemaVersion = 2;

constexpr const char* kIntroduction = R"(
Each lock runs with its default behaviour and a lifetime of 2 s where it has one, 5 s where it
cannot renew it. Where its own wait between two tries is seconds long or cannot be given up, it is
tried every 10 ms instead (filelock: 50 ms): handoff and recovery are then better than its users'.
liblockfile and dotlockfile write their pid, which is an option of theirs.

What is **bold** was violated: two holders at once, or else what was found most often, and in how
many of the runs anything was. *valid*: nothing was found, which for a rare race is not much.
*unknown*: the runs show neither. *unknown (vacuous)*: nobody ever was in anybody's way, as a lone
user is not. *unknown (never granted)*: every acquire failed, and the lock cannot work there at
all, such as a kernel lock on the emulated mount, which has no lock service. Real NFS has one
(`scenarios/server/flock-v4.2`). *wedge*: somebody waited in vain for 5 s more than the lock's
lifetime and margin, so a shorter run shows none. *wedge: never_granted*: the same as *unknown
(never granted)* of a lock that does not say so, and waits for ever.

)";

constexpr const char* kFigures = R"(
## Figures

*alone*: median of a lone user, pipes to a program included. *handoffs*: grants after a hold of
another process, under *no-fault*. *handoff*: from a release's call to the grant of one who waited
then. *recovery*: from a holder's death to the next grant; of several runs one is told. All are on
one machine, where a dead holder's pid can be looked up; from another machine a lease has to run
out. *load*: how many processes ran or wanted to, on average over the minute before each of these
three runs; where they are more than the machine has processors, the figures say more of it than
of the lock: compare rows of like load.

)";

// The one list of a cell's fields, for writing and for reading.
template <class Json, class Cell, class Visit>
void each_field(Json& row, Cell& cell, const Visit& visit) {
  visit(row, "lock", cell.lock);
  visit(row, "condition", cell.condition);
  visit(row, "verdict", cell.verdict);
  visit(row, "found", cell.found);
  visit(row, "why", cell.why);
  visit(row, "version", cell.version);
  visit(row, "harness", cell.origin.version);
  visit(row, "date", cell.origin.date);
  visit(row, "machine", cell.origin.machine);
  visit(row, "runs", cell.runs);
  visit(row, "tally", cell.tally);
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
  visit(row, "load", cell.load);
  visit(row, "seed", cell.seed);
  visit(row, "again", cell.again);
}

std::string duration_or_dash(std::int64_t ns) { return ns == 0 ? "-" : human_duration(ns); }

std::string without(const std::string& text, std::string_view beginning) {
  return text.starts_with(beginning) ? text.substr(beginning.size()) : text;
}

/// What a cell counts its runs by: what was found, or the verdict's own word.
std::string outcome(const LeagueCell& cell) {
  return cell.verdict == "violated" ? cell.found : cell.verdict;
}

std::uint64_t times(const LeagueCell& cell, const std::string& outcome) {
  const auto found = cell.tally.find(outcome);
  return found == cell.tally.end() ? 0 : found->second;
}

/// The runs in which something was violated.
std::uint64_t violated(const LeagueCell& cell) {
  std::uint64_t sum = 0;
  for (const auto& [outcome, count] : cell.tally) {
    if (outcome != "valid" && outcome != "unknown") sum += count;
  }
  return sum;
}

/// From the harmless to what a reader must know: two holders at once before all else.
int weight(const LeagueCell& cell) {
  if (cell.verdict == "violated") return cell.found.starts_with("mutual_exclusion") ? 3 : 2;
  return cell.verdict == "unknown" ? 1 : 0;
}

/// "In all: mutual_exclusion: double_break 2, wedge 1.", where its runs differ.
std::string tally_words(const LeagueCell& cell) {
  if (cell.tally.size() < 2) return {};
  std::string text;
  for (const auto& [outcome, count] : cell.tally) {
    text += (text.empty() ? " In all: " : ", ") + outcome + " " + std::to_string(count);
  }
  return text + ".";
}

/// "12 cells by holdfast 0.1 abc, 2026-11-23, on 2 processors", for each build, day and machine.
std::string origins(const LeagueTable& table) {
  std::map<std::string, std::size_t> cells;
  for (const LeagueCell& cell : table.cells) {
    if (cell.verdict == "skipped") continue;
    ++cells["holdfast " + cell.origin.version + ", " + cell.origin.date + ", on " +
            cell.origin.machine];
  }
  std::string text;
  for (const auto& [origin, count] : cells) {
    text += "- " + counted(count, "cell") + " by " + origin + "\n";
  }
  return text;
}

/// "1.2, 0.8, 5.1"; a dash for what was not run.
std::string loads(const std::vector<const LeagueCell*>& cells) {
  std::string text;
  for (const LeagueCell* const cell : cells) {
    if (!text.empty()) text += ", ";
    text += cell->runs == 0 ? "-" : with_decimals(cell->load, 1);
  }
  return text;
}

std::string verdicts(const LeagueTable& table, const LeaguePlan& plan) {
  std::string text = "| lock |";
  std::string rule = "|---|";
  for (const LeagueCondition& condition : plan.conditions) {
    text += " " + short_name(condition.scenario) + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const LeagueLock& lock : plan.locks) {
    text += "| " + lock.name + " |";
    for (const LeagueCondition& condition : plan.conditions) {
      const LeagueCell* const cell = table.find(lock.name, short_name(condition.scenario));
      text += " " + (cell == nullptr ? "" : cell_words(*cell)) + " |";
    }
    text += "\n";
  }
  return text;
}

std::string figures(const LeagueTable& table, const LeaguePlan& plan) {
  std::string text =
      "| lock | version | acquire, alone | release, alone | handoffs | handoff p50 | handoff p99 | "
      "recovery p50 | recovery max | kills recovered from | load "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|\n";
  static const LeagueCell kNone;
  const auto of = [&](const std::string& lock, const char* condition) -> const LeagueCell& {
    const LeagueCell* const cell = table.find(lock, condition);
    return cell == nullptr ? kNone : *cell;
  };
  for (const LeagueLock& lock : plan.locks) {
    const LeagueCell& alone = of(lock.name, "alone");
    const LeagueCell& crowd = of(lock.name, "no-fault");
    const LeagueCell& killed = of(lock.name, "holder-killed");
    const std::string& version = alone.version.empty() ? crowd.version : alone.version;
    text += "| " + lock.name + " | " + version + " | " + duration_or_dash(alone.wait_ns_p50) +
            " | " + duration_or_dash(alone.release_ns_p50) + " | " + grouped(crowd.handoffs) +
            " | " + duration_or_dash(crowd.handoff_ns_p50) + " | " +
            duration_or_dash(crowd.handoff_ns_p99) + " | " +
            duration_or_dash(killed.recovery_ns_p50) + " | " +
            duration_or_dash(killed.recovery_ns_max) + " | " + grouped(killed.recoveries) + " | " +
            loads({&alone, &crowd, &killed}) + " |\n";
  }
  return text;
}

std::string note_of(const LeagueLock& lock, const std::string& condition) {
  const auto note = lock.notes.find(condition);
  return note == lock.notes.end() ? "" : " " + note->second;
}

/// There nobody can be in anybody's way: that the run shows no exclusion is nothing found.
bool is_of_a_lone_user(const LeagueCondition& condition) {
  const auto& hosts = condition.scenario.hosts;
  return hosts.size() == 1 && hosts.front().workers == 1;
}

std::string findings(const LeagueTable& table, const LeaguePlan& plan) {
  std::string text;
  for (const LeagueLock& lock : plan.locks) {
    std::string own;
    for (const LeagueCondition& condition : plan.conditions) {
      const LeagueCell* const cell = table.find(lock.name, short_name(condition.scenario));
      if (cell == nullptr || cell->verdict == "valid" || cell->verdict == "skipped") continue;
      if (cell->verdict == "unknown" && cell->grants > 0 && is_of_a_lone_user(condition)) continue;
      own += "- **" + cell->condition + "**: " + cell_words(*cell) + ", in " +
             counted(cell->grants, "grant") +
             (cell->overlaps == 0
                  ? ""
                  : ", " + counted(cell->overlaps, "pair") + " of holders inside together") +
             ". " + cell->why + note_of(lock, cell->condition) + tally_words(*cell) + "\n  `" +
             cell->again + "`\n";
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

void LeagueTable::add(LeagueCell cell) {
  const LeagueCell* const known = find(cell.lock, cell.condition);
  const bool first = known == nullptr || known->runs == 0;
  if (cell.verdict != "failed" && cell.verdict != "skipped") {
    cell.runs = 1;
    cell.tally = {{outcome(cell), 1}};
  }
  if (first) return put(std::move(cell));
  if (cell.runs == 0) return;
  LeagueCell sum = *known;
  ++sum.runs;
  ++sum.tally[outcome(cell)];
  const bool more_often = times(sum, outcome(cell)) > times(sum, outcome(*known));
  sum.origin = cell.origin;
  if (weight(cell) > weight(sum) || (weight(cell) == weight(sum) && more_often)) {
    cell.runs = sum.runs;
    cell.tally = std::move(sum.tally);
    sum = std::move(cell);
  }
  put(std::move(sum));
}

LeagueCell cell_of(const LeagueLock& lock, const Report& report) {
  LeagueCell cell;
  cell.lock = lock.name;
  cell.condition = short_name(report.scenario);
  cell.verdict = std::string(name(report.verdict.value));
  cell.found = words_of(report.verdict);
  cell.why = report.violations.empty() ? report.verdict.reason
                                       : report.violations.front().finding.sentence;
  cell.version = report.facts.contender;
  const auto overlaps = report.verdict.counts.find(Class::mutual_exclusion);
  if (overlaps != report.verdict.counts.end()) cell.overlaps = overlaps->second;
  if (!report.facts.machines.empty()) cell.load = report.facts.machines[0].load.value_or(0);
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
  if (cell.grants == 0 && cell.verdict == "unknown") return "unknown (never granted)";
  std::string words = cell.verdict;
  if (cell.verdict == "violated") words = "**" + cell.found + "**";
  if (cell.verdict == "unknown") words += " (" + without(cell.found, "inconclusive: ") + ")";
  if (cell.runs <= 1) return words;
  const std::uint64_t all = cell.verdict == "violated" ? violated(cell) : times(cell, cell.verdict);
  return words + ", " + std::to_string(all) + " of " + std::to_string(cell.runs);
}

std::string league_markdown(const LeagueTable& table, const LeaguePlan& plan) {
  std::string text =
      "# The league\n\nWhat the harness makes of locks that people use, ours included. Written by "
      "`" +
      table.command + "`:\n\n" + origins(table) + kIntroduction;
  for (const LeagueCondition& condition : plan.conditions) {
    text += "- *" + short_name(condition.scenario) + "*: " + condition.scenario.about + "\n";
  }
  text += "\n" + verdicts(table, plan) + kFigures + figures(table, plan) +
          "\n## What was found\n\n" + findings(table, plan);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string league_json(const LeagueTable& table) {
  ordered_json league = {{"schema_version", kSchemaVersion},
                         {"command", table.command},
                         {"cells", ordered_json::array()}};
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
    return problem(file, "is no table of the league of version 2: remove it, and run all again");
  }
  LeagueTable table;
  try {
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
