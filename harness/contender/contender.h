// A lock under test, whatever it is made of.
//
// One object is one party's access to one lock; it is used by one thread. Answers are three-valued:
// info means that nobody knows whether the operation took effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "harness/history/event.h"

namespace holdfast::harness {

struct Traits {
  std::string name;  ///< "baton", "flufl.lock 5.0.1"
  bool leases = false;
  bool tokens = false;
  bool refresh = false;
  bool state = false;  ///< answers probe()
  std::int64_t clock_offset_ms =
      -1;  ///< wall-clock difference beyond which it promises nothing; -1: not declared
  std::int64_t drift_ppm = -1;  ///< the same for rates
};

struct Answer {
  Phase phase = Phase::info;  ///< ok, fail, info
  Why why = Why::none;
  std::uint64_t token = 0;
  /// ok of acquire and refresh: what is left of the lease by the lock's own word, at the moment of
  /// the answer; negative: it says nothing. Real time: an injected rate is already taken out.
  std::int64_t left_ns = -1;
  std::string message;
};

class Contender {
 public:
  virtual ~Contender() = default;
  virtual const Traits& traits() const = 0;
  /// Negative patience: for ever.
  virtual Answer acquire(std::chrono::nanoseconds patience) = 0;
  virtual Answer refresh() = 0;
  virtual Answer release() = 0;
  virtual ProbedState probe() = 0;
};

}  // namespace holdfast::harness
