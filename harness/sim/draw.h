// Drawing schedules at random: the setting, and the decisions while it runs; all from one seed.
//
// Each schedule gets a few kinds of faults of all there are (swarm testing: what all faults
// together hide, some of them show), a budget of mishaps, and one of several schedulers: priorities
// that change at a few random steps (PCT), a random walk, or runs that are seldom interrupted. In
// some, mishaps befall renames alone, where most can be lost; in some, they come together: what a
// request's mishap leads to is done under the next one.
// Source: Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding
// bugs", 2010; Groce et al., "Swarm testing", 2012.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/random/random.h"
#include "harness/sim/decisions.h"
#include "harness/sim/setting.h"

namespace holdfast::harness::sim {

/// What schedules are drawn from.
struct Range {
  std::string contender = "baton";
  std::size_t least_processes = 2, most_processes = 4;
  std::size_t least_rounds = 1, most_rounds = 3;  ///< of each process
  std::uint32_t most_mishaps = 4;                 ///< per schedule; 0: nothing goes wrong
  bool crashes = true;
  /// What processes do beside acquire, refresh and release, other options, and a latecomer.
  bool extras = true;
  /// What the lock's contract excludes: clocks that run apart by more than `drift`.
  bool fast_clocks = false;
  /// ... an async server that crashes.
  bool forgetful_server = false;
  /// Wall clocks that are wrong by up to this; of no concern to baton.
  Duration wall_offset = std::chrono::hours(24);
};

/// Pure.
Setting draw_setting(const Range& range, std::uint64_t seed);

class RandomDecisions final : public Decisions {
 public:
  /// Begins the decisions of another schedule.
  void reset(const Range& range, const Setting& setting, std::uint64_t seed);

  std::size_t next(const Turn& turn) override;
  Fate fate(const Sending& sending) override;

 private:
  enum class Scheduler { priorities, walk, seldom };
  std::uint64_t priority(Actor actor) const;
  Mishap draw_mishap(Call call);

  Random random_{0};
  std::uint64_t seed_ = 0;
  Scheduler scheduler_ = Scheduler::walk;
  std::array<std::uint64_t, 16> priorities_{};
  std::array<std::uint32_t, 4> change_at_{};
  std::uint32_t turns_ = 0;
  std::uint64_t lowest_ = 0;
  std::uint32_t mishaps_left_ = 0;
  std::uint64_t one_in_ = 16;
  bool at_renames_ = false;                // and at nothing else, mishaps befall
  bool together_ = false;                  // a mishap is soon followed by another
  std::array<std::uint32_t, 16> until_{};  // by process: the operation up to which
  std::uint32_t crashes_left_ = 0;
  std::array<bool, kMishaps> enabled_{};
  std::vector<Duration> delays_;
};

}  // namespace holdfast::harness::sim
