// holdfast run: scenarios in, verdicts and reports out.
#include <holdfast/os/os.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "harness/commands/command_line.h"
#include "harness/commands/one_run.h"
#include "harness/commands/run_places.h"
#include "harness/commands/shell_words.h"
#include "harness/commands/summary.h"
#include "harness/commands/voice.h"
#include "harness/fleet/slurm_launcher.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

constexpr const char* kExamples =
    R"(A scenario is a JSON file that says who fights for which lock, under which faults, and what
must come out (scenarios/README.md). A folder stands for all scenarios in and below it.

Each run is kept in a folder of its own with report.html, which a browser shows, report.json,
junit.xml, summary.md, and all that `holdfast check` needs to judge it again; `holdfast report`
shows it in other forms. What is said on standard output is the verdict; progress goes to standard
error. Ctrl-C ends a run in order, and what was seen by then is judged; a second one ends it at
once, and nothing of that run is kept. What is being judged already is judged to its end.

Examples:
  holdfast run scenarios/smoke                          is this lock any good? half a minute
  holdfast run scenarios/crash --repeat 10              the same verdict ten times?
  holdfast run scenarios/smoke --mount /mnt/share       on another file system
  holdfast run scenarios/smoke --mount /mnt/share --hosts a,b,me@c:2222
                                                        the hosts are other machines
  holdfast run scenarios/smoke --mount /mnt/share --listen 10.0.0.1:0 \
      --start 'qsub -V -b y /mnt/share/holdfast-agent agent --call'
                                                        an engine of one's own starts the agents,
                                                        which call here and prove who they are
  holdfast run scenarios/server --long                  a night's work, if they have a long form
  holdfast run a.json --seed 5a3f09c1                   with the same random choices as a run before
  holdfast run a.json --duration 5min --set /hosts/0/workers=16
  holdfast run a.json --set '/contender/lifetime="3s"' --set /faults='[]'
  holdfast run a.json --json | jq .verdict              the report itself; one after the other if
                                                        there are several runs
  holdfast run scenarios/crash --summary "$GITHUB_STEP_SUMMARY"
                                                        a table of all of them, beside a workflow

Exit status: 0 as the scenarios expect; 1 violated, 2 unknown, 5 another verdict than expected;
3 bad usage or a bad scenario (nothing was run); 4 the harness failed; 6 skipped, the machine
lacks something; 130 interrupted. Of several runs the worst counts: 130 4 3 1 5 2 6 0.)";

struct CommandLine {
  std::vector<std::string> paths;
  std::string mount;
  std::string hosts;
  bool slurm = false;
  std::string start;
  std::string listen;
  std::string seed;
  std::string duration;
  std::vector<std::string> set;
  std::string output;
  std::string summary;
  std::size_t repeat = 1;
  bool lengthened = false;
  bool json = false;
  LogLevel level = LogLevel::info;
};

/// Puts a level's number in the place of its name. CLI11's own way of saying what is allowed lists
/// the numbers, too.
std::string to_level(std::string& word) {
  static const std::map<std::string, LogLevel> kLevels = {{"error", LogLevel::error},
                                                          {"warning", LogLevel::warning},
                                                          {"info", LogLevel::info},
                                                          {"debug", LogLevel::debug}};
  const auto found = kLevels.find(word);
  if (found == kLevels.end()) {
    return "found \"" + word + "\", allowed are error, warning, info, debug";
  }
  word = std::to_string(static_cast<int>(found->second));
  return "";
}

