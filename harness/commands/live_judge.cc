#include "harness/commands/live_judge.h"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "harness/checker/double_holds.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kLongestLook = seconds(1);
/// How much longer it rests than it has looked.
constexpr int kRest = 49;
/// Until a death is logged, on a busy machine.
constexpr nanoseconds kLogged = seconds(2);

/// Leaves what came up to `until_ns`, after the run's start.
void cut(History& history, std::int64_t until_ns) {
  std::erase_if(history.events, [&](const Event& event) { return event.at_ns > until_ns; });
  std::erase_if(history.faults, [&](const Fault& fault) { return fault.start_ns > until_ns; });
  history.end_ns = until_ns;
}

/// The process's signals are for those who wait for them.
void leave_signals_to_others() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// What this thread has used of a processor.
nanoseconds used() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

bool sets_server_clock(const Scenario& scenario) {
  return scenario.mount && std::ranges::any_of(scenario.mount->faults, [](const MountFault& fault) {
           return fault.kind == MountFault::Kind::server_clock && !fault.from_the_start();
         });
}

}  // namespace

std::optional<std::uint64_t> violations_until(const std::string& run_directory, RunRecord run,
                                              const Terms& terms, std::int64_t until_ns) {
  if (until_ns <= run.start_ns) return 0;
  run.end_ns = until_ns;
  auto history = read_history(run_directory, run);
  if (!history) return std::nullopt;
  cut(*history, until_ns - run.start_ns);
  return count_double_holds(*history, terms);
}

bool clocks_may_excuse(const Scenario& scenario, const Terms& terms) {
  double slowest = 1, fastest = 1;
  bool bent = false;
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.kind != FaultSpec::Kind::clock) continue;
    bent = true;
    slowest = std::min(slowest, fault.rate.value_or(1));
    fastest = std::max(fastest, fault.rate.value_or(1));
  }
  if (bent && terms.contract_offset_ns) return true;
  if (terms.steady_server_clock && sets_server_clock(scenario)) return true;
  return terms.contract_drift && fastest / slowest - 1 > *terms.contract_drift;
}

LiveJudge::LiveJudge(std::string run_directory, RunRecord run, Terms terms, nanoseconds between)
    : thread_([this, run_directory = std::move(run_directory), run = std::move(run),
               terms = std::move(terms), between](const std::stop_token& stop) {
        leave_signals_to_others();
        watch(stop, run_directory, run, terms, between);
      }) {}

std::optional<std::uint64_t> LiveJudge::violations() const {
  const std::uint64_t known = violations_.load();
  return known == kNotKnown ? std::nullopt : std::optional(known);
}

void LiveJudge::watch(const std::stop_token& stop, const std::string& run_directory,
                      const RunRecord& run, const Terms& terms, nanoseconds between) {
  std::mutex mutex;
  std::condition_variable_any nobody_wakes;
  std::unique_lock lock(mutex);
  nanoseconds pause = between;
  while (true) {
    nobody_wakes.wait_for(lock, stop, pause, [] { return false; });
    if (stop.stop_requested()) return;
    const nanoseconds before = used();
    const auto found =
        violations_until(run_directory, run, terms, recorder_now_ns() - kLogged.count());
    const nanoseconds took = used() - before;
    if (found) violations_ = *found;
    if (took > kLongestLook) {
      violations_ = kNotKnown;
      return;
    }
    pause = std::max(between, kRest * took);
  }
}

}  // namespace holdfast::harness
