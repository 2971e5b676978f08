// Findings with everything that they point to spelled out.
#pragma once

#include <vector>

#include "harness/report/report.h"

namespace holdfast::harness {

/// Of every finding that the checkers kept, in the order of the checkers; those of one checker in
/// its own order. A finding that points to what the history does not have is spelled out as far as
/// it goes.
std::vector<Violation> spell_out(const History& history, const Verdict& verdict);

}  // namespace holdfast::harness
