// Two holds of one lock at the same time: found once, and sorted into whose fault they are.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checker/contract.h"
#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// Two holds that overlap, the one that began first being `first`.
struct Overlap {
  std::uint32_t first = kNone;
  std::uint32_t second = kNone;
  Span both;  ///< entitled overlaps: while both were; else while both were inside
};

/// A hold that went on past its lease, so that the next one came in lawfully.
struct Overstay {
  std::uint32_t hold = kNone;  ///< the one that stayed
  std::uint32_t next = kNone;  ///< the first one inside at the same time
  std::int64_t at_ns = 0;      ///< when the two came to be inside together
};

struct Overlaps {
  /// Both entitled: the first ones by time, at most kKeptFindings of each, and how many there are.
  std::vector<Overlap> violations;  ///< certain, and within the contract
  std::vector<Overlap> excused;     ///< certain, but clocks were beyond the contract
  std::vector<Overlap> uncertain;   ///< possible: within the uncertainty of the clocks
  std::uint64_t violation_count = 0;
  std::uint64_t excused_count = 0;
  std::uint64_t uncertain_count = 0;
  std::vector<Overstay> overstays;  ///< all, one for each hold that stayed; by time
};

/// From when the first one's lock was asked for until the second one had it. In ordered mode the
/// second can have been granted it before the first one asked.
Span at_stake(const Evidence& evidence, std::uint32_t first, std::uint32_t second);

/// Takes O(n log n) for holds that exclude each other, and the number of overlaps otherwise.
Overlaps find_overlaps(const Evidence& evidence, const Contract& contract);

}  // namespace holdfast::harness
