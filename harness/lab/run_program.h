// Runs a program to its end.
#pragma once

#include <string>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// Runs it with `input` on its standard input, and returns what it said on both outputs. Of a
/// daemon the first process ends, and that is all that is waited for.
///
/// Errors:  it could not be started, or failed: then with what it said.
Result<std::string> run_program(const std::vector<std::string>& words,
                                const std::string& input = {});

}  // namespace holdfast::harness::lab
