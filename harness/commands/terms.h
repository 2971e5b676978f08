// What a run is judged by: the scenario's bounds, and what the contender says of itself.
#pragma once

#include "harness/checker/checker.h"
#include "harness/contender/contender.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// Pure. `final_counter` is only known after the run, and is the caller's to set.
Terms terms_of(const Scenario& scenario, const Traits& traits);

}  // namespace holdfast::harness
