// The lab of a run: up before its workers start, its faults while they work, gone afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "harness/lab/lab.h"
#include "harness/lab/launcher.h"
#include "harness/lab/mountstats.h"
#include "harness/lab/nemesis.h"
#include "harness/report/facts.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

class RunLab {
 public:
  /// Starts the lab that the scenario asks for; `run` is the run's folder, which the guests share.
  /// `go_on` is asked now and then.
  ///
  /// Errors:  a guest did not come up, with its last words.
  static Result<std::unique_ptr<RunLab>> start(const Scenario& scenario, const std::string& run,
                                               const std::function<bool()>& go_on);

  Launcher& launcher() { return launcher_; }
  /// The guests that are hosts, as they are.
  Result<std::vector<Machine>> machines() const;
  /// The workers begin: so do the faults, and the counting.
  void begin();
  /// Faults of machines and network that took effect so far, by kind.
  std::map<std::string, std::uint64_t> faults() const { return nemesis_.effective(); }
  /// They are asked to end: no fault strikes any more. Does not wait.
  void end() { nemesis_.stop(); }
  /// Waits until all is as it was, and brings what the locks left to this machine.
  ///
  /// Returns: the directory in which the locks' directory is, as the server shows it.
  Result<std::string> finish();
  /// What the hosts asked the server for between begin() and finish(), those that crashed included.
  std::vector<NfsOperation> operations() const;

 private:
  RunLab(std::unique_ptr<lab::Lab> lab, const Scenario& scenario, std::string run,
         std::string program);
  lab::NemesisDoors doors();
  lab::NfsCounts counts(const std::string& host) const;
  /// Adds what the host has asked for since the last time, or since begin().
  void note_asked(const std::string& host);

  std::unique_ptr<lab::Lab> lab_;
  std::vector<std::string> hosts_;
  std::string run_;
  lab::LabLauncher launcher_;
  std::mutex mutex_;                              ///< of the two below
  std::map<std::string, lab::NfsCounts> before_;  ///< by host
  std::map<std::string, std::uint64_t> asked_;    ///< by the operation's name
  lab::Nemesis nemesis_;                          ///< its threads count, too
};

}  // namespace holdfast::harness
