#include "harness/scenario/fault_sorts.h"

namespace holdfast::harness {

std::string error_sort(const std::string& error, MountFault::Applied applied) {
  static constexpr const char* kWords[] = {" not applied", " applied", " applied later"};
  return error + kWords[static_cast<std::size_t>(applied)];
}

std::string lost_by(MountFault::Kind outage) {
  return "by " + mount_fault_kinds()[static_cast<std::size_t>(outage)];
}

std::vector<std::string> sorts_of(const MountFault& fault) {
  using Kind = MountFault::Kind;
  switch (fault.kind) {
    case Kind::lost_reply: return {kByItself};
    case Kind::error: return {error_sort(fault.error, fault.applied)};
    case Kind::partition:
      if (fault.requests && fault.replies) return {"both"};
      return {fault.requests ? "requests" : "replies"};
    case Kind::server_clock: return {fault.step ? "step" : "offset"};
    case Kind::duplicate:
    case Kind::delay:
    case Kind::reorder:
    case Kind::hang:
    case Kind::server_pause:
    case Kind::server_crash: break;
  }
  return {};
}

std::vector<std::string> sorts_of(const LabFault& fault) {
  if (fault.kind == LabFault::Kind::partition) return {fault.what};
  if (fault.kind == LabFault::Kind::server_clock) return {fault.step ? "step" : "rate"};
  return {};
}

}  // namespace holdfast::harness
