#include "harness/commands/one_run.h"

#include <holdfast/os/os.h>

#include <chrono>
#include <filesystem>

#include "harness/commands/grant_rate.h"
#include "harness/commands/interrupts.h"
#include "harness/commands/live_judge.h"
#include "harness/commands/requirements.h"
#include "harness/commands/run_lab.h"
#include "harness/commands/run_mount.h"
#include "harness/commands/run_places.h"
#include "harness/commands/terms.h"
#include "harness/contender/factory.h"
#include "harness/fleet/fleet.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/nemesis/faketime.h"
#include "harness/page/page.h"
#include "harness/report/figures.h"
#include "harness/report/stored_file.h"
#include "harness/workload/counter.h"
#include "harness/workload/leftovers.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

std::int64_t unix_now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::uint64_t workers_of(const Scenario& scenario) {
  std::uint64_t workers = 0;
  for (const HostSpec& host : scenario.hosts) workers += host.workers;
  return workers;
}

class OneRun {
 public:
  OneRun(const Scenario& scenario, const RunRequest& request, Voice& voice)
      : scenario_(scenario), request_(request), voice_(voice) {}

  RunResult run() {
    const auto folder = program_folder();
    if (!folder) return failed(folder.error());
    auto missing = what_is_missing(scenario_, *folder);
    if (!missing && request_.elsewhere.any()) missing = what_is_missing_elsewhere(scenario_);
    if (missing) return skip(*missing);
    voice_.begin_run();
    const auto done = play(*folder);
    if (!done) return failed(done.error());
    if (result_.status == ExitStatus::interrupted) return ended();
    return judge();
  }

 private:
  /// All up to the stored run. What passes is gone when this comes back.
  Result<void> play(const std::string& programs) {
    auto places = make_places(programs);
    if (!places) return tl::unexpected(places.error());
    auto passing = PassingPlaces::make(request_.mount);
    if (!passing) return tl::unexpected(passing.error());
    places->locks = passing->locks();
    places->scratch = passing->scratch();
    voice_.debug("the locks stand in " + places->locks);
    if (auto began = begin(*places); !began) return began;
    std::unique_ptr<RunMount> mount;
    if (scenario_.mount) {
      auto started =
          RunMount::start(scenario_, {places->run, places->locks, places->scratch + "/mounts"});
      if (!started) return tl::unexpected(started.error());
      mount = std::move(*started);
      places->host_locks = mount->host_places();
      places->mount_control = mount->control();
    }
    if (scenario_.lab) {
      voice_.doing("booting a lab of " + std::to_string(scenario_.hosts.size()) + " hosts for " +
                   scenario_.name);
      auto started = RunLab::start(scenario_, places->run, [this] { return !interrupts_.came(); });
      if (!started && !interrupts_.came()) return tl::unexpected(started.error());
      if (started) lab_ = std::move(*started);
    }
    if (interrupts_.came()) {
      give_up();
      return {};
    }
    if (lab_) {
      auto machines = lab_->machines();
      if (!machines) return tl::unexpected(machines.error());
      facts_.machines = std::move(*machines);
    }
    voice_.doing("preparing " + std::to_string(workers_of(scenario_)) + " workers for " +
                 scenario_.name);
    const auto launcher =
        make_run_launcher(scenario_, request_.elsewhere, *places, programs, voice_);
    if (!launcher) return tl::unexpected(launcher.error());
    FleetOptions options = fleet_options(*places, mount.get());
    options.spared.push_back(passing->survivor());
    const auto outcome = run_fleet(scenario_, *scenario_.seed, *places,
                                   lab_ ? lab_->launcher() : **launcher, options);
    live_judge_.reset();
    voice_.clear();
    if (mount) {
      if (const auto served = mount->check(); !served) return served;
    }
    mount.reset();
    if (auto ended = end_lab(*places, outcome.has_value()); !ended) return ended;
    if (!outcome) return tl::unexpected(outcome.error());
    if (mount_problem_) return tl::unexpected(*mount_problem_);
    voice_.debug("the workers were ready after " + human_duration(outcome->preparing_ns) +
                 " and worked for " + human_duration(outcome->end_ns - outcome->start_ns));
    if (outcome->how == FleetOutcome::How::aborted) {
      give_up();
      return {};
    }
    facts_.interrupted = outcome->how == FleetOutcome::How::interrupted || interrupts_.came();
    if (auto stored = store(*outcome, *places); !stored) return stored;
    voice_.debug("all processes have ended, the run is stored");
    if (auto removed = passing->remove(); !removed) voice_.warning(removed.error().text());
    return {};
  }

