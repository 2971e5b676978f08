// Tells the kernel that names which it trusts have expired.
//
// A thread of its own, because the kernel takes the directory's lock for that, which a program may
// hold that waits for our answer to something else: whoever answers must never wait for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/sharedmount/beliefs.h"

struct fuse_session;

namespace holdfast::harness::mount {

class Notifier {
 public:
  /// Called from the notifier's thread, with one name after the other.
  using Tell = std::function<void(const Expired&)>;
  explicit Notifier(Tell tell);
  /// Only once it has ended, or this may wait for a program that waits for us.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Tells nothing more. Until it has ended, requests must still be answered.
  void stop();
  bool ended() const { return ended_; }

  void expire(std::vector<Expired> names);
  /// `then` is called when the kernel has been told of all that has expired in this directory so
  /// far: at once where it has, else by the notifier's thread.
  void when_told(std::uint64_t directory, std::function<void()> then);

 private:
  /// Of the two, one.
  struct Job {
    std::vector<Expired> names;
    std::function<void()> then;
    bool is_about(std::uint64_t directory) const;
  };
  void work();

  Tell tell_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  ///< the first one is being done, and stays here until it is
  bool over_ = false;
  std::thread thread_;
};

/// Tells the kernel of this session, which must outlive it.
Notifier::Tell telling(fuse_session* session);

}  // namespace holdfast::harness::mount
