// Moving a lock file to a private name, and back.
//
// A name can be another's file by the time that an unlink(2) of it arrives. So nothing is ever
// unlinked at the lock's own name: it is renamed to a name that nobody else uses, looked at there
// in peace, and removed, or linked back.
//
// Fault model: a rename can be applied with its reply lost, be sent twice, or be applied long after
// it was reported as failed - and then hit the lock of somebody else. What is known to help: no
// rename of a file succeeds while a directory is at its target. Source: lib/README.md, "link".
#pragma once

#include <holdfast/error.h>
#include <holdfast/os/os.h>

#include <string>
#include <string_view>
#include <system_error>

namespace holdfast {

enum class Moved {
  yes,      ///< what was at the lock's name is at path()
  no,       ///< nothing was there
  refused,  ///< by the system; nothing was moved and nothing will be
  unknown,  ///< it was moved, was not, or will be
};

class Aside {
 public:
  /// Of the lock file at `lock_path`.
  Aside(std::string lock_path, os::System system);

  /// Renames the lock file to a fresh private name. A doubtful answer is settled within `patience`:
  /// seen to be done, or made impossible by a directory that is then left at the private name.
  Moved move(Duration patience);
  /// Gives the lock's name back to the file at path(), unless there is another by then.
  ///
  /// Errors: std::errc::file_exists where there is, and the file's own name is gone; errors of the
  ///         system, with the file left at path().
  std::error_code put_back(Duration patience);
  /// Removes the file at path(). That it fails harms nobody: the name is never used again.
  void discard();

  /// Whether this is a private name for the lock file `base`, and can be nobody else's.
  static bool is_name(std::string_view base, std::string_view name);

  /// The private name.
  const std::string& path() const { return path_; }
  /// The newest error of the system, with its call and path.
  const Failure& last_failure() const { return failure_; }

 private:
  Moved settle_move(std::error_code answer, Duration patience);
  enum class Back { yes, another, unknown };
  Back look_whether_back();

  std::string lock_path_;
  os::System system_;
  std::string path_;
  Failure failure_;
};

}  // namespace holdfast