void declare(CLI::App& app, CommandLine& to) {
  app.footer(kExamples);
  app.add_option("PATH", to.paths, "scenarios, and folders of them")->required()->type_name("");
  app.add_option("--mount", to.mount,
                 "where the locks stand: in a fresh directory in DIR, which is removed\n"
                 "afterwards; default: among the temporary files")
      ->type_name("DIR")
      ->check(CLI::Validator(CLI::ExistingDirectory).description(""));
  app.add_option("--hosts", to.hosts,
                 "where the scenarios' hosts are: machines that ssh reaches without a question,\n"
                 "a,user@b:2222,c; hosts are dealt out to them in turn; takes --mount, a\n"
                 "directory that all of them share, at the same path, and in which all are one\n"
                 "user; default: this machine")
      ->type_name("LIST");
  app.add_flag("--slurm", to.slurm,
               "the hosts are nodes of the Slurm allocation that this runs in, or those that\n"
               "--hosts names: n[1-3]");
  app.add_option("--start", to.start,
                 "the hosts are wherever this starts `holdfast-agent agent --call`; it is run by\n"
                 "sh once for each host, with HOLDFAST_HOST, HOLDFAST_CALL, HOLDFAST_TOKEN and\n"
                 "HOLDFAST_AGENT (the program, here) in its environment, and hands them on;\n"
                 "takes --mount, too")
      ->type_name("COMMAND");
  app.add_option("--listen", to.listen,
                 "where the agents of --start call, and reach this machine: ADDRESS:PORT; what\n"
                 "is said there is not encrypted; default: 127.0.0.1:0, any port")
      ->type_name("ADDRESS");
  app.add_option("--seed", to.seed,
                 "of all random choices, in hexadecimal, as runs print it; default: the\n"
                 "scenario's, else one is drawn for each run")
      ->type_name("HEX");
  app.add_option("--duration", to.duration,
                 "how long each run lasts: 5s, 2min; short for --set /until/duration=...")
      ->type_name("TIME");
  app.add_flag("--long", to.lengthened,
               "the scenarios in their long form: what their key \"long\" makes of them; those\n"
               "without one are run as they are");
  app.add_option("--set", to.set,
                 "puts a JSON value where a JSON pointer says; may be given again and again")
      ->type_name("POINTER=VALUE")
      ->allow_extra_args(false);
  app.add_option("--repeat", to.repeat, "runs everything that often")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}).description(""));
  app.add_flag("--json", to.json, "prints report.json on standard output, and nothing else there");
  app.add_option("--output", to.output,
                 "the folder for the runs' folders; default: reports/runs of this repository")
      ->type_name("DIR");
  app.add_option("--summary", to.summary,
                 "adds what came out, as Markdown, to the end of FILE: in a workflow of GitHub's,\n"
                 "--summary \"$GITHUB_STEP_SUMMARY\"")
      ->type_name("FILE");
  app.add_option("--log-level", to.level,
                 "of what goes to standard error: error, warning, info (with progress; the\n"
                 "default), debug")
      ->type_name("LEVEL")
      ->transform(CLI::Validator(to_level, ""));
}

Result<std::vector<Override>> overrides_of(const CommandLine& line) {
  std::vector<Override> overrides;
  for (const std::string& text : line.set) {
    auto change = parse_override(text);
    if (!change) return tl::unexpected(change.error());
    overrides.push_back(std::move(*change));
  }
  if (!line.duration.empty()) overrides.push_back({"/until/duration", '"' + line.duration + '"'});
  return overrides;
}

/// Reads all of them before any is run: a mistake in the last must not cost the time of the first.
Result<std::vector<Scenario>> read_all(const CommandLine& line) {
  const auto overrides = overrides_of(line);
  if (!overrides) return tl::unexpected(overrides.error());
  const Form form = line.lengthened ? Form::lengthened : Form::usual;
  std::vector<Scenario> scenarios;
  std::string problems;
  for (const std::string& path : line.paths) {
    const auto files = find_scenarios(path);
    if (!files) return tl::unexpected(files.error());
    for (const std::string& file : *files) {
      auto scenario = read_scenario(file, *overrides, form);
      if (scenario && scenario->world == WorldKind::simulated) {
        problems += (problems.empty() ? "" : "\n") + file +
                    ": /world: \"simulated\" is a schedule of holdfast explore; holdfast explore "
                    "--replay with the replay beside it repeats it";
      } else if (scenario) {
        scenarios.push_back(std::move(*scenario));
      } else {
        problems += (problems.empty() ? "" : "\n") + scenario.error().text();
      }
    }
  }
  if (!problems.empty()) return problem("", problems);
  if (line.seed.empty()) return scenarios;
  const auto seed = parse_seed(line.seed);
  if (!seed) return problem("--seed", seed.error().message);
  for (Scenario& scenario : scenarios) set_seed(scenario, *seed);
  return scenarios;
}

