// Times in which a lock was free, or held by a dead process only: for `wedge` and `slow_recovery`.
//
// A vacancy begins when all earlier holders had surely given the lock up or were dead, and nobody
// else can have it unseen: a call whose outcome was unknown, or that was cut off by a kill, may
// have got the lock, so the vacancy is counted from its end on. It ends with the next grant.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

struct Vacancy {
  std::uint16_t lock = 0;
  Span span;
  std::uint32_t before = kNone;  ///< the hold that ended last
  std::uint32_t next = kNone;    ///< the hold that ended the vacancy; kNone: the run's end did
  /// The longest that any one worker waited within it, in one call or in several, pauses left out:
  /// a waiter must be there to find a lock vacant. Calls that failed with an error are left out,
  /// too.
  std::int64_t waited_ns = 0;
  std::uint32_t waiter = kNobody;
  /// For how long it may all the same have been held: by whoever was paused inside an acquire, for
  /// as long as a lease lasts or, without leases, the pause; and by as much as the clocks are
  /// wrong.
  std::int64_t unsure_ns = 0;
};

/// How long an attempt really waited within a span: alive, and not paused.
std::int64_t waited_ns(const Evidence& evidence, const Attempt& attempt, const Span& span);

/// All vacancies in which somebody waited longer than `more_than_ns`, by time.
std::vector<Vacancy> find_vacancies(const Evidence& evidence, std::int64_t more_than_ns);

/// How long a right lock can stay with one who has died or stands still: lifetime + margin.
std::int64_t longest_lease_ns(const Terms& terms);

}  // namespace holdfast::harness
