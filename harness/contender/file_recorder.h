// Recording the file operations of a contender program: a library that is preloaded into it.
//
// What it sees is what goes through the C library's functions; a static program shows nothing, and
// its verdicts have no cause.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/contender/factory.h"

namespace holdfast::harness {

/// The library, which is built with the harness and stands in `folder`, beside the program.
///
/// Errors: it is not there.
Result<std::string> file_recorder_library(const std::string& folder);

/// What tells it where to write, whose events they are, and of which directory.
std::vector<std::pair<std::string, std::string>> file_recorder_environment(const Station& station);

}  // namespace holdfast::harness
