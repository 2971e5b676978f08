// history -> figures: how long things took, how fair they were, how much work they made.
//
// Nothing here judges. One pass over the events in their order, with a little state per worker and
// per lock, so ten million events take seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/report/histogram.h"

namespace holdfast::harness {

/// How long each step of a lock's use took. All in nanoseconds.
struct Latencies {
  Histogram wait;      ///< acquire: from its call to its success, of every grant
  Histogram acquire;   ///< the same, of those grants only whose lock was free all the while
  Histogram hold;      ///< from the grant to the call of the release, or to the holder's end
  Histogram release;   ///< release: from its call to its success
  Histogram handoff;   ///< from a release's call to the grant of one who was waiting then
  Histogram refresh;   ///< refresh: from its call to its success
  Histogram recovery;  ///< from a holder's end by a kill to the next grant that was waited for
  /// wait from the intended start: open arrivals only. What a late start adds is not forgotten.
  Histogram intended_wait;
};

struct Fairness {
  double jain = 1;  ///< of grants per place, the mean over the locks; 1: all alike
  double least_jain = 1;
  std::int64_t longest_wait_ns = 0;  ///< unfinished ones included
  std::uint32_t longest_waiter = kNobody;
  std::uint64_t most_bypassed = 0;  ///< grants to others during one wait for the same lock
  std::uint32_t most_bypassed_waiter = kNobody;
};

struct Throughput {
  std::int64_t window_ns = 0;
  std::vector<std::uint64_t> grants;  ///< in each window since the run's start
};

/// One kind of file operation.
struct OperationCount {
  std::uint64_t ok = 0;
  std::map<std::int32_t, std::uint64_t> failed;  ///< by errno
  std::uint64_t retries = 0;  ///< made although one of this kind had failed in the same call
};

struct Measures {
  std::uint64_t grants = 0;
  std::map<Why, std::uint64_t> failed_acquires;
  std::uint64_t unknown_outcomes = 0;  ///< operations that came back as info
  std::uint64_t contender_errors = 0;  ///< those in which the contender ended or broke its protocol
  std::uint64_t unfinished = 0;        ///< operations cut off by the end of their process
  Latencies all;
  std::vector<Latencies> by_host;  ///< as History::hosts
  Latencies quiet, under_fault;    ///< `under_fault`: while a fault or its aftermath lasted
  Fairness fairness;
  Throughput throughput;
  bool operations_recorded = false;
  std::map<FileOp, OperationCount> operations;
};

/// Told of each sample when it is taken: &Latencies::wait, and from when to when.
using SeenSample =
    std::function<void(Histogram Latencies::*which, std::int64_t from_ns, std::int64_t to_ns)>;

/// `aftermath_ns`: for how long after a fault's end its effects are still expected, normally
/// lifetime + margin.
Measures measure(const History& history, std::int64_t aftermath_ns, const SeenSample& seen = {});

}  // namespace holdfast::harness
