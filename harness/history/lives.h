// The lives of a worker's slot: whoever is killed is replaced, and the one that replaces it has the
// slot's name and the number of its life.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/history.h"

namespace holdfast::harness {

/// "h1.w3'12" is the 12th life of its slot, "h1.w3" the first. What follows the number is no
/// matter.
std::uint64_t life_of(const std::string& worker);

/// Which of a host's clocks that life went by; none: it was the controller's.
std::optional<std::size_t> clock_of_life(const std::vector<RecorderClock>& clocks,
                                         std::uint64_t life);

}  // namespace holdfast::harness
