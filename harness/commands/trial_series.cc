#include "harness/commands/trial_series.h"

#include <holdfast/os/os.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include "harness/commands/run_places.h"

namespace holdfast::harness {

TrialSeries::TrialSeries(SeriesOptions options)
    : options_(std::move(options)), voice_(std::cerr, LogLevel::info, terminal_columns()) {
  for (std::size_t run = 0; run < options_.runs; ++run) {
    waiting_.push_back({run % options_.scenarios.size(), 1});
  }
}

int TrialSeries::run() {
  const TrialsOptions trials{options_.output, trials_log(), options_.at_once};
  const auto begun = std::chrono::steady_clock::now();
  show();
  const auto interrupted = run_trials(
      trials, [this] { return next(); },
      [this](const Trial& trial, const TrialEnd& end) {
        voice_.clear();
        if (end.status != ExitStatus::interrupted) take(begun_[trial.number], trial, end);
        show();
      });
  voice_.clear();
  if (!interrupted) return harness_failed(voice_, interrupted.error());
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (*interrupted) settle(ExitStatus::interrupted);
  const bool own_folder = options_.table.empty() || *interrupted;
  const auto told = tell(own_folder ? options_.output : options_.table);
  if (!told) return harness_failed(voice_, told.error());
  return static_cast<int>(worst(statuses_));
}

Trial TrialSeries::trial_of(const Scenario& scenario) const {
  Trial trial;
  trial.scenario = as_typed(scenario.file);
  const auto set = options_.set.find(scenario.file);
  if (set == options_.set.end()) return trial;
  for (const Override& one : set->second) {
    trial.more.insert(trial.more.end(), {"--set", one.pointer + "=" + one.value});
  }
  return trial;
}

std::optional<Trial> TrialSeries::next() {
  if (waiting_.empty()) return std::nullopt;
  const Turn turn = waiting_.front();
  waiting_.pop_front();
  Trial trial = trial_of(scenario_of(turn));
  trial.number = begun_.size();
  trial.seed = os::native().host->random_bits() & 0xffffffff;
  begun_.push_back(turn);
  return trial;
}

bool TrialSeries::try_again(const Turn& turn) {
  if (turn.number >= options_.tries) return false;
  waiting_.push_back({turn.scenario, turn.number + 1});
  return true;
}

std::size_t TrialSeries::not_expected() const {
  return static_cast<std::size_t>(
      std::count_if(statuses_.begin(), statuses_.end(),
                    [](ExitStatus status) { return status != ExitStatus::as_expected; }));
}

std::ostream& TrialSeries::out() { return options_.json ? std::cerr : std::cout; }

void TrialSeries::show() {
  voice_.doing(std::to_string(statuses_.size()) + " of " + std::to_string(options_.runs) + " " +
               std::string(options_.subject) + ": " +
               std::to_string(statuses_.size() - not_expected()) + " as expected");
}

std::string skip_reason(const std::string& said) {
  constexpr std::size_t kLead = std::string_view("SKIPPED  ").size();
  const std::string line = said.substr(0, said.find('\n'));
  return line.size() > kLead ? line.substr(kLead) : "the machine lacks something";
}

}  // namespace holdfast::harness
