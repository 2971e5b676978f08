// What goes wrong for a while, and when.

#include <cerrno>
#include <ctime>
#include <utility>

#include "harness/scenario/draw.h"
#include "harness/scenario/fault_sorts.h"
#include "harness/sharedmount/wire.h"

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;
using Clock = std::chrono::steady_clock;

timespec real_now() {
  timespec now{};
  // The clock by which the kernel stamps files.
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now;
}

}  // namespace

void Wire::start() {
  if (started_) return;
  started_ = true;
  start_ = Clock::now();
  for (auto& [number, timed] : timed_) {
    timed.next = start_ + timed.fault.at;
    arm(number);
  }
}

std::uint32_t Wire::add(MountFault fault) {
  const std::uint32_t number = ++last_number_;
  if (!fault.lasts()) {
    const Nanoseconds now = since_start();
    fault.from += now;
    if (fault.until) *fault.until += now;
    rules_.add(number, fault);
    return number;
  }
  Timed timed;
  timed.fault = fault;
  timed.random = Random(derived_seed(options_.seed, "mount fault", number));
  timed.next = Clock::now() + fault.at;
  timed_.emplace(number, std::move(timed));
  // What is to begin at once has begun when its injection is answered.
  if (fault.from_the_start() || (started_ && fault.at <= Nanoseconds{})) {
    strike(number);
  } else if (started_) {
    arm(number);
  }
  return number;
}

bool Wire::end(std::uint32_t number) {
  if (rules_.remove(number)) {
    release([&](const Waiting& one) { return one.fault == number; });
    return true;
  }
  const auto at = timed_.find(number);
  if (at == timed_.end()) return false;
  if (at->second.timer) at->second.timer->cancel();
  if (doom_ && doom_->fault == number) doom_.reset();
  lift(number);
  timed_.erase(at);
  return true;
}

void Wire::arm(std::uint32_t number) {
  Timed& timed = timed_.at(number);
  timed.timer = std::make_shared<boost::asio::steady_timer>(context_, timed.next);
  timed.timer->async_wait(
      [this, number, timer = timed.timer](const boost::system::error_code& error) {
        if (!error && !closed_) strike(number);
      });
}

void Wire::strike(std::uint32_t number) {
  const auto at = timed_.find(number);
  if (at == timed_.end()) return;
  Timed& timed = at->second;
  const MountFault fault = timed.fault;
  const Nanoseconds length = draw(fault.length, timed.random);
  ++timed.struck;
  if (timed.strikes_again()) {
    timed.next += draw_interval(*fault.every, fault.jitter, timed.random);
    arm(number);
  }
  if (fault.kind == Kind::server_clock) {
    set_clock(number, fault);
    forget_if_over(number);
  } else if (fault.kind == Kind::server_crash && fault.forget == 0) {
    doom(number, length);
  } else {
    begin_outage(number, fault, length);
  }
}

/// A server that has forgotten nothing does harm by what it has done and not answered. So it goes
/// on until it has carried out a change, and crashes then; if none comes for as long as it is to be
/// away, without.
void Wire::doom(std::uint32_t number, Nanoseconds length) {
  if (doom_) crash();
  const Instant told = Clock::now();
  doom_ = Doom{number, length, told};
  after(length, [this, number, told] {
    if (doom_ && doom_->fault == number && doom_->told == told) crash();
  });
}

void Wire::crash() {
  const Doom now = *std::exchange(doom_, std::nullopt);
  if (const auto at = timed_.find(now.fault); at != timed_.end()) {
    begin_outage(now.fault, at->second.fault, now.length);
  }
}

void Wire::begin_outage(std::uint32_t number, const MountFault& fault, Nanoseconds length) {
  lift(number);  // where the one before it lasts on
  log_forgotten(number, store_.forget(fault.forget));
  Outage begun{number, true, 0, fault.requests, fault.replies, Clock::now()};
  for (std::uint32_t host = 0; host < options_.hosts.size(); ++host) {
    if (options_.hosts[host] != fault.host) continue;
    begun.all = false;
    begun.host = host;
  }
  const Instant began = begun.began;
  outages_.push_back(begun);
  after(length, [this, number, began] {
    for (const Outage& one : outages_) {
      if (one.fault == number && one.began == began) return end_outage(number);
    }
  });
}

void Wire::end_outage(std::uint32_t number) {
  lift(number);
  forget_if_over(number);
}

void Wire::lift(std::uint32_t number) {
  for (auto at = outages_.begin(); at != outages_.end(); ++at) {
    if (at->fault != number) continue;
    const Outage over = *at;
    outages_.erase(at);
    log_outage(over);
    break;
  }
  // Each looks for itself whether another outage is in its way.
  release([&](const Waiting& one) { return one.fault == number; });
}

/// Else each strike that a run's nemesis sends would be kept to the run's end.
void Wire::forget_if_over(std::uint32_t number) {
  const auto at = timed_.find(number);
  if (at == timed_.end() || at->second.strikes_again()) return;
  if (doom_ && doom_->fault == number) return;
  for (const Outage& one : outages_) {
    if (one.fault == number) return;
  }
  timed_.erase(at);
}

void Wire::set_clock(std::uint32_t number, const MountFault& fault) {
  const Nanoseconds before = store_.clock().offset();
  const Nanoseconds offset = fault.offset ? *fault.offset : before + *fault.step;
  log_clock();
  store_.clock().set(offset, real_now());
  clock_set_ = ClockSetting{number, sorts_of(fault).front(), before, Clock::now()};
}

}  // namespace holdfast::harness::mount