Result<Elsewhere> slurms(const CommandLine& line) {
  const char* allocated = std::getenv("SLURM_JOB_NODELIST");
  if (line.hosts.empty() && allocated == nullptr) {
    return problem("--slurm",
                   "this is not within an allocation of Slurm's: run it by salloc or "
                   "sbatch, or name the nodes: --hosts n1,n2");
  }
  auto nodes = slurm_nodes(line.hosts.empty() ? allocated : line.hosts);
  if (!nodes) return problem("--slurm", nodes.error().text());
  Elsewhere elsewhere;
  elsewhere.nodes = std::move(*nodes);
  return elsewhere;
}

Result<Elsewhere> elsewhere_of(const CommandLine& line) {
  Elsewhere elsewhere;
  const bool listed = !line.hosts.empty() || line.slurm;
  if (!line.listen.empty() && line.start.empty()) {
    return problem("--listen", "takes --start COMMAND: nobody else calls");
  }
  if (!listed && line.start.empty()) return elsewhere;
  const std::string option = line.slurm ? "--slurm" : listed ? "--hosts" : "--start";
  if (listed && !line.start.empty()) {
    return problem(option, "found together with --start; allowed is one of them");
  }
  if (line.mount.empty()) {
    return problem(option, "takes --mount DIR, too: a directory that all hosts share, at one path");
  }
  if (line.slurm) return slurms(line);
  if (!line.start.empty()) {
    elsewhere.command = line.start;
    if (line.listen.empty()) return elsewhere;
    auto listen = parse_call_address(line.listen);
    if (!listen) return problem("--listen", listen.error().text());
    elsewhere.listen = std::move(*listen);
    return elsewhere;
  }
  auto hosts = parse_destinations(line.hosts);
  if (!hosts) return problem(option, hosts.error().text());
  elsewhere.ssh = std::move(*hosts);
  return elsewhere;
}

/// The command that makes the same run again, but for its seed.
std::string again(const CommandLine& line, const Scenario& scenario) {
  const bool script = ::access("./holdfast", X_OK) == 0 && std::filesystem::exists("scenarios");
  std::string text =
      std::string(script ? "./holdfast" : "holdfast") + " run " + shell_quoted(scenario.file);
  if (line.lengthened) text += " --long";
  if (!line.duration.empty()) text += " --duration " + shell_quoted(line.duration);
  for (const std::string& change : line.set) text += " --set " + shell_quoted(change);
  if (!line.mount.empty()) text += " --mount " + shell_quoted(line.mount);
  if (!line.hosts.empty()) text += " --hosts " + shell_quoted(line.hosts);
  if (line.slurm) text += " --slurm";
  if (!line.start.empty()) text += " --start " + shell_quoted(line.start);
  if (!line.listen.empty()) text += " --listen " + shell_quoted(line.listen);
  if (!line.output.empty()) text += " --output " + shell_quoted(line.output);
  return text;
}

class Runs {
 public:
  Runs(const CommandLine& line, const Arguments& arguments, Elsewhere elsewhere)
      : line_(line), voice_(std::cerr, line.level, terminal_columns()) {
    request_.mount = line.mount;
    request_.elsewhere = std::move(elsewhere);
    request_.runs = line.output.empty()
                        ? default_runs_folder(std::filesystem::current_path())
                        : std::filesystem::absolute(line.output).lexically_normal().string();
    request_.command_line = {"holdfast", "run"};
    request_.command_line.insert(request_.command_line.end(), arguments.begin(), arguments.end());
  }

