// Bends the wall clock of contender programs, through libfaketime.
//
// One small file per logical host says the offset; every program of that host is started with
// libfaketime preloaded and looks at the file anew at each reading of its clock. Elapsed clocks and
// the stamps of files are left alone, as they are on a host whose wall clock is wrong. What
// libfaketime 0.9.10 gets wrong then, an absolute clock_nanosleep(2), is mended by a preloaded
// library of our own that stands before it (preload/faketime_repairs.cc).
//
// A rate is given by moving the offset on at short intervals, and not by libfaketime's own factor:
// that one counts from the start of each process, so two programs of one host would disagree.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

/// What the file says for an offset: "+3600.000000000".
std::string faketime_text(std::int64_t offset_ns);

/// Makes or replaces the file in one step, so that no program ever reads half of it.
Result<void> write_faketime(const std::string& file, std::int64_t offset_ns);

/// Where this program stands, and what was built with it.
Result<std::string> program_folder();

/// The libraries to be preloaded, in order; our own is looked for in `folder`, which is normally
/// program_folder(). Errors: libfaketime is not installed, or our own library is not there.
Result<std::vector<std::string>> faketime_libraries(const std::string& folder);

/// Variables for the environment of a program of the host whose file this is: all but LD_PRELOAD,
/// which the caller composes of faketime_libraries() and what else it preloads.
std::vector<std::pair<std::string, std::string>> faketime_environment(const std::string& file);

/// Removes what libfaketime leaves in shared memory when the process `pid` was killed.
void remove_faketime_traces(std::int64_t pid);

/// Asks a fresh process under libfaketime for the time, and compares it with the real clock.
///
/// Units:   nanoseconds; true to half the time that the process took, some milliseconds.
Result<std::int64_t> measure_faketime(const std::string& file,
                                      const std::vector<std::string>& libraries);

}  // namespace holdfast::harness
