// How much a run could have shown.
#pragma once

#include <string>
#include <vector>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// Everything but violation_rate_bound, which needs the verdict: see rate_bound.
Power measure_power(const Evidence& evidence);

/// The names under which a fault is counted: its kind, and its kind with each of its sorts:
/// "error", "error EIO applied later". A kill at a file operation is of the sort of
/// that: "kill rename".
std::vector<std::string> counted_as(const Fault& fault);

/// The 95 % upper bound for violations per handoff when none was found in `handoffs`: 3 / N.
double rate_bound(std::uint64_t handoffs);

}  // namespace holdfast::harness
