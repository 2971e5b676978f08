// What is to be explored, as a file: {"version": 1, "holdfast": "exploration", "cases": [...]}.
//
// Each case names a contender and what must come out: {"contender": "flufl_exact", "expects":
// "mutual_exclusion", "schedules": 100000}. What it leaves out is as in Range. README.md,
// "Explorations", has the whole format.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/sim/explorer.h"

namespace holdfast::harness::sim {

struct Case {
  std::string name;  ///< the contender's, unless the case has one
  Range range;
  std::uint64_t schedules = 0;
  std::string expects;           ///< a checker, or "any"; empty: nothing may be found
  std::string cause;             ///< of that; empty: any
  bool out_of_contract = false;  ///< only what is

  /// What of all that can go wrong counts; what else such a lock does wrong does not.
  Sought sought() const { return {expects == "any" ? "" : expects, cause, out_of_contract}; }
};

/// `place`: the file's name. An empty list: the text is JSON, and no exploration.
Result<std::vector<Case>> parse_cases(const std::string& text, const std::string& place);

}  // namespace holdfast::harness::sim
