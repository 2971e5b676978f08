// What the kernel says of processes: who is whose child, who is stopped, who is gone.
#pragma once

#include <sys/types.h>

#include <vector>

namespace holdfast::harness {

/// The children of all threads of `process`; empty if it is gone. One that is just being made or
/// is just ending may be missing: look again.
std::vector<pid_t> children_of(pid_t process);

/// Those, their children, and so on.
std::vector<pid_t> descendants_of(pid_t process);

/// `leader`, and those of its descendants that are in its process group: whom a signal to the group
/// hits. One that has made a group of its own, as a daemon does, is not among them.
std::vector<pid_t> group_members(pid_t leader);

/// Whether every thread of `process` is stopped (or has ended).
bool is_stopped(pid_t process);

/// Whether no process is left in the group `group`, not even one that nobody has waited for.
bool group_is_gone(pid_t group);

}  // namespace holdfast::harness
