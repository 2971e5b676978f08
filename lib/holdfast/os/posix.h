// The POSIX side of the door. Private: only posix_*.cc may include it.
#pragma once

#include <holdfast/os/os.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace holdfast::os::posix {

/// The one place that maps errno.
inline std::error_code last_error() { return {errno, std::system_category()}; }

/// Calls again while a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do result = call();
  while (result == -1 && errno == EINTR);
  return result;
}

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// One inotify instance that nobody uses at the moment.
///
/// Closing an instance that has ever watched something makes the kernel wait for a grace period, 8
/// to 24 ms (measured), which would come right after a lock was granted. So a watch that goes
/// leaves its instance here for the next. At most one per process is kept: a user has 128 of them.
/// Threads: any.
class SpareQueue {
 public:
  SpareQueue() = default;
  ~SpareQueue();
  SpareQueue(const SpareQueue&) = delete;
  SpareQueue& operator=(const SpareQueue&) = delete;

  /// An empty instance of this very process, kept or new; none if the limit is reached.
  Descriptor take();
  /// Keeps an instance that watches nothing any more, or closes it. `made_by` is the fork count of
  /// the process that made it: a parent's queue is not ours to read.
  void give(Descriptor queue, std::uint64_t made_by);

 private:
  std::atomic<std::uint64_t> kept_{0};  // fork count << 32 | descriptor + 1
};

/// How many forks lie between this process and the first that used the library.
std::uint64_t fork_count();

/// What Python's socket.getfqdn() says of a host of this short name.
std::string full_name_of(const std::string& short_name);

/// A pidfd; none, and errno, if there is no such process or no such call.
Descriptor open_process(std::int64_t pid);

/// False for file systems on which a rename follows the opened file, and not the name: SMB.
/// `magic`: f_type of statfs(2).
bool renames_by_name(std::uint64_t magic);

Files& files();
Clock& clock();
Host& host();

std::unique_ptr<Watch> make_watch(std::string directory, Host& host, SpareQueue& spare);
Wake sleep(Duration at_most, const std::stop_token& stop, Host& host, SpareQueue& spare);

}  // namespace holdfast::os::posix
