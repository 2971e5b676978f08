// A long history of a lock that works: to measure what reading and judging cost.
#pragma once

#include <cstdint>
#include <string>

#include "harness/checker/checker.h"
#include "harness/history/history.h"

namespace holdfast::harness {

struct SyntheticRun {
  History history;
  Terms terms;
};

/// Thirty-two places on four hosts fight for eight batons. Every file operation is recorded, so a
/// quarter of the events bring a name that never recurs; now and then a holder is killed and its
/// place filled by another worker, or a waiter paused. Each update of the counter is recorded.
SyntheticRun synthetic_run(std::uint64_t events);

/// The same events, recorded by one recorder for each worker into DIR/history, with DIR/run.json:
/// as a run leaves them. The instants are those of recording. Empty, or what went wrong.
std::string store_run(const History& history, const std::string& directory);

}  // namespace holdfast::harness
