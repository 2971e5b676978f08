// holdfast explore --exhaustive: every schedule of a scene, within bounds that widen step by step.
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdint>
#include <string>

#include "harness/commands/commands.h"

namespace holdfast::harness {

struct ExhaustiveLine {
  std::string scene;  ///< a name, or "all"; empty: not asked for
  // -1, 0: as the scene has it.
  std::int64_t crashes = -1, replies = -1, pauses = -1, clock_steps = -1;
  std::size_t processes = 0, acquires = 0;
  std::string mount = "plain";
  bool at_once = false;
  bool must_complete = false;  ///< or the exit status says so
  std::uint64_t most_states = std::uint64_t{1} << 26;
  // As for explorations at random:
  std::string contender;
  unsigned threads = 1;
  double seconds = 0;  ///< for each scene; 0: no limit
  std::string output;
  Arguments command_line;
  bool json = false;
};

void declare_exhaustive(CLI::App& app, ExhaustiveLine& to);
/// The exit status.
int explore_exhaustively(const ExhaustiveLine& line, const std::atomic<bool>& interrupted);

}  // namespace holdfast::harness
