#include "harness/sharedmount/notifier.h"

#include <fuse_lowlevel.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::harness::mount {

Notifier::Notifier(Tell tell) : tell_(std::move(tell)) {
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

bool Notifier::Job::is_about(std::uint64_t directory) const {
  return std::ranges::any_of(names, [&](const Expired& one) { return one.directory == directory; });
}

void Notifier::expire(std::vector<Expired> names) {
  if (names.empty()) return;
  {
    const std::lock_guard guard(mutex_);
    jobs_.push_back({std::move(names), nullptr});
  }
  wake_.notify_one();
}

void Notifier::when_told(std::uint64_t directory, std::function<void()> then) {
  {
    const std::lock_guard guard(mutex_);
    const bool told =
        std::ranges::none_of(jobs_, [&](const Job& job) { return job.is_about(directory); });
    if (!told) return jobs_.push_back({{}, std::move(then)});
  }
  then();
}

void Notifier::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return over_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      ended_ = true;
      return;
    }
    const Job& job = jobs_.front();  // nobody else takes it away
    lock.unlock();
    for (const Expired& expired : job.names) tell_(expired);
    if (job.then) job.then();
    lock.lock();
    jobs_.pop_front();
  }
}

Notifier::Tell telling(fuse_session* session) {
  // False: this kernel can only drop a name.
  return [session, only_expires = true](const Expired& expired) mutable {
    // That the kernel has forgotten the name by itself is as good.
    const std::string& name = expired.name;
    if (only_expires) {
      const int result = ::fuse_lowlevel_notify_expire_entry(
          session, expired.directory, name.c_str(), name.size(), FUSE_LL_EXPIRE_ONLY);
      if (result != -ENOSYS) return;
      only_expires = false;
    }
    ::fuse_lowlevel_notify_inval_entry(session, expired.directory, name.c_str(), name.size());
  };
}

}  // namespace holdfast::harness::mount
