// What the page draws a run's time line from: its lanes, every hold and file operation in them, how
// long waiting took as the run went on, and who followed whom.
//
// A hold takes about 16 bytes (packed.h). Of a run with more than kMostHolds a sketch is kept
// instead, how much of each stretch of time each lane was inside, and every hold only around what
// was found and around faults. web/timeline_data.js reads what is written here.
#pragma once

#include <cstddef>
#include <string>

#include "harness/history/history.h"
#include "harness/report/report.h"

namespace holdfast::harness {

inline constexpr std::size_t kMostHolds = 250'000;

/// JSON, of plain ASCII. A history that is not fit for judging gives lanes without holds.
/// `most_holds`: of a longer run a sketch is kept.
std::string timeline_json(const Report& report, const History& history,
                          std::size_t most_holds = kMostHolds);

}  // namespace holdfast::harness
