// What several runs came to, at the end of all of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/commands/one_run.h"

namespace holdfast::harness {

/// One run, as far as the summary needs it.
struct RunOutcome {
  std::string scenario;
  ExitStatus status = ExitStatus::harness_failed;
  std::string verdict =
      "FAILED";               ///< "VALID", "VIOLATED mutual_exclusion: double_break", "SKIPPED"
  std::string folder = {};    ///< as the person can type it; empty: there is none
  std::string expected = {};  ///< "valid", "violated by wedge"
  std::string seed = {};
  std::uint64_t grants = 0;
  std::uint64_t faults = 0;  ///< that took effect
  std::uint64_t faults_planned = 0;
  std::string told = {};   ///< Markdown: what happened, or why nothing did
  std::string again = {};  ///< the command that repeats it; empty: it was not judged
};

/// `result` of a run of `scenario`.
RunOutcome outcome_of(const Scenario& scenario, const RunResult& result);

/// "VIOLATED mutual_exclusion: double_break"; of a run that was not judged: SKIPPED, FAILED,
/// INTERRUPTED.
std::string verdict_words(const RunResult& result);

/// A line for each scenario with what its runs came to, and under it the runs that came out
/// otherwise than expected. Pure.
std::string summary_text(const std::vector<RunOutcome>& outcomes);

/// The same as Markdown, with what was told of the runs that came out otherwise.
std::string summary_markdown(const std::vector<RunOutcome>& outcomes);

}  // namespace holdfast::harness
