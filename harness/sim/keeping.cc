#include "harness/sim/keeping.h"

#include <holdfast/error.h>
#include <holdfast/keeper_step.h>

#include <memory>
#include <stop_token>
#include <utility>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// What the two fibers share. As in LeaseKeeper, a stop request is a bell that ends one wait.
struct Keeping {
  KeeperRules rules;
  bool ended = false;
  bool asked = false;     // a renewal should begin
  bool renewing = false;  // asked for, or under way
  bool warned = false;
  os::Stamp seen{};  // when `left` was surely left
  Duration left{};
  std::optional<os::RawTime> failed;  // when a renewal failed last
  bool is_lost = false;               // by a renewal's word
  std::stop_source wake_watcher;
  std::stop_source wake_renewer;
};

KeeperSight sight(const Keeping& keeping, const os::Stamp& now) {
  return {.left = keeping.left - os::most_elapsed(keeping.seen, now),
          .renewing = keeping.renewing,
          .is_lost = keeping.is_lost,
          .since_failed = keeping.failed ? now.raw - *keeping.failed : Duration::max()};
}

/// `process`: whose lease it is; `thread` is this one.
void watch(Keeping& keeping, Ledger& ledger, Observer& audience, const Process& process,
           Process& thread) {
  while (!keeping.ended) {
    keeping.wake_watcher = std::stop_source();
    const KeeperSight now = sight(keeping, thread.clock.now());
    const bool warned = keeping.warned;
    const KeeperMove move = next_keeper_move(keeping.rules, now, keeping.warned);
    if (move.renew) {
      keeping.asked = keeping.renewing = true;
      keeping.wake_renewer.request_stop();
    }
    if (move.lose) {
      keeping.ended = true;
      audience.said(process, "is told by its keeper that the lock is lost");
      audience.told_of_loss(process);
      ledger.keeper_lost(process, {keeping.is_lost, keeping.renewing, -now.left, warned});
      keeping.wake_renewer.request_stop();
      return;
    }
    thread.door.sleep(move.wait, keeping.wake_watcher.get_token());
  }
}

void renew(Keeping& keeping, Observer& audience, Process& process, Contender& lock) {
  audience.refreshes(process, lock.own()->lifetime());
  std::error_code error;
  lock.own()->refresh(std::nullopt, error);
  audience.refreshed(process, lock, error);
  keeping.asked = keeping.renewing = false;
  keeping.seen = process.clock.now();
  keeping.left = lock.remaining();
  keeping.failed.reset();
  if (error) keeping.failed = keeping.seen.raw;
  keeping.is_lost = error == Errc::lost || error == Errc::not_held;
  keeping.wake_watcher.request_stop();
}

}  // namespace

void keep(World& world, Ledger& ledger, Observer& audience, Process& process, Contender& lock,
          Duration stay) {
  const os::Stamp begun = process.clock.now();
  if (lock.remaining() <= Duration::zero()) return;
  // The watcher can outlive this call, if its process ends in it.
  const auto keeping = std::make_shared<Keeping>();
  keeping->rules.lifetime = lock.own()->lifetime();
  keeping->seen = begun;
  keeping->left = lock.remaining();
  Process& thread =
      world.start_thread(process, [keeping, &ledger, &audience, &process](Process& self) {
        watch(*keeping, ledger, audience, process, self);
      });
  while (!keeping->ended) {
    keeping->wake_renewer = std::stop_source();
    const Duration left = stay - os::most_elapsed(begun, process.clock.now());
    if (keeping->asked) {
      renew(*keeping, audience, process, lock);
    } else if (left > Duration::zero()) {
      process.door.sleep(left, keeping->wake_renewer.get_token());
    } else {
      keeping->ended = true;
      keeping->wake_watcher.request_stop();
    }
  }
  world.join(process, thread);
}

}  // namespace holdfast::harness::sim
