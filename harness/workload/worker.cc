#include "harness/workload/worker.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "harness/contender/factory.h"
#include "harness/contender/file_recorder.h"
#include "harness/history/recorder.h"
#include "harness/nemesis/faketime.h"
#include "harness/nemesis/skewed_clock.h"
#include "harness/workload/shift.h"

namespace holdfast::harness {
namespace {

/// A worker's log has the first complaints, which name the trouble, and not a million of them.
constexpr int kMostComplaints = 20;

std::function<void(const std::string&)> complain_to_log(const std::string& worker) {
  return [worker, left = kMostComplaints](const std::string& text) mutable {
    if (left == 0) return;
    std::cerr << worker << ": " << text << "\n";
    if (--left == 0) std::cerr << worker << ": more of that is not written down\n";
  };
}

/// What is preloaded into a contender program: the recorder of file operations, the bent clock.
Result<void> arrange_program(const WorkerPlan& plan, Station& station) {
  if (plan.contender.program.empty()) return {};
  const auto folder = program_folder();
  if (!folder) return tl::unexpected(folder.error());
  if (plan.contender.record_files) {
    const auto recorder = file_recorder_library(*folder);
    if (!recorder) return tl::unexpected(recorder.error());
    station.preload.push_back(*recorder);
    station.environment = file_recorder_environment(station);
  }
  if (plan.faketime.empty()) return {};
  const auto libraries = faketime_libraries(*folder);
  if (!libraries) return tl::unexpected(libraries.error());
  station.preload.insert(station.preload.end(), libraries->begin(), libraries->end());
  for (auto& variable : faketime_environment(plan.faketime)) {
    station.environment.push_back(std::move(variable));
  }
  return {};
}

Station station_of(const WorkerPlan& plan, const os::System& system, Recorder& recorder) {
  Station station;
  station.directory = plan.directory;
  station.index = static_cast<std::uint16_t>(plan.slot % plan.locks.size());
  station.lock = plan.locks[station.index];
  station.worker = plan.name;
  station.host = plan.host;
  station.separate_machine = plan.separate_machine;
  station.system = system;
  station.recorder = records_files(plan.contender) ? &recorder : nullptr;
  station.crash = {plan.crash_operation, plan.crash_at, plan.crash_before};
  station.history = plan.history;
  station.errors = plan.errors;
  station.reply_bound = std::chrono::nanoseconds(plan.reply_bound_ns);
  return station;
}

}  // namespace

Result<WorkerEnd> run_worker(const WorkerPlan& plan, const os::System& system,
                             const std::stop_token& stop, const std::function<void()>& prepared,
                             const Notify& notify) {
  if (plan.locks.empty()) return problem(plan.name, "there is no lock to work with");
  auto recorder =
      Recorder::create(plan.history, {plan.name, plan.host, plan.slot, system.host->self().pid,
                                      records_files(plan.contender), plan.survives_power_cut});
  if (!recorder) return tl::unexpected(recorder.error());

  Station station = station_of(plan, system, **recorder);
  std::unique_ptr<SkewedClock> clock;
  if (!plan.clock_page.empty()) {
    auto opened = SkewedClock::open(plan.clock_page, *system.clock);
    if (!opened) return tl::unexpected(opened.error());
    clock = std::move(*opened);
    station.system.clock = clock.get();
    station.rate = [&clock] { return clock->rate(); };
  }
  if (auto arranged = arrange_program(plan, station); !arranged) {
    return tl::unexpected(arranged.error());
  }
  auto contender = make_contender(plan.contender, station);
  if (!contender) return tl::unexpected(contender.error());

  const Journal journal(**recorder, station.index);
  const auto resource =
      make_resource(plan.work, (*contender)->traits(), station.path(), system, journal);
  if (!resource) return tl::unexpected(resource.error());

  if (prepared) prepared();
  Journal(journal).invoke(Op::worker);
  ShiftDoors doors;
  doors.now_ns = recorder_now_ns;
  doors.sleep = [&](Nanoseconds at_most) { system.host->sleep(at_most, stop); };
  doors.complain = complain_to_log(plan.name);
  if (plan.ordered) doors.notify = notify;
  Shift shift(plan.work, plan.patience_ns, **contender, resource->get(), journal, Random(plan.seed),
              std::move(doors));
  return shift.run(stop);
}

}  // namespace holdfast::harness
