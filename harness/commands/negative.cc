// holdfast negative: how good is the harness? Locks with a known mistake each must be caught, and
// right ones never accused.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <optional>

#include "harness/commands/command_line.h"
#include "harness/commands/control_runs.h"
#include "harness/commands/planted_runs.h"
#include "harness/commands/run_places.h"
#include "harness/commands/sound_peer.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples =
    R"(How good is the harness? scenarios/negative is a catalogue of how file locks go wrong: each
lock in it has one mistake, and its scenario says as what it is to be found. This runs all of them,
some at once, and says for each what caught it, in which world, and after how many grants and
seconds. One that was not found, or not as what it is, is run again with another seed, --tries times
in all.

With --control, sound locks are run instead (scenarios/control): so many runs, with all of them in
turn. None may be accused. A run that shows nothing, as nobody met, is repeated likewise. Of a
planted mistake's scenario it runs the sound lock that the mistake is made in: a scenario that
accuses that one, too, shows nothing.

With --in, the question is how good a scenario is: a valid verdict of a run that would have missed
most mistakes is worth little. Its hosts, work, faults and mount stay as they are; what it misses
is told with the world and the faults that would have shown it, and is no failure.

The table is kept as negative.md and negative.json (--control: controls, --in: power) in the folder
for the runs, or in --table's. There, a part of the mistakes never takes the place of a table of
all, and a part of the sound locks takes that of their own rows. Ctrl-C ends the runs that are under
way in order, says what is known by then, and leaves --table's folder as it is.

Examples:
  holdfast negative                             all of them
  holdfast negative --only pid                  those with "pid" in their name
  holdfast negative my/folder                   your own
  holdfast negative --in scenarios/smoke        what would the smoke test have caught?
  holdfast negative --control 200               200 runs of sound locks
  holdfast negative --control 14 --at-once 1 scenarios/control-lab    ... on real NFS
  holdfast negative --control 31 scenarios/negative    ... where the mistakes are found
  holdfast negative --table reports             keeps the table in the repository
  holdfast negative --control 200 --table reports    likewise that of sound locks
  holdfast negative --json | jq '.rows[] | select(.right | not)'

Exit status: 0 all were caught as what they are (--control: none was accused; --in: all were run);
1 one was missed, or accused; 5 one was caught as something else; 2 --control: one showed nothing,
--tries times; 3 bad usage; 4 the harness failed; 6 one was skipped, as the machine lacks something;
130 interrupted.)";

struct CommandLine {
  std::vector<std::string> paths;
  std::string only;
  std::string in;
  std::size_t control = 0;
  std::optional<std::size_t> tries;
  std::size_t at_once = 2;
  std::string output;
  std::string table;
  bool json = false;
};

void declare(CLI::App& app, CommandLine& to) {
  const auto at_least_one = CLI::Range(std::size_t{1}, std::size_t{1'000'000}).description("");
  app.footer(kExamples);
  app.add_option("PATH", to.paths,
                 "scenarios, and folders of them; default: scenarios/negative (--control:\n"
                 "scenarios/control) of this repository")
      ->type_name("");
  app.add_option("--only", to.only, "those alone whose name contains this")->type_name("WORD");
  auto* const in = app.add_option("--in", to.in,
                                  "one scenario, in which all of them are run in the place of its\n"
                                  "own lock: which would it have caught?")
                       ->type_name("SCENARIO");
  app.add_option("--control", to.control, "runs of sound locks, none of which may be accused")
      ->type_name("RUNS")
      ->check(at_least_one)
      ->excludes(in);
  app.add_option("--tries", to.tries,
                 "runs at most for each mistake or control; default: 3, with --in 1")
      ->type_name("N")
      ->check(at_least_one);
  app.add_option("--at-once", to.at_once, "runs at the same time; default: 2")
      ->type_name("N")
      ->check(at_least_one);
  app.add_option("--output", to.output,
                 "the folder for the runs' folders; default: reports/runs of this repository")
      ->type_name("DIR");
  app.add_option("--table", to.table,
                 "the folder for the table, as Markdown and JSON; default: that of --output")
      ->type_name("DIR")
      ->check(CLI::Validator(CLI::ExistingDirectory).description(""));
  app.add_flag("--json", to.json, "prints the table as JSON, and nothing else on standard output");
}

