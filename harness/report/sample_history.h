// Histories for tests, written down event by event. Times are milliseconds.
#pragma once

#include <algorithm>
#include <string>

#include "harness/history/history.h"

namespace holdfast::harness {

class SampleHistory {
 public:
  /// Two hosts with two workers each, h1.w1 h1.w2 h2.w3 h2.w4 (0 to 3), and two locks.
  SampleHistory() {
    history.hosts = {{"h1", 0}, {"h2", 0}};
    for (std::uint32_t i = 0; i < 4; ++i) add_worker(i);
    history.locks = {"lock-0", "lock-1"};
    history.names = {"", "lock-0", "lock-0/held,17", "lock-0/free,17"};
    history.end_ns = 1'000'000'000;
  }

  /// Another worker in place `slot`, as after a kill.
  std::uint32_t add_worker(std::uint32_t slot) {
    const auto index = static_cast<std::uint32_t>(history.workers.size());
    WorkerRecord worker;
    worker.host = slot / 2;
    worker.slot = slot;
    worker.pid = 100 + index;
    worker.name = history.hosts[worker.host].name + ".w" + std::to_string(slot + 1);
    if (index >= 4) worker.name += "'2";
    worker.records_files = true;
    history.workers.push_back(worker);
    return index;
  }

  Event& add(double ms, std::uint32_t worker, Op op, Phase phase) {
    Event event;
    event.at_ns = event.began_ns = static_cast<std::int64_t>(ms * 1e6);
    event.worker = worker;
    event.op = op;
    event.phase = phase;
    event.lock = lock;
    history.events.push_back(event);
    return history.events.back();
  }
  void ask(double ms, std::uint32_t worker) { add(ms, worker, Op::acquire, Phase::invoke); }
  void grant(double ms, std::uint32_t worker, std::uint64_t token = 0) {
    add(ms, worker, Op::acquire, Phase::ok).token = token;
  }
  void release(double ms, std::uint32_t worker) { add(ms, worker, Op::release, Phase::invoke); }
  void released(double ms, std::uint32_t worker) { add(ms, worker, Op::release, Phase::ok); }
  void fail(double ms, std::uint32_t worker, Op op, Why why) {
    add(ms, worker, op, Phase::fail).code = static_cast<std::int32_t>(why);
  }
  /// A file operation that took from `from_ms` to `ms`, about the file `inode`.
  Event& file(double from_ms, double ms, std::uint32_t worker, FileOp op, const std::string& name,
              const std::string& other = {}, std::uint64_t inode = 0, int error = 0) {
    const std::uint32_t first = name_of(name), second = name_of(other);
    Event& event = add(ms, worker, Op::file, error == 0 ? Phase::ok : Phase::fail);
    event.began_ns = static_cast<std::int64_t>(from_ms * 1e6);
    event.file = op;
    event.name = first;
    event.other = second;
    event.value = inode;
    event.code = error;
    return event;
  }
  std::uint32_t name_of(const std::string& text) {
    const auto found = std::find(history.names.begin(), history.names.end(), text);
    if (found == history.names.end()) {
      history.names.push_back(text);
      return static_cast<std::uint32_t>(history.names.size() - 1);
    }
    return static_cast<std::uint32_t>(found - history.names.begin());
  }
  /// Everybody who is alive ends in order.
  void end(double ms) {
    for (std::uint32_t worker = 0; worker < history.workers.size(); ++worker) {
      const bool killed =
          std::any_of(history.faults.begin(), history.faults.end(), [&](const Fault& it) {
            return it.kind == "kill" && it.effective && it.worker == worker;
          });
      if (!killed) add(ms, worker, Op::worker, Phase::ok);
    }
    history.end_ns = static_cast<std::int64_t>(ms * 1e6);
  }
  /// In the order of their instants, however they were told.
  void sort() {
    std::stable_sort(history.events.begin(), history.events.end(),
                     [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });
  }

  Fault& fault(double from_ms, double to_ms, const std::string& kind) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history.faults.size() + 1);
    fault.kind = kind;
    fault.start_ns = static_cast<std::int64_t>(from_ms * 1e6);
    fault.end_ns = static_cast<std::int64_t>(to_ms * 1e6);
    fault.effective = true;
    history.faults.push_back(fault);
    return history.faults.back();
  }
  Fault& kill(double from_ms, double to_ms, std::uint32_t worker) {
    Fault& made = fault(from_ms, to_ms, "kill");
    made.worker = worker;
    made.worker_name = history.workers[worker].name;
    made.host = history.workers[worker].host;
    return made;
  }

  History history;
  std::uint16_t lock = 0;  ///< of the events added from now on
};

}  // namespace holdfast::harness
