// Whether a held baton may be taken over, as far as this host can know.
//
// Fault model: wall clocks show anything; raw clocks of two hosts run apart by at most `drift`;
// this process can be paused at any point, and a listing can block for seconds and then show a
// state that is younger than its start. So an observation of an unchanged state counts from after
// the listing that first showed it has returned, on a clock that stands still when in doubt, and
// lasts longer than the lease by drift and margin. A death must be proved by the kernel of the same
// machine. The judge only rules; the rename that takes over is what confirms that nothing had
// changed. Source: lib/README.md, "baton", "Time".
#pragma once

#include <holdfast/options.h>
#include <holdfast/os/os.h>
#include <holdfast/protocol/baton_state.h>
#include <holdfast/protocol/register.h>

#include <optional>
#include <string>

namespace holdfast {

/// How long a state with this lifetime must be seen unchanged before it may be taken over.
Duration observation_needed(Duration lifetime, const Options& options);

enum class Ruling { wait, run_out, dead };

class BatonJudge {
 public:
  BatonJudge(const Options& options, Register& baton);

  /// Begins the observation of the state that was seen, or goes on with it; kept across attempts.
  /// Returns whether it is another state than before.
  bool see(const Seen& seen, const BatonState& state);

  /// Rules on the state that was seen last, a held one. `prove`: ask the kernel about its process.
  Ruling rule(bool prove);

  /// How long it must still be seen unchanged; at most, since other evidence may come first.
  Duration left() const;

  /// The process that holds it, where something about it can be proved from here.
  std::optional<os::Process> provable() const;

  /// The state that was seen last.
  const BatonState& state() const { return state_; }

 private:
  bool is_dead();
  bool is_old_by_server();
  std::optional<Duration> age_by_server();

  const Options& options_;
  Register& baton_;
  std::string name_;  // what is observed; empty: nothing yet
  BatonState state_;
  os::Stamp since_{};     // when the listing that first showed it had returned
  os::Stamp next_age_{};  // not asked for its age by the server's clock before that
};

}  // namespace holdfast
