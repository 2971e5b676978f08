#include "harness/sharedmount/notifier.h"

#include <fuse_lowlevel.h>
#include <signal.h>

#include <cerrno>

namespace holdfast::harness::mount {

Notifier::Notifier(fuse_session* session) : session_(session) {
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Notifier::~Notifier() {
  stop();
  thread_.join();
}

void Notifier::stop() {
  {
    const std::lock_guard guard(mutex_);
    over_ = true;
    for (Job& job : jobs_) job.names.clear();
  }
  wake_.notify_one();
}

void Notifier::expire(std::vector<Expired> names, std::function<void()> then) {
  if (names.empty()) {
    if (then) then();
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    jobs_.push_back({std::move(names), std::move(then)});
  }
  wake_.notify_one();
}

void Notifier::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return over_ || !jobs_.empty(); });
      if (jobs_.empty()) {
        ended_ = true;
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    for (const Expired& expired : job.names) tell(expired);
    if (job.then) job.then();
  }
}

void Notifier::tell(const Expired& expired) {
  // That the kernel has forgotten the name by itself is as good.
  if (only_expires_) {
    const int result =
        ::fuse_lowlevel_notify_expire_entry(session_, expired.directory, expired.name.c_str(),
                                            expired.name.size(), FUSE_LL_EXPIRE_ONLY);
    if (result != -ENOSYS) return;
    only_expires_ = false;
  }
  ::fuse_lowlevel_notify_inval_entry(session_, expired.directory, expired.name.c_str(),
                                     expired.name.size());
}

}  // namespace holdfast::harness::mount
