#include "harness/checker/server_faults.h"

#include <algorithm>
#include <string_view>

namespace holdfast::harness {
namespace {

/// As the log of the emulated mount begins.
std::string_view word(FileOp operation) {
  switch (operation) {
    case FileOp::link: return "link ";
    case FileOp::open_create: return "open_create ";
    case FileOp::mkdir: return "mkdir ";
    case FileOp::symlink: return "symlink ";
    case FileOp::rename: return "rename ";
    case FileOp::unlink: return "unlink ";
    case FileOp::rmdir: return "rmdir ";
    default: return {};
  }
}

bool was_done(const Fault& fault) {
  const std::string& what = fault.at_operation;
  if (fault.kind == "lost_reply") return what.find(": done, then ") != std::string::npos;
  return fault.kind == "error" &&
         (what.ends_with("carried out: done") || what.ends_with("carried out later: done"));
}

bool carried_out_twice(const Fault& fault) {
  const std::string& what = fault.at_operation;
  return (fault.kind == "lost_reply" && what.ends_with(": done, then done")) ||
         (fault.kind == "duplicate" && what.ends_with(": done, once more: done"));
}

}  // namespace

std::string error_given(const Fault& fault) {
  if (fault.kind != "error") return {};
  const std::string& what = fault.at_operation;
  const std::size_t at = what.find(": E");
  return at == std::string::npos ? std::string() : what.substr(at + 2, what.find(',', at) - at - 2);
}

const Fault* server_forgot(const History& history, const Span& span) {
  for (const Fault& fault : history.faults) {
    if (fault.kind != "server_forgot" || !fault.effective) continue;
    if (fault.end_ns >= span.from_ns && fault.start_ns <= span.until_ns) return &fault;
  }
  return nullptr;
}

const Fault* removed_twice(const History& history, const Span& span) {
  for (const Fault& fault : history.faults) {
    const std::string& what = fault.at_operation;
    const bool removal =
        what.starts_with("rename ") || what.starts_with("unlink ") || what.starts_with("rmdir ");
    if (!fault.effective || !removal || !carried_out_twice(fault)) continue;
    if (fault.end_ns >= span.from_ns && fault.end_ns <= span.until_ns) return &fault;
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

AppliedRequests::AppliedRequests(const History& history)
    : history_(history), by_host_(history.hosts.size()) {
  for (const Fault& fault : history.faults) {
    if (fault.effective && fault.host < by_host_.size() && was_done(fault)) {
      by_host_[fault.host].push_back(&fault);
    }
  }
  for (auto& faults : by_host_) std::ranges::sort(faults, {}, &Fault::start_ns);
}

bool AppliedRequests::none() const {
  return std::ranges::all_of(by_host_, [](const auto& faults) { return faults.empty(); });
}

const Fault* AppliedRequests::of(const Event& failed) const {
  const std::string_view operation = word(failed.file);
  if (operation.empty() || failed.phase != Phase::fail) return nullptr;
  // The request was sent within the call, whenever it was carried out.
  const auto& faults = by_host_[history_.workers[failed.worker].host];
  auto at = std::ranges::lower_bound(faults, failed.began_ns, {}, &Fault::start_ns);
  if (at == faults.end() || (*at)->start_ns > failed.at_ns) return nullptr;
  std::string request = std::string(operation) + history_.names[failed.name];
  if (failed.other != 0) request += " " + history_.names[failed.other];
  request += ": ";
  for (; at != faults.end() && (*at)->start_ns <= failed.at_ns; ++at) {
    if ((*at)->at_operation.starts_with(request)) return *at;
  }
  return nullptr;
}

}  // namespace holdfast::harness
