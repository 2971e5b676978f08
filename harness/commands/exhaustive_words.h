// What exhaustive exploration says: to a person, and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/commands/explored_run.h"
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
};

/// "1 crash, 1 reply, 2 clock steps"; "nothing goes wrong".
std::string bounds_text(const sim::Bounds& bounds);
/// What is explored, and what is not bounded in it.
std::string scene_text(const SceneCovered& one);
/// In a few words, while it goes on.
std::string standing_text(const sim::Covered& covered);
std::string level_text(const SceneCovered::Level& level);
/// What may be concluded from all levels.
std::string conclusion_text(const SceneCovered& one);
std::string exhaustive_json(const std::vector<SceneCovered>& all);

}  // namespace holdfast::harness
