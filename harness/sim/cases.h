// What is to be explored, as a file: {"version": 1, "holdfast": "exploration", "cases": [...]}.
//
// Each case names a contender and what must come out: {"contender": "flufl_exact", "expects":
// "mutual_exclusion", "schedules": 100000}. What it leaves out is as in Range. scenarios/README.md
// has the whole format.
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
  std::string expects;  ///< a checker; empty: nothing may be found
  std::string cause;    ///< with `expects`; empty: none
};

/// `place`: the file's name. An empty list: the text is JSON, and no exploration.
Result<std::vector<Case>> parse_cases(const std::string& text, const std::string& place);

}  // namespace holdfast::harness::sim
