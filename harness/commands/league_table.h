// The league: what became of each lock under each condition, as league.md and league.json.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/commands/league_plan.h"
#include "harness/commands/run_table.h"
#include "harness/report/report.h"

namespace holdfast::harness {

/// What the runs of one lock under one condition have shown. Where they differ, it is told by one
/// of those that found two holders at once, or else what was found most often.
struct LeagueCell {
  std::string lock;
  std::string condition;  ///< the scenario's name, without its family
  std::string verdict;    ///< "valid", "violated", "unknown", "skipped", "failed"
  std::string found;      ///< "mutual_exclusion: double_break"; of a skip the reason
  std::string why;        ///< a sentence
  std::string version;    ///< what the lock says that it is
  TableOrigin origin;     ///< of its last run
  std::uint64_t runs = 0;
  std::map<std::string, std::uint64_t> tally;  ///< runs by what they found
  std::uint64_t overlaps = 0;                  ///< pairs of holders that were inside together
  std::uint64_t grants = 0;
  std::uint64_t handoffs = 0;
  std::int64_t wait_ns_p50 = 0;  ///< from an acquire's call to its success
  std::int64_t release_ns_p50 = 0;
  std::int64_t handoff_ns_p50 = 0;
  std::int64_t handoff_ns_p99 = 0;
  std::uint64_t recoveries = 0;  ///< of killed holders' locks
  std::int64_t recovery_ns_p50 = 0;
  std::int64_t recovery_ns_max = 0;
  double load = 0;  ///< of the machine, the mean over the minute before the run
  std::string seed;
  std::string again;  ///< the command that repeats the run
};

struct LeagueTable {
  std::string command;  ///< that wrote it last
  std::vector<LeagueCell> cells;

  const LeagueCell* find(const std::string& lock, const std::string& condition) const;
  /// Puts it in the place of the one that there was.
  void put(LeagueCell cell);
  /// Adds what one run was to those that there are. One that failed or was skipped changes nothing
  /// of what others have shown.
  void add(LeagueCell cell);
};

LeagueCell cell_of(const LeagueLock& lock, const Report& report);

std::string league_markdown(const LeagueTable& table, const LeaguePlan& plan);
std::string league_json(const LeagueTable& table);
/// Errors:  it is no table, or one of another version.
Result<LeagueTable> parse_league(const std::string& text, const std::string& file);

/// "**mutual_exclusion: double_break**, 3 of 5", for the terminal and for the table.
std::string cell_words(const LeagueCell& cell);

}  // namespace holdfast::harness
