// Reads what the controller wrote; store.h has the writing half.
#pragma once

#include <string>
#include <vector>

#include "harness/history/store.h"

namespace holdfast::harness {

/// DIR/run.json. Anything but a whole file of this version is a problem.
Result<RunRecord> read_run_record(const std::string& run_directory);

/// DIR/faults.jsonl, instants as written, `worker` not yet found; no such file: no faults.
Result<std::vector<Fault>> read_faults(const std::string& run_directory);

}  // namespace holdfast::harness
