// What exhaustive exploration says: to a person, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/commands/explored_run.h"
#include "harness/report/exit_status.h"
#include "harness/sim/scenes.h"

namespace holdfast::harness {

/// One scene, within ever wider bounds.
struct SceneCovered {
  sim::Scene scene;
  struct Level {
    sim::Bounds bounds;
    sim::Covered covered;
  };
  std::vector<Level> levels;
  std::string mount;
  std::optional<ExploredRun> kept;  ///< of the violation

  /// The widest bounds within which every schedule was seen; nullptr: none.
  const Level* completed() const;
  /// Whether those that were asked for were.
  bool complete() const;
  const sim::Mistake* mistake() const;
};

/// Violated; unknown where no bounds at all were completed, and with `must_complete` where those
/// that were asked for were not; else as expected.
ExitStatus exit_status(const SceneCovered& one, bool must_complete);

/// "1 crash, 1 reply, 2 clock steps"; "nothing goes wrong".
std::string bounds_text(const sim::Bounds& bounds);
/// What is explored, and what is not bounded in it.
std::string scene_text(const SceneCovered& one);
/// In a few words, while it goes on.
std::string standing_text(const sim::Covered& covered);
std::string level_text(const SceneCovered::Level& level);
/// What may be concluded from all levels.
std::string conclusion_text(const SceneCovered& one);
std::string exhaustive_json(const std::vector<SceneCovered>& all, bool must_complete);

}  // namespace holdfast::harness
