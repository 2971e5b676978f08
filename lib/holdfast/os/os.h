// The door to the operating system: the only one that lock code may use.
//
// Whatever a lock does to the world, or learns from it, goes through these interfaces, at the level
// of single file operations. So one and the same protocol code runs on POSIX, on Windows and in a
// simulated network of hosts, and every fault that a file operation can suffer is a wrapper around
// Files. Whoever implements them promises no more than the real thing does:
//   - any operation can fail with any error, after having been applied, before, or never;
//   - what a listing shows may be old, unless the directory was touched just before;
//   - directories are hostile: nothing here follows a symbolic link in the last component of a
//     path, blocks on a FIFO, or reads more than it was asked to.
// Errors are errno values in std::system_category(); a cleared code is success.
#pragma once

#include <holdfast/os/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace holdfast::os {

enum class FileType { regular, directory, symlink, other };

/// What is known of one file. `modified` and `changed` are stamps of the file system.
struct FileStatus {
  FileType type = FileType::other;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< permission bits only
  std::uint32_t owner = 0;
  ServerTime modified{};
  ServerTime changed{};
};

/// Whether a status may come from the client's attribute cache.
enum class Revalidate { as_mounted, forced };

/// What kind of file system a directory is on.
struct FileSystem {
  std::uint64_t magic = 0;      ///< f_type of statfs(2)
  std::size_t name_max = 255;   ///< bytes in one name
  bool renames_by_name = true;  ///< false on SMB: a rename follows the opened file there
};

/// One directory, as one open-read-close showed it.
struct Listing {
  std::vector<std::string> names;  ///< without "." and "..", in no order
  bool complete = true;            ///< false: there were more than was asked for
};

/// Operations on files, by path, whose bytes mean nothing but themselves. A path never ends in a
/// slash: the system would follow a symbolic link there. EINVAL for one that contains a NUL byte.
/// One thread at a time per object, unless the implementation says more.
class Files {
 public:
  virtual ~Files() = default;

  /// rename(2): replaces `to` if it exists.
  virtual std::error_code rename(const std::string& from, const std::string& to) = 0;
  /// link(2): a second name `to` for the file `from`; a symbolic link is not followed.
  virtual std::error_code link(const std::string& from, const std::string& to) = 0;
  /// unlink(2).
  virtual std::error_code unlink(const std::string& path) = 0;
  /// mkdir(2); `mode` is subject to the umask.
  virtual std::error_code make_directory(const std::string& path, std::uint32_t mode) = 0;
  /// rmdir(2).
  virtual std::error_code remove_directory(const std::string& path) = 0;
  /// Makes a new file with these contents (O_CREAT, O_EXCL, O_NOFOLLOW); `mode` is subject to the
  /// umask. After an error the file may be there, empty or in part.
  virtual std::error_code create(const std::string& path, const std::string& contents,
                                 std::uint32_t mode) = 0;
  /// Opens the directory, reads at most `most` names, closes it. ENOTDIR for anything else, a
  /// symbolic link to a directory included.
  virtual std::error_code list(const std::string& directory, std::size_t most, Listing& found) = 0;
  /// Reads a regular file of at most `most` bytes. EFBIG if it is larger; ELOOP, EISDIR or EINVAL
  /// if it is not a regular file. Never blocks on a FIFO or a device.
  virtual std::error_code read(const std::string& path, std::size_t most,
                               std::string& contents) = 0;
  /// lstat(2), or statx(2) with AT_STATX_FORCE_SYNC.
  virtual std::error_code status(const std::string& path, Revalidate revalidate,
                                 FileStatus& found) = 0;
  /// Sets both times to the server's present (utimensat with NULL times). Not through a symlink.
  virtual std::error_code touch(const std::string& path) = 0;
  /// Sets both times to `time` of this host's wall clock. Not through a symlink.
  virtual std::error_code set_modified(const std::string& path, WallTime time) = 0;
  /// fsync(2) of a file or a directory.
  virtual std::error_code sync(const std::string& path) = 0;
  /// Which file system `path` is on; of a symbolic link, where it leads, as the paths below it do.
  virtual std::error_code file_system(const std::string& path, FileSystem& found) = 0;
};

/// Tells time. Safe for several threads.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Stamp now() = 0;
  virtual WallTime wall() = 0;
};

/// A process, as it is written into a lock. Equal values on two machines prove nothing: see
/// `machine`.
struct Process {
  std::string host;      ///< host name, as shown to people
  std::int64_t pid = 0;  ///< in its own pid namespace
  std::uint64_t start =
      0;  ///< start time in clock ticks since boot (field 22 of /proc/PID/stat); 0: unknown
  std::uint64_t machine = 0;  ///< hash of boot id, pid and time namespace; 0: nothing is provable

  bool operator==(const Process&) const = default;
};

/// What can be said of another process's life.
enum class Life { not_proved_dead, proved_dead };

/// Why a wait came back.
enum class Wake { elapsed, changed, ended, stopped };

/// Waits for a change in one directory. Made once per waiter; holds the kernel's resources for it.
class Watch {
 public:
  virtual ~Watch() = default;
  /// Also wakes when this process ends (`ended`), as far as that can be seen from here; nullopt: no
  /// more.
  virtual void watch_process(const std::optional<Process>& process) = 0;
  /// The waits that follow look for changes without sleeping for so long first: they are told
  /// sooner, and this costs a processor. A watch that only plays time ignores it.
  virtual void spin(Duration at_most) = 0;
  /// Comes back after `at_most`, or earlier for one of the reasons in Wake. May wake for nothing;
  /// changes made between two waits are not missed where `notified()`, and are where it is not.
  virtual Wake wait(Duration at_most, const std::stop_token& stop) = 0;
  /// The name that was renamed into the directory last, as far as the newest wait has learnt;
  /// empty: not known. A hint: what is there now may be another.
  virtual const std::string& arrived() const = 0;
  /// False: this watch can only sleep (no inotify instance was left, or none exists here).
  virtual bool notified() const = 0;
};

/// This host and this process. Safe for several threads.
class Host {
 public:
  virtual ~Host() = default;
  /// This process. Afresh in a forked child.
  virtual Process self() = 0;
  /// This host's full name, as Python's socket.getfqdn() tells it. May ask a name server, and take
  /// as long as that takes; the answer is kept.
  virtual std::string full_name() { return self().host; }
  /// Only what is proved: same host, same machine, and the kernel says that this very process has
  /// ended. Zombie leaders, missing /proc entries and foreign namespaces prove nothing.
  virtual Life life(const Process& process) = 0;
  /// 64 bits from the kernel's random source; never the same in a forked child.
  virtual std::uint64_t random_bits() = 0;
  /// Grows in every forked child, by an at-fork hook and not by a comparison of pids.
  virtual std::uint64_t fork_count() = 0;
  /// A watch on `directory`, which need not exist, and may be reached through a symbolic link.
  virtual std::unique_ptr<Watch> watch(const std::string& directory) = 0;
  /// Only sleeps.
  virtual Wake sleep(Duration at_most, const std::stop_token& stop) = 0;
};

/// The three together, as they are handed down. Nothing is owned.
struct System {
  Files* files = nullptr;
  Clock* clock = nullptr;
  Host* host = nullptr;
};

/// The operating system that this process runs on.
System native();

}  // namespace holdfast::os
