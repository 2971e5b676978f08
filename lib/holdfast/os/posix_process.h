// What the kernel proves of processes: who this one is, and that another one has ended.
//
// Fault model: /proc may be another namespace's, hide processes, show only pids, or not be there;
// pid numbers are used again; a leader can exit long before its threads. Whatever of this cannot be
// excluded makes the answer "not proved". Private: only posix_*.cc may include it.
// Source: lib/README.md, "Proof of death"; pidfd_open(2), proc(5), pid_namespaces(7).
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::os::posix {

/// Field 22 of a /proc/PID/stat, the start of its process in clock ticks since the boot, as this
/// process's time namespace counts them; 0 if it cannot be read.
std::uint64_t start_of(const std::string& stat_file);
/// The same of the file's contents.
std::uint64_t parse_start(const std::string& stat);

/// Hash of boot id, pid namespace and time namespace; 0 if any of them cannot be read, or if this
/// /proc is not the one of our pid namespace.
std::uint64_t machine_of_self();
/// Whether a /proc/self/status is that of process `pid` in the pid namespace which it shows.
bool shows_as(const std::string& status, std::int64_t pid);

/// Whether the process that once had this pid and this start time (0: unknown) surely has it no
/// more, all its threads included. Only for pids of our pid namespace and starts of our time
/// namespace; and only if machine_of_self() is not 0.
bool has_ended(std::int64_t pid, std::uint64_t start);

}  // namespace holdfast::os::posix
