// What a run has shown so far: a look, now and then, at the histories while they grow.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "harness/checker/checker.h"
#include "harness/history/store.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// How many times two processes held a lock at once, as far as the run's folder shows it up to
/// `until_ns` (recorder's clock): what mutual_exclusion counts. `run` stands for run.json, which is
/// written at the end; its end is of no matter.
///
/// It covers what stands in the folder: histories of hosts that send them in late are not in it. A
/// hold that nobody has ended yet lasts to its worker's newest event, no longer: a killed worker is
/// not taken for one inside, and two that stay inside count once they have gone on. What deaths
/// change is seen when they are logged, so `until_ns` should lie a while before the present.
///
/// Returns: none where a snapshot cannot be judged: a file is only just being made, a program's
///          history is there before its worker's.
std::optional<std::uint64_t> violations_until(const std::string& run_directory, RunRecord run,
                                              const Terms& terms, std::int64_t until_ns);

/// Whether the scenario's clock faults could excuse an overlap (out_of_contract). They are logged
/// when they end, so a run that goes on cannot be judged by them.
bool clocks_may_excuse(const Scenario& scenario, const Terms& terms);

/// Asks that in a thread of its own every few seconds, and takes at most a fiftieth of a processor
/// for it. For hosts that record by this machine's clock.
///
/// Fault model: the figure is for who watches; the verdict is never made of it. What cannot be read
/// is passed over. Once a look takes a second of a processor there is no further one, and no
/// figure.
class LiveJudge {
 public:
  /// The run begins. Its folder must stay. `between`: two looks, at the least.
  LiveJudge(std::string run_directory, RunRecord run, Terms terms,
            std::chrono::nanoseconds between = std::chrono::seconds(3));
  /// Waits for a look that is going on.
  ~LiveJudge() = default;
  LiveJudge(const LiveJudge&) = delete;
  LiveJudge& operator=(const LiveJudge&) = delete;

  /// At the newest look; none before the first one.
  std::optional<std::uint64_t> violations() const;

 private:
  void watch(const std::stop_token& stop, const std::string& run_directory, const RunRecord& run,
             const Terms& terms, std::chrono::nanoseconds between);

  static constexpr std::uint64_t kNotKnown = UINT64_MAX;
  std::atomic<std::uint64_t> violations_{kNotKnown};
  std::jthread thread_;  // last: it is gone before what it writes to
};

}  // namespace holdfast::harness