  /// Nothing is run; continuous integration still counts the scenario, as skipped.
  RunResult skip(const std::string& missing) {
    const std::int64_t now = unix_now_ms();
    const auto folder = make_run_folder(request_.runs, scenario_.name, *scenario_.seed, now);
    if (!folder) return failed(folder.error());
    result_.folder = *folder;
    if (const auto written =
            write_stored(*folder + "/junit.xml", skipped_junit_xml(scenario_.name, missing, now));
        !written) {
      return failed(written.error());
    }
    if (const auto written =
            write_stored(*folder + "/summary.md", skipped_markdown(scenario_.name, missing));
        !written) {
      return failed(written.error());
    }
    result_.status = ExitStatus::skipped;
    result_.reason = missing;
    return std::move(result_);
  }

  /// What the locks left is brought here, where the rest of the run looks for it.
  Result<void> end_lab(Places& places, bool worth_it) {
    if (!lab_) return {};
    std::optional<Problem> failure;
    if (worth_it) {
      const auto left = lab_->finish();
      if (left) places.locks = *left + "/locks";
      if (!left) failure = left.error();
      facts_.nfs_operations = lab_->operations();
    }
    lab_.reset();
    if (failure) return tl::unexpected(*failure);
    return {};
  }

  Result<Places> make_places(const std::string& programs) {
    facts_ = build_facts();
    facts_.started_unix_ms = unix_now_ms();
    auto folder =
        make_run_folder(request_.runs, scenario_.name, *scenario_.seed, facts_.started_unix_ms);
    if (!folder) return tl::unexpected(folder.error());
    result_.folder = *folder;
    voice_.debug("the run is kept in " + as_typed(*folder));
    Places places;
    places.run = *folder;
    // Needed only if a clock is bent; what_is_missing() has said so if they are not there.
    if (const auto libraries = faketime_libraries(programs)) places.faketime = *libraries;
    return places;
  }

  /// What is known before anybody works: it is stored first, so that whatever happens leaves a
  /// folder that says what it was to be.
  Result<void> begin(const Places& places) {
    if (auto written = write_stored(places.run + "/scenario.json", scenario_.text); !written) {
      return written;
    }
    Station station;
    station.directory = places.locks;
    station.lock = lock_names(scenario_).front();
    station.worker = "nobody";
    station.host = scenario_.hosts.front().name;
    station.system = os::native();
    station.errors = places.run + "/logs/hello.err";
    station.reply_bound = scenario_.bounds.reply;
    voice_.doing("asking " + scenario_.contender.name + " what it is");
    const auto traits = describe_contender(scenario_.contender, station);
    if (!traits) return tl::unexpected(traits.error());
    traits_ = *traits;
    voice_.debug("the contender is " + traits_.name);
    facts_.contender = traits_.name;
    facts_.command_line = request_.command_line;
    facts_.again = request_.again + " --seed " + print_seed(*scenario_.seed);
    facts_.terms = terms_of(scenario_, traits_);
    Machine machine = read_machine(places.locks);
    // Of machines elsewhere nothing is known here; this one has none of their hosts.
    if (!request_.elsewhere.any()) {
      for (const HostSpec& host : scenario_.hosts) machine.hosts.push_back(host.name);
    }
    for (const std::string& unread : machine.problems) voice_.debug(unread);
    facts_.machines = {std::move(machine)};
    return {};
  }

  /// `mount`: the emulated one, if the run has one; it must outlive the fleet.
  FleetOptions fleet_options(const Places& places, RunMount* mount) {
    constexpr std::chrono::milliseconds kPerWorker{250};  // a Python program on a busy machine
    FleetOptions options;
    options.agent_errors = places.run + "/logs";
    options.preparing_bound += kPerWorker * workers_of(scenario_);
    if (mount != nullptr) options.spared = {mount->server()};
    options.started = [this, mount, run = places.run] {
      if (mount != nullptr) {
        if (const auto begun = mount->begin(); !begun) mount_problem_ = begun.error();
      }
      if (lab_) lab_->begin();
      watch(run);
    };
    options.ending = [this] {
      if (lab_) lab_->end();
    };
    options.progress = [this, mount](const FleetProgress& now) {
      show(now);
      if (mount != nullptr) mount->let_go();
      if (!ending_ && interrupts_.came()) {
        ending_ = true;
        voice_.warning("the run is being ended and will be judged; once more ends it at once");
      }
    };
    return options;
  }

