// What every checker takes for granted of a history, checked before any of them judges.
#pragma once

#include <string>
#include <vector>

#include "harness/checker/checker.h"

namespace holdfast::harness {

/// The assumptions, in words; the same for every history.
std::vector<std::string> assumptions();

/// Of a run that goes on nobody has to have ended yet.
enum class Stage { goes_on, over };

/// Findings of class harness_error: what makes this history unfit for judging.
CheckResult check_assumptions(const History& history, const Terms& terms,
                              Stage stage = Stage::over);

}  // namespace holdfast::harness
