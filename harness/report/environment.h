// What a run ran on: the machines, and the file system that the locks lay on.
//
// Nothing here decides anything; it is what somebody needs a year later to know why another mount
// gave another verdict. What cannot be read stays empty and is said to be unknown, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result/result.h"

namespace holdfast::harness {

/// One mounted file system, a line of /proc/PID/mountinfo.
struct Mount {
  std::string device;                       ///< "8:1"
  std::string root;                         ///< which part of the file system is mounted
  std::string point;                        ///< where
  std::vector<std::string> options;         ///< of this mount
  std::string type;                         ///< "nfs4", "ext4"
  std::string source;                       ///< "server:/export", "/dev/sda1"
  std::vector<std::string> server_options;  ///< of the file system: for NFS those that matter

  bool operator==(const Mount&) const = default;
};

/// Reads the whole text, as proc(5) describes it. A line that does not fit is a problem that names
/// it: a foreign format is not half understood.
Result<std::vector<Mount>> parse_mounts(std::string_view text);

/// The mount that `path` (absolute, without links) lies on: the last one that hides all others.
const Mount* find_mount(const std::vector<Mount>& mounts, std::string_view path);

/// "server" of "server:/export", for network file systems; empty for any other.
std::string server_of(const Mount& mount);

/// One machine. Several logical hosts can share it.
struct Machine {
  std::vector<std::string> hosts;  ///< the scenario's hosts that ran on it; the caller's to set
  std::string kernel;              ///< "Linux 6.1.0-18-amd64 #1 SMP ... x86_64"
  std::string cpu;                 ///< its model
  std::uint32_t cpus = 0;          ///< that this process may use
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> load;  ///< average over the last minute, before the run
  std::string clock_source;    ///< "tsc", "kvm-clock"
  std::string boot_id;
  std::string directory;              ///< where the locks lay
  std::optional<Mount> mount;         ///< of that directory
  std::vector<std::string> problems;  ///< what could not be read, and why
};

/// Reads all of it from the running system. What fails is in `problems`.
Machine read_machine(const std::string& directory);

}  // namespace holdfast::harness
