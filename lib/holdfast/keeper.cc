#include <holdfast/keeper.h>
#include <holdfast/keeper_step.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace holdfast {

struct LeaseKeeper::State {
  State(Lock& kept, os::System handed, KeeperOptions given)
      : lock(kept),
        system(handed),
        options(std::move(given)),
        rules{lock.lifetime(), options.renew_at, options.warn_at},
        forks(system.host->fork_count()) {}

  void begin(std::thread::id& id);
  void watch();
  void renew_when_asked();
  KeeperSight sight(const os::Stamp& now) const;
  void tell_loss();
  void end();
  bool forked() const { return system.host->fork_count() != forks; }
  static void ring(std::stop_source& bell) { bell.request_stop(); }

  Lock& lock;
  const os::System system;
  const KeeperOptions options;
  const KeeperRules rules;
  const std::uint64_t forks;  // of the process that has the threads

  // All that follows is under the mutex. It is never held while the lock is used or a call is made.
  mutable std::mutex mutex;
  bool ended = false;
  bool lost = false;
  bool asked = false;     // a renewal should begin
  bool renewing = false;  // asked for, or under way
  os::Stamp seen{};       // when `left` was surely left
  Duration left{};
  std::optional<os::RawTime> failed;  // when a renewal failed last
  Failure failure;                    // of the newest renewal
  std::stop_source wake_watcher;      // a bell: a stop request ends one wait
  std::stop_source wake_renewer;

  std::thread::id watcher_id;  // of the two threads, from their own beginning
  std::thread::id renewer_id;

  std::thread watcher;
  std::thread renewer;
};

KeeperSight LeaseKeeper::State::sight(const os::Stamp& now) const {
  KeeperSight sight;
  sight.left = left - os::most_elapsed(seen, now);
  sight.renewing = renewing;
  sight.is_lost = failure.code == Errc::lost || failure.code == Errc::not_held;
  sight.since_failed = failed ? now.raw - *failed : Duration::max();
  return sight;
}

void LeaseKeeper::State::begin(std::thread::id& id) {
  const std::lock_guard guard(mutex);
  id = std::this_thread::get_id();
}

/// Watches the time, asks for renewals, makes the calls back.
void LeaseKeeper::State::watch() {
  begin(watcher_id);
  bool warned = false;
  for (;;) {
    KeeperMove move;
    KeeperSight now;
    std::stop_token woken;
    {
      const std::lock_guard guard(mutex);
      if (ended) return;
      wake_watcher = std::stop_source();
      woken = wake_watcher.get_token();
      now = sight(system.clock->now());
      move = next_keeper_move(rules, now, warned);
      if (move.renew) {
        asked = renewing = true;
        ring(wake_renewer);
      }
    }
    if (move.warn && options.on_warning) options.on_warning(now.left);
    if (move.lose) {
      tell_loss();
      return;
    }
    system.host->sleep(move.wait, woken);
  }
}

void LeaseKeeper::State::tell_loss() {
  Failure told;
  {
    const std::lock_guard guard(mutex);
    if (ended) return;
    lost = ended = true;
    ring(wake_renewer);
    told = failure;
  }
  // Nobody has said that it is another's: the lease has run out, whatever the renewals said.
  if (!told.code) told = {Errc::lost, "keep", lock.path()};
  if (told.code != Errc::lost) told = {Errc::lost, "keep (" + told.text() + ")", lock.path()};
  if (options.on_loss) options.on_loss(told);
}

/// Renews, and may be stuck in that.
void LeaseKeeper::State::renew_when_asked() {
  begin(renewer_id);
  for (;;) {
    std::stop_token woken;
    {
      const std::lock_guard guard(mutex);
      if (ended) return;
      wake_renewer = std::stop_source();
      woken = wake_renewer.get_token();
      if (asked) woken = {};
    }
    if (woken.stop_possible()) {
      system.host->sleep(std::chrono::hours(1), woken);
      continue;
    }
    std::error_code error;
    lock.refresh(std::nullopt, error);
    const os::Stamp before = system.clock->now();  // so that `left` is rather too little
    const Duration after = lock.remaining();
    const std::lock_guard guard(mutex);
    asked = renewing = false;
    seen = before;
    left = after;
    failure = error ? lock.last_failure() : Failure{};
    if (error) {
      failed = seen.raw;
    } else {
      failed.reset();
    }
    ring(wake_watcher);
  }
}

void LeaseKeeper::State::end() {
  const std::thread::id self = std::this_thread::get_id();
  {
    const std::lock_guard guard(mutex);
    ended = true;
    ring(wake_watcher);
    ring(wake_renewer);
    if (self == watcher_id || self == renewer_id) return;  // a call back: of ours, or of the lock's
  }
  if (watcher.joinable()) watcher.join();
  if (renewer.joinable()) renewer.join();
}

LeaseKeeper::LeaseKeeper(Lock& lock, KeeperOptions options)
    : state_(std::make_unique<State>(lock, lock.system_, std::move(options))) {
  check_keeper_rules(state_->rules);
  state_->seen = lock.system_.clock->now();
  state_->left = lock.remaining();
  if (state_->left <= Duration::zero()) throw Error({Errc::not_held, "keep", lock.path()});
  state_->watcher = std::thread([state = state_.get()] { state->watch(); });
  try {
    state_->renewer = std::thread([state = state_.get()] { state->renew_when_asked(); });
  } catch (...) {
    state_->end();
    throw;
  }
}

// A forked child has neither the threads nor the lease, and the mutex may have been locked by one
// of them: it leaves all that alone, its memory too.
LeaseKeeper::~LeaseKeeper() {
  if (state_->forked()) {
    static_cast<void>(state_.release());
  } else {
    state_->end();
  }
}

void LeaseKeeper::stop() {
  if (!state_->forked()) state_->end();
}

bool LeaseKeeper::lost() const {
  if (state_->forked()) return false;
  const std::lock_guard guard(state_->mutex);
  return state_->lost;
}

Duration LeaseKeeper::remaining() const {
  if (state_->forked()) return Duration::zero();
  const std::lock_guard guard(state_->mutex);
  if (state_->lost) return Duration::zero();
  const Duration passed = os::most_elapsed(state_->seen, state_->system.clock->now());
  return std::max(Duration::zero(), state_->left - passed);
}

}  // namespace holdfast
