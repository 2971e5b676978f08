// What a worker writes down: the events of its one lock.
#pragma once

#include <cstdint>

#include "harness/contender/contender.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {

class Journal {
 public:
  Journal(Recorder& recorder, std::uint16_t lock) : recorder_(recorder), lock_(lock) {}

  /// `intended_ns`: with open arrivals, when it was to start; 0: now. `until_ns`: when its patience
  /// ends; 0: never.
  void acquire(std::int64_t intended_ns, std::int64_t until_ns) {
    Event event = of(Op::acquire, Phase::invoke, 0);
    event.began_ns = intended_ns;
    event.until_ns = until_ns;
    recorder_.record(event);
  }
  void invoke(Op operation, std::uint64_t token = 0) {
    recorder_.record(of(operation, Phase::invoke, token));
  }
  void ok(Op operation, std::uint64_t token = 0, std::uint64_t value = 0) {
    Event event = of(operation, Phase::ok, token);
    event.value = value;
    recorder_.record(event);
  }
  void fail(Op operation, Why why, std::uint64_t token = 0) {
    Event event = of(operation, Phase::fail, token);
    event.code = static_cast<std::int32_t>(why);
    recorder_.record(event);
  }
  void info(Op operation, std::uint64_t token = 0) {
    recorder_.record(of(operation, Phase::info, token));
  }
  void answer(Op operation, const Answer& answer, std::uint64_t token) {
    Event event = of(operation, answer.phase, token);
    event.until_ns = answer.until_ns;
    event.code = static_cast<std::int32_t>(answer.why);
    recorder_.record(event);
  }

  /// Ordered mode: the controller's answer.
  void heard(Op operation, std::uint64_t token, std::int64_t heard_ns) {
    Event event = of(operation, Phase::ok, token);
    event.until_ns = heard_ns;
    recorder_.record(event);
  }

  bool failed() const { return recorder_.failed(); }

 private:
  Event of(Op operation, Phase phase, std::uint64_t token) const {
    Event event;
    event.op = operation;
    event.phase = phase;
    event.token = token;
    event.lock = lock_;
    return event;
  }

  Recorder& recorder_;
  std::uint16_t lock_;
};

}  // namespace holdfast::harness
