// What every random history begins with, and ends with.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "harness/checker/testing/random_history.h"

namespace holdfast::harness {

inline constexpr std::int64_t kTick = 1'000'000;  ///< a millisecond

class Builder {
 public:
  explicit Builder(Random& random) : random_(random) {
    history_.names = {""};
    const std::uint64_t hosts = 1 + random_.below(3);
    const bool unsure = random_.below(3) == 0;
    for (std::uint64_t i = 0; i < hosts; ++i) {
      const auto ticks = static_cast<std::int64_t>(unsure ? random_.below(4) : 0);
      history_.hosts.push_back({"h" + std::to_string(i + 1), ticks * kTick});
    }
    const std::uint64_t locks = 1 + random_.below(2);
    for (std::uint64_t i = 0; i < locks; ++i) history_.locks.push_back("lock" + std::to_string(i));
    draw_terms();
  }

  std::uint32_t add_worker() {
    WorkerRecord worker;
    worker.host = static_cast<std::uint32_t>(random_.below(history_.hosts.size()));
    worker.slot = static_cast<std::uint32_t>(history_.workers.size());
    worker.name = "w" + std::to_string(worker.slot);
    history_.workers.push_back(worker);
    return worker.slot;
  }

  Event& add(std::int64_t tick, std::uint32_t worker, std::uint16_t lock, Op op, Phase phase) {
    Event event;
    event.at_ns = event.began_ns = tick * kTick;
    event.worker = worker;
    event.lock = lock;
    event.op = op;
    event.phase = phase;
    history_.events.push_back(event);
    return history_.events.back();
  }

  void add_fault(const char* kind, std::uint32_t worker, std::int64_t from, std::int64_t until) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history_.faults.size());
    fault.kind = kind;
    fault.worker = worker;
    fault.worker_name = history_.workers[worker].name;
    fault.start_ns = from * kTick;
    fault.end_ns = until * kTick;
    fault.effective = true;
    history_.faults.push_back(fault);
  }

  Case finish(std::int64_t end_tick) {
    std::stable_sort(history_.events.begin(), history_.events.end(),
                     [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });
    history_.end_ns = end_tick * kTick;
    return {std::move(history_), terms_};
  }

  std::int64_t ticks(std::uint64_t below) {
    return static_cast<std::int64_t>(random_.below(below));
  }
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

  Random& random_;
  History history_;
  Terms terms_;

 private:
  void draw_terms() {
    terms_.leases = !one_in(4);
    terms_.own_lock = terms_.leases && one_in(2);
    terms_.in_process = terms_.own_lock || one_in(3);
    terms_.tokens = one_in(2);
    terms_.counter = one_in(2);
    terms_.lifetime_ns = (3 + ticks(12)) * kTick;
    terms_.margin_ns = ticks(3) * kTick;
    terms_.wedge_bound_ns = ticks(8) * kTick;
    terms_.timeout_slack_ns = 1000 * kTick;
  }
};

}  // namespace holdfast::harness
