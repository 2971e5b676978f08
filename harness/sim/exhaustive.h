// Exhaustive exploration: every schedule of one setting within stated bounds.
//
// Depth first, each schedule run anew from its beginning, since a fiber cannot be copied. At every
// point of decision the situation's digest is looked up: where it was met before, with the same
// bounds left, all that can follow was tried from there, or is going to be, and the schedule is cut
// off. What is decided:
//   - who goes on, of all that could: any number of times, and in any order;
//   - that time goes on by one step though somebody could do something: so often as
//     `clock_steps` says. Time goes in steps of Setting::clock_step; a timer between two is late;
//   - that a process stands still before a change or a listing, for long_delay();
//   - that it ends before a change, or while one is under way, which arrives at once or after
//     long_delay();
//   - that the reply to a change or a listing is late by a step or by long_delay(), or that to a
//     change is lost, and it is sent again; on a soft mount, that it ends in EIO, whether it was
//     applied, is later, or never.
// Each of these befalls one request, as often in a schedule as its bound says. A change is what
// changes names, and, where stamps are compared or decide what a host remembers, times of files.
// Where all have gone, a stranger comes and asks for the lock (Setting::latecomer), once for each
// state in which they can have left it: so from each state that is reached somebody gets it. Of its
// own steps nothing is decided.
// Left out is only what leads to what is tried anyway (Limits::reduces):
//   - processes that are alike and have changed places (alike.h);
//   - other turns before a step that nobody else can notice: in what a process makes beside the
//     lock under names that it alone knows, or where the answer is always the same. If time may
//     still pass, the process must not have looked at a clock after it: else all turns are tried;
//   - the end of a process before an operation that changes nothing, or nothing that others can
//     notice, as the end before its next change;
//   - a reply that is lost for long where the server knows what it has answered, as a late one.
// That rests on names that are told apart by random bits, of which no two processes have the same.
//
// What is complete in this sense is no proof for other delays, more processes or other faults, and
// rests on digests: with n situations, that any two share one has a probability of n^2 / 2^65.
// Source: Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996;
// Ip and Dill, "Better Verification Through Symmetry", 1996.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/sim/shrink.h"

namespace holdfast::harness::sim {

/// How much may go wrong in one schedule. Who goes on is not bounded.
struct Bounds {
  std::uint32_t crashes = 0;      ///< of processes, for good
  std::uint32_t replies = 0;      ///< lost (the request is sent again), late, or given up
  std::uint32_t pauses = 0;       ///< of a process, for as long as it takes to be taken over from
  std::uint32_t clock_steps = 0;  ///< that pass though somebody could go on

  bool operator==(const Bounds&) const = default;
};

struct Limits {
  unsigned threads = 1;
  Duration at_most = Duration::max();                  ///< of real time
  std::uint64_t most_states = std::uint64_t{1} << 26;  ///< 32 bytes of memory each, at most
  // For tests of this itself:
  bool merges = true;   ///< false: runs on from states that were met before
  bool reduces = true;  ///< false: tries orders of steps that cannot matter, too
};

/// Why an exploration ended.
enum class End : std::uint8_t { finished, violated, out_of_time, out_of_memory, interrupted };

const char* word(End end);

struct Covered {
  End end = End::finished;
  std::uint64_t states = 0;         ///< that differ, where something was to be decided
  std::uint64_t executions = 0;     ///< schedules, most of them cut off at a known state
  std::uint64_t pruned = 0;         ///< of these: cut off
  std::uint64_t transitions = 0;    ///< from one point of decision to the next, each counted once
  std::uint64_t latecomers = 0;     ///< one for each state that differs in which all had gone
  std::uint64_t memory_bytes = 0;   ///< of what is kept of states
  std::uint64_t too_long = 0;       ///< given up after Stage::kMostSteps: the rest was not seen
  std::uint64_t deepest = 0;        ///< decisions in one schedule
  std::uint64_t grants = 0;         ///< in all executions
  std::uint64_t taken = 0;          ///< holds that others ended, in all executions
  std::set<std::uint64_t> endings;  ///< how schedules ended: see Branching::ending()
  std::chrono::nanoseconds took{};
  std::chrono::nanoseconds worked{};  ///< of all processors, together
  std::optional<Failure> failure;     ///< as found, not shrunk

  /// Whether every schedule within the bounds was seen, to its end.
  bool complete() const { return end == End::finished && too_long == 0; }
};

/// How it stands, about once a second.
using Watcher = std::function<void(const Covered&)>;

/// All schedules of the setting, whose processes have a host each, without incidents and latencies.
/// `stop` ends it.
Covered explore_all(const Setting& setting, const Bounds& bounds, const Limits& limits,
                    const std::atomic<bool>& stop, const Watcher& watch = {});

/// How long a process stands still in a pause: whoever waits has taken over by then.
Duration long_delay(const Setting& setting);

}  // namespace holdfast::harness::sim
