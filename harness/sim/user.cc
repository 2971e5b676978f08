#include "harness/sim/user.h"

#include <holdfast/error.h>

#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>

#include "harness/sim/keeping.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
void User::say(const std::string& words) { audience_.said(process_, words); }

void User::say(const char* words, std::error_code error) {
  if (is_heard()) say(words + (error ? ": " + error.message() : std::string(": done")));
}

void User::take_turn(const Round& round) {
  process_.door.sleep(round.before, {});
  if (round.asks) ask();
  if (round.breaks) break_what_is_shown();
  audience_.acquires(process_, round.patience);
  const std::error_code refused = acquire(round);
  ++process_.noticed;
  if (refused) {
    audience_.not_granted(process_, refused);
    if (refused != Errc::outcome_unknown) return;
  } else {
    audience_.granted(process_, lock_);
    newest_ = lock_.token();
    stay_inside(round);
    if (round.fork != Round::Fork::none && go_on_as_child(round.fork == Round::Fork::child)) return;
  }
  release(round);
}

std::error_code User::acquire(const Round& round) {
  const bool plain = round.stop_after == Round::kForEver && round.tokens_ahead == 0;
  return plain || lock_.own() == nullptr ? lock_.acquire(round.patience) : acquire_own(round);
}

/// With what only the library's own lock can be told.
std::error_code User::acquire_own(const Round& round) {
  holdfast::Request request;
  if (round.tokens_ahead > 0) {
    request.min_token = newest_ + round.tokens_ahead;
    ledger_.wants_token(process_, request.min_token);
  }
  const bool for_ever = round.patience == Round::kForEver;
  const Patience patience = for_ever ? Patience::for_ever() : Patience::of(round.patience);
  std::error_code error;
  if (round.stop_after == Round::kForEver) {
    lock_.own()->acquire(patience, request, error);
    return error;
  }
  std::stop_source stop;
  std::stop_source over;
  request.stop = stop.get_token();
  Ledger* const ledger = &ledger_;
  Process* const process = &process_;
  Process& stopper = world_.start_thread(
      process_, [stop, over, ledger, process, after = round.stop_after](Process& self) mutable {
        if (self.door.sleep(after, over.get_token()) == os::Wake::stopped) return;
        ledger->is_stopped(*process);
        stop.request_stop();
      });
  lock_.own()->acquire(patience, request, error);
  over.request_stop();
  world_.join(process_, stopper);
  return error;
}

void User::stay_inside(const Round& round) {
  if (round.writes) write();
  Duration part = round.hold / (round.refreshes + 1);
  if (round.refresh_every > Duration::zero()) part = std::min(part, round.refresh_every);
  if (round.keeper && lock_.own() != nullptr) {
    keep(world_, ledger_, audience_, process_, lock_, round.hold);
  } else {
    for (int i = 0; i < round.refreshes; ++i) {
      process_.door.sleep(part, {});
      if (!renew(round)) return;
    }
    process_.door.sleep(round.hold - round.refreshes * part, {});
  }
  if (round.asks) ask();
  if (round.collects) collect();
  if (round.writes) write();
}

/// False: it is lost.
bool User::renew(const Round& round) {
  std::error_code error;
  Lock* const own = lock_.own();
  const bool for_another = round.renewed_for > Duration::zero();
  audience_.refreshes(process_, own == nullptr ? Round::kForEver
                                : for_another  ? round.renewed_for
                                               : own->lifetime());
  if (own == nullptr || (!round.unconditionally && !for_another)) {
    error = lock_.refresh();
  } else {
    std::optional<Duration> lifetime;
    if (for_another) lifetime = round.renewed_for;
    if (round.unconditionally) {
      try {
        own->refresh_unconditionally(lifetime);
        error = own->last_failure().code;
      } catch (const Error& failed) {
        error = failed.code();
      }
    } else {
      own->refresh(lifetime, error);
    }
  }
  ++process_.noticed;
  audience_.refreshed(process_, lock_, error);
  return error != Errc::lost;
}

