#include "harness/checker/story.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace holdfast::harness {
namespace {

std::int64_t ns(double at_ms) { return std::llround(at_ms * static_cast<double>(kMs)); }

}  // namespace

Story::Story(std::uint32_t hosts) {
  history_.names = {""};
  lock("lock");
  for (std::uint32_t i = 0; i < hosts; ++i) {
    const std::string host = "h" + std::to_string(i + 1);
    history_.hosts.push_back({host, 0});
    worker(host + ".w1", i);
  }
}

std::uint32_t Story::worker(const std::string& name, std::uint32_t host) {
  WorkerRecord record;
  record.name = name;
  record.host = host;
  record.slot = static_cast<std::uint32_t>(history_.workers.size());
  history_.workers.push_back(record);
  return record.slot;
}

void Story::records_files(bool yes) {
  for (WorkerRecord& worker : history_.workers) worker.records_files = yes;
}

std::uint16_t Story::lock(const std::string& name) {
  history_.locks.push_back(name);
  return static_cast<std::uint16_t>(history_.locks.size() - 1);
}

Story& Story::of(std::uint16_t lock) {
  lock_ = lock;
  return *this;
}

Event& Story::add(double at_ms, std::uint32_t worker, Op op, Phase phase) {
  Event event;
  event.at_ns = event.began_ns = ns(at_ms);
  event.worker = worker;
  event.op = op;
  event.phase = phase;
  event.lock = lock_;
  history_.events.push_back(event);
  return history_.events.back();
}

Story& Story::ask(double at_ms, std::uint32_t worker, Op op, std::uint64_t token) {
  add(at_ms, worker, op, Phase::invoke).token = token;
  return *this;
}

Story& Story::back(double at_ms, std::uint32_t worker, Op op, Phase phase, std::uint64_t token,
                   Why why) {
  Event& event = add(at_ms, worker, op, phase);
  event.token = token;
  event.code = static_cast<std::int32_t>(why);
  return *this;
}

Story& Story::grant(double sent_ms, double at_ms, std::uint32_t worker, std::uint64_t token,
                    double until_ms) {
  ask(sent_ms, worker, Op::acquire);
  Event& event = add(at_ms, worker, Op::acquire, Phase::ok);
  event.token = token;
  event.until_ns = ns(until_ms);
  return *this;
}

Story& Story::refuse(double sent_ms, double at_ms, std::uint32_t worker, Why why) {
  Event& asked = add(sent_ms, worker, Op::acquire, Phase::invoke);
  if (why == Why::timeout) asked.until_ns = ns(at_ms);
  return back(at_ms, worker, Op::acquire, Phase::fail, 0, why);
}

Story& Story::heard(double at_ms, std::uint32_t worker, Op op, double heard_ms) {
  ask(at_ms, worker, op);
  back(at_ms, worker, op, Phase::ok);
  history_.events.back().until_ns = static_cast<std::int64_t>(heard_ms * kMs);
  return *this;
}

Story& Story::release(double at_ms, std::uint32_t worker, Phase phase, Why why) {
  ask(at_ms, worker, Op::release);
  return back(at_ms, worker, Op::release, phase, 0, why);
}

Story& Story::refresh(double sent_ms, double at_ms, std::uint32_t worker, double until_ms) {
  ask(sent_ms, worker, Op::refresh);
  add(at_ms, worker, Op::refresh, Phase::ok).until_ns = ns(until_ms);
  return *this;
}

Story& Story::lose(double sent_ms, double at_ms, std::uint32_t worker) {
  ask(sent_ms, worker, Op::refresh);
  return back(at_ms, worker, Op::refresh, Phase::fail, 0, Why::lost);
}

Story& Story::told(double at_ms, std::uint32_t worker) {
  return back(at_ms, worker, Op::told, Phase::ok);
}

Story& Story::update(double sent_ms, double at_ms, std::uint32_t worker, std::uint64_t value) {
  ask(sent_ms, worker, Op::update);
  add(at_ms, worker, Op::update, Phase::ok).value = value;
  return *this;
}

Story& Story::probe(double at_ms, std::uint32_t worker, ProbedState state) {
  ask(at_ms, worker, Op::probe);
  add(at_ms, worker, Op::probe, Phase::ok).value = static_cast<std::uint64_t>(state);
  return *this;
}

Story& Story::end(double at_ms, std::uint32_t worker) {
  return back(at_ms, worker, Op::worker, Phase::ok);
}

