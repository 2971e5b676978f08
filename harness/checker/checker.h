// history -> verdict. Pure functions; one file per property; nothing here runs anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/checker/finding.h"
#include "harness/history/history.h"

namespace holdfast::harness {

/// What the run was held to: the contender's contract and the scenario's bounds.
struct Terms {
  bool own_lock = false;  ///< baton, link: until_ns of the events is the entitlement
  /// The worker's own process is what takes the lock: it records nothing after its death.
  bool in_process = false;
  bool leases = false;
  bool tokens = false;
  bool fenced = false;   ///< the protected resource is a fence
  bool counter = false;  ///< the protected resource is the unfenced counter
  std::int64_t lifetime_ns = 0;
  std::int64_t margin_ns = 0;  ///< own locks: on top of the lifetime before a take-over
  std::optional<std::int64_t> contract_offset_ns;  ///< declared wall-clock tolerance
  std::optional<double> contract_drift;            ///< declared rate tolerance, as a ratio
  bool steady_server_clock = false;  ///< declared: it promises nothing when that one is set
  std::optional<std::int64_t> recovery_bound_ns;
  std::optional<std::int64_t> wait_bound_ns;
  std::optional<std::uint64_t> bypass_bound;
  std::optional<std::uint64_t> orphan_bound;
  std::optional<std::uint64_t> overstay_bound;
  std::int64_t wedge_bound_ns = 0;    ///< beyond lifetime + margin
  std::int64_t timeout_slack_ns = 0;  ///< by how much an acquire may overrun its patience
  bool wants_contention = false, wants_kills_inside = false,
       wants_expiry = false;              ///< else vacuous
  std::vector<std::string> wants_faults;  ///< kinds that must have taken effect
  std::uint64_t wants_of_each_fault = 1;  ///< so often
  /// What the counters said in the end, those of all locks added up.
  std::optional<std::uint64_t> final_counter;
};

/// Runs every checker and adds up the verdict. Deterministic: the same history and terms give the
/// same verdict, but for took_ns.
Verdict judge(const History& history, const Terms& terms);

}  // namespace holdfast::harness
