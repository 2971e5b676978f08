// When faults were at work, for telling quiet figures from those under fault.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/history/history.h"

namespace holdfast::harness {

class FaultWindows {
 public:
  /// A fault is at work from its start until `aftermath_ns` after its end; a bent clock until the
  /// next change of that host's clock.
  FaultWindows(const History& history, std::int64_t aftermath_ns);

  /// Whether any fault was at work at some instant from `from_ns` to `to_ns`.
  bool touch(std::int64_t from_ns, std::int64_t to_ns) const;

 private:
  struct Window {
    std::int64_t from_ns;
    std::int64_t to_ns;
  };
  std::vector<Window> windows_;  // in order, none touching another
};

}  // namespace holdfast::harness
