// A schedule told in words: lanes for the processes, each step, what the lock's files looked like,
// where the clocks stood, and the sentence that names the mistake.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/schedule.h"

namespace holdfast::harness::sim {

/// Hears a schedule and writes it down. A step that a process has done before, with the same
/// outcome and nothing changed since, is only counted: so do those pass their time who wait.
class Story final : public Observer {
 public:
  explicit Story(Stage& stage) : stage_(stage) {}

  void applied(const Request& request, const Process& by) override;
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override;
  void crashed(const Process& process) override;
  void happened(const Incident& incident) override;
  void acquires(const Process& process, Duration patience) override;
  void granted(const Process& process, const Contender& lock) override;
  void not_granted(const Process& process, std::error_code error) override;
  void refreshes(const Process& process) override;
  void refreshed(const Process& process, const Contender& lock, std::error_code error) override;
  void releases(const Process& process) override;
  void released(const Process& process, std::error_code error) override;
  void said(const Process& process, const std::string& words) override;

  /// With what the lanes mean, and the hosts' clocks.
  std::string text() const;

 private:
  void say(const Process& process, const std::string& words, std::error_code error = {});
  void add(const std::string& who, const std::string& words);
  std::string lock_now();
  std::string clocks_now() const;

  Stage& stage_;
  std::vector<std::string> lines_;
  std::set<std::string> seen_;  ///< since the lock last changed
  std::string last_lock_;
  std::size_t repeats_ = 0;
};

/// A path as people are told it: without the share, states of a baton without their long tail.
std::string spoken(std::string_view path);

}  // namespace holdfast::harness::sim
