// holdfast league: every lock under every condition, in one table.
#include <holdfast/os/os.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <filesystem>
#include <iostream>
#include <set>

#include "harness/commands/command_line.h"
#include "harness/commands/league_table.h"
#include "harness/commands/run_places.h"
#include "harness/commands/trials.h"
#include "harness/commands/voice.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples =
    R"(scenarios/league has the conditions, a scenario each, and all.league: how often each is
run, and with which locks: ours, those of the kernel, and those of other projects, from Debian's
packages, which `./holdfast league` installs if it is root. A lock is run three times under each
fault, as most of what is found is a race, and once without one, for its figures; those runs have
nothing beside them. All of it takes about an hour.

The table is league.md and league.json in the folder for the runs, or in --table's. It is written
anew after each run, so nothing is lost when it is interrupted; --resume runs what is missing in it.
With --lock or --condition only those are run, and the rest of the table stays.

Examples:
  holdfast league --table reports                     all, into the repository
  holdfast league --table reports --resume            what is missing, or had failed
  holdfast league --lock filelock --runs 1            locks with that in their names
  holdfast league --lock baton --condition lost-reply --table reports

Exit status: 0 the table is whole; 3 bad usage; 4 a run failed; 6 a lock was skipped, as it is not
installed; 130 interrupted. What the locks are worth is no matter of the exit status.)";

struct CommandLine {
  std::string lock;
  std::string condition;
  std::string output;
  std::string table;
  std::size_t at_once = 2;
  std::size_t runs = 0;  ///< 0: as all.league says
  bool resume = false;
};

void declare(CLI::App& app, CommandLine& to) {
  app.footer(kExamples);
  app.add_option("--lock", to.lock, "locks alone whose name contains this")->type_name("WORD");
  app.add_option("--condition", to.condition, "conditions alone whose name contains this")
      ->type_name("WORD");
  app.add_flag("--resume", to.resume, "only what is missing in the table, or had failed");
  app.add_option("--at-once", to.at_once,
                 "runs at the same time, but of those for figures; default: 2")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{64}).description(""));
  app.add_option("--runs", to.runs,
                 "runs of a lock under each condition; default: as all.league says")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}).description(""));
  app.add_option("--output", to.output,
                 "the folder for the runs' folders; default: reports/runs of this repository")
      ->type_name("DIR");
  app.add_option("--table", to.table, "the folder for league.md and league.json")
      ->type_name("DIR")
      ->check(CLI::Validator(CLI::ExistingDirectory).description(""));
}

class League {
 public:
  League(const CommandLine& line, std::string output, LeaguePlan plan)
      : line_(line),
        output_(std::move(output)),
        folder_(line.table.empty() ? output_ : line.table),
        plan_(std::move(plan)),
        voice_(std::cerr, LogLevel::info, terminal_columns()) {}

  int run() {
    if (auto begun = begin(); !begun) {
      voice_.error(begun.error().text());
      return kBadUsage;
    }
    show();
    // What calls cost is measured with nothing beside it.
    auto interrupted = run_those(1, true);
    if (interrupted && !*interrupted) interrupted = run_those(line_.at_once, false);
    voice_.clear();
    if (!interrupted) return harness_failed(voice_, interrupted.error());
    if (problem_) return harness_failed(voice_, *problem_);
    if (*interrupted) statuses_.push_back(ExitStatus::interrupted);
    std::cout << "the table  " << as_typed(folder_) << "/league.md\n";
    if (*interrupted) std::cout << "the rest   holdfast league --resume\n";
    return statuses_.empty() ? kDone : static_cast<int>(worst(statuses_));
  }

 private:
  struct Pairing {
    const LeagueLock* lock;
    const LeagueCondition* condition;
    bool anew;  ///< the cell, in place of the one that there was
  };

  Result<bool> run_those(std::size_t at_once, bool apart) {
    return run_trials(
        {output_, output_ + "/league.log", at_once}, [this, apart] { return next(apart); },
        [this](const Trial& trial, const TrialEnd& end) { take(trial, end); });
  }

  /// Reads the table that there is, and finds what is to be run.
  Result<void> begin() {
    const std::string file = folder_ + "/league.json";
    if (fs::exists(file)) {
      const auto text = read_stored(file);
      if (!text) return tl::unexpected(text.error());
      auto table = parse_league(*text, file);
      if (!table) return tl::unexpected(table.error());
      table_ = std::move(*table);
    }
    for (const LeagueCondition& condition : plan_.conditions) {
      if (condition.scenario.name.find(line_.condition) == std::string::npos) continue;
      for (const LeagueLock& lock : plan_.locks) {
        if (lock.name.find(line_.lock) != std::string::npos) plan_runs(lock, condition);
      }
    }
    // Those with nothing beside them first.
    std::stable_sort(waiting_.begin(), waiting_.end(), [](const Pairing& a, const Pairing& b) {
      return a.condition->apart && !b.condition->apart;
    });
    total_ = waiting_.size();
    if (total_ == 0 && !line_.resume) {
      return problem("--lock, --condition", "no lock and condition have these in their names");
    }
    table_.command = "./holdfast league --table reports";
    return {};
  }

