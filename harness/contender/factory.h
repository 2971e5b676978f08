// Makes contenders by name.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/contender/contender.h"
#include "harness/history/recorder.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// Where a process kills itself: before or after the n-th file operation of a kind.
struct CrashPoint {
  std::string operation;  ///< one of kill_operations(); empty: nowhere
  std::uint64_t at = 0;   ///< counted from 1
  bool before = false;
};

/// Where a contender stands: its lock, its host, and who watches it.
struct Station {
  std::string directory;    ///< where the locks live; absolute
  std::string lock;         ///< this lock's name in it
  std::uint16_t index = 0;  ///< which of the run's locks it is
  std::string worker;       ///< "h1.w3'2"
  std::string host;         ///< the logical host
  bool separate_machine = false;
  os::System system;             ///< the clock is the host's, skewed where that is injected
  std::function<double()> rate;  ///< by how much that clock runs faster than real time; empty: 1
  Recorder* recorder = nullptr;  ///< of file operations; none: they are not recorded
  CrashPoint crash;              ///< own locks and planted ones
  // Programs.
  std::string history;  ///< the worker's history file: the program's own goes beside it
  std::string errors;   ///< file for its standard error, appended to; empty: thrown away
  std::vector<std::string> preload;  ///< libraries to load into it, after the file recorder
  std::vector<std::pair<std::string, std::string>> environment;  ///< on top of this process's
  bool alone = false;  ///< it is in no worker's process group: what it starts ends with it
  std::chrono::nanoseconds reply_bound = std::chrono::seconds(30);

  std::string path() const { return directory + "/" + lock; }
};

/// Makes the contender that `spec` names. A program is started and has answered.
///
/// Errors:  no such contender, an option that it does not know or whose value is out of range, a
///          lifetime that it cannot express, a program that does not start.
/// Threads: a program dies with the thread that called this.
Result<std::unique_ptr<Contender>> make_contender(const ContenderSpec& spec,
                                                  const Station& station);

/// What the contender says of itself: a program is started for that, greeted, and ended. `station`
/// needs directory, lock and system; no file operation is made on the lock. What the program has
/// started by then ends with it.
Result<Traits> describe_contender(const ContenderSpec& spec, const Station& station);

/// Whether it is a built-in one that is to, and does, record its file operations through
/// Station::recorder. The kernel's locks make none; a program's go into a file of their own.
bool records_files(const ContenderSpec& spec);

}  // namespace holdfast::harness
