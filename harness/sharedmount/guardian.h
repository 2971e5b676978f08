// Takes away what a killed server left mounted.
//
// A process of its own, in a session of its own, that holds the other end of a pipe: when the
// server is gone, however it went, the pipe ends, and the guardian unmounts what is still there.
// (libfuse's auto_unmount would do for root; of an ordinary user's mount it cannot tell that it is
// dead, and leaves it.)
#pragma once

#include <sys/types.h>

#include <string>

#include "harness/result/result.h"
#include "harness/sharedmount/node.h"

namespace holdfast::harness::mount {

class Guardian {
 public:
  /// Forks; to be called before this process has threads or has mounted anything.
  static Result<Guardian> post();
  /// From now on it looks after this mount, which must be mounted.
  void watch(const std::string& place) const;

 private:
  explicit Guardian(Descriptor pipe) : pipe_(std::move(pipe)) {}

  Descriptor pipe_;  // its end is the sign
};

/// The device number of the file system that is mounted on exactly `place` and was mounted last, as
/// "0:57"; empty: none. Asks the kernel's table and never the file system.
std::string mounted_device(const std::string& place);

}  // namespace holdfast::harness::mount