/// What is its parent's, it can neither renew nor give back. True: it has forked.
bool User::go_on_as_child(bool parent_stays) {
  Lock* const own = lock_.own();
  if (own == nullptr) return false;
  world_.fork(process_, parent_stays);
  say(parent_stays ? "goes on as its own child" : "goes on as its own child; the parent has ended");
  std::error_code error;
  own->refresh(std::nullopt, error);
  say("renews the lease", error);
  ledger_.child_answered(process_, "refresh", error);
  own->release(error);
  say("gives the lock back", error);
  ledger_.child_answered(process_, "release", error);
  if (lock_.token() != 0 || lock_.remaining() != Duration::zero()) {
    ledger_.child_answered(process_, "token", {});
  }
  return true;
}

void User::release(const Round& round) {
  audience_.releases(process_);
  std::error_code error;
  Lock* const own = lock_.own();
  if (round.unconditionally && own != nullptr) {
    try {
      own->release_unconditionally();
      error = own->last_failure().code;
    } catch (const Error& failed) {
      error = failed.code();
    }
  } else {
    error = lock_.release();
  }
  ++process_.noticed;
  audience_.released(process_, error);
}

/// As an operator does it, who has looked first.
void User::break_what_is_shown() {
  Lock* const own = lock_.own();
  if (own == nullptr) return;
  std::error_code error;
  const std::optional<Holder> holder = own->holder(error);
  if (error || !holder || holder->token == 0) return;
  if (is_heard()) say("breaks by force what token " + std::to_string(holder->token) + " holds");
  audience_.breaks(process_, holder->token);
  own->break_lock(holder->shown, error);
  say("breaks by force", error);
  audience_.broke(process_, error);
  if (!error || error == Errc::not_held) return;
  audience_.releases(process_);
  own->release(error);
  audience_.released(process_, error);
}

void User::ask() {
  Lock* const own = lock_.own();
  if (own == nullptr) return;
  ledger_.asks_state(process_);
  std::error_code error;
  const State state = own->state(error);
  ledger_.told_state(process_, state, error);
  if (is_heard()) say("asks for the state, and is told " + std::to_string(static_cast<int>(state)));
  own->holder(error);
  ledger_.told_state(process_, State::unknown, error);
}

/// Raises the fence, writes, and reads.
void User::write() {
  Fence* const fence = lock_.fence();
  if (fence == nullptr || newest_ == 0) return;
  FenceRecord& record = ledger_.fence();
  std::error_code error;
  audience_.asks_fence(process_, FenceCall::raise, newest_);
  fence->raise(newest_, error);
  audience_.fence_told(process_, FenceCall::raise, newest_, error);
  ledger_.fence_answered(process_, "raise", error, record.raised(newest_, error));
  say("raises the fence", error);
  if (error) return;
  const std::string data =
      name_of(process_) + " " + std::to_string(newest_) + "." + std::to_string(writes_++);
  audience_.asks_fence(process_, FenceCall::publish, newest_);
  fence->publish(newest_, data, error);
  audience_.fence_told(process_, FenceCall::publish, newest_, error);
  ledger_.fence_answered(process_, "publish", error, record.published(data, error));
  say("writes", error);
  const Fence::Contents contents = fence->read(error);
  if (!error) ledger_.fence_answered(process_, "read", error, record.was_read(newest_, contents));
  if (error) ledger_.fence_answered(process_, "read", error, {});
}

void User::collect() {
  Fence* const fence = lock_.fence();
  if (fence == nullptr || newest_ == 0) return;
  std::error_code error;
  fence->collect(newest_, error);
  if (error == Errc::not_held) return;  // it could not be raised
  ledger_.fence_answered(process_, "collect", error, {});
  say("collects", error);
}

}  // namespace holdfast::harness::sim
