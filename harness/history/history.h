// A run's history: what every worker did and every fault that was injected, on one time line.
//
// Everything that judges or reports reads this and nothing else, so a stored run can be judged
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/clock_offsets.h"
#include "harness/history/event.h"

namespace holdfast::harness {

inline constexpr std::uint32_t kNobody = 0xffffffff;

/// How far a host's clock was from the controller's, from one start of its agent to the next. (A
/// host that boots has another clock than before.)
struct RecorderClock {
  std::uint64_t lives_before = 0;  ///< generations of workers that lived by its earlier clocks
  /// None: it is the controller's own. After the merge `host_ns` is relative to the run's start, on
  /// the controller's clock.
  std::vector<ClockSample> samples;
};

struct HostRecord {
  std::string name;
  std::int64_t uncertainty_ns =
      0;  ///< of every event of this host after the merge; 0 on the controller's kernel
  std::vector<RecorderClock> clocks =
      {};  ///< one for each of its agents; none: the controller's clock
};

struct WorkerRecord {
  std::string name;            ///< "h1.w3", and "h1.w3'2" for the second that replaces a killed one
  std::uint32_t host = 0;      ///< index into History::hosts
  std::uint32_t slot = 0;      ///< which place in the scenario; replacements share it
  std::int64_t pid = 0;        ///< of the worker
  bool records_files = false;  ///< its lock's file operations would be in the history, had it any
  std::uint64_t dropped = 0;   ///< events that its recorder, or its program's, had no room for
};

/// One injected fault: planned and measured. Written by the controller, a line each.
struct Fault {
  std::uint32_t id = 0;
  std::string kind;  ///< kill, pause, clock
  /// What tells it from others of its kind, where it does harm in another way: of an error {"EIO
  /// applied later"}, of a partition {"replies"} (scenarios/README.md).
  std::vector<std::string> sorts;
  std::string target;  ///< as the scenario says: holder, any, h2
  std::uint32_t host = kNobody;
  std::string worker_name;         ///< whom it hit, where it hits one: what the log says
  std::uint32_t worker = kNobody;  ///< the same as an index: found by read_history, not written
  /// In the log: by which clock the two instants are told. 0: the controller's; else the host's,
  /// counted from 1 as in HostRecord::clocks.
  std::uint32_t host_clock = 0;
  std::int64_t start_ns = 0;  ///< the instant before it could take effect
  /// The instant after which it was surely over: kill: the process had ended; pause: it ran again;
  /// clock: the next change of that host's clock, or the end of its last worker.
  std::int64_t end_ns = 0;
  bool effective = false;
  std::string why_not;  ///< where it took no effect, or none that could be measured
  bool inside_hold =
      false;  ///< kill, pause: the target was inside its critical section, measured afterwards
  std::int64_t planned_offset_ns = 0, measured_offset_ns = 0;  ///< clock: of the wall clock
  double planned_rate = 1, measured_rate = 1;                ///< clock: elapsed time per real time
  std::int64_t planned_pause_ns = 0, measured_pause_ns = 0;  ///< pause
  /// Kill at a file operation: "after rename 3"; an emulated mount says what it was, and where it
  /// was carried out what came of it: "after mkdir 6: mkdir lock1: done".
  std::string at_operation;
};

/// It was done, for as long as it says, but nobody could measure what came of it: a clock that was
/// set and was not seen where it was to be, a process that was stopped and never seen standing
/// still. What was never done has no length.
inline bool is_unmeasured(const Fault& fault) {
  return !fault.effective && fault.end_ns > fault.start_ns;
}

/// It took effect, or nobody knows that it did not.
inline bool was_done(const Fault& fault) { return fault.effective || is_unmeasured(fault); }

struct History {
  std::vector<HostRecord> hosts;
  std::vector<WorkerRecord> workers;
  std::vector<std::string> locks;  ///< their names, without the mount's directory
  std::vector<std::string> names;  ///< of files, relative to the lock's directory; [0] is ""
  std::vector<Event> events;  ///< in order of at_ns; each worker's own in the order they happened
  std::vector<Fault> faults;
  std::int64_t start_ns = 0;  ///< all instants are relative to the run's start after the merge
  std::int64_t end_ns = 0;    ///< when the last worker had been asked to end
  /// Everything in the locks' directory after the run, the harness's own files aside: for `orphan`.
  /// Paths relative to it, into all depths; a directory's ends in '/'.
  std::vector<std::string> left_behind;
};

}  // namespace holdfast::harness
