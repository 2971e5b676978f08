// What a scenario needs of the machine, and whether it is there.
#pragma once

#include <optional>
#include <string>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// Why this machine cannot run the scenario, and what to do about it; nothing: it can.
/// `program_folder`: where this program and the libraries that were built with it stand.
std::optional<std::string> what_is_missing(const Scenario& scenario,
                                           const std::string& program_folder);

/// The same, where the scenario's hosts are other machines.
std::optional<std::string> what_is_missing_elsewhere(const Scenario& scenario);

}  // namespace holdfast::harness
