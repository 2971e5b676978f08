// holdfast explore: the locks on a simulated NFS, under as many schedules as time allows.
#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <thread>

#include "harness/commands/command_line.h"
#include "harness/commands/exhaustive.h"
#include "harness/commands/explore_replay.h"
#include "harness/commands/explore_words.h"
#include "harness/commands/explored_run.h"
#include "harness/commands/voice.h"
#include "harness/report/exit_status.h"
#include "harness/report/stored_file.h"
#include "harness/scenario/scenario.h"
#include "harness/sim/contender.h"

namespace holdfast::harness {
namespace {

constexpr const char* kExamples =
    R"(The lock runs, unmodified, in a simulated world: processes on hosts with clocks and caches of
their own, one NFS server, requests that are lost, late or repeated, crashes at every point. Each
schedule is drawn from the seed and its number; after every step it is checked that no two hold
the lock, that tokens grow, that every answer was true, and that somebody gets the lock in the end.

A violation is made small and kept as a run is, in reports/runs/explore-CONTENDER/TIME-SEED or below
--output: report.html shows it step by step, holdfast check judges it again, and its replay.json
repeats it, here and anywhere else. SEED is that of --seed; where nothing was drawn, with
--exhaustive, that of the processes' random bits. --replay tells such a file's story, and keeps a
run of it only below --output; --export makes a scenario of it, for real processes. PATH is an
exploration, or a folder of them (harness/sim/README.md): several cases, and a table; mistakes that
were expected are kept only below --output.

Examples:
  holdfast explore --schedules 1000000               the default protocol, a minute or two
  holdfast explore scenarios/negative                does exploration find the planted mistakes?
  holdfast explore --contender flufl_exact           flufl.lock's algorithm, and its races
  holdfast explore --exhaustive all --seconds 600    every schedule, within bounds that it states
  holdfast explore --replay RUN/replay.json          the story of one violation, step by step
  holdfast explore --replay FILE --json              the same for a program that shows it
  holdfast explore --replay FILE --output runs       the same, and a run whose page shows it
  holdfast explore --replay FILE --export mine.json  the same for real processes: holdfast run
  holdfast explore --beyond forgetful_server         what the contract excludes

What is drawn at random can miss what is rare; --exhaustive misses nothing, within small bounds.

Exit status: 0 nothing found, or what was expected; 1 violated, also by a server that has forgotten
(server_lost_state); 2 out_of_contract: violated, while clocks were further apart than the contract
allows; or --seconds were over before what was expected was found; with --exhaustive: no bounds were
completed, or, with --complete, not those that were asked for; 3 bad usage; 4 a file that cannot be
written; 5 not what was expected: another violation than the case's or the replay's, or none any
more; 130 interrupted.)";

constexpr std::uint64_t kForever = std::uint64_t{1} << 62;

std::atomic<bool> interrupted{false};

struct CommandLine {
  std::vector<std::string> paths;
  sim::Range range;
  std::uint64_t schedules = 100'000;
  std::string seed = "1";
  double seconds = 0;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> beyond;
  std::string replay;
  std::string export_to;
  std::string output;
  ExhaustiveLine exhaustive;
  bool list = false;
  bool no_crashes = false;
  bool json = false;
};

void declare(CLI::App& app, CommandLine& to) {
  const auto within = [](auto least, auto most) {
    return CLI::Validator(CLI::Range(least, most)).description("");
  };
  app.footer(kExamples);
  app.add_option("PATH", to.paths, "explorations, and folders of them")->type_name("");
  app.add_option("--contender", to.range.contender, "which lock; see --list")
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--schedules", to.schedules, "how many; of a PATH's cases: at most")
      ->type_name("N")
      ->check(within(std::uint64_t{1}, kForever))
      ->capture_default_str();
  app.add_option("--seed", to.seed, "of all random choices, in hexadecimal")
      ->type_name("HEX")
      ->capture_default_str();
  app.add_option("--seconds", to.seconds, "of real time, for all of it; 0: no limit")
      ->type_name("S")
      ->check(within(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--threads", to.threads, "each with a world of its own")
      ->type_name("N")
      ->check(within(1U, 256U))
      ->capture_default_str();
  app.add_option("--least-processes", to.range.least_processes)
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{8}))
      ->capture_default_str();
  app.add_option("--most-processes", to.range.most_processes)
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{8}))
      ->capture_default_str();
  app.add_option("--least-rounds", to.range.least_rounds, "of acquire and release each")
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{100}))
      ->capture_default_str();
  app.add_option("--rounds", to.range.most_rounds, "at most, of acquire and release each")
      ->type_name("N")
      ->check(within(std::size_t{1}, std::size_t{100}))
      ->capture_default_str();
  app.add_option("--mishaps", to.range.most_mishaps, "at most, of requests in one schedule")
      ->type_name("N")
      ->check(within(0U, 1000U))
      ->capture_default_str();
  app.add_flag("--no-crashes", to.no_crashes, "no process and no host ends before its time");
  app.add_option("--beyond", to.beyond,
                 "what the contract excludes: fast_clocks (that run apart by more than the\n"
                 "lock's drift), forgetful_server (an async export whose server crashes)")
      ->type_name("WHAT")
      ->allow_extra_args(false)
      ->check(CLI::Validator(CLI::IsMember({"fast_clocks", "forgetful_server"})).description(""));
  declare_exhaustive(app, to.exhaustive);
  app.add_option("--replay", to.replay, "runs the schedule in FILE and tells its story")
      ->type_name("FILE");
  app.add_option("--export", to.export_to,
                 "with --replay: writes what a scenario can express of it, for real processes on\n"
                 "an emulated mount; what it cannot is said")
      ->type_name("SCENARIO");
  app.add_option("--output", to.output,
                 "keeps the runs of violations below this folder instead of reports/runs")
      ->type_name("DIR");
  app.add_flag("--list", to.list, "the contenders there are");
  app.add_flag("--json", to.json,
               "prints the result, or with --replay the story, as JSON on standard output");
}