std::uint32_t Story::name(const std::string& text) {
  const auto found = std::find(history_.names.begin(), history_.names.end(), text);
  if (found == history_.names.end()) {
    history_.names.push_back(text);
    return static_cast<std::uint32_t>(history_.names.size() - 1);
  }
  return static_cast<std::uint32_t>(found - history_.names.begin());
}

Story& Story::file(double began_ms, double at_ms, std::uint32_t worker, FileOp op,
                   const std::string& name_, const std::string& other, std::uint64_t inode,
                   int error) {
  const std::uint32_t first = name(name_);
  const std::uint32_t second = name(other);
  Event& event = add(at_ms, worker, Op::file, error == 0 ? Phase::ok : Phase::fail);
  event.began_ns = ns(began_ms);
  event.file = op;
  event.name = first;
  event.other = second;
  event.value = inode;
  event.code = error;
  return *this;
}

Story& Story::kill(double start_ms, double end_ms, std::uint32_t worker) {
  Fault fault;
  fault.id = static_cast<std::uint32_t>(history_.faults.size() + 1);
  fault.kind = "kill";
  fault.worker = worker;
  fault.worker_name = history_.workers[worker].name;
  fault.start_ns = ns(start_ms);
  fault.end_ns = ns(end_ms);
  fault.effective = true;
  history_.faults.push_back(fault);
  return *this;
}

Story& Story::pause(double start_ms, double end_ms, std::uint32_t worker) {
  kill(start_ms, end_ms, worker);
  history_.faults.back().kind = "pause";
  return *this;
}

Story& Story::clock(double start_ms, double end_ms, std::uint32_t host, double offset_ms,
                    double rate) {
  Fault fault;
  fault.id = static_cast<std::uint32_t>(history_.faults.size() + 1);
  fault.kind = "clock";
  fault.host = host;
  fault.start_ns = ns(start_ms);
  fault.end_ns = ns(end_ms);
  fault.effective = true;
  fault.measured_offset_ns = ns(offset_ms);
  fault.measured_rate = rate;
  history_.faults.push_back(fault);
  return *this;
}

History Story::history(double end_ms) {
  std::vector<bool> over(history_.workers.size(), false);
  for (const Event& event : history_.events) {
    if (event.op == Op::worker && event.phase == Phase::ok) over[event.worker] = true;
  }
  for (const Fault& fault : history_.faults) {
    if (fault.kind == "kill" && fault.worker != kNobody) over[fault.worker] = true;
  }
  // Who is in a call at the end was cut off in it.
  for (const Event& event : history_.events) {
    if (event.op == Op::worker || event.op == Op::file || event.op == Op::told) continue;
    const auto of_same_call = [&](const Event& it) {
      return it.worker == event.worker && it.op == event.op;
    };
    const auto calls = std::count_if(
        history_.events.begin(), history_.events.end(),
        [&](const Event& it) { return of_same_call(it) && it.phase == Phase::invoke; });
    const auto all = std::count_if(history_.events.begin(), history_.events.end(), of_same_call);
    if (2 * calls > all) over[event.worker] = true;
  }
  for (std::uint32_t worker = 0; worker < over.size(); ++worker) {
    if (!over[worker]) end(end_ms, worker);
  }
  std::stable_sort(history_.events.begin(), history_.events.end(),
                   [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });
  history_.end_ns = ns(end_ms);
  return history_;
}

Terms own_terms() {
  Terms terms;
  terms.own_lock = terms.in_process = terms.leases = terms.tokens = true;
  terms.lifetime_ns = 1000 * kMs;
  terms.margin_ns = 100 * kMs;
  terms.wedge_bound_ns = 1'000'000'000 * kMs;
  terms.timeout_slack_ns = 1'000'000 * kMs;
  return terms;
}

Terms program_terms(double lifetime_ms) {
  Terms terms = own_terms();
  terms.own_lock = terms.in_process = terms.tokens = false;
  terms.margin_ns = 0;
  terms.lifetime_ns = ns(lifetime_ms);
  return terms;
}

Terms plain_terms() {
  Terms terms = program_terms(0);
  terms.leases = false;
  return terms;
}

const CheckResult& check_of(const Verdict& verdict, const std::string& checker) {
  for (const CheckResult& check : verdict.checks) {
    if (check.checker == checker) return check;
  }
  throw std::logic_error("no checker " + checker);
}

}  // namespace holdfast::harness
