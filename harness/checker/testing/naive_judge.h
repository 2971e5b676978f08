// A second judge, for tests: every definition of README.md read off literally, by loops over all
// pairs of events. Slow and simple, and without a line that it shares with the checkers.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/checker/checker.h"

namespace holdfast::harness {

/// What a judgement comes to, by name: "grants", "contended", "kills_inside", "leases_run_out"; the
/// number of findings of each class, "wedge"; of each cause or kind of those that have one,
/// "mutual_exclusion/double_break"; and "verdict", as a Value. What is 0 is left out.
using Counts = std::map<std::string, std::uint64_t>;

/// Of a history that is fit for judging, without requests that were carried out twice or other than
/// they were answered.
Counts naive_judge(const History& history, const Terms& terms);

/// What judge() has found, in the same words.
Counts counts_of(const Verdict& verdict);

}  // namespace holdfast::harness
