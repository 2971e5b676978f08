// The run's folder, as far as judging needs it: history files and the fault log, read and merged.
//
//   DIR/run.json            version, hosts, workers, locks, start and end, left_behind
//   DIR/history/*.events    one per worker, written by Recorder (and by the preloaded recorder)
//   DIR/faults.jsonl        one fault a line
#pragma once

#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// Reads everything and merges it into one time line. A torn file, a foreign version, two workers
/// of one name: a problem that names the file.
Result<History> read_history(const std::string& run_directory);

/// What only the controller knows: DIR/run.json's part of the history.
struct RunRecord {
  std::vector<HostRecord> hosts;
  std::vector<std::string> locks;
  std::int64_t start_ns = 0;  ///< recorder's clock of the controller
  std::int64_t end_ns = 0;
  std::vector<std::string> left_behind;
};
Result<void> write_run_record(const std::string& run_directory, const RunRecord& record);

/// Appends faults to DIR/faults.jsonl, each line durable against a crash of the controller.
Result<void> append_fault(const std::string& run_directory, const Fault& fault);

}  // namespace holdfast::harness
