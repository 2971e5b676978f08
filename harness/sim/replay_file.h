// A failing schedule as a file: {"version": 1, "holdfast": "replay", ...}.
//
// Durations are in nanoseconds. `choices` are named (choices.h): {"operation": 7, "of": "p1",
// "call": "rename", "mishap": "lost_reply", "delay_ns": 1000} or {"instead_of": "p1", "at": 7,
// "nth": 0, "runs": "p2"}. `fails` says what is expected to go wrong.
#pragma once

#include <string>

#include "harness/result/result.h"
#include "harness/sim/shrink.h"

namespace holdfast::harness::sim {

std::string replay_text(const Failure& failure);
/// `place`: the file's name, for what is wrong with it.
Result<Failure> parse_replay(const std::string& text, const std::string& place);

/// "p2", "late p2", "incident 1", "time", as in the file and in the story.
std::string actor_name(Actor actor);

}  // namespace holdfast::harness::sim
