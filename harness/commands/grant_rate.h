// How many grants there are in a second, as a person at the terminal wants to know it.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "harness/fleet/fleet.h"

namespace holdfast::harness {

/// How fast it goes: over the last seconds, as what was long ago says little.
class GrantRate {
 public:
  double per_second(const FleetProgress& at) {
    constexpr std::int64_t kWindow = 3'000'000'000;
    seen_.push_back({at.elapsed_ns, at.grants});
    while (seen_.size() > 2 && at.elapsed_ns - seen_.front().first > kWindow) seen_.pop_front();
    const auto [since_ns, grants] = seen_.front();
    if (at.elapsed_ns <= since_ns) return 0;
    return static_cast<double>(at.grants - grants) * 1e9 /
           static_cast<double>(at.elapsed_ns - since_ns);
  }

 private:
  std::deque<std::pair<std::int64_t, std::uint64_t>> seen_;
};

}  // namespace holdfast::harness