  void plan_runs(const LeagueLock& lock, const LeagueCondition& condition) {
    const LeagueCell* known =
        line_.resume ? table_.find(lock.name, short_name(condition.scenario)) : nullptr;
    const std::uint64_t wanted = line_.runs == 0 ? condition.runs : line_.runs;
    if (known != nullptr && known->runs < wanted && !is_of_here(known->origin)) known = nullptr;
    for (std::uint64_t run = known == nullptr ? 0 : known->runs; run < wanted; ++run) {
      waiting_.push_back({&lock, &condition, known == nullptr});
    }
  }

  /// A cell tells one origin: what another build or machine began is begun anew.
  static bool is_of_here(const TableOrigin& origin) {
    const TableOrigin here = origin_here();
    return origin.version == here.version && origin.machine == here.machine;
  }

  std::optional<Trial> next(bool apart) {
    if (waiting_.empty() || problem_) return std::nullopt;
    if (apart && !waiting_.front().condition->apart) return std::nullopt;
    pairings_.push_back(waiting_.front());
    waiting_.pop_front();
    const Pairing& pairing = pairings_.back();
    Trial trial;
    trial.number = pairings_.size() - 1;
    trial.scenario = as_typed(pairing.condition->scenario.file);
    trial.more = {"--set", "/contender=" + pairing.lock->contender, "--set",
                  "/requires=" + pairing.lock->needs};
    trial.seed = os::native().host->random_bits() & 0xffffffff;
    return trial;
  }

  void take(const Trial& trial, const TrialEnd& end) {
    if (end.status == ExitStatus::interrupted) return;
    const Pairing& pairing = pairings_[trial.number];
    LeagueCell cell = read_cell(pairing, end);
    cell.seed = print_seed(trial.seed);
    cell.again = "./holdfast run " + trial.scenario +
                 " --set '/contender=" + pairing.lock->contender + "' --seed " + cell.seed;
    statuses_.push_back(cell.verdict == "skipped"  ? ExitStatus::skipped
                        : cell.verdict == "failed" ? ExitStatus::harness_failed
                                                   : ExitStatus::as_expected);
    voice_.clear();
    std::cout << cell.condition << "   " << cell.lock << "   " << cell_words(cell) << std::endl;
    if (pairing.anew && begun_.insert({pairing.lock, pairing.condition}).second) {
      LeagueCell empty;
      empty.lock = cell.lock;
      empty.condition = cell.condition;
      table_.put(std::move(empty));
    }
    table_.add(std::move(cell));
    write();
    show();
  }

  LeagueCell read_cell(const Pairing& pairing, const TrialEnd& end) {
    LeagueCell cell;
    cell.lock = pairing.lock->name;
    cell.condition = short_name(pairing.condition->scenario);
    cell.verdict = end.status == ExitStatus::skipped ? "skipped" : "failed";
    cell.why = end.status == ExitStatus::skipped
                   ? "It is in Debian's package " + pairing.lock->package + "."
                   : "What was said is in league.log.";
    if (end.status == ExitStatus::skipped || end.folder.empty()) return cell;
    const auto report = report_run(end.folder);
    if (!report) return cell;
    cell = cell_of(*pairing.lock, *report);
    cell.origin = origin_here();
    return cell;
  }

  void write() {
    const auto written =
        write_table(folder_, "league", league_markdown(table_, plan_), league_json(table_));
    if (!written) problem_ = written.error();
  }

  void show() {
    voice_.doing(std::to_string(statuses_.size()) + " of " + std::to_string(total_) + " runs");
  }

  const CommandLine& line_;
  std::string output_;
  std::string folder_;  ///< of the table
  LeaguePlan plan_;
  Voice voice_;
  std::deque<Pairing> waiting_;
  std::set<std::pair<const LeagueLock*, const LeagueCondition*>> begun_;
  std::deque<Pairing> pairings_;  ///< by the trials' numbers
  std::size_t total_ = 0;
  std::vector<ExitStatus> statuses_;
  std::optional<Problem> problem_;
  LeagueTable table_;
};

}  // namespace

int league_command(const Arguments& arguments) {
  CLI::App app("Locks that people use, ours included, under the same faults.", "holdfast league");
  CommandLine line;
  declare(app, line);
  if (const auto status = parse(app, arguments)) return *status;
  const fs::path runs = default_runs_folder(fs::current_path());
  const fs::path folder = runs.parent_path().parent_path() / "scenarios" / "league";
  auto plan = read_league_plan((folder / "all.league").string());
  if (!plan) {
    std::cerr << "holdfast league: " << plan.error().text() << "\n";
    return kBadUsage;
  }
  const std::string output =
      fs::absolute(line.output.empty() ? runs : fs::path(line.output)).lexically_normal();
  return League(line, output, std::move(*plan)).run();
}

}  // namespace holdfast::harness
