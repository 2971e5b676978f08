#include "harness/scenario/fault_sorts.h"

namespace holdfast::harness {

const std::string& sort_of(MountFault::Applied applied) {
  static const std::vector<std::string> words = {"not applied", "applied", "applied later"};
  return words[static_cast<std::size_t>(applied)];
}

std::string lost_by(MountFault::Kind outage) {
  return "by " + mount_fault_kinds()[static_cast<std::size_t>(outage)];
}

std::vector<std::string> sorts_of(const MountFault& fault) {
  using Kind = MountFault::Kind;
  switch (fault.kind) {
    case Kind::lost_reply: return {kByItself};
    case Kind::error: return {fault.error, sort_of(fault.applied)};
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
