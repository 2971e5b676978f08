// Waiting for a lock that can only be tried: try, sleep, try again.
//
// The sleep starts small and doubles up to a cap, so that a short hold is noticed soon and a long
// one costs little. There is no jitter and no queue: these locks are measured as they are used.
#pragma once

#include <holdfast/os/os.h>

#include <algorithm>
#include <chrono>
#include <stop_token>

#include "harness/contender/contender.h"

namespace holdfast::harness {

inline constexpr Duration kFirstPoll = std::chrono::microseconds(50);
inline constexpr Duration kLongestPoll = std::chrono::milliseconds(2);

/// Calls `attempt` until it answers anything but a failure of Why::timeout ("another has it"), the
/// patience ends, or a stop is requested. At least one attempt is made.
template <class Attempt>
Answer poll(os::System& system, Duration patience, const std::stop_token& stop, Attempt attempt) {
  const os::RawTime begin = system.clock->now().raw;
  Duration pause = kFirstPoll;
  for (;;) {
    const Answer answer = attempt();
    if (answer.phase != Phase::fail || answer.why != Why::timeout) return answer;
    if (stop.stop_requested()) return failed(Why::cancelled);
    Duration at_most = pause;
    if (patience >= Duration::zero()) {
      const Duration left = patience - (system.clock->now().raw - begin);
      if (left <= Duration::zero()) return answer;
      at_most = std::min(at_most, left);
    }
    system.host->sleep(at_most, stop);
    pause = std::min(pause * 2, kLongestPoll);
  }
}

}  // namespace holdfast::harness
