// What lies in the locks' directory after everybody has ended, and should not.
#pragma once

#include <string>
#include <vector>

#include "harness/contender/contender.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// The names in `directory` that belong to nothing that stays: not to a lock (Traits::keeps), not
/// to what the locks protect (counters, fences). Sorted. After an orderly end each is an orphan.
Result<std::vector<std::string>> left_behind(const std::string& directory,
                                             const std::vector<std::string>& locks,
                                             const Traits& traits);

}  // namespace holdfast::harness
