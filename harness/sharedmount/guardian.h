// Takes away what a killed server left mounted.
//
// A process of its own, in a session of its own, that holds the other end of a pipe: when the
// server is gone, however it went, the pipe ends, and the guardian unmounts what is still there.
// (libfuse's auto_unmount would do for root; of an ordinary user's mount it cannot tell that it is
// dead, and leaves it.)
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "harness/result/result.h"
#include "harness/sharedmount/node.h"

namespace holdfast::harness::mount {

class Guardian {
 public:
  /// Forks; to be called before this process has threads or has mounted anything.
  static Result<Guardian> post();
  Guardian(Guardian&& other) noexcept
      : pipe_(std::move(other.pipe_)), process_(std::exchange(other.process_, 0)) {}
  Guardian& operator=(Guardian&&) = delete;
  /// Waits until it has looked after everything and is gone.
  ~Guardian();
  /// From now on it looks after this mount, which must be mounted.
  void watch(const std::string& place) const;

 private:
  Guardian(Descriptor pipe, pid_t process) : pipe_(std::move(pipe)), process_(process) {}

  Descriptor pipe_;  // its end is the sign
  pid_t process_;
};

/// The device number of the file system that is mounted on exactly `place` and was mounted last, as
/// "0:57"; empty: none. Asks the kernel's table and never the file system.
std::string mounted_device(const std::string& place);

/// Takes away what is mounted there, in use or not; as an ordinary user through fusermount3.
void unmount(const std::string& place);

}  // namespace holdfast::harness::mount
