// How long each hold was entitled: README.md, "Words".
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checker/trail.h"

namespace holdfast::harness {

/// A renewal that succeeded, or news that the lease was lost or over, inside a hold.
struct News {
  enum class Kind : std::uint8_t { renewed, lost, lost_again };
  std::uint32_t hold = 0;
  std::int64_t sent_ns = 0;
  std::int64_t back_ns = 0;
  std::int64_t until_ns = 0;  ///< of a renewal: the lease's end by the lock's own word; 0: none
  Kind kind = Kind::renewed;
};

/// Fills Holds::leases. `news` is in the order in which it came back.
void find_leases(const History& history, const Terms& terms, const Trail& trail,
                 std::vector<News> news, Holds& holds);

}  // namespace holdfast::harness
