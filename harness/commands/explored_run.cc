#include "harness/commands/explored_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/commands/exported_scenario.h"
#include "harness/commands/run_places.h"
#include "harness/commands/shell_words.h"
#include "harness/commands/summary.h"
#include "harness/history/store.h"
#include "harness/page/page.h"
#include "harness/report/stored_file.h"
#include "harness/scenario/duration.h"
#include "harness/sim/chronicle.h"
#include "harness/sim/replay_file.h"
#include "harness/sim/story.h"
#include "harness/sim/story_file.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kReplayFile = "replay.json";

/// The least and the most of what the rounds have.
Json spread(const sim::Setting& setting, Duration sim::Round::*part) {
  Duration least = Duration::max(), most{};
  for (const sim::ProcessSetting& process : setting.processes) {
    for (const sim::Round& round : process.rounds) {
      least = std::min(least, round.*part);
      most = std::max(most, round.*part);
    }
  }
  return {{"uniform", {print_duration(std::min(least, most)), print_duration(most)}}};
}

Json hosts_json(const sim::Setting& setting, const History& history) {
  Json hosts = Json::array();
  for (std::size_t host = 0; host < history.hosts.size(); ++host) {
    const auto workers = std::count_if(
        setting.processes.begin(), setting.processes.end(),
        [&](const sim::ProcessSetting& one) { return one.host == host && !one.rounds.empty(); });
    if (workers == 0) continue;
    hosts.push_back(
        {{"name", history.hosts[host].name}, {"workers", workers}, {"machine", "separate"}});
  }
  return hosts;
}

/// Of all that is chosen at random in it.
std::uint64_t seed_of(const sim::Failure& failure) {
  return failure.seed.value_or(failure.setting.chance_seed);
}

/// What a scenario can say of a setting. The replay says it all.
Result<Scenario> scenario_of(const sim::Failure& failure, const History& history,
                             const Terms& terms) {
  const sim::Setting& setting = failure.setting;
  const Nanoseconds least = std::chrono::milliseconds(1);
  const Json json = {
      {"version", 1},
      {"world", "simulated"},
      {"name", "explore/" + setting.contender},
      {"about", failure.mistake.sentence},
      {"seed", print_seed(seed_of(failure))},
      {"contender",
       {{"lock", setting.contender}, {"lifetime", print_duration(setting.options.lifetime)}}},
      {"hosts", hosts_json(setting, history)},
      {"work",
       {{"hold", spread(setting, &sim::Round::hold)},
        {"think", spread(setting, &sim::Round::before)}}},
      {"until", {{"duration", print_duration(std::max(least, Nanoseconds(history.end_ns)))}}},
      {"bounds",
       {{"wedge", print_duration(Nanoseconds(terms.wedge_bound_ns))},
        {"timeout_slack", print_duration(Nanoseconds(terms.timeout_slack_ns))}}},
      {"expect", "valid"}};
  return parse_scenario(json.dump(-1, ' ', false, Json::error_handler_t::replace),
                        "the explored run", {});
}

struct Recorded {
  History history;
  Terms terms;
};

Recorded recorded(const sim::Failure& failure) {
  sim::Stage stage;
  stage.go_on(true);
  stage.look_for(sim::like(failure.mistake));
  sim::Chronicle chronicle(stage);
  sim::Replaying decisions(failure.choices);
  stage.run(failure.setting, decisions, &chronicle);
  History history = chronicle.finish();
  return {std::move(history), chronicle.terms()};
}

struct Told {
  std::string text, json;
};

Told told(const sim::Failure& failure) {
  sim::Stage stage;
  sim::Story story(stage);
  sim::Replaying decisions(failure.choices);
  stage.look_for(sim::like(failure.mistake));
  stage.run(failure.setting, decisions, &story);
  return {story.text(), sim::story_json(story)};
}

RunFacts facts_of(const sim::Failure& failure, const Terms& terms,
                  const std::vector<std::string>& command_line) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  RunFacts facts = build_facts();
  facts.started_unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  facts.ended_unix_ms = facts.started_unix_ms;
  facts.command_line = command_line;
  facts.contender = failure.setting.contender;
  facts.terms = terms;
  return facts;
}

