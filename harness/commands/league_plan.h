// What the league is made of: which locks are run under which conditions, and how often.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

struct LeagueLock {
  std::string name;
  std::string contender;                     ///< JSON, a scenario's /contender
  std::string needs;                         ///< JSON, a scenario's /requires
  std::string package;                       ///< Debian's, where it is from; empty: it is built in
  std::map<std::string, std::string> notes;  ///< what to know of a finding, by condition
};

struct LeagueCondition {
  Scenario scenario;
  std::uint64_t runs = 1;  ///< of each lock: what few runs show of a race is little
  bool apart = false;      ///< with no other run beside it, as it is there for its figures
};

struct LeaguePlan {
  std::vector<LeagueCondition> conditions;  ///< in the order of the table's columns
  std::vector<LeagueLock> locks;            ///< in the order of its rows
};

/// Reads scenarios/league/all.league, and the scenarios beside it that it names.
/// Errors:  the file and the place in it that does not fit; a scenario that it does not name.
Result<LeaguePlan> read_league_plan(const std::string& file);

}  // namespace holdfast::harness
