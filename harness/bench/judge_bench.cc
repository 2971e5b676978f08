// What it costs to judge a long run, and to read one: ten million events are to be judged in less
// than 30 s and 4 GiB.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "harness/bench/synthetic_history.h"
#include "harness/history/store.h"

namespace {

using namespace holdfast::harness;

constexpr std::uint64_t kTenMillion = 10'000'000;

/// Of this process since it began: run one benchmark alone to see what is its own.
double peak_gib() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

void tell(benchmark::State& state, std::size_t events) {
  state.counters["events"] = static_cast<double>(events);
  state.counters["peak_GiB"] = peak_gib();
}

void judge_ten_million_events(benchmark::State& state) {
  const SyntheticRun run = synthetic_run(kTenMillion);
  for (auto _ : state) {
    const Verdict verdict = judge(run.history, run.terms);
    if (verdict.value != Value::valid) state.SkipWithError(verdict.reason.c_str());
  }
  tell(state, run.history.events.size());
}
BENCHMARK(judge_ten_million_events)->Iterations(1)->Unit(benchmark::kMillisecond);

/// Recorded, and read as `holdfast check` reads them. The files take about 1.3 GB of disk.
void read_ten_million_events(benchmark::State& state) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("judge_bench." + std::to_string(::getpid()));
  const std::string wrong = store_run(synthetic_run(kTenMillion).history, directory.string());
  if (!wrong.empty()) state.SkipWithError(wrong.c_str());
  std::size_t events = 0;
  for (auto _ : state) {
    const auto history = read_history(directory.string());
    if (!history) {
      state.SkipWithError(history.error().text().c_str());
      break;
    }
    events = history->events.size();
  }
  tell(state, events);
  std::error_code ignored;  // what cannot be removed is left among the temporary files
  std::filesystem::remove_all(directory, ignored);
}
BENCHMARK(read_ten_million_events)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
