// Exit statuses of runs: whether the verdict is what the scenario expects.
#pragma once

#include <vector>

#include "harness/checker/finding.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

enum class ExitStatus : int {
  as_expected = 0,
  violated = 1,        ///< and not expected
  unknown = 2,         ///< and not expected
  bad_usage = 3,       ///< or a bad scenario
  harness_failed = 4,  ///< the harness itself: the run says nothing about the lock
  mismatch = 5,        ///< an expected violation was not found, or another one was
  skipped = 6,         ///< the machine does not offer what the scenario requires
  interrupted = 130,
};

/// Pure. An expected class, with its cause if one is given, is met by any finding of that class and
/// cause, next to whatever else was found: one broken lock shows itself in several ways.
ExitStatus exit_status(const Verdict& verdict, const Expect& expect);

/// Of several runs: the first of interrupted, 4, 3, 1, 5, 2, 6, 0 that occurs; 3 for none at all.
ExitStatus worst(const std::vector<ExitStatus>& statuses);

/// "as expected", "violated, which is not what the scenario expects", ...
const char* describe(ExitStatus status);

}  // namespace holdfast::harness
