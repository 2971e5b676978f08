#include "harness/nemesis/kill.h"

#include <signal.h>

#include <cerrno>
#include <system_error>

namespace holdfast::harness {
namespace {

bool inside(const Target& target) { return target.live != nullptr && target.live->read().inside; }

}  // namespace

Kill::Kill(const Target& target, Fault planned) : fault_(std::move(planned)) {
  fault_.kind = "kill";
  fault_.worker_name = target.worker;
  fault_.start_ns = recorder_now_ns();
  if (::kill(-target.group, SIGKILL) != 0) {
    fault_.why_not = "cannot kill: " + std::system_category().message(errno);
  }
}

Fault Kill::measured(const Target& target) const {
  Fault fault = fault_;
  fault.end_ns = recorder_now_ns();
  fault.effective = fault.why_not.empty();
  fault.inside_hold = fault.effective && inside(target);
  return fault;
}

Fault crashed_at(const Target& target, Fault planned, std::int64_t at_ns) {
  planned.kind = "kill";
  planned.worker_name = target.worker;
  planned.start_ns = at_ns;
  planned.end_ns = recorder_now_ns();
  planned.effective = true;
  planned.inside_hold = inside(target);
  return planned;
}

}  // namespace holdfast::harness
