#include "harness/checker/server_faults.h"

namespace holdfast::harness {
namespace {

bool carried_out_twice(const Fault& fault) {
  const std::string& what = fault.at_operation;
  return (fault.kind == "lost_reply" && what.ends_with(": done, then done")) ||
         (fault.kind == "duplicate" && what.ends_with(": done, once more: done"));
}

}  // namespace

const Fault* server_forgot(const History& history, const Span& span) {
  for (const Fault& fault : history.faults) {
    if (fault.kind != "server_forgot" || !fault.effective) continue;
    if (fault.end_ns >= span.from_ns && fault.start_ns <= span.until_ns) return &fault;
  }
  return nullptr;
}

const Fault* made_again(const History& history, const Span& span) {
  for (const Fault& fault : history.faults) {
    const std::string& what = fault.at_operation;
    const bool makes = what.starts_with("link ") || what.starts_with("rename ") ||
                       what.starts_with("open_create ") || what.starts_with("mkdir ") ||
                       what.starts_with("symlink ");
    const bool may_be = carried_out_twice(fault) ||
                        (fault.kind == "duplicate" && what.find(": ") == std::string::npos);
    if (!fault.effective || !makes || !may_be) continue;
    if (fault.end_ns >= span.from_ns && fault.end_ns <= span.until_ns) return &fault;
  }
  return nullptr;
}

}  // namespace holdfast::harness
