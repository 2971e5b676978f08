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
  /// `session` must outlive it.
  explicit Notifier(fuse_session* session);
  /// Only once it has ended, or this may wait for a program that waits for us.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Tells nothing more. Until it has ended, requests must still be answered.
  void stop();
  bool ended() const { return ended_; }

  /// `then` is called afterwards, by the notifier's thread.
  void expire(std::vector<Expired> names, std::function<void()> then = nullptr);

 private:
  struct Job {
    std::vector<Expired> names;
    std::function<void()> then;
  };
  void work();
  void tell(const Expired& expired);

  fuse_session* session_;
  bool only_expires_ = true;  ///< false: this kernel can only drop a name
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace holdfast::harness::mount
