// The lock in which the planted mistakes are made, without a mistake, where each of them is found.
#pragma once

#include <vector>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// What is to be set in a planted mistake's scenario to run it with the sound lock that the
/// mistake's derives from, `sound.py` beside it, in which nothing may be found. Empty: it derives
/// from another, or that one makes the mistake as well.
/// Errors:  the lock's file cannot be read.
Result<std::vector<Override>> sound_peer(const Scenario& planted);

}  // namespace holdfast::harness
