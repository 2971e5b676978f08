// A failing schedule as a file: {"version": 3, "holdfast": "replay", ...}.
//
// Durations are in nanoseconds. `setting` has all members of Setting. `choices` are named
// (choices.h): {"of": "p1", "call": "rename", "number": 2, "mishap": "lost_reply", "delay_ns":
// 1000} is what befell the second rename of p1; {"instead_of": "p1", "call": "rename", "number": 2,
// "nth": 0, "runs": "p2"} is whose turn it was. `fails` says what is expected to go wrong, and
// `seed` what it was drawn from; null: it was not drawn, or nobody knows.
#pragma once

#include <cstdint>
#include <string>

#include "harness/result/result.h"
#include "harness/sim/shrink.h"

namespace holdfast::harness::sim {

inline constexpr std::int64_t kReplayVersion = 3;
/// More than any replay has.
inline constexpr std::size_t kMostReplayBytes = std::size_t{1} << 26;

std::string replay_text(const Failure& failure);
/// `place`: the file's name, for what is wrong with it.
Result<Failure> parse_replay(const std::string& text, const std::string& place);

/// "p2", "late p2", "incident 1", "time", as in the file and in the story.
std::string actor_name(Actor actor);

}  // namespace holdfast::harness::sim
