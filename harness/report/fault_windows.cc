#include "harness/report/fault_windows.h"

#include <algorithm>
#include <limits>

namespace holdfast::harness {
namespace {

bool bends(const Fault& fault) {
  return fault.planned_offset_ns != 0 || fault.planned_rate < 1 || fault.planned_rate > 1;
}

}  // namespace

FaultWindows::FaultWindows(const History& history, std::int64_t aftermath_ns) {
  std::vector<Window> all;
  std::vector<const Fault*> next_of(history.hosts.size(), nullptr);
  std::vector<const Fault*> clocks;
  for (const Fault& fault : history.faults) {
    if (!fault.effective) continue;
    if (fault.kind == "clock" && fault.host < history.hosts.size()) {
      clocks.push_back(&fault);
    } else {
      all.push_back({fault.start_ns, fault.end_ns + aftermath_ns});
    }
  }
  std::stable_sort(clocks.begin(), clocks.end(),
                   [](const Fault* a, const Fault* b) { return a->start_ns > b->start_ns; });
  for (const Fault* fault : clocks) {  // from the last to the first
    const Fault* next = next_of[fault->host];
    const std::int64_t until =
        next == nullptr ? std::numeric_limits<std::int64_t>::max() : next->end_ns;
    if (bends(*fault)) all.push_back({fault->start_ns, until});
    next_of[fault->host] = fault;
  }
  std::sort(all.begin(), all.end(),
            [](const Window& a, const Window& b) { return a.from_ns < b.from_ns; });
  for (const Window& window : all) {
    if (!windows_.empty() && window.from_ns <= windows_.back().to_ns) {
      windows_.back().to_ns = std::max(windows_.back().to_ns, window.to_ns);
    } else {
      windows_.push_back(window);
    }
  }
}

bool FaultWindows::touch(std::int64_t from_ns, std::int64_t to_ns) const {
  const auto after =
      std::upper_bound(windows_.begin(), windows_.end(), to_ns,
                       [](std::int64_t at, const Window& window) { return at < window.from_ns; });
  return after != windows_.begin() && std::prev(after)->to_ns >= from_ns;
}

}  // namespace holdfast::harness
