// What one worker is to do: everything it needs, and nothing it would have to look up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {

struct WorkerPlan {
  std::string name;  ///< "h1.w3'2"
  std::string host;  ///< the logical host's name
  bool separate_machine = false;
  std::uint32_t slot = 0;          ///< counts over the whole run
  std::uint64_t seed = 0;          ///< this worker's own
  std::string directory;           ///< where the locks live; absolute
  std::vector<std::string> locks;  ///< their names in `directory`; it works with number slot % size
  std::string history;             ///< path of its history file: .../h1.w3'2.events
  bool survives_power_cut = false;  ///< its history: see RecorderIdentity
  std::string errors;               ///< path for a contender program's standard error; appended to
  std::string clock_page;           ///< path of the host's injected clock; empty: the real one
  std::string faketime;  ///< path of the host's libfaketime file, for programs; empty: none
  ContenderSpec contender;
  Work work;
  bool ordered = false;           ///< see Scenario
  std::int64_t patience_ns = -1;  ///< of each acquire; negative: for ever
  std::int64_t reply_bound_ns = 0;
  // Crash point: SIGKILL before or after the n-th such operation; 0: none.
  std::string crash_operation;
  std::uint64_t crash_at = 0;
  bool crash_before = false;
  /// Where the mount listens that is to watch for that point and to kill; empty: the lock itself.
  std::string crash_control;
  std::string crash_mark;  ///< where it is to leave word of that (nemesis/crash_mark.h)
};

}  // namespace holdfast::harness