int bad(const std::string& words) {
  std::cerr << "holdfast explore: " << words << "\n";
  return kBadUsage;
}

/// `path`, if it is given and not there yet.
Result<void> make_folder(const std::string& path) {
  std::error_code error;
  if (!path.empty()) std::filesystem::create_directories(path, error);
  if (error) return problem("--output: " + path, "make this folder", error);
  return {};
}

/// All cases of a file, or of the files in and below a folder that are explorations.
Result<std::vector<sim::Case>> cases_in(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  const bool folder = fs::is_directory(path, error);
  if (folder) {
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      if (entry.path().extension() == ".exploration") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  if (error) return problem(path, "read the folder", error);
  std::vector<sim::Case> all;
  for (const std::string& file : files) {
    const auto text = read_stored(file);
    if (!text) return tl::unexpected(text.error());
    const auto cases = sim::parse_cases(*text, file);
    if (!cases) return tl::unexpected(cases.error());
    all.insert(all.end(), cases->begin(), cases->end());
  }
  if (all.empty()) {
    return problem(path, folder ? "there is no exploration in this folder"
                                : "this is no exploration: \"holdfast\": \"exploration\" is "
                                  "missing; for a replay use --replay, for a scenario run");
  }
  return all;
}

class Command {
 public:
  Command(const CommandLine& line, const Arguments& command_line, std::uint64_t seed)
      : line_(line),
        command_line_(command_line),
        seed_(seed),
        voice_(std::cerr, LogLevel::info, terminal_columns()),
        begun_(std::chrono::steady_clock::now()) {}

  int run(const std::vector<sim::Case>& cases, bool table) {
    std::vector<Explored> all;
    std::vector<ExitStatus> statuses;
    if (table && !line_.json) std::cout << sim_head();
    for (const sim::Case& one : cases) {
      all.push_back(explore_case(one));
      statuses.push_back(static_cast<ExitStatus>(exit_status(all.back())));
      voice_.clear();
      if (!line_.json) {
        std::cout << (table ? explored_line(all.back()) : explored_text(all.back())) << std::flush;
      }
      if (interrupted) break;
    }
    if (line_.json) std::cout << explored_json(all);
    if (failed_) return kHarnessFailed;
    return static_cast<int>(worst(statuses));
  }

 private:
  static std::string sim_head() { return explored_head(); }

  Duration time_left() const {
    if (line_.seconds == 0) return Duration::max();
    const std::chrono::duration<double> limit(line_.seconds);
    const auto left =
        std::chrono::duration_cast<Duration>(limit) - (std::chrono::steady_clock::now() - begun_);
    return std::max(Duration::zero(), Duration(left));
  }

  Explored explore_case(const sim::Case& one) {
    Explored explored;
    explored.asked = one;
    explored.seed = seed_;
    explored.threads = line_.threads;
    const sim::Task task{.range = one.range,
                         .seed = seed_,
                         .schedules = one.schedules,
                         .threads = line_.threads,
                         .at_most = time_left(),
                         .only = one.sought()};
    const auto begun = std::chrono::steady_clock::now();
    const std::clock_t worked = std::clock();
    explored.found = sim::explore(task, interrupted, [&](std::uint64_t schedules) {
      voice_.doing(one.name + ": " + std::to_string(schedules) + " of " +
                   std::to_string(one.schedules) + " schedules");
    });
    explored.took = std::chrono::steady_clock::now() - begun;
    explored.core_time = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC));
    if (!explored.found.failure) return explored;
    voice_.doing(one.name + ": making the schedule that fails small");
    sim::Stage stage;
    explored.shrunk = sim::shrink(*explored.found.failure, stage);
    // What a planted mistake leads to is kept only where somebody has asked for it.
    if (one.expects.empty() || !line_.output.empty()) keep(explored);
    return explored;
  }

  void keep(Explored& explored) {
    auto kept =
        keep_explored_run(*explored.shrunk, explored_runs_folder(line_.output), command_line_);
    if (kept) {
      explored.kept = std::move(*kept);
    } else {
      voice_.error(kept.error().text());
      failed_ = true;
    }
  }

  const CommandLine& line_;
  const Arguments& command_line_;
  std::uint64_t seed_;
  Voice voice_;
  std::chrono::steady_clock::time_point begun_;
  bool failed_ = false;
};

