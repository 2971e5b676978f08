// What lies in the locks' directory after everybody has ended, and should not.
#pragma once

#include <string>
#include <vector>

#include "harness/contender/contender.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// Everything in `directory` that belongs neither to what stays of a lock (Traits::keeps) nor to
/// what the locks protect (counters, fences). Paths relative to it, into all depths, sorted; those
/// of directories end in '/'. Whether a baton's own directory is in order is the checker's to say.
Result<std::vector<std::string>> left_behind(const std::string& directory,
                                             const std::vector<std::string>& locks,
                                             const Traits& traits);

}  // namespace holdfast::harness