  /// Looks at the histories from now on, if they grow here.
  void watch(const std::string& run) {
    if (request_.elsewhere.any() || scenario_.lab) return;
    if (clocks_may_excuse(scenario_, facts_.terms)) return;
    constexpr std::int64_t kBefore = 1'000'000'000;  // somebody may have been faster than this
    RunRecord record;
    for (const HostSpec& host : scenario_.hosts) record.hosts.push_back({host.name, 0});
    record.locks = lock_names(scenario_);
    record.start_ns = recorder_now_ns() - kBefore;
    live_judge_.emplace(run, std::move(record), facts_.terms);
  }

  void show(const FleetProgress& now) {
    Progress progress;
    progress.scenario = scenario_.name;
    progress.contender = facts_.contender;
    progress.hosts = scenario_.hosts.size();
    progress.workers = workers_of(scenario_);
    progress.elapsed = nanoseconds(now.elapsed_ns);
    progress.duration = scenario_.until.duration;
    progress.grants = now.grants;
    progress.wanted_grants = scenario_.until.grants;
    progress.grants_per_second = rate_.per_second(now);
    progress.faults = now.faults;
    if (live_judge_) progress.violations = live_judge_->violations();
    if (lab_) {
      for (const auto& [kind, count] : lab_->faults()) progress.faults[kind] += count;
    }
    voice_.progress(progress);
  }

  Result<void> store(const FleetOutcome& outcome, const Places& places) {
    for (const std::string& host : outcome.lost_hosts) {
      voice_.warning("host " + host + " was lost: its agent ended; see logs/" + host + ".err in " +
                     as_typed(places.run));
    }
    facts_.ended_unix_ms = unix_now_ms();
    if (scenario_.work.resource == Resource::counter) {
      const auto counter = final_counter(places.locks, lock_names(scenario_));
      if (!counter) return tl::unexpected(counter.error());
      facts_.terms.final_counter = *counter;
    }
    RunRecord record;
    for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
      record.hosts.push_back({scenario_.hosts[i].name, 0, outcome.clocks.at(i)});
    }
    record.locks = lock_names(scenario_);
    record.start_ns = outcome.start_ns;
    record.end_ns = outcome.end_ns;
    auto left = left_behind(places.locks, record.locks, traits_);
    if (!left) return tl::unexpected(left.error());
    record.left_behind = std::move(*left);
    auto histories = history_files(places.run);
    if (!histories) return tl::unexpected(histories.error());
    record.histories = std::move(*histories);
    if (scenario_.lab) {
      std::error_code ignored;  // a copy that stays does no harm
      fs::remove_all(fs::path(places.locks).parent_path(), ignored);
    }
    if (auto written = write_run_record(places.run, record); !written) return written;
    return write_facts(places.run, facts_);
  }

  RunResult judge() {
    voice_.doing("judging " + scenario_.name);
    auto judged = judge_run(result_.folder);
    if (!judged) return failed(judged.error());
    const Report& report = judged->report;
    if (auto written = write_report(result_.folder, report); !written) {
      return failed(written.error());
    }
    if (auto written = write_page(result_.folder, report, judged->history); !written) {
      return failed(written.error());
    }
    voice_.clear();
    result_.status = report.status;
    result_.report = std::move(judged->report);
    return ended();
  }

  /// Interrupted before there was anything to judge, or twice: what is there is worth nothing.
  void give_up() {
    std::error_code ignored;  // what cannot be removed does no harm: it is no whole run
    fs::remove_all(std::exchange(result_.folder, {}), ignored);
    result_.status = ExitStatus::interrupted;
    result_.reason = "given up: nothing is judged, nothing is kept";
  }

  RunResult failed(const Problem& problem) {
    voice_.clear();
    result_.status = ExitStatus::harness_failed;
    result_.reason = problem.text();
    return ended();
  }

  RunResult ended() {
    result_.interrupted = result_.status == ExitStatus::interrupted || interrupts_.came();
    return std::move(result_);
  }

  const Scenario& scenario_;
  const RunRequest& request_;
  Voice& voice_;
  Interrupts interrupts_;  // so that none of them ends this process before the run is judged
  GrantRate rate_;
  bool ending_ = false;  ///< the user has been told so
  RunFacts facts_;
  Traits traits_;
  RunResult result_;
  std::unique_ptr<RunLab> lab_;
  std::optional<LiveJudge> live_judge_;   // while the workers work
  std::optional<Problem> mount_problem_;  // its faults did not begin
};

}  // namespace

RunResult run_once(const Scenario& scenario, const RunRequest& request, Voice& voice) {
  return OneRun(scenario, request, voice).run();
}

}  // namespace holdfast::harness
