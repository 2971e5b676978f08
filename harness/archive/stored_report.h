// A report.json, read again: what is compared with other runs, and listed among them.
//
// Reports come from other builds, other machines, and from artefacts that somebody cut down. One
// that does not fit is named with the place that does not, and never half understood.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/exit_status.h"
#include "harness/report/histogram.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// One step of a lock's use in one run, all grants together.
struct StoredLatency {
  std::uint64_t count = 0;
  std::int64_t min_ns = 0, max_ns = 0, p50_ns = 0, p99_ns = 0;  ///< 0: there is none
  std::vector<Bin> bins;
};

struct StoredReport {
  std::string folder;  ///< where it is; the caller's words
  std::string scenario, contender, seed;
  std::string again;            ///< the command that repeats it
  std::string version, commit;  ///< of the holdfast that made the run
  std::int64_t started_unix_ms = 0;
  std::int64_t duration_ns = 0;
  std::string verdict;  ///< "valid", "violated", "unknown"
  std::string found;    ///< "mutual_exclusion: double_break" of the worst finding; empty: nothing
  std::string reason;   ///< one sentence
  ExitStatus status = ExitStatus::harness_failed;
  std::map<std::string, std::uint64_t> classes;  ///< how often each was found
  std::uint64_t grants = 0, handoffs = 0;
  std::uint64_t faults = 0, faults_effective = 0;
  std::map<std::string, StoredLatency> latency;  ///< by the step's name
  std::optional<double> grants_per_second;
  std::map<std::string, double> operations_per_grant;  ///< by kind; "all": together
  /// What was run and on what, as JSON pointers to JSON texts. What differs in each run without
  /// meaning anything (seed, load, names of passing directories) is not among them.
  std::map<std::string, std::string> scenario_keys, environment_keys;
  std::optional<double> load;  ///< of the first machine, before the run
};

/// Pure. `place`: the file, for what is said of it.
///
/// Errors:  it is no report, or one of another schema_version: with the way to make it anew.
Result<StoredReport> parse_stored_report(std::string_view text, const std::string& place);

/// FOLDER/report.json.
Result<StoredReport> read_stored_report(const std::string& folder);

}  // namespace holdfast::harness
