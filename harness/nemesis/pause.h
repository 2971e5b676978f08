// SIGSTOP and SIGCONT: a process stands still and does not know it.
//
// What a virtual machine's pause, a swapping host or a debugger do to a holder: it wakes up with a
// lease that ran out long ago and goes on as if nothing had been. Measured is the time between the
// moment when every thread of the group was seen stopped and the moment before they were let go:
// at least that long nothing ran. A process that has left the group is not stopped and not waited
// for. One that waits within the kernel for what never comes cannot be stopped, and whoever asked
// for the pause must give it up.
#pragma once

#include <optional>

#include "harness/history/history.h"
#include "harness/nemesis/target.h"

namespace holdfast::harness {

class Pause {
 public:
  /// Stops the target's processes. `planned` says id, target and planned length.
  Pause(const Target& target, Fault planned);

  /// Looks whether all stand still by now; true once they were seen so (or can never be).
  bool stopped();
  /// Lets them go on. No effect the second time.
  void go_on();
  /// Whether they run again, or have ended.
  bool over() const;
  /// What it came to; after go_on(). A target that was killed meanwhile was paused until then; one
  /// that was never seen standing still says so.
  Fault measured() const;

 private:
  bool stands_still() const;

  Target target_;
  pid_t group_;
  Fault fault_;
  std::optional<std::int64_t> stopped_ns_;
  std::optional<std::int64_t> let_go_ns_;
};

}  // namespace holdfast::harness
