#include "harness/bench/synthetic_history.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/random/random.h"

namespace holdfast::harness {
namespace {

constexpr std::uint32_t kHosts = 4;
constexpr std::uint32_t kPlaces = 32;
constexpr std::uint16_t kLocks = 8;
constexpr std::int64_t kStep = 1'000;  // between two events of one lock
constexpr std::int64_t kLifetime = 15'000'000'000;

class Synthesis {
 public:
  explicit Synthesis(std::uint64_t events) : wanted_(events) {
    history_.names = {""};
    for (std::uint32_t i = 0; i < kHosts; ++i) {
      history_.hosts.push_back({"h" + std::to_string(i + 1), 0});
    }
    for (std::uint16_t i = 0; i < kLocks; ++i) history_.locks.push_back("lock" + std::to_string(i));
    for (std::uint32_t place = 0; place < kPlaces; ++place) fill(place);
    history_.events.reserve(events + 100);
    history_.names.reserve(events / 4);
  }

  SyntheticRun run() {
    for (std::uint32_t place = 0; place < kPlaces; ++place) ask(place);
    while (history_.events.size() + 3 * kPlaces < wanted_) {
      for (std::uint16_t lock = 0; lock < kLocks; ++lock) turn(lock);
    }
    for (std::uint32_t place = 0; place < kPlaces; ++place) {
      Event& back = add(place, Op::acquire, Phase::fail);
      back.code = static_cast<std::int32_t>(Why::cancelled);
      add(place, Op::worker, Phase::ok);
    }
    history_.end_ns = now_;
    return {std::move(history_), terms()};
  }

 private:
  static Terms terms() {
    Terms terms;
    terms.own_lock = terms.in_process = terms.leases = terms.tokens = terms.counter = true;
    terms.lifetime_ns = kLifetime;
    terms.margin_ns = 100'000'000;
    terms.contract_drift = 0.01;
    terms.recovery_bound_ns = 1'000'000'000;
    terms.wait_bound_ns = 1'000'000'000;
    terms.bypass_bound = 1'000;
    terms.orphan_bound = 0;
    terms.wedge_bound_ns = 1'000'000'000;
    terms.timeout_slack_ns = 1'000'000'000;
    terms.wants_contention = true;
    terms.final_counter = std::uint64_t{1} << 62;
    return terms;
  }

  void fill(std::uint32_t place) {
    WorkerRecord worker;
    worker.slot = place;
    worker.host = place % kHosts;
    worker.name = "h" + std::to_string(worker.host + 1) + ".w" + std::to_string(place);
    if (filled_.at(place)++ > 0) worker.name += "'" + std::to_string(filled_.at(place));
    worker.records_files = true;
    worker_.at(place) = static_cast<std::uint32_t>(history_.workers.size());
    history_.workers.push_back(worker);
  }

  static std::uint16_t lock_of(std::uint32_t place) {
    return static_cast<std::uint16_t>(place % kLocks);
  }

  Event& add(std::uint32_t place, Op op, Phase phase) {
    Event event;
    event.at_ns = event.began_ns = now_ += kStep;
    event.worker = worker_.at(place);
    event.lock = lock_of(place);
    event.op = op;
    event.phase = phase;
    history_.events.push_back(event);
    return history_.events.back();
  }

  void ask(std::uint32_t place) {
    add(place, Op::acquire, Phase::invoke).until_ns = now_ + kLifetime;
  }

  std::uint32_t name(const std::string& text) {
    history_.names.push_back(text);
    return static_cast<std::uint32_t>(history_.names.size() - 1);
  }

  void rename(std::uint32_t place, const std::string& to) {
    std::uint32_t& state = state_.at(lock_of(place));
    if (state == 0) state = name(history_.locks[lock_of(place)] + "/free,1700000000000000,0,0");
    const std::uint32_t next = name(history_.locks[lock_of(place)] + "/" + to);
    Event& event = add(place, Op::file, Phase::ok);
    event.began_ns -= kStep / 2;
    event.file = FileOp::rename;
    event.name = std::exchange(state, next);
    event.other = next;
  }