/// What is to be run of a scenario; among sound locks, that is a sound one in the place of a
/// planted mistake's, if it has one.
Result<void> add(const CommandLine& line, Scenario scenario, SeriesOptions& to) {
  const bool planted = scenario.expect.verdict == Expect::Value::violated;
  if (!planted && line.control == 0) {
    return problem(scenario.file + ": /expect", "a planted mistake expects \"violated\"");
  }
  if (scenario.name.find(line.only) == std::string::npos) return {};
  if (planted && line.control != 0) {
    auto peer = sound_peer(scenario);
    if (!peer) return tl::unexpected(peer.error());
    if (peer->empty()) return {};
    auto sound = read_scenario(scenario.file, *peer);
    if (!sound) return tl::unexpected(sound.error());
    to.set[sound->file] = std::move(*peer);
    scenario = std::move(*sound);
  }
  to.scenarios.push_back(std::move(scenario));
  return {};
}

Result<SeriesOptions> read_all(const CommandLine& line, const fs::path& repository) {
  const char* const family = line.control == 0 ? "negative" : "control";
  std::vector<std::string> paths = line.paths;
  if (paths.empty()) paths = {(repository / "scenarios" / family).string()};
  SeriesOptions series;
  for (const std::string& path : paths) {
    const auto files = find_scenarios(path);
    if (!files) return tl::unexpected(files.error());
    for (const std::string& file : *files) {
      auto scenario = read_scenario(file, {});
      if (!scenario) return tl::unexpected(scenario.error());
      auto added = add(line, std::move(*scenario), series);
      if (!added) return tl::unexpected(added.error());
    }
  }
  if (series.scenarios.empty()) {
    return problem("--only",
                   "no scenario that can be run so has \"" + line.only + "\" in its name");
  }
  return series;
}

/// A table of all mistakes is not to become one of some.
Result<void> keeps_all(const CommandLine& line) {
  const bool part = !line.only.empty() || !line.paths.empty();
  const std::string file = line.table + (line.in.empty() ? "/negative.json" : "/power.json");
  if (line.control != 0 || line.table.empty() || !part || !fs::exists(file)) return {};
  return problem("--table", file +
                                " has all mistakes, and would lose those that are not run: leave " +
                                (line.only.empty() ? "the paths" : "--only") +
                                " away, or give another folder");
}

/// The configuration that is to be measured.
Result<Scenario> read_in(const std::string& path) {
  const auto files = find_scenarios(path);
  if (!files) return tl::unexpected(files.error());
  if (files->size() != 1) {
    return problem("--in", path + " holds " + std::to_string(files->size()) +
                               " scenarios, allowed is one: give its file");
  }
  return read_scenario(files->front(), {});
}

void set_series(const CommandLine& line, const fs::path& output, SeriesOptions& series) {
  series.runs = line.control == 0 ? series.scenarios.size() : line.control;
  series.tries = line.tries.value_or(line.in.empty() ? 3 : 1);
  series.at_once = line.at_once;
  series.output = fs::absolute(output).lexically_normal();
  series.table = line.table;
  series.json = line.json;
  series.subject = line.control == 0 ? "planted mistakes" : "runs of sound locks";
}

int bad_usage(const Problem& why) {
  std::cerr << "holdfast negative: " << why.text() << "\n";
  return kBadUsage;
}

}  // namespace

int negative_command(const Arguments& arguments) {
  CLI::App app("Locks with a known mistake each: all of them must be caught.", "holdfast negative");
  CommandLine line;
  declare(app, line);
  if (const auto status = parse(app, arguments)) return *status;
  if (const auto all = keeps_all(line); !all) return bad_usage(all.error());
  const fs::path runs = default_runs_folder(fs::current_path());
  auto series = read_all(line, runs.parent_path().parent_path());
  if (!series) return bad_usage(series.error());
  set_series(line, line.output.empty() ? runs : fs::path(line.output), *series);
  if (line.control != 0) return ControlRuns(std::move(*series)).run();
  if (line.in.empty()) return PlantedRuns(std::move(*series)).run();
  auto in = read_in(line.in);
  if (!in) return bad_usage(in.error());
  return PowerRuns(std::move(*series), std::move(*in)).run();
}

}  // namespace holdfast::harness
