// A schedule that failed, as far as a scenario can express it: for real processes on an emulated
// mount, again and again instead of once.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/sim/shrink.h"

namespace holdfast::harness {

struct ExportedScenario {
  std::string text;                ///< JSON, as scenarios/README.md describes it
  std::vector<std::string> notes;  ///< what it cannot express, in words
};

/// The faults of the schedule, each as the nemesis or the emulated mount has it. Whose turn it is
/// cannot be said in a scenario: what needs an interleaving comes about by itself, often enough if
/// the run is long enough.
///
/// Errors:  the lock exists in the simulated world only; nothing went wrong that a scenario can
///          bring about.
Result<ExportedScenario> export_scenario(const sim::Failure& failure, const std::string& replay);

}  // namespace holdfast::harness
