// What recording one event costs a worker: promised is at most 1 us.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "harness/history/recorder.h"

namespace {

using namespace holdfast::harness;

std::unique_ptr<Recorder> fresh_recorder(const std::string& path) {
  std::filesystem::remove(path);
  auto made = Recorder::create(path, {"h1.w1", "h1", 0, ::getpid()});
  if (!made) {
    fprintf(stderr, "%s\n", made.error().text().c_str());
    ::exit(4);
  }
  return std::move(*made);
}

/// Events with file names as long as a baton's states are. A file ends at about 100 MB, so that the
/// benchmark measures neither a full disk nor a full page cache.
void record_events(benchmark::State& state) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("recorder_bench." + std::to_string(::getpid()));
  const std::string name(static_cast<std::size_t>(state.range(0)), 'n');
  const std::string other(static_cast<std::size_t>(state.range(0)), 'o');
  Event event;
  event.op = Op::file;
  event.phase = Phase::ok;
  event.file = FileOp::rename;
  constexpr int kEventsOfAFile = 300'000;
  auto recorder = fresh_recorder(path);
  int left = kEventsOfAFile;
  for (auto _ : state) {
    recorder->record(event, name, other);
    if (--left == 0) {
      state.PauseTiming();
      if (recorder->failed()) state.SkipWithError("the disk is full");
      recorder = fresh_recorder(path);
      left = kEventsOfAFile;
      state.ResumeTiming();
    }
  }
  recorder.reset();
  std::filesystem::remove(path);
}
BENCHMARK(record_events)->Arg(0)->Arg(120);

void read_the_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(recorder_now_ns());
}
BENCHMARK(read_the_clock);

}  // namespace
