// The parts of the time line: see timeline.h. Each is pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/checker/holds.h"
#include "harness/history/history.h"
#include "harness/report/report.h"

namespace holdfast::harness {

/// A place in the scenario is a lane: whoever replaces a killed worker has its place.
struct Lanes {
  std::vector<std::uint32_t> of;  ///< by worker
  std::uint32_t count = 0;
};
Lanes lanes_of(const History& history);

/// What the parts are made of.
struct Played {
  const Report& report;
  const History& history;
  const Holds& holds;
  const Lanes& lanes;
};

/// Marks `around` places before and after this one.
void mark_around(std::size_t place, std::size_t around, std::vector<bool>& wanted);

/// Indices into Holds::holds of what is told hold by hold, in order: all of them, or, of more than
/// `most`, those near findings and faults; of many faults, near some of them, evenly.
std::vector<std::uint32_t> chosen_holds(const Played& played, std::size_t most);

/// {"count", "of", "packed"}
nlohmann::json holds_json(const Played& played, const std::vector<std::uint32_t>& chosen);

/// File operations: {"count", "of", "errors", "packed"}. Of more than `most`, those near findings
/// and the first of the others.
nlohmann::json files_json(const Played& played, std::size_t most);

/// Acquires that were not granted: {"count", "of", "packed"}.
nlohmann::json refusals_json(const Played& played, std::size_t most);

/// Renewals of a lease by its holder, those that failed included: {"count", "of", "packed"}.
nlohmann::json renewals_json(const Played& played, std::size_t most);

/// How much of each stretch of time each lane was inside: {"stretch_ns", "stretches", "packed"}.
nlohmann::json sketch_json(const Played& played);

/// Waits and handoffs as the run went on: {"window_ns", "wait": {...}, "handoff": {...}}.
nlohmann::json over_time_json(const Played& played);

/// How often each lane, or host where there are many lanes, was granted a lock right after each
/// other one: {"by": "lane" | "host", "names", "counts", "grants"}.
nlohmann::json follows_json(const Played& played);

}  // namespace holdfast::harness
