// What only the run itself knows, beyond the history: kept in the run's folder, so that a stored
// run can be judged and reported again without asking the machine anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checker/checker.h"
#include "harness/report/environment.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// What the hosts' NFS clients asked the server for, all of them together.
struct NfsOperation {
  std::string operation;  ///< the protocol's name: "RENAME"
  std::uint64_t count = 0;
};

struct RunFacts {
  std::string version;                    ///< of holdfast; build_facts() fills these three
  std::string commit;                     ///< empty: built outside a repository
  std::string build;                      ///< "Release, g++ 12.2.0, address sanitizer"
  std::vector<std::string> command_line;  ///< as it was given
  std::string again;                      ///< the command that repeats this very run
  std::int64_t started_unix_ms = 0;       ///< UTC
  std::int64_t ended_unix_ms = 0;
  std::string contender;  ///< Traits::name: "flufl.lock 5.0.1"
  bool interrupted = false;
  std::vector<Machine> machines;
  std::vector<NfsOperation> nfs_operations;  ///< while the workers worked; empty: nobody counted
  Terms terms;                               ///< what the run is judged by
};

/// RunFacts with version, commit and build of this very program.
RunFacts build_facts();

/// DIR/facts.json. Errors: the file, and the system's reason or the place that does not fit.
Result<void> write_facts(const std::string& run_directory, const RunFacts& facts);
Result<RunFacts> read_facts(const std::string& run_directory);

}  // namespace holdfast::harness