  int all(const std::vector<Scenario>& scenarios) {
    const std::size_t total = scenarios.size() * line_.repeat;
    for (std::size_t round = 0; round < line_.repeat && !interrupted_; ++round) {
      for (const Scenario& scenario : scenarios) {
        if (interrupted_) break;
        one(scenario);
      }
    }
    if (total > 1) say(summary_text(outcomes_));
    std::vector<ExitStatus> statuses;
    for (const RunOutcome& outcome : outcomes_) statuses.push_back(outcome.status);
    if (interrupted_) statuses.push_back(ExitStatus::interrupted);
    if (const auto written = write_summary(total > 1); !written) {
      voice_.error(written.error().text());
      statuses.push_back(ExitStatus::harness_failed);
    }
    return static_cast<int>(worst(statuses));
  }

 private:
  /// Of several runs there is one that tells of all of them, beside their folders.
  Result<void> write_summary(bool several) {
    const std::string text = several || only_.empty() ? summary_markdown(outcomes_) : only_;
    if (several) {
      const std::string path = request_.runs + "/summary.md";
      if (auto written = write_stored(path, text); !written) return written;
      say("\n  summary    " + as_typed(path) + "\n");
    }
    if (line_.summary.empty()) return {};
    errno = 0;  // a stream tells nothing of why, and the system not always
    std::ofstream file(line_.summary, std::ios::app | std::ios::binary);
    if (!(file << text << "\n" << std::flush)) {
      return problem(line_.summary, "add the summary to this file",
                     std::error_code(errno == 0 ? EIO : errno, std::generic_category()));
    }
    return {};
  }

  void one(Scenario scenario) {
    if (!scenario.seed) set_seed(scenario, os::native().host->random_bits() & 0xffffffff);
    request_.again = again(line_, scenario);
    const RunResult result = run_once(scenario, request_, voice_);
    voice_.clear();
    const std::string folder = result.folder.empty() ? "" : as_typed(result.folder);
    tell(scenario, result, folder);
    outcomes_.push_back(outcome_of(scenario, result));
    outcomes_.back().folder = folder;
    if (outcomes_.size() == 1 && result.report) only_ = report_markdown(*result.report);
    interrupted_ = result.interrupted;
  }

  void tell(const Scenario& scenario, const RunResult& result, const std::string& folder) {
    if (result.report) {
      if (line_.json) std::cout << report_json(*result.report) << std::flush;
      const std::string text = report_text(*result.report, folder);
      const bool dull = line_.repeat > 1 && result.status == ExitStatus::as_expected;
      return say(dull ? text.substr(0, text.find('\n') + 1) : text + "\n");
    }
    if (result.status == ExitStatus::skipped) {
      return say(skipped_text(scenario, result.reason));
    }
    voice_.error(scenario.name + ": " + result.reason);
    if (!folder.empty()) voice_.error("what there is of this run is in " + folder);
  }

  /// Standard output is the JSON's where that was asked for.
  void say(const std::string& text) { (line_.json ? std::cerr : std::cout) << text << std::flush; }

  const CommandLine& line_;
  Voice voice_;
  RunRequest request_;
  std::vector<RunOutcome> outcomes_;
  std::string only_;  ///< the summary of the first run, if it was judged
  bool interrupted_ = false;
};

}  // namespace

int run_command(const Arguments& arguments) {
  CLI::App app(
      "Runs scenarios: many processes fight for a lock while faults are injected; then all "
      "that happened is judged.",
      "holdfast run");
  CommandLine line;
  declare(app, line);
  if (const auto status = parse(app, arguments)) return *status;
  const auto scenarios = read_all(line);
  if (!scenarios) {
    std::cerr << "holdfast run: " << scenarios.error().text() << "\n";
    return kBadUsage;
  }
  // Before anything is run: a night's work must not end with a file that cannot be written.
  if (!line.summary.empty() && !std::ofstream(line.summary, std::ios::app)) {
    std::cerr << "holdfast run: --summary " << line.summary
              << ": cannot be written to: " << std::generic_category().message(errno) << "\n";
    return kBadUsage;
  }
  const auto elsewhere = elsewhere_of(line);
  if (!elsewhere) {
    std::cerr << "holdfast run: " << elsewhere.error().text() << "\n";
    return kBadUsage;
  }
  return Runs(line, arguments, *elsewhere).all(*scenarios);
}

}  // namespace holdfast::harness
