// The run's folder, as far as judging needs it: history files and the fault log, read and merged.
//
//   DIR/run.json            version, hosts with their clocks' offsets, locks, start and end,
//                           left_behind; written at the end
//   DIR/history/*.events    one per worker, written by Recorder, and one per contender program,
//                           written by the preloaded recorder: layout.h
//   DIR/faults.jsonl        version and one fault a line; no such file: no fault
#pragma once

#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// What only the controller knows: DIR/run.json's part of the history.
struct RunRecord {
  std::vector<HostRecord> hosts;
  std::vector<std::string> locks;
  std::int64_t start_ns = 0;  ///< recorder's clock of the controller
  std::int64_t end_ns = 0;
  std::vector<std::string> left_behind;
  std::vector<std::string> histories;  ///< files of DIR/history, none of which may be missing
};

/// Names of the files with events in DIR/history, sorted.
/// Errors:  the folder cannot be listed.
Result<std::vector<std::string>> history_files(const std::string& run_directory);

/// Reads everything and merges it into one time line, the controller's: what a host with a clock of
/// its own recorded is moved by what its clock was off, and its uncertainty is the most that this
/// can be wrong by. Scrap behind a file's committed length is
/// passed over; anything else that is wrong - a torn file, a foreign version, two workers of one
/// name, a program without its worker - is a problem that names the file. What the killed did last,
/// and only an emulated mount has told of, is among the events: last_operations.h.
///
/// Workers are in the order of their slots, within a slot in that of their names (w3, w3'2, w3'10).
Result<History> read_history(const std::string& run_directory);

/// The same of a run that goes on, whose run.json is not written yet: `run` stands for it.
Result<History> read_history(const std::string& run_directory, const RunRecord& run);

/// Writes a whole history into a run's folder that has none: what read_history() reads is the same
/// again, if its workers and faults are in the order that reading gives them. `history/` is made.
Result<void> write_history(const std::string& run_directory, const History& history);

Result<void> write_run_record(const std::string& run_directory, const RunRecord& record);

/// Appends a fault to DIR/faults.jsonl; a crash of the controller does not lose it. Instants are
/// the recorder's clock, as in RunRecord or one of its host's (`host_clock`); `host` is an index
/// into RunRecord::hosts; `worker_name` says whom it hit. (A worker that was killed before it had a
/// history file is nobody afterwards.)
Result<void> append_fault(const std::string& run_directory, const Fault& fault);

}  // namespace holdfast::harness
