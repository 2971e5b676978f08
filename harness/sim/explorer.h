// Random exploration: many schedules from one seed, on all cores, until one fails.
//
// Schedule n of a seed is the same whoever runs it and whatever ran before. The failure that is
// reported is that of the lowest number, so that the answer does not depend on the machine either.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "harness/sim/draw.h"
#include "harness/sim/shrink.h"

namespace holdfast::harness::sim {

struct Task {
  Range range;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;  ///< number of the first schedule
  std::uint64_t schedules = 1000;
  unsigned threads = 1;
  Duration at_most = Duration::max();  ///< of real time
  Sought only{};                       ///< what counts
};

struct Found {
  Counts counts;
  std::optional<Failure> failure;  ///< as drawn, not shrunk
  std::uint64_t number = 0;        ///< of the schedule that failed
  bool out_of_time = false;
  bool interrupted = false;
};

/// The failure of one schedule, if it fails.
std::optional<Failure> run_one(const Task& task, std::uint64_t number, Stage& stage);

/// `progress` is called about once a second, with the number of schedules so far; `stop` ends it.
Found explore(const Task& task, const std::atomic<bool>& stop,
              const std::function<void(std::uint64_t)>& progress = {});

}  // namespace holdfast::harness::sim
