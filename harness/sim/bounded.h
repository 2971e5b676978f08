// Exhaustive exploration within bounds: every schedule of one setting that differs from the
// uneventful course in at most so many turns, crashes and mishaps.
//
// Depth first, each schedule run anew from its beginning. What is known of a point of decision is a
// digest: of the server's names, of everything that each process has been told so far and when, of
// what is under way, and of the bounds that are left. Where the digest was met before, with the
// same bounds left, everything that can follow was, or will be, tried from there, and the schedule
// is cut off: so schedules that differ only in the order of steps that do not matter to one another
// are run once. Two digests of 64 bits that agree by chance would hide a state; at ten million
// states the odds of any such pair are about one in 400,000.
//
// It is complete for what it enumerates: ties at one instant, and mishaps with delays from a short
// list. Instants between those are not tried; for that there is random exploration.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/sim/shrink.h"

namespace holdfast::harness::sim {

struct Bounds {
  std::uint32_t turns = 1;    ///< in which another than the usual process goes on
  std::uint32_t crashes = 0;  ///< before an operation, after it, or while it is under way
  std::uint32_t mishaps = 0;  ///< of requests: lost, late and failed ones
  bool merges = true;         ///< false: runs on from states that were met before, for tests
};

/// A setting made for this: small, and about one thing.
struct Scene {
  std::string name;
  std::string about;
  Setting setting;
  Bounds bounds;  ///< that are worth asking for
};

const std::vector<Scene>& scenes();

struct Searched {
  std::uint64_t schedules = 0;
  std::uint64_t states = 0;         ///< points of decision that differ
  std::set<std::uint64_t> endings;  ///< digests of how schedules ended
  bool complete = false;
  std::optional<Failure> failure;
};

/// Until everything was tried, or one fails, or `stop`, or `at_most` of real time has passed.
Searched search(const Setting& setting, const Bounds& bounds, Duration at_most,
                const std::atomic<bool>& stop);

}  // namespace holdfast::harness::sim
