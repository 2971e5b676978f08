// From a schedule that fails to a small one that fails in the same way.
//
// Choices are taken out, in halves and then one by one; then rounds, processes with nothing left to
// do, hosts with nothing on them, incidents and whatever else makes a setting large; delays become
// the shortest that do. Each step is tried by running it, and kept if the same property is violated
// with the same cause.
#pragma once

#include "harness/sim/choices.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness::sim {

/// A schedule that can be run again, and what goes wrong in it.
struct Failure {
  Setting setting;
  Choices choices;
  Mistake mistake;
  /// Of the exploration that has found it, if it has drawn it.
  std::optional<std::uint64_t> seed{};
};

/// Runs at most `most` schedules. The result fails, as its `mistake` says.
Failure shrink(Failure failure, Stage& stage, int most = 4000);

}  // namespace holdfast::harness::sim
