// How long each hold was entitled: README.md, "Words".
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checker/holds.h"

namespace holdfast::harness {

/// A renewal that succeeded, or news that the lease was lost or over, inside a hold.
struct News {
  std::uint32_t hold = 0;
  std::int64_t sent_ns = 0;
  std::int64_t back_ns = 0;
  std::int64_t until_ns = 0;  ///< of a renewal: the lease's end by the lock's own word; 0: none
  bool lost = false;
};

/// Fills Holds::leases. `news` is in the order in which it came back.
void find_leases(const History& history, const Terms& terms, std::vector<News> news, Holds& holds);

}  // namespace holdfast::harness
