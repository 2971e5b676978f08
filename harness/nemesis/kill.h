// SIGKILL: a process ends between two instructions, and no code of its own runs any more.
//
// The kill is measured: it began before the signal was sent, it was over when the kernel had nobody
// left in the worker's process group, and whether it hit the critical section is read afterwards,
// from the words that the dead worker left behind.
#pragma once

#include "harness/history/history.h"
#include "harness/nemesis/target.h"

namespace holdfast::harness {

class Kill {
 public:
  /// Sends the signal. `planned` says id and target.
  Kill(const Target& target, Fault planned);

  /// What it came to, once nobody is left in the group. `target` must still be the one that was
  /// hit.
  Fault measured(const Target& target) const;

 private:
  Fault fault_;
};

/// For a worker that killed itself at a file operation: `at` is when its last event says so.
Fault crashed_at(const Target& target, Fault planned, std::int64_t at_ns);

}  // namespace holdfast::harness
