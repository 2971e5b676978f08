// A process that outlives this one, to clean up what it may leave.
//
// Fault model: this process can be killed at any instant, and can do nothing about it. The survivor
// is a fork of it, in a session of its own and deaf to signals, that reads a pipe: what it was
// told, and in the end that the other end is gone, however that went. It acts then, and ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>

#include "harness/result/result.h"

namespace holdfast::harness {

class Survivor {
 public:
  /// Forks; to be called before this process has threads. `act` is called in the survivor, with all
  /// that was told.
  ///
  /// Errors:  no pipe or no process is left.
  static Result<Survivor> post(const std::function<void(const std::string& told)>& act);

  Survivor(Survivor&& other) noexcept
      : pipe_(std::exchange(other.pipe_, -1)), process_(std::exchange(other.process_, 0)) {}
  Survivor& operator=(Survivor&&) = delete;
  /// Lets it act, and waits until it has ended.
  ~Survivor();

  pid_t process() const { return process_; }
  /// Never fails, unless the survivor was killed. At most 4096 bytes at once.
  void tell(const std::string& text) const;

 private:
  Survivor(int pipe, pid_t process) : pipe_(pipe), process_(process) {}

  int pipe_;  // its end is the sign
  pid_t process_;
};

}  // namespace holdfast::harness
