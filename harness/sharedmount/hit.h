// One fault that struck, for the fault log: what was hit, and what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/scenario/mount_spec.h"

namespace holdfast::harness::mount {

// What comes of faults, and is logged as a kind of its own.
inline constexpr const char* kHeldUp = "held_up";    ///< a request that an outage was in the way of
inline constexpr const char* kGivenUp = "given_up";  ///< of what was kept back, on a soft mount
inline constexpr const char* kLateArrival = "late_arrival";    ///< of what was kept back
inline constexpr const char* kServerForgot = "server_forgot";  ///< when acknowledged changes went
inline constexpr const char* kForgotten = "forgotten";         ///< each of these
inline constexpr const char* kConsequences[] = {kHeldUp, kGivenUp, kLateArrival, kServerForgot,
                                                kForgotten};

struct Hit {
  std::uint32_t fault = 0;  ///< its number
  MountFault::Kind kind{};
  std::vector<std::string> sorts;  ///< of its kind (harness/scenario/fault_sorts.h)
  std::string host;                ///< empty: it was the server's
  std::string what;                ///< "link h1.claim lock: done, then EEXIST"
  Nanoseconds lasted{};            ///< until it was over
  Nanoseconds ago{};               ///< since when it is over
  Nanoseconds offset{};            ///< server_clock: by which its clock was set to be off
  /// The same: by which the first stamp that a host was told of was; zero: nobody was.
  Nanoseconds measured_offset{};
  /// The kind as which the log has it, where it is not the fault's: one of kConsequences.
  std::string as;
  std::string why_not;  ///< it hit and changed nothing; empty: it took effect
};

using HitLog = std::function<void(const Hit&)>;

/// As the log has it.
const std::string& kind_of(const Hit& hit);

/// "done", or the name of the error: "EEXIST".
std::string outcome(int error);

}  // namespace holdfast::harness::mount
