// Trials of a list of scenarios that become a table: each is run in turn, and again where its run
// was not enough.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/commands/trials.h"
#include "harness/commands/voice.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

struct SeriesOptions {
  std::vector<Scenario> scenarios;
  std::map<std::string, std::vector<Override>> set;  ///< in some of these, by their files
  std::size_t runs = 0;                              ///< to begin with, of the scenarios in turn
  std::size_t tries = 3;                             ///< runs at most of each of these
  std::size_t at_once = 2;                           ///< runs
  std::string output;                                ///< the folder for the runs' folders
  std::string table;         ///< the folder for the table; empty: that of the runs
  bool json = false;         ///< the table, and nothing else, on standard output
  std::string_view subject;  ///< "planted mistakes": what is counted on the way
};

/// One series: made, run once, and gone.
class TrialSeries {
 public:
  explicit TrialSeries(SeriesOptions options);
  virtual ~TrialSeries() = default;

  /// Runs all of it, keeps the table, and returns the command's exit status: the worst there was.
  /// An interrupted series leaves the folder for the table as it is.
  int run();

 protected:
  /// A run that is under way.
  struct Turn {
    std::size_t scenario;
    unsigned number;  ///< of its tries, from 1
  };

  /// How the scenario is run, but for the seed.
  virtual Trial trial_of(const Scenario& scenario) const;
  virtual void take(const Turn& turn, const Trial& trial, const TrialEnd& end) = 0;
  /// Says what came out and writes the table into the folder.
  virtual Result<void> tell(const std::string& folder) = 0;

  const Scenario& scenario_of(const Turn& turn) const { return options_.scenarios[turn.scenario]; }
  /// Whether the turn's scenario gets one more try, which waits for its turn from here on.
  bool try_again(const Turn& turn);
  void settle(ExitStatus status) { statuses_.push_back(status); }
  std::size_t not_expected() const;
  /// The file that has what the runs said on standard error.
  std::string trials_log() const { return options_.output + "/negative.log"; }
  /// For what is said on the way and at the end: with a table for machines, not standard output.
  std::ostream& out();

  const SeriesOptions options_;
  double seconds_ = 0;  ///< that all of it took, once it is over

 private:
  std::optional<Trial> next();
  void show();

  Voice voice_;
  std::deque<Turn> waiting_;
  std::vector<Turn> begun_;
  std::vector<ExitStatus> statuses_;
};

/// Why a trial was skipped, of what it said: "SKIPPED  name   reason".
std::string skip_reason(const std::string& said);

}  // namespace holdfast::harness
