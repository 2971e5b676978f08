#include "harness/nemesis/pause.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "harness/nemesis/processes.h"

namespace holdfast::harness {

Pause::Pause(const Target& target, Fault planned)
    : target_(target), group_(target.group), fault_(std::move(planned)) {
  fault_.kind = "pause";
  fault_.worker_name = target.worker;
  fault_.start_ns = recorder_now_ns();
  if (::kill(-group_, SIGSTOP) != 0) {
    fault_.why_not = "cannot stop: " + std::system_category().message(errno);
  }
}

bool Pause::stands_still() const {
  const std::vector<pid_t> members = group_members(group_);
  return std::all_of(members.begin(), members.end(), is_stopped);
}

bool Pause::stopped() {
  if (stopped_ns_ || !fault_.why_not.empty()) return true;
  if (!stands_still()) return false;
  stopped_ns_ = recorder_now_ns();
  fault_.inside_hold = target_.live != nullptr && target_.live->read().inside;
  return true;
}

void Pause::go_on() {
  if (let_go_ns_) return;
  let_go_ns_ = recorder_now_ns();
  ::kill(-group_, SIGCONT);
}

bool Pause::over() const { return let_go_ns_ && (group_is_gone(group_) || !is_stopped(group_)); }

Fault Pause::measured() const {
  Fault fault = fault_;
  fault.end_ns = recorder_now_ns();
  if (fault.why_not.empty() && !stopped_ns_) fault.why_not = "was never seen standing still";
  fault.effective = fault.why_not.empty();
  if (fault.effective) {
    fault.measured_pause_ns = std::max<std::int64_t>(0, *let_go_ns_ - *stopped_ns_);
  } else {
    fault.inside_hold = false;
  }
  return fault;
}

}  // namespace holdfast::harness
