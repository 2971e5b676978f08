// What reading, judging and reporting a stored run costs: promised is a few seconds for a million
// events.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/report/facts.h"
#include "harness/report/report.h"
#include "harness/report/stored_file.h"

namespace {

using namespace holdfast::harness;

constexpr std::uint32_t kWorkers = 32;
constexpr std::uint32_t kHosts = 4;

[[noreturn]] void give_up(const Problem& problem) {
  fprintf(stderr, "%s\n", problem.text().c_str());
  ::exit(4);
}

/// Takes the value, or ends the program: a benchmark of half a run would say nothing.
template <class T>
T sure(Result<T> result) {
  if (!result) give_up(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Event event(Op op, Phase phase, std::uint64_t token = 0) {
  Event made;
  made.op = op;
  made.phase = phase;
  made.token = token;
  return made;
}

/// One grant to a worker that has asked already, and its next question: six events.
void take_turn(Recorder& worker, std::uint64_t token) {
  const std::string before = "lock-0/free," + std::to_string(token - 1);
  const std::string held = "lock-0/held," + std::to_string(token);
  const std::string after = "lock-0/free," + std::to_string(token);
  Event rename = event(Op::file, Phase::ok);
  rename.file = FileOp::rename;
  worker.record(rename, before, held);
  Event grant = event(Op::acquire, Phase::ok, token);
  grant.until_ns = recorder_now_ns() + 60'000'000'000;
  worker.record(grant);
  worker.record(event(Op::release, Phase::invoke, token));
  worker.record(rename, held, after);
  worker.record(event(Op::release, Phase::ok, token));
  worker.record(event(Op::acquire, Phase::invoke));
}

/// A run's folder in which 32 workers were always waiting for one baton.
void store_run(const std::string& folder, std::int64_t events) {
  std::filesystem::create_directories(folder + "/history");
  RunRecord run;
  for (std::uint32_t i = 0; i < kHosts; ++i) run.hosts.push_back({"h" + std::to_string(i + 1), 0});
  run.locks = {"lock-0"};
  run.start_ns = recorder_now_ns();
  std::vector<std::unique_ptr<Recorder>> workers;
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    const std::string host = run.hosts[i % kHosts].name;
    const std::string name = host + ".w" + std::to_string(i + 1);
    workers.push_back(sure(Recorder::create(folder + "/history/" + name + ".events",
                                            {name, host, i, 1000 + i, true})));
    workers.back()->record(event(Op::acquire, Phase::invoke));
  }
  for (std::int64_t turn = 0; turn < events / 6; ++turn) {
    take_turn(*workers[static_cast<std::size_t>(turn) % kWorkers],
              static_cast<std::uint64_t>(turn + 1));
  }
  for (const auto& worker : workers) {
    Event cancelled = event(Op::acquire, Phase::fail);
    cancelled.code = static_cast<std::int32_t>(Why::cancelled);
    worker->record(cancelled);
    worker->record(event(Op::worker, Phase::ok));
  }
  run.end_ns = recorder_now_ns();
  sure(write_run_record(folder, run));
  const Scenario scenario =
      sure(parse_scenario(R"({"version": 1, "contender": "baton"})", "bench.json", {}));
  sure(write_stored(folder + "/scenario.json", scenario.text));
  RunFacts facts = build_facts();
  Terms& terms = facts.terms;
  terms.own_lock = terms.in_process = terms.leases = terms.tokens = true;
  terms.lifetime_ns = 60'000'000'000;
  terms.wedge_bound_ns = terms.timeout_slack_ns = 60'000'000'000;
  sure(write_facts(folder, facts));
}

void report_a_run(benchmark::State& state) {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("report_bench." + std::to_string(::getpid()));
  store_run(folder, state.range(0));
  for (auto _ : state) {
    const Report report = sure(report_run(folder));
    if (report.verdict.value != Value::valid) state.SkipWithError(report.verdict.reason.c_str());
    sure(write_report(folder, report));
    benchmark::DoNotOptimize(report_text(report, folder));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::filesystem::remove_all(folder);
}
BENCHMARK(report_a_run)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->Repetitions(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace
