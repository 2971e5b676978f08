// holdfast negative: how good is the harness? Locks with a known mistake each must be caught, and
// right ones never accused.
#include <holdfast/os/os.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <iostream>

#include "harness/commands/command_line.h"
#include "harness/commands/control_table.h"
#include "harness/commands/negative_table.h"
#include "harness/commands/run_places.h"
#include "harness/commands/trials.h"
#include "harness/commands/voice.h"
#include "harness/history/store.h"
#include "harness/report/figures.h"
#include "harness/report/stored_file.h"

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
turn. None may be accused. A run that shows nothing, as nobody met, is repeated likewise.

The table is kept as negative.md and negative.json (--control: controls.md and controls.json) in the
folder for the runs, or in --table's. A part of the mistakes never takes the place of a table of all
there; a part of the sound locks takes that of their own rows. Ctrl-C ends the runs that are under
way in order, says what is known by then, and leaves --table's folder as it is.

Examples:
  holdfast negative                             all of them
  holdfast negative --only pid                  those with "pid" in their name
  holdfast negative my/folder                   your own
  holdfast negative --control 200               200 runs of sound locks
  holdfast negative --control 14 --at-once 1 scenarios/control-lab    ... on real NFS
  holdfast negative --table reports             keeps the table in the repository
  holdfast negative --control 200 --table reports    likewise that of sound locks
  holdfast negative --json | jq '.rows[] | select(.right | not)'

Exit status: 0 all were caught as what they are (--control: none was accused); 1 one was missed, or
accused; 5 one was caught as something else; 2 --control: one showed nothing, --tries times; 3 bad
usage; 4 the harness failed; 6 one was skipped, as the machine lacks something; 130 interrupted.)";

struct CommandLine {
  std::vector<std::string> paths;
  std::string only;
  std::size_t control = 0;
  std::size_t tries = 3;
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
  app.add_option("--control", to.control, "runs of sound locks, none of which may be accused")
      ->type_name("RUNS")
      ->check(at_least_one);
  app.add_option("--tries", to.tries, "runs at most for each mistake or control; default: 3")
      ->type_name("N")
      ->check(at_least_one);
  app.add_option("--at-once", to.at_once, "runs at the same time; default: 2")
      ->type_name("N")
      ->check(at_least_one);
  app.add_option("--output", to.output,
                 "the folder for the runs' folders; default: reports/runs of this repository")
      ->type_name("DIR");
  app.add_option("--table", to.table, "the folder for the table: negative.md and negative.json")
      ->type_name("DIR")
      ->check(CLI::Validator(CLI::ExistingDirectory).description(""));
  app.add_flag("--json", to.json, "prints negative.json, and nothing else on standard output");
}

Result<std::vector<Scenario>> read_all(const CommandLine& line, const fs::path& repository) {
  const char* const family = line.control == 0 ? "negative" : "control";
  std::vector<std::string> paths = line.paths;
  if (paths.empty()) paths = {(repository / "scenarios" / family).string()};
  std::vector<Scenario> scenarios;
  for (const std::string& path : paths) {
    const auto files = find_scenarios(path);
    if (!files) return tl::unexpected(files.error());
    for (const std::string& file : *files) {
      auto scenario = read_scenario(file, {});
      if (!scenario) return tl::unexpected(scenario.error());
      const bool planted = scenario->expect.verdict == Expect::Value::violated;
      if (planted != (line.control == 0)) {
        return problem(file + ": /expect", line.control == 0
                                               ? "a planted mistake expects \"violated\""
                                               : "a sound lock expects \"valid\"");
      }
      if (scenario->name.find(line.only) != std::string::npos) {
        scenarios.push_back(std::move(*scenario));
      }
    }
  }
  if (scenarios.empty())
    return problem("--only", "no scenario has \"" + line.only + "\" in its name");
  return scenarios;
}

/// A table of all mistakes is not to become one of some.
Result<void> keeps_all(const CommandLine& line) {
  const bool part = !line.only.empty() || !line.paths.empty();
  const std::string file = line.table + "/negative.json";
  if (line.control != 0 || line.table.empty() || !part || !fs::exists(file)) return {};
  return problem("--table", file +
                                " has all mistakes, and would lose those that are not run: leave " +
                                (line.only.empty() ? "the paths" : "--only") +
                                " away, or give another folder");
}

class Negative {
 public:
  Negative(const CommandLine& line, const std::vector<Scenario>& scenarios,
           const std::string& output)
      : line_(line),
        scenarios_(scenarios),
        output_(output),
        voice_(std::cerr, LogLevel::info, terminal_columns()) {
    const std::size_t runs = line.control == 0 ? scenarios.size() : line.control;
    for (std::size_t i = 0; i < runs; ++i) waiting_.push_back({i % scenarios.size(), 1});
    total_ = runs;
  }

  int run() {
    const TrialsOptions options{output_, output_ + "/negative.log", line_.at_once};
    const auto begun = std::chrono::steady_clock::now();
    show();
    const auto interrupted = run_trials(
        options, [this] { return next(); },
        [this](const Trial& trial, const TrialEnd& end) { take(trial, end); });
    voice_.clear();
    if (!interrupted) return harness_failed(voice_, interrupted.error());
    table_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const bool whole = !*interrupted;
    if (!whole) statuses_.push_back(ExitStatus::interrupted);
    const std::string folder = line_.table.empty() || !whole ? output_ : line_.table;
    return line_.control == 0 ? tell_table(folder) : tell_control(folder);
  }

 private:
  struct Waiting {
    std::size_t scenario;
    unsigned number;  ///< of its runs
  };

  std::optional<Trial> next() {
    if (waiting_.empty()) return std::nullopt;
    const Waiting first = waiting_.front();
    waiting_.pop_front();
    under_way_.push_back(first);
    Trial trial;
    trial.number = under_way_.size() - 1;
    trial.scenario = as_typed(scenarios_[first.scenario].file);
    trial.seed = os::native().host->random_bits() & 0xffffffff;
    return trial;
  }

  void take(const Trial& trial, const TrialEnd& end) {
    const Waiting of = under_way_[trial.number];
    if (line_.control == 0) {
      take_planted(of, trial, end);
    } else {
      take_control(of, end);
    }
    show();
  }

  void take_planted(const Waiting& of, const Trial& trial, const TrialEnd& end) {
    if (end.status == ExitStatus::interrupted) return;
    const Scenario& scenario = scenarios_[of.scenario];
    NegativeRow row;
    if (const auto read = read_row(end)) {
      row = *read;
    } else {
      row.bug = short_name(scenario);
      row.about = scenario.about;
      row.expected = words_of(scenario.expect.what, scenario.expect.cause);
      row.skipped = end.status == ExitStatus::skipped;
      row.found =
          row.skipped ? reason(end.said) : "failed: see " + as_typed(output_) + "/negative.log";
    }
    row.tries = of.number;
    if (!row.again.empty()) {
      row.again = "./holdfast run " + trial.scenario + " --seed " + print_seed(trial.seed);
    }
    const bool judged = row.skipped || !row.again.empty();
    if (judged && !row.skipped && !row.right && of.number < line_.tries) {
      waiting_.push_back({of.scenario, of.number + 1});
      ++total_;
      return;
    }
    statuses_.push_back(row.skipped  ? ExitStatus::skipped
                        : !judged    ? ExitStatus::harness_failed
                        : row.right  ? ExitStatus::as_expected
                        : row.caught ? ExitStatus::mismatch
                                     : ExitStatus::violated);
    voice_.clear();
    (line_.json ? std::cerr : std::cout) << row_text(row) << std::flush;
    table_.rows.push_back(std::move(row));
  }

  std::optional<NegativeRow> read_row(const TrialEnd& end) {
    if (end.folder.empty()) return std::nullopt;
    const auto report = report_run(end.folder);
    const auto history = read_history(end.folder);
    if (!report || !history) return std::nullopt;
    return row_of(*report, *history);
  }

  /// "SKIPPED  name   reason"
  static std::string reason(const std::string& said) {
    const std::string line = said.substr(0, said.find('\n'));
    return line.size() > 9 ? line.substr(9) : "the machine lacks something";
  }

  void take_control(const Waiting& of, const TrialEnd& end) {
    if (end.status == ExitStatus::interrupted) return;
    ControlRow& row = sound_.row_of(scenarios_[of.scenario]);
    if (end.status == ExitStatus::unknown && of.number < line_.tries) {
      // A busy machine can keep everybody from meeting: that accuses nobody, and shows nothing.
      ++row.repeated;
      waiting_.push_back({of.scenario, of.number + 1});
      return;
    }
    note(row, end);
    statuses_.push_back(end.status);
    if (end.status == ExitStatus::as_expected) return;
    voice_.clear();
    std::cout << scenarios_[of.scenario].name << ": " << describe(end.status) << "\n  "
              << (end.folder.empty() ? reason(end.said) : as_typed(end.folder)) << "\n"
              << std::flush;
  }

  static void note(ControlRow& row, const TrialEnd& end) {
    static const TableOrigin here = origin_here();
    row.origin = here;
    ++row.runs;
    if (end.status == ExitStatus::violated) ++row.accused;
    if (end.status != ExitStatus::violated && end.status != ExitStatus::as_expected) {
      ++row.otherwise;
    }
    if (end.folder.empty()) return;
    if (const auto report = report_run(end.folder)) {
      row.grants += report->verdict.power.grants;
      row.handoffs += report->verdict.power.handoffs_between_workers;
    }
  }

  void show() {
    voice_.doing(std::to_string(statuses_.size()) + " of " + std::to_string(total_) +
                 (line_.control == 0 ? " planted mistakes: " : " runs of sound locks: ") +
                 std::to_string(statuses_.size() - not_expected()) + " as expected");
  }

  std::size_t not_expected() const {
    return static_cast<std::size_t>(
        std::count_if(statuses_.begin(), statuses_.end(),
                      [](ExitStatus status) { return status != ExitStatus::as_expected; }));
  }

  int tell_table(const std::string& folder) {
    std::sort(table_.rows.begin(), table_.rows.end(),
              [](const NegativeRow& a, const NegativeRow& b) { return a.bug < b.bug; });
    table_.origin = origin_here();
    (line_.json ? std::cerr : std::cout) << "\n" << table_summary(table_);
    if (line_.json) std::cout << table_json(table_);
    const auto written =
        write_table(folder, "negative", table_markdown(table_), table_json(table_));
    if (!written) return harness_failed(voice_, written.error());
    (line_.json ? std::cerr : std::cout) << "the table  " << as_typed(folder) << "/negative.md\n";
    return static_cast<int>(worst(statuses_));
  }

  int tell_control(const std::string& folder) {
    const std::uint64_t repeated = sound_.sum(&ControlRow::repeated);
    std::cout << sound_.sum(&ControlRow::runs) << " runs of sound locks in "
              << with_decimals(table_.seconds, 0) << " s: " << sound_.sum(&ControlRow::accused)
              << " accused, " << not_expected() << " not as expected";
    if (repeated != 0) std::cout << "; " << repeated << " more showed nothing and were repeated";
    std::cout << "\n";
    const std::string file = folder + "/controls.json";
    if (fs::exists(file)) {
      const auto text = read_stored(file);
      const auto others =
          text ? parse_controls(*text, file) : Result<ControlTable>(tl::unexpected(text.error()));
      if (!others) return harness_failed(voice_, others.error());
      sound_.keep(*others);
    }
    const auto written =
        write_table(folder, "controls", control_markdown(sound_), control_json(sound_));
    if (!written) return harness_failed(voice_, written.error());
    std::cout << "the table  " << as_typed(folder) << "/controls.md\n";
    return static_cast<int>(worst(statuses_));
  }

  const CommandLine& line_;
  const std::vector<Scenario>& scenarios_;
  std::string output_;
  Voice voice_;
  std::deque<Waiting> waiting_;
  std::vector<Waiting> under_way_;
  std::size_t total_ = 0;
  std::vector<ExitStatus> statuses_;
  NegativeTable table_;
  ControlTable sound_;
};

}  // namespace

int negative_command(const Arguments& arguments) {
  CLI::App app("Locks with a known mistake each: all of them must be caught.", "holdfast negative");
  CommandLine line;
  declare(app, line);
  if (const auto status = parse(app, arguments)) return *status;
  if (const auto all = keeps_all(line); !all) {
    std::cerr << "holdfast negative: " << all.error().text() << "\n";
    return kBadUsage;
  }
  const fs::path runs = default_runs_folder(fs::current_path());
  const auto scenarios = read_all(line, runs.parent_path().parent_path());
  if (!scenarios) {
    std::cerr << "holdfast negative: " << scenarios.error().text() << "\n";
    return kBadUsage;
  }
  const std::string output =
      fs::absolute(line.output.empty() ? runs : fs::path(line.output)).lexically_normal();
  return Negative(line, *scenarios, output).run();
}

}  // namespace holdfast::harness