  std::string held(std::uint32_t place, std::uint64_t token) {
    return "held," + std::to_string(1700000000000000 + token) + ",0,15000,0,0,host-name-" +
           std::to_string(place % kHosts) + ",12345,123456789,0123456789abcdef," +
           std::to_string(random_.bits());
  }

  /// One of the lock's places takes it, writes, and gives it back or dies.
  void turn(std::uint16_t lock) {
    const auto places = kPlaces / kLocks;
    const auto place = static_cast<std::uint32_t>(lock + kLocks * random_.below(places));
    const std::uint64_t token = ++tokens_.at(lock);
    rename(place, held(place, token));
    Event& granted = add(place, Op::acquire, Phase::ok);
    granted.token = token;
    granted.until_ns = now_ + kLifetime;
    if (random_.below(2'000) == 0) return die(place, lock);
    add(place, Op::update, Phase::invoke);
    add(place, Op::update, Phase::ok).value = ++counter_.at(lock);
    add(place, Op::release, Phase::invoke);
    rename(place, "free," + std::to_string(1700000000000000 + token) + ",0,0");
    add(place, Op::release, Phase::ok);
    ask(place);
  }

  void die(std::uint32_t place, std::uint16_t lock) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history_.faults.size() + 1);
    fault.kind = "kill";
    fault.target = "holder";
    fault.host = place % kHosts;
    fault.worker = worker_.at(place);
    fault.worker_name = history_.workers[fault.worker].name;
    fault.start_ns = now_ += kStep;
    fault.end_ns = now_ += kStep;
    fault.effective = fault.inside_hold = true;
    history_.faults.push_back(fault);
    fill(place);
    ask(place);
    if (random_.below(2) == 0) pause(lock);
  }

  void pause(std::uint16_t lock) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history_.faults.size() + 1);
    fault.kind = "pause";
    fault.target = "any";
    fault.worker = worker_.at(lock);
    fault.worker_name = history_.workers[fault.worker].name;
    fault.start_ns = now_ += kStep;
    fault.end_ns = now_ += kStep;
    fault.effective = true;
    history_.faults.push_back(fault);
  }

  std::uint64_t wanted_;
  Random random_{1};
  History history_;
  std::int64_t now_ = 0;
  std::array<std::uint32_t, kPlaces> worker_{};
  std::array<int, kPlaces> filled_{};
  std::array<std::uint32_t, kLocks> state_{};
  std::array<std::uint64_t, kLocks> tokens_{};
  std::array<std::uint64_t, kLocks> counter_{};
};

}  // namespace

SyntheticRun synthetic_run(std::uint64_t events) { return Synthesis(events).run(); }

std::string store_run(const History& history, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory + "/history", error);
  if (error) return directory + ": " + error.message();
  RunRecord run;
  run.hosts = history.hosts;
  run.locks = history.locks;
  run.start_ns = recorder_now_ns();
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (const WorkerRecord& worker : history.workers) {
    auto made = Recorder::create(directory + "/history/" + worker.name + ".events",
                                 {worker.name, history.hosts[worker.host].name, worker.slot,
                                  ::getpid(), worker.records_files});
    if (!made) return made.error().text();
    recorders.push_back(std::move(*made));
  }
  for (Event event : history.events) {
    if (event.until_ns != 0) event.until_ns += recorder_now_ns() - event.at_ns;
    event.began_ns = 0;
    recorders[event.worker]->record(event, history.names[event.name], history.names[event.other]);
  }
  for (const auto& recorder : recorders) {
    if (recorder->failed()) return directory + ": the disk is full";
  }
  run.end_ns = recorder_now_ns();
  const auto written = write_run_record(directory, run);
  return written ? std::string() : written.error().text();
}

}  // namespace holdfast::harness
