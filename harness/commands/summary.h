// What several runs came to, at the end of all of them.
#pragma once

#include <string>
#include <vector>

#include "harness/commands/one_run.h"

namespace holdfast::harness {

/// One run, as far as the summary needs it.
struct RunOutcome {
  std::string scenario;
  ExitStatus status = ExitStatus::harness_failed;
  std::string verdict;  ///< "VALID", "VIOLATED mutual_exclusion: double_break", "SKIPPED"
  std::string folder;   ///< as the person can type it; empty: there is none
};

/// "VIOLATED mutual_exclusion: double_break"; of a run that was not judged: SKIPPED, FAILED,
/// INTERRUPTED.
std::string verdict_words(const RunResult& result);

/// A line for each scenario with what its runs came to, and under it the runs that came out
/// otherwise than expected. Pure.
std::string summary_text(const std::vector<RunOutcome>& outcomes);

}  // namespace holdfast::harness