std::string replay_command(const std::string& folder) {
  const bool script = ::access("./holdfast", X_OK) == 0 && std::filesystem::exists("scenarios");
  return std::string(script ? "./holdfast" : "holdfast") + " explore --replay " +
         shell_quoted(as_typed(folder + "/" + kReplayFile));
}

/// All that a run's folder has before it is judged.
Result<void> write_run(const std::string& folder, const sim::Failure& failure,
                       const Scenario& scenario, const Recorded& recorded, const RunFacts& facts) {
  const Told story = told(failure);
  const std::pair<const char*, const std::string&> files[] = {
      {"scenario.json", scenario.text}, {"story.txt", story.text}, {"story.json", story.json}};
  for (const auto& [name, text] : files) {
    if (auto kept = write_stored(folder + "/" + name, text); !kept) return kept;
  }
  if (auto kept = write_stored(folder + "/" + kReplayFile, sim::replay_text(failure)); !kept) {
    return kept;
  }
  if (auto kept = write_history(folder, recorded.history); !kept) return kept;
  return write_facts(folder, facts);
}

/// The same for real processes, as far as a scenario can say it: the file, or nothing.
Result<std::string> write_for_real(const std::string& folder, const sim::Failure& failure) {
  const std::string& lock = failure.setting.contender;
  // Of a program the scenario would have to say where it is.
  if (lock != "baton" && lock != "link") return std::string();
  const auto exported = export_scenario(failure, as_typed(folder + "/" + kReplayFile));
  if (!exported) return std::string();
  const std::string path = folder + "/real.json";
  if (auto kept = write_stored(path, exported->text); !kept) return tl::unexpected(kept.error());
  return path;
}

}  // namespace

std::string ExploredRun::replay() const { return as_typed(folder + "/" + kReplayFile); }

Result<ExploredRun> keep_explored_run(const sim::Failure& failure, const std::string& runs,
                                      const std::vector<std::string>& command_line) {
  const Recorded run = recorded(failure);
  const auto scenario = scenario_of(failure, run.history, run.terms);
  if (!scenario) return tl::unexpected(scenario.error());
  RunFacts facts = facts_of(failure, run.terms, command_line);
  const auto folder =
      make_run_folder(runs, scenario->name, seed_of(failure), facts.started_unix_ms);
  if (!folder) return tl::unexpected(folder.error());
  facts.again = replay_command(*folder);
  if (auto kept = write_run(*folder, failure, *scenario, run, facts); !kept) {
    return tl::unexpected(kept.error());
  }
  const auto for_real = write_for_real(*folder, failure);
  if (!for_real) return tl::unexpected(for_real.error());
  // Not from memory: what is reported is what `holdfast check` finds there.
  auto judged = judge_run(*folder);
  if (!judged) return tl::unexpected(judged.error());
  if (auto kept = write_report(*folder, judged->report); !kept) return tl::unexpected(kept.error());
  if (auto kept = write_page(*folder, judged->report, judged->history); !kept) {
    return tl::unexpected(kept.error());
  }
  return ExploredRun{*folder, std::move(judged->report), *for_real};
}

std::string explored_runs_folder(const std::string& output) {
  namespace fs = std::filesystem;
  if (output.empty()) return default_runs_folder(fs::current_path());
  return fs::absolute(output).lexically_normal().string();
}

std::string explored_run_text(const ExploredRun& run) {
  RunResult result;
  result.status = run.report.status;
  result.report = run.report;
  std::string text =
      "checkers   " + verdict_words(result) + ": " + run.report.verdict.reason + "\n";
  const Verdict& verdict = run.report.verdict;
  if (verdict.value != Value::violated && verdict.first_class != Class::out_of_contract) {
    text +=
        "           They know what processes saw, as far as a history has words for it: that does "
        "not\n           show it.\n";
  }
  text += "report     " + as_typed(run.folder) + "/report.html\nreplay     " +
          run.report.facts.again + "\n";
  if (run.for_real.empty()) return text;
  return text + "for real   holdfast run " + shell_quoted(as_typed(run.for_real)) + "\n";
}

}  // namespace holdfast::harness
