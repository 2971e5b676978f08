// What is drawn: that it can befall whatever it may, and nothing else.
#include "harness/sim/draw.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace holdfast::harness::sim {
namespace {

/// What befell requests of this kind, in so many schedules on a soft mount.
std::set<Mishap> mishaps_of(Call call) {
  Range range;
  Setting setting;
  setting.mount.hard = false;
  std::set<Mishap> seen;
  RandomDecisions decisions;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    decisions.reset(range, setting, seed);
    for (std::uint32_t i = 1; i < 60; ++i) {
      seen.insert(decisions.fate({.operation = i, .call = call, .number = i}).mishap);
    }
  }
  return seen;
}

// What changes only the times of a file changes something: a lock may live by them.
TEST(Draw, EveryChangeCanComeLateOrTwiceOrAfterItHasFailed) {
  const std::set<Mishap> of_changes = {Mishap::duplicate,   Mishap::failed_applied,
                                       Mishap::failed_late, Mishap::refused,
                                       Mishap::crash_after, Mishap::crash_late};
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto call = static_cast<Call>(i);
    const std::set<Mishap> seen = mishaps_of(call);
    for (const Mishap mishap : of_changes) {
      EXPECT_EQ(seen.contains(mishap), changes_anything(call))
          << word(call) << ", " << word(mishap);
    }
    EXPECT_EQ(seen.contains(Mishap::silly), call == Call::unlink) << word(call);
    EXPECT_TRUE(seen.contains(Mishap::late_request) && seen.contains(Mishap::lost_reply));
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
