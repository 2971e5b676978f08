// The questions that the second judge asks, one for each class of finding. See naive_history.h.
#pragma once

#include "harness/checker/testing/naive_history.h"

namespace holdfast::harness::naive {

/// naive_overlaps.cc. Two holds of one lock at a time: the earlier one by its entry is first.
struct Pair {
  const Held* first = nullptr;
  const Held* second = nullptr;
};
struct Overlapping {
  std::vector<Pair> certain, excused, uncertain;
  std::vector<const Held*> stayed;  ///< past their lease, when another was inside
};
Overlapping overlapping(const NaiveHistory& it);
Cause kind_of_stay(const NaiveHistory& it, const Held& stayed);
std::uint64_t contended(const NaiveHistory& it);

/// naive_cause.cc. Why two that were both entitled met.
Cause cause_of(const NaiveHistory& it, const Pair& pair);

/// naive_tokens.cc
std::uint64_t token_regressions(const NaiveHistory& it);
std::uint64_t late_writes(const NaiveHistory& it);

/// naive_counter.cc
std::uint64_t lost_updates(const NaiveHistory& it);

/// naive_witness.cc. What the lock and its files said, against what its calls said.
std::uint64_t ghost_holds(const NaiveHistory& it);
std::uint64_t false_holds(const NaiveHistory& it);

/// naive_vacancies.cc. Each with its cause.
std::vector<Cause> wedges(const NaiveHistory& it);
std::uint64_t slow_recoveries(const NaiveHistory& it);

/// naive_waiting.cc
std::uint64_t starved(const NaiveHistory& it);
std::uint64_t breaches(const NaiveHistory& it);

/// naive_losses.cc
std::uint64_t spurious_losses(const NaiveHistory& it);

/// naive_run.cc. What the run as a whole was worth, and what it left behind.
std::uint64_t orphans(const NaiveHistory& it);
std::uint64_t kills_inside(const NaiveHistory& it);
std::uint64_t leases_run_out(const NaiveHistory& it);
std::uint64_t vacuous(const NaiveHistory& it);
std::uint64_t faults_missing(const NaiveHistory& it);
std::uint64_t hosts_lost(const NaiveHistory& it);

}  // namespace holdfast::harness::naive
