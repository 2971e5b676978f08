// What an exploration says in the end: to a person, and as JSON.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "harness/commands/explored_run.h"
#include "harness/sim/cases.h"

namespace holdfast::harness {

/// A case, explored.
struct Explored {
  sim::Case asked;
  std::uint64_t seed = 0;
  unsigned threads = 1;
  sim::Found found;
  std::optional<sim::Failure> shrunk;
  std::optional<ExploredRun> kept;  ///< of the shrunk failure
  std::chrono::nanoseconds took{};
  std::chrono::nanoseconds core_time{};  ///< of the processor, on all cores
};

/// 0 as expected, 1 violated, 2 the contract excludes it, 5 another mistake or none, 130.
int exit_status(const Explored& explored);

std::string explored_text(const Explored& explored);
/// One line of a table of several, under explored_head().
std::string explored_line(const Explored& explored);
std::string explored_head();
std::string explored_json(const std::vector<Explored>& all);

}  // namespace holdfast::harness
