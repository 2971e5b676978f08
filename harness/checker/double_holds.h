// How many holds exclude each other no more: the one figure that is wanted while a run goes on.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/checker/checker.h"

namespace holdfast::harness {

/// The findings of mutual_exclusion so far, counted as judge() counts them and without their
/// stories; the workers need not have ended. None: the history is not fit for judging.
std::optional<std::uint64_t> count_double_holds(const History& history, const Terms& terms);

}  // namespace holdfast::harness
