// holdfast bench: what the locks cost, as ratios against the bare system calls of the same run.
#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>

#include "harness/bench/ratios.h"
#include "harness/commands/command_line.h"
#include "harness/report/exit_status.h"
#include "harness/report/facts.h"

namespace holdfast::harness {
namespace {

/// Google Benchmark's own table, and the medians beside it.
class MedianReporter final : public benchmark::ConsoleReporter {
 public:
  MedianReporter() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      failed_ = failed_ || run.error_occurred;
      if (run.aggregate_name == "median") {
        // A handoff is timed by the clock. What one process does alone is counted in processor
        // time, since time in which others had the processor says nothing of it.
        const bool by_clock = run.run_name.time_type.find("manual_time") != std::string::npos;
        medians_[run.run_name.function_name +
                 (run.run_name.args.empty() ? "" : "/" + run.run_name.args)] =
            by_clock ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime();
      }
    }
  }

  const std::map<std::string, double>& medians() const { return medians_; }
  bool failed() const { return failed_; }

 private:
  std::map<std::string, double> medians_;
  bool failed_ = false;
};

/// How many processes have wanted a processor in the last minute, "0.42"; "?": nobody knows.
std::string load() {
  double of_a_minute = 0;
  if (::getloadavg(&of_a_minute, 1) != 1) return "?";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", of_a_minute);
  return text;
}

}  // namespace

int bench_command(const Arguments& arguments) {
  CLI::App app("Measures the locks against the bare system calls, in one run.", "holdfast bench");
  app.footer(
      "Repetitions of all benchmarks are mixed at random, so that a busy moment hits none alone.\n"
      "Compare ratios; absolute times mean nothing on a shared machine. Ratios are of processor\n"
      "time where one process does all, and of time by the clock where two hand over. The column\n"
      "system_calls is counted by ptrace(2): all that one acquire and release make.\n\n"
      "Exit status: 0 all promises kept, 3 bad usage, 4 a benchmark failed, 5 a promise missed.\n\n"
      "  holdfast bench --filter handoff --repetitions 21\n"
      "  holdfast bench --filter judge_ten_million --repetitions 1");
  std::string filter = "-ten_million";
  int repetitions = 11;
  double seconds = 0.1;
  app.add_option("--filter", filter,
                 "only benchmarks whose name this regular expression matches; those that it does "
                 "not if it begins with '-'")
      ->capture_default_str();
  app.add_option("--repetitions", repetitions, "of each benchmark; medians are compared")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", seconds, "of each repetition")
      ->check(CLI::Range(0.001, 60.0))
      ->capture_default_str();
  if (const auto status = parse(app, arguments)) return *status;

  std::vector<std::string> words = {"holdfast bench",
                                    "--benchmark_filter=" + filter,
                                    "--benchmark_repetitions=" + std::to_string(repetitions),
                                    "--benchmark_min_time=" + std::to_string(seconds),
                                    "--benchmark_enable_random_interleaving=true",
                                    "--benchmark_report_aggregates_only=true"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());

  const std::string load_before = load();
  MedianReporter reporter;
  if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0) {
    std::cerr << "holdfast bench: no benchmark matches '" << filter << "'\n";
    return kBadUsage;
  }
  // Without these a figure is nobody's.
  std::cout << "\nratios of medians, " << repetitions << " repetitions, commit "
            << build_facts().commit << ", load " << load_before << " before and " << load()
            << " after\n";
  const int missed = print_ratios(std::cout, promised_ratios(), reporter.medians());
  if (reporter.failed()) return kHarnessFailed;
  if (missed == 0) return kDone;
  std::cout << missed << " missed: is the machine busy? see --repetitions\n";
  return static_cast<int>(ExitStatus::mismatch);
}

}  // namespace holdfast::harness
