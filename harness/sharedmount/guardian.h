// Takes away what a killed server left mounted.
//
// When the server is gone, however it went, the guardian unmounts what is still there, and the
// server's object waits for that. (libfuse's auto_unmount would do for root; of an ordinary user's
// mount it cannot tell that it is dead, and leaves it.)
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/result/result.h"
#include "harness/survivor/survivor.h"

namespace holdfast::harness::mount {

class Guardian {
 public:
  /// Forks; to be called before this process has threads or has mounted anything.
  static Result<Guardian> post();
  /// From now on it looks after this mount, which must be mounted.
  void watch(const std::string& place) const;

 private:
  explicit Guardian(Survivor survivor) : survivor_(std::move(survivor)) {}

  Survivor survivor_;
};

/// The device number of the file system that is mounted on exactly `place` and was mounted last, as
/// "0:57"; empty: none. Asks the kernel's table and never the file system.
std::string mounted_device(const std::string& place);

/// Takes away what is mounted there, in use or not, and gives up what is being asked of its server;
/// as an ordinary user through fusermount3.
void unmount(const std::string& place);

/// Takes away what stands mounted right below `folder`, an absolute path without links, and was a
/// server's of this kind that is gone: its guardian was killed, too. What is served stays.
///
/// Returns:  the places, in the order in which they were mounted.
std::vector<std::string> unmount_dead(const std::string& folder);

}  // namespace holdfast::harness::mount
