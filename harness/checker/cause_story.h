// What the tests of causes share: a lock that is one name, "lock", or whose states are names below
// it, and what is said of two who were inside together.
#pragma once

#include <string>

#include "harness/checker/story.h"

namespace holdfast::harness {

/// The first overlap that is found.
Finding overlap_of(Story& story, const Terms& terms);
Cause cause_of(Story& story, const Terms& terms);
/// The one finding of this checker; std::logic_error: there are none, or several.
const Finding& only(const Verdict& verdict, const std::string& checker);

/// Everybody's file operations are recorded.
Story named();

/// Worker makes the entry with this inode and is granted the lock.
void take(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode);
void remove(Story& story, double at_ms, std::uint32_t worker, std::uint64_t inode);

/// A server that forgot at this instant.
Fault forgot(std::int64_t at_ns);

/// Worker renames one state to another and is granted the lock; the rename gave this error.
void grant(Story& story, double at_ms, std::uint32_t worker, const std::string& from,
           const std::string& to, std::uint64_t token, int error = 0);
/// "lock/NAME"
std::string state(const std::string& name);

}  // namespace holdfast::harness