int list() {
  for (const sim::Kind& kind : sim::kinds()) {
    std::cout << kind.name << std::string(kind.name.size() < 26 ? 26 - kind.name.size() : 1, ' ')
              << kind.about << "\n";
  }
  return kDone;
}

}  // namespace

int explore_command(const Arguments& arguments) {
  CLI::App app("Explores schedules of a lock on a simulated NFS.", "holdfast explore");
  CommandLine line;
  declare(app, line);
  if (const auto status = parse(app, arguments)) return *status;
  if (line.list) return list();
  Arguments command_line = {"holdfast", "explore"};
  command_line.insert(command_line.end(), arguments.begin(), arguments.end());
  if (!line.replay.empty()) {
    return replay({line.replay, line.export_to, line.output, line.json, command_line});
  }
  if (!line.export_to.empty()) return bad("--export goes with --replay FILE");
  const auto seed = parse_seed(line.seed);
  if (!seed)
    return bad("--seed: '" + line.seed + "' is no number of at most 16 hexadecimal digits");
  if (sim::find_kind(line.range.contender) == nullptr) {
    return bad("--contender: there is no '" + line.range.contender +
               "'; see holdfast explore --list");
  }
  if (line.range.least_processes > line.range.most_processes) {
    return bad("--least-processes is more than --most-processes");
  }
  if (line.range.least_rounds > line.range.most_rounds) {
    return bad("--least-rounds is more than --rounds");
  }
  // Rather than after an hour.
  if (const auto made = make_folder(line.output); !made) {
    bad(made.error().text());
    return kHarnessFailed;
  }
  line.range.crashes = !line.no_crashes;
  for (const std::string& what : line.beyond) {
    (what == "fast_clocks" ? line.range.fast_clocks : line.range.forgetful_server) = true;
  }
  std::vector<sim::Case> cases;
  for (const std::string& path : line.paths) {
    const auto found = cases_in(path);
    if (!found) return bad(found.error().text());
    cases.insert(cases.end(), found->begin(), found->end());
  }
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  if (!line.exhaustive.scene.empty()) {
    line.exhaustive.contender = line.range.contender;
    line.exhaustive.threads = line.threads;
    line.exhaustive.seconds = line.seconds;
    line.exhaustive.output = line.output;
    line.exhaustive.command_line = command_line;
    line.exhaustive.json = line.json;
    return explore_exhaustively(line.exhaustive, interrupted);
  }
  const bool table = !cases.empty();
  if (!table) {
    cases.emplace_back();
    cases.back().name = line.range.contender;
    cases.back().range = line.range;
    cases.back().schedules = line.schedules;
  }
  return Command(line, command_line, *seed).run(cases, table);
}

}  // namespace holdfast::harness
