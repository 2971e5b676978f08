// How a waiter waits: woken by what happens on its own host, and looking by itself for the rest.
//
// What another host does wakes nobody here, so polling always goes on underneath, up to a cap, and
// with jitter, lest many waiters move in step. It begins after microseconds and doubles. Where an
// event has told the newest change, the next one will most likely be told, too: then a look is
// asked for only after 20 ms, since each is a request to the server by every waiter, and a timer
// that is about to fire makes the event itself slower. Where looking has found the newest change,
// the next look comes sooner.
//
// A call does not sleep at first if the one before it was granted the lock within microseconds:
// waking up takes as long as everything else in such a handoff. A waiter that sees no change
// changes something itself every second or two: what a client has cached can stay old until
// somebody does.
#pragma once

#include <holdfast/lock.h>
#include <holdfast/os/os.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace holdfast {

/// Delays that double from the least to the most. Pure.
class Backoff {
 public:
  Backoff(Duration least, Duration most) : least_(least), most_(most), next_(least) {}

  /// The next delay: between half and the whole of the step, by these random bits.
  Duration next(std::uint64_t random);
  /// Something has happened, and the next change may be near: a quarter of the step, but no less
  /// than `floor`, and never more than the step was.
  void quicken(Duration floor = {});
  /// From the least again.
  void restart() { next_ = least_; }

 private:
  Duration least_;
  Duration most_;
  Duration next_;
};

class Pace {
 public:
  /// Of the lock that changes by what happens in `directory`. A call looks without sleeping for
  /// `spin` first, if the one before waited no longer than that.
  Pace(std::string directory, Duration max_poll, Duration spin, os::System system);

  /// Another call begins, which may have to wait. The newest grant was asked for at `granted`.
  void begin(os::RawTime granted);
  /// A look has shown what was there before, or something else.
  void saw(bool change);
  /// Whether the next look should change something first.
  bool touch_due() const;

  /// Sleeps until something happens, but for at most `at_most`. The first call only sets up the
  /// watch and returns at once, since what happened before it went unseen.
  os::Wake wait(Duration at_most, const std::optional<os::Process>& holder,
                const std::stop_token& stop);

  /// What the newest wait, which there must have been, has learnt of a name that was renamed into
  /// the directory; or empty.
  const std::string& arrived() const { return watch_->arrived(); }

  /// The lock was taken without waiting: a lone user need not pay for events for ever.
  void not_needed();
  /// Gives up the watch: in a forked child it is the parent's.
  void drop_watch() { watch_.reset(); }

  WaitCounts& counts() { return counts_; }
  const WaitCounts& counts() const { return counts_; }

 private:
  void plan_touch();
  /// How long the wait that begins at this instant is to look without sleeping.
  Duration spin_left(os::RawTime now) const;

  std::string directory_;
  Duration spin_;
  os::System system_;
  Backoff poll_;
  std::unique_ptr<os::Watch> watch_;
  std::optional<os::Process> watched_;
  std::optional<os::RawTime> touch_at_;
  os::Wake newest_ = os::Wake::elapsed;     // how the newest wait ended
  bool events_tell_ = false;                // the newest change came with an event
  std::optional<os::RawTime> waits_since_;  // of the newest call; none: it has not waited
  bool quick_before_ = false;               // the call before it waited, for no longer than spin_
  int unneeded_ = 0;
  WaitCounts counts_;
};

}  // namespace holdfast
