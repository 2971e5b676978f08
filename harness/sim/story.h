// A schedule told in words: lanes for the processes, each step, what the lock's files looked like,
// where the clocks stood, and the sentence that names the mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/schedule.h"

namespace holdfast::harness::sim {

/// What a host's clocks show, and what keeps it from work.
struct HostSight {
  Duration wall{};    ///< counted from the true time of the start
  Duration steady{};  ///< CLOCK_MONOTONIC_RAW
  bool stands = false;
  bool cut_off = false;

  bool operator==(const HostSight&) const = default;
};

struct SharedFile {
  std::string path;  ///< below the share
  Node node;         ///< `entries` are left out

  bool operator==(const SharedFile& other) const;
};

/// What there is on the server.
struct ShareState {
  std::string lock;  ///< what is at the lock's path, in words
  std::vector<SharedFile> files;

  bool operator==(const ShareState&) const = default;
};

/// One line of a story.
struct Step {
  enum class Kind : std::uint8_t {
    operation,  ///< a file operation is answered
    arrival,    ///< a request of a process is applied, which does not wait for it
    crash,      ///< the process ends
    incident,   ///< a host or the server is hit
    call,       ///< what the process asks of its lock, or is told by it
  };
  Kind kind = Kind::call;
  std::optional<std::size_t> process;
  std::optional<std::size_t> host;  ///< neither: the server
  std::string who;
  std::string words;
  Mishap mishap = Mishap::none;
  // As they are after it:
  Duration at{};
  std::string lanes;      ///< a letter for each process: Ledger::lane
  std::size_t state = 0;  ///< into Story::states()
  std::vector<HostSight> hosts;
  std::size_t as_before = 0;  ///< steps left out before it
};

const char* word(Step::Kind kind);

/// Hears a schedule and writes it down. A step that a process has done before, with the same
/// outcome and nothing changed since, is only counted: so do those pass their time who wait.
class Story final : public Observer {
 public:
  explicit Story(Stage& stage) : stage_(stage) {}

  void applied(const Request& request, const Process& by) override;
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override;
  void crashed(const Process& process) override;
  void happened(const Incident& incident, std::size_t forgotten) override;
  void acquires(const Process& process, Duration patience) override;
  void granted(const Process& process, const Contender& lock) override;
  void not_granted(const Process& process, std::error_code error) override;
  void refreshes(const Process& process, Duration lifetime) override;
  void refreshed(const Process& process, const Contender& lock, std::error_code error) override;
  void releases(const Process& process) override;
  void released(const Process& process, std::error_code error) override;
  void said(const Process& process, const std::string& words) override;

  /// With what the lanes mean, and what the wall clocks show that are not right all the time.
  std::string text() const;
  const std::vector<Step>& steps() const { return steps_; }
  /// Each another one than the one before.
  const std::vector<ShareState>& states() const { return states_; }
  Stage& stage() const { return stage_; }

 private:
  void say(const Process& process, const std::string& words, std::error_code error = {});
  void add(const Process& process, Step::Kind kind, const std::string& words,
           Mishap mishap = Mishap::none);
  void add(Step step);
  void see(Step& step);
  std::string lock_now();
  std::vector<std::size_t> wrong_clocks() const;
  std::string head(const std::vector<std::size_t>& clocks) const;

  Stage& stage_;
  std::vector<Step> steps_;
  std::vector<ShareState> states_;
  std::set<std::string> seen_;  ///< since the lock last changed
  std::string last_lock_;
  std::size_t repeats_ = 0;
};

/// A path as people are told it: without the share, states of a baton without their long tail.
std::string spoken(std::string_view path);

}  // namespace holdfast::harness::sim
