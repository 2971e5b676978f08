// One schedule: a world, its processes with their locks, and what came of it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/sim/ledger.h"
#include "harness/sim/world.h"

namespace holdfast::harness::sim {

/// Runs schedules, one after the other, in the same memory.
class Stage {
 public:
  static constexpr std::uint64_t kMostSteps = 20'000;

  /// What was done wrong first, or nothing. The setting's contender must exist. `witness` is told
  /// of everything too.
  std::optional<Mistake> run(const Setting& setting, Decisions& decisions,
                             Observer* witness = nullptr);
  /// Only such mistakes count from now on.
  void look_for(const Sought& sought) { ledger_.look_for(sought); }
  /// Whether schedules go on after a mistake.
  void go_on(bool go_on) { ledger_.go_on(go_on); }
  /// Of the newest one.
  const Counts& counts() const { return counts_; }
  World& world() { return world_; }
  const Ledger& ledger() const { return ledger_; }

 private:
  class Both;
  void work(Process& process, const Setting& setting);
  void let_latecomer_come(const Setting& setting);
  void come_late(Process& process, const Setting& setting);

  World world_;
  Ledger ledger_;
  Counts counts_;
  const Kind* kind_ = nullptr;
  Observer* audience_ = nullptr;
  std::vector<std::size_t> rounds_;  // begun by each process, over all its lives
};

}  // namespace holdfast::harness::sim
