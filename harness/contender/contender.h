// A lock under test, whatever it is made of.
//
// One object is one party's access to one lock; it is used by one thread. Answers are three-valued:
// info means that nobody knows whether the operation took effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/history/event.h"

namespace holdfast::harness {

/// What a contender says of itself.
struct Traits {
  std::string name;      ///< "baton", "flufl.lock 5.0.1"
  bool own = false;      ///< one of holdfast's locks: its answers say until when they are good
  bool leases = false;   ///< a hold ends by itself when it is not renewed in time
  bool tokens = false;   ///< each grant has a fencing token
  bool refresh = false;  ///< a lease can be renewed
  bool state = false;    ///< answers probe()
  bool cancel = false;   ///< a stop request ends a waiting acquire in order
  /// Wall-clock difference beyond which it promises nothing; -1: not declared.
  std::int64_t clock_offset_ms = -1;
  std::int64_t drift_ppm = -1;  ///< the same for the rates of clocks
  /// It promises nothing when the clock is set that stamps files: the server's.
  bool steady_server_clock = false;
  /// Leases: how much longer than the lifetime a waiter may wait before it takes a dead one's lock.
  std::int64_t margin_ns = 0;
  /// What of a lock's files stays after everybody has ended in order: "" is the lock's own path,
  /// ".guard" a file or directory of that name with this appended. Anything else is an orphan, but
  /// for a baton's directory, which the checker looks into.
  std::vector<std::string> keeps;
};

struct Answer {
  Phase phase = Phase::info;  ///< ok, fail, info
  Why why = Why::none;
  std::uint64_t token = 0;
  /// ok of acquire and refresh: until when the lease lasts by the lock's own word, on the
  /// recorder's clock; 0: it says nothing. Never too late: the recorder's clock is read before the
  /// lock is asked what is left, and an injected rate is taken out.
  std::int64_t until_ns = 0;
  std::string message;  ///< for people; of fail and info
};

class Contender {
 public:
  virtual ~Contender() = default;
  virtual const Traits& traits() const = 0;
  /// Takes the lock. Negative patience: for ever. A stop request ends the waiting: Why::cancelled.
  virtual Answer acquire(std::chrono::nanoseconds patience, const std::stop_token& stop) = 0;
  virtual Answer refresh() = 0;
  virtual Answer release() = 0;
  /// The lock's own statement of who holds it. Changes nothing.
  virtual ProbedState probe() = 0;
  /// True once it cannot be used any more: a program that ended, or broke the protocol.
  virtual bool ended() const { return false; }
};

/// An acquire that came back without the lock.
inline Answer failed(Why why, std::string message = {}) {
  Answer answer;
  answer.phase = Phase::fail;
  answer.why = why;
  answer.message = std::move(message);
  return answer;
}

/// Success that says nothing beyond it.
inline Answer succeeded() {
  Answer answer;
  answer.phase = Phase::ok;
  return answer;
}

}  // namespace holdfast::harness
