#include "harness/commands/exhaustive.h"

#include <algorithm>
#include <iostream>

#include "harness/commands/commands.h"
#include "harness/commands/exhaustive_words.h"
#include "harness/commands/explored_run.h"
#include "harness/commands/voice.h"
#include "harness/report/exit_status.h"

namespace holdfast::harness {
namespace {

using Clock = std::chrono::steady_clock;

class Exploration {
 public:
  Exploration(const ExhaustiveLine& line, const std::atomic<bool>& interrupted)
      : line_(line),
        interrupted_(interrupted),
        voice_(std::cerr, LogLevel::info, terminal_columns()) {}

  int run(const std::vector<sim::Scene>& scenes) {
    std::vector<SceneCovered> all;
    for (const sim::Scene& scene : scenes) {
      all.push_back({scene, {}, line_.mount, {}});
      cover(all.back());
      if (!line_.json) std::cout << conclusion_text(all.back()) << "\n" << std::flush;
      if (interrupted_) break;
    }
    if (line_.json) std::cout << exhaustive_json(all, line_.must_complete);
    std::vector<ExitStatus> statuses;
    for (const SceneCovered& one : all) statuses.push_back(exit_status(one, line_.must_complete));
    if (failed_) statuses = {ExitStatus::harness_failed};
    if (interrupted_) statuses = {ExitStatus::interrupted};
    return static_cast<int>(worst(statuses));
  }

 private:
  /// Until bounds are not completed any more: no wider ones would be. The narrowest are begun in
  /// any case.
  void cover(SceneCovered& one) {
    const auto begun = Clock::now();
    if (!line_.json) {
      std::cout << scene_text(one) << std::flush;
    }
    const std::vector<sim::Bounds> widest = {one.scene.bounds};
    for (const sim::Bounds& bounds :
         line_.at_once ? widest : sim::on_the_way_to(one.scene.bounds)) {
      if (!one.levels.empty() && time_left(begun) == Duration::zero()) break;
      const sim::Limits limits{
          .threads = line_.threads, .at_most = time_left(begun), .most_states = line_.most_states};
      one.levels.push_back({bounds, sim::explore_all(one.scene.setting, bounds, limits,
                                                     interrupted_, [&](const sim::Covered& now) {
                                                       voice_.doing(one.scene.name + ", " +
                                                                    bounds_text(bounds) + ": " +
                                                                    standing_text(now));
                                                     })});
      voice_.clear();
      const sim::Covered& covered = one.levels.back().covered;
      if (covered.failure) keep(one, *covered.failure);
      if (!line_.json) std::cout << level_text(one.levels.back()) << std::flush;
      if (!covered.complete()) break;
    }
  }

  Duration time_left(Clock::time_point begun) const {
    if (line_.seconds == 0) return Duration::max();
    const auto limit =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(line_.seconds));
    return std::max(Duration::zero(), Duration(limit - (Clock::now() - begun)));
  }

  void keep(SceneCovered& one, const sim::Failure& failure) {
    voice_.doing(one.scene.name + ": making the schedule that fails small");
    sim::Stage stage;
    const sim::Failure small = sim::shrink(failure, stage);
    voice_.clear();
    auto kept = keep_explored_run(small, explored_runs_folder(line_.output), line_.command_line);
    if (kept) {
      one.kept = std::move(*kept);
    } else {
      voice_.error(kept.error().text());
      failed_ = true;
    }
  }

  const ExhaustiveLine& line_;
  const std::atomic<bool>& interrupted_;
  Voice voice_;
  bool failed_ = false;
};

/// The scene, as it was asked for.
void adapt(sim::Scene& scene, const ExhaustiveLine& line) {
  for (const auto kind : {sim::MountKind::plain, sim::MountKind::soft, sim::MountKind::version_3}) {
    if (line.mount == sim::word(kind)) sim::mount_as(kind, scene.setting);
  }
  if (line.processes > 0) scene.resize(line.processes);
  for (sim::ProcessSetting& process : scene.setting.processes) {
    if (line.acquires > 0) process.rounds.resize(line.acquires, process.rounds.front());
  }
  const auto set = [](std::uint32_t& bound, std::int64_t asked) {
    if (asked >= 0) bound = static_cast<std::uint32_t>(asked);
  };
  set(scene.bounds.crashes, line.crashes);
  set(scene.bounds.replies, line.replies);
  set(scene.bounds.pauses, line.pauses);
  set(scene.bounds.clock_steps, line.clock_steps);
}

}  // namespace

void declare_exhaustive(CLI::App& app, ExhaustiveLine& to) {
  const auto within = [](auto least, auto most) {
    return CLI::Validator(CLI::Range(least, most)).description("");
  };
  app.add_option("--exhaustive", to.scene,
                 "tries every schedule of a scene: handover, takeover, creation, race, or all;\n"
                 "first with nothing going wrong, then with one fault more each time, then with\n"
                 "time that passes though somebody could go on. Says what it has completed.\n"
                 "--contender, --threads, --output and --json hold; --seconds is for each scene")
      ->type_name("SCENE");
  const auto bound = [&](const char* name, std::int64_t& bounded, const char* what) {
    app.add_option(name, bounded, what)
        ->type_name("N")
        ->check(within(std::int64_t{0}, std::int64_t{1000}));
  };
  bound("--crashes", to.crashes,
        "with --exhaustive, as the four that follow: at most so many in one schedule; without\n"
        "it, as the scene has it. Processes that end, before a change or within it");
  bound("--replies", to.replies, "replies that are late, or lost");
  bound("--pauses", to.pauses, "processes that stand still until they can be taken over from");
  bound("--clock-steps", to.clock_steps, "half a lease passes though somebody could go on");
  app.add_flag("--at-once", to.at_once,
               "with --exhaustive: within the widest bounds only, not those on the way to\n"
               "them");
  app.add_flag("--complete", to.must_complete,
               "with --exhaustive: status 2 unless all that was asked for is completed; without\n"
               "it, unless anything is");
  app.add_option("--processes", to.processes, "with --exhaustive: so many of them in the scene")
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{8}));
  app.add_option("--acquires", to.acquires, "with --exhaustive: so many of each process")
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{100}));
  app.add_option(
         "--mount", to.mount,
         "with --exhaustive: plain; soft (who gets no answer gives up, and the request may\n"
         "still arrive); version_3 (hosts remember names and old listings, and what is sent\n"
         "again is done again)")
      ->type_name("KIND")
      ->check(CLI::Validator(CLI::IsMember({"plain", "soft", "version_3"})).description(""))
      ->capture_default_str();
  app.add_option("--most-states", to.most_states,
                 "with --exhaustive: how many are kept, of at most 32 bytes each")
      ->type_name("N")
      ->check(within(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
}

int explore_exhaustively(const ExhaustiveLine& line, const std::atomic<bool>& interrupted) {
  std::vector<sim::Scene> chosen;
  std::string names;
  for (sim::Scene& scene : sim::scenes(line.contender)) {
    names += scene.name + ", ";
    adapt(scene, line);
    if (line.scene == "all" || line.scene == scene.name) chosen.push_back(std::move(scene));
  }
  if (chosen.empty()) {
    std::cerr << "holdfast explore: --exhaustive: there is no scene '" << line.scene
              << "'; there are: " << names << "and all\n";
    return kBadUsage;
  }
  return Exploration(line, interrupted).run(chosen);
}

}  // namespace holdfast::harness
