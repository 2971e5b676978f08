#include "harness/lab/nemesis.h"

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/lab/layout.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/fault_sorts.h"

namespace holdfast::harness::lab {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Kind = LabFault::Kind;

/// Ids of a run's other faults are counted from 1.
constexpr std::uint32_t kFirstId = 2'000'000;
/// How long a machine may take to boot where many others want the processor. A host mounts before
/// it is ready, and a server that is crashed again and again is seldom there.
constexpr seconds kBoot{300};
/// A crash is not begun any more when the run ends before its victim can be at work again.
constexpr seconds kForCrash{12};
constexpr seconds kForOthers{2};

bool crashes(Kind kind) {
  return kind == Kind::host_crash || kind == Kind::server_crash || kind == Kind::lost_reply;
}

Result<void> forget_answer(const Result<json>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

}  // namespace

NemesisDoors doors_of(const Lab& lab, LabLauncher& launcher) {
  NemesisDoors doors;
  doors.ask_keeper = [&lab](const json& request) { return lab.ask(request); };
  doors.ask_guest = [&lab](const std::string& guest, const json& request, milliseconds bound) {
    return lab.ask(guest, request, bound);
  };
  doors.wait_for = [&lab](const std::string& guest, milliseconds bound) {
    return lab.wait_for(guest, bound);
  };
  doors.host_goes_down = [&launcher](const std::string& host) { launcher.host_goes_down(host); };
  doors.host_is_down = [&launcher](const std::string& host) { launcher.host_is_down(host); };
  doors.host_is_back = [&launcher](const std::string& host) { launcher.host_is_back(host); };
  doors.now = [] { return std::chrono::steady_clock::now(); };
  doors.sleep = [](const std::stop_token& stop, nanoseconds length) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock guard(mutex);
    stopped.wait_for(guard, stop, length, [] { return false; });
  };
  return doors;
}

Nemesis::Nemesis(NemesisDoors doors, NemesisOrders orders)
    : doors_(std::move(doors)), orders_(std::move(orders)), next_id_(kFirstId) {
  machines_[kServer];
  for (const std::string& host : orders_.spec.hosts) machines_[host];
}

Nemesis::~Nemesis() {
  stop();
  finish();
}

void Nemesis::begin() {
  if (orders_.duration) end_ = doors_.now() + *orders_.duration;
  for (std::size_t i = 0; i < orders_.spec.faults.size(); ++i) {
    threads_.emplace_back([this, spec = orders_.spec.faults[i],
                           random = Random(derived_seed(orders_.seed, "lab", i))](
                              const std::stop_token& stop) { follow(stop, spec, random); });
  }
}

void Nemesis::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void Nemesis::finish() {
  for (std::jthread& thread : threads_) thread.join();
  threads_.clear();
}

nanoseconds Nemesis::within_run(nanoseconds wanted) const {
  if (end_ == Clock::time_point::max()) return wanted;
  return std::min(wanted, nanoseconds(end_ - doors_.now() - kForOthers));
}

void Nemesis::follow(const std::stop_token& stop, const LabFault& spec, Random random) {
  const Clock::time_point began = doors_.now();
  nanoseconds next = spec.at;
  for (std::uint64_t struck = 0; !spec.times || struck < *spec.times; ++struck) {
    doors_.sleep(stop, began + next - doors_.now());
    if (stop.stop_requested()) return;
    const nanoseconds needed = crashes(spec.kind) ? kForCrash : kForOthers;
    if (end_ != Clock::time_point::max() && end_ - doors_.now() < needed) return;
    strike(stop, spec, random);
    if (!spec.every) return;
    next += draw_interval(*spec.every, spec.jitter, random);
    // What took longer than the time between two does not make the next ones come at once.
    next = std::max(next, nanoseconds(doors_.now() - began) + seconds(1));
  }
}

void Nemesis::strike(const std::stop_token& stop, const LabFault& spec, Random& random) {
  const auto& hosts = orders_.spec.hosts;
  const std::string host = spec.host == "any" ? hosts[random.below(hosts.size())] : spec.host;
  const nanoseconds length = draw(spec.length, random);
  Fault fault;
  fault.kind = lab_fault_kinds()[static_cast<std::size_t>(spec.kind)];
  fault.sorts = sorts_of(spec);
  fault.planned_pause_ns = length.count();
  const bool servers = spec.kind == Kind::server_pause || spec.kind == Kind::server_crash ||
                       spec.kind == Kind::server_clock;
  fault.target = servers ? kServer : host;
  if (!servers) {
    fault.host =
        static_cast<std::uint32_t>(std::find(hosts.begin(), hosts.end(), host) - hosts.begin());
  }
  const std::scoped_lock guard(machines_.at(fault.target));
  if (stop.stop_requested()) return;
  fault.start_ns = recorder_now_ns();
  switch (spec.kind) {
    case Kind::host_crash: return crash_host(stop, host, fault, length);
    case Kind::host_pause: return pause(stop, host, fault, length);
    case Kind::partition: return partition(stop, host, spec.what, fault, length);
    case Kind::delay: return delay(stop, host, spec, fault, length);
    case Kind::server_pause: return pause(stop, kServer, fault, length);
    case Kind::server_crash: return crash_server(stop, fault, length);
    case Kind::server_clock: return set_server_clock(spec, fault);
    case Kind::lost_reply: return lose_reply(stop, host, fault, length);
  }
}

Result<void> Nemesis::crash_and_boot(const std::stop_token& stop, const std::string& guest,
                                     nanoseconds length) {
  if (auto done = forget_answer(doors_.ask_keeper({{"do", "crash"}, {"guest", guest}})); !done)
    return done;
  if (guest != kServer) doors_.host_is_down(guest);
  doors_.sleep(stop, length);
  if (auto done = forget_answer(doors_.ask_keeper({{"do", "boot"}, {"guest", guest}})); !done)
    return done;
  return doors_.wait_for(guest, kBoot);
}

void Nemesis::crash_host(const std::stop_token& stop, const std::string& host, Fault fault,
                         nanoseconds length) {
  doors_.host_goes_down(host);
  const auto done = crash_and_boot(stop, host, length);
  doors_.host_is_back(host);
  log(fault, done);
}

void Nemesis::pause(const std::stop_token& stop, const std::string& guest, Fault fault,
                    nanoseconds length) {
  auto done = forget_answer(doors_.ask_keeper({{"do", "pause"}, {"guest", guest}}));
  if (done) {
    const std::int64_t stopped_ns = recorder_now_ns();
    // A kernel that stands still answers nobody.
    const bool still = !doors_.ask_guest(guest, {{"do", "hello"}}, milliseconds(200));
    doors_.sleep(stop, within_run(length - milliseconds(200)));
    done = forget_answer(doors_.ask_keeper({{"do", "resume"}, {"guest", guest}}));
    fault.measured_pause_ns = recorder_now_ns() - stopped_ns;
    if (done) done = doors_.wait_for(guest, kBoot);
    if (done && !still) done = problem(guest, "went on answering while it was stopped");
  }
  log(fault, done);
  if (guest == kServer || !done) return;
  fault.kind = "pause";  // of all its workers: what checkers look for
  log(fault, done);
}

void Nemesis::partition(const std::stop_token& stop, const std::string& host,
                        const std::string& what, Fault fault, nanoseconds length) {
  fault.at_operation = what;
  auto done = forget_answer(doors_.ask_keeper({{"do", "cut"}, {"guest", host}, {"what", what}}));
  if (done) doors_.sleep(stop, within_run(length));
  const auto healed = doors_.ask_keeper({{"do", "heal"}, {"guest", host}});
  if (done && !healed) done = tl::unexpected(healed.error());
  if (done && healed->value("dropped", 0) == 0) done = problem(host, "no packet was in its way");
  fault.measured_pause_ns = recorder_now_ns() - fault.start_ns;
  log(fault, done);
}

void Nemesis::delay(const std::stop_token& stop, const std::string& host, const LabFault& spec,
                    Fault fault, nanoseconds length) {
  const auto run = [&](std::vector<std::string> words) {
    return doors_.ask_guest(host, {{"do", "run"}, {"words", std::move(words)}}, seconds(20));
  };
  const std::string us = std::to_string(spec.later.count() / 1000) + "us";
  const std::string loss = std::to_string(spec.loss * 100) + "%";
  auto done = forget_answer(
      run({"tc", "qdisc", "add", "dev", "vec0", "root", "netem", "delay", us, "loss", loss}));
  if (done) {
    doors_.sleep(stop, within_run(length));
    const auto shown = run({"tc", "-s", "qdisc", "show", "dev", "vec0"});
    const std::string text = shown ? shown->value("text", "") : "";
    fault.at_operation = "delay " + us + ", loss " + loss;
    const bool passed = text.find(" 0 bytes 0 pkt") == std::string::npos;
    const bool lost = text.find("(dropped 0,") == std::string::npos;
    // A share of few packets can be none of them; what is delayed is so each time.
    const bool hit = lost || (passed && spec.later.count() > 0);
    if (!hit) done = problem(host, "it hit no packet: " + text);
    const auto undone = forget_answer(run({"tc", "qdisc", "del", "dev", "vec0", "root"}));
    if (done && !undone) done = undone;
  }
  log(fault, done);
}

Result<std::string> Nemesis::export_now() const {
  const auto answer = doors_.ask_guest(
      kServer, {{"do", "run"}, {"words", {"find", "/srv/disk/data", "-printf", "%i %p\\n"}}},
      seconds(20));
  if (!answer) return tl::unexpected(answer.error());
  return answer->value("text", "");
}

void Nemesis::crash_server(const std::stop_token& stop, Fault fault, nanoseconds length) {
  const bool forgetful = !orders_.spec.sync;
  // What an asynchronous export has acknowledged and forgets: what its disk showed before, while
  // nobody could change it, and does not show after.
  Result<std::string> before, after;
  if (forgetful) {
    for (const std::string& host : orders_.spec.hosts) {
      static_cast<void>(doors_.ask_keeper({{"do", "cut"}, {"guest", host}, {"what", "both"}}));
    }
    before = export_now();
  }
  const auto done = crash_and_boot(stop, kServer, length);
  if (forgetful) {
    after = export_now();
    for (const std::string& host : orders_.spec.hosts) {
      static_cast<void>(doors_.ask_keeper({{"do", "heal"}, {"guest", host}}));
    }
  }
  log(fault, done);
  if (!forgetful || !done || !before || !after || *before == *after) return;
  fault.kind = "server_forgot";  // what checkers look for
  log(fault, done);
}

void Nemesis::set_server_clock(const LabFault& spec, Fault fault) {
  json request = {{"do", "set_clock"}};
  if (spec.step) request["step_ns"] = spec.step->count();
  if (spec.rate) request["rate"] = *spec.rate;
  const auto before = doors_.ask_guest(kServer, {{"do", "clocks"}}, seconds(5));
  const auto after = doors_.ask_guest(kServer, request, seconds(5));
  Result<void> done = forget_answer(before);
  if (done) done = forget_answer(after);
  if (done) {
    const auto moved = [&](const char* clock) {
      return after->at(clock).get<std::int64_t>() - before->at(clock).get<std::int64_t>();
    };
    fault.planned_offset_ns = spec.step ? spec.step->count() : 0;
    fault.measured_offset_ns = moved("wall_ns") - moved("raw_ns");
    if (std::llabs(fault.measured_offset_ns - fault.planned_offset_ns) > 50'000'000) {
      done = problem(kServer, "its clock is not where it was to be");
    }
  }
  log(fault, done);
}

/// Whether a packet of the host's was stopped, now or within `most` looks.
bool Nemesis::drops(const std::stop_token& stop, const std::string& host, int most) const {
  for (int i = 0; i < most && !stop.stop_requested(); ++i) {
    const auto so_far = doors_.ask_keeper({{"do", "dropped"}, {"guest", host}});
    if (!so_far || so_far->value("dropped", 0) > 0) return true;
    doors_.sleep(stop, milliseconds(100));
  }
  return false;
}

Result<void> Nemesis::lose_and_crash(const std::stop_token& stop, const std::string& host,
                                     nanoseconds length) {
  const auto cut = [&](const char* what) {
    return forget_answer(doors_.ask_keeper({{"do", "cut"}, {"guest", host}, {"what", what}}));
  };
  constexpr int kMostLooks = 50;  // five seconds: a host can have nothing to ask for a while
  Result<void> done;
  bool lost = false;
  // What only asks can be asked twice without harm.
  if (orders_.spec.nfs == "3") {
    done = cut("replies_to_a_change");
    lost = done && drops(stop, host, kMostLooks);
  }
  if (done && !lost) done = cut("replies");
  // Time for requests to arrive and be carried out; then nobody is left who remembers them.
  if (done) doors_.sleep(stop, within_run(length));
  if (done && !lost) drops(stop, host, kMostLooks);
  if (done) done = forget_answer(doors_.ask_keeper({{"do", "crash"}, {"guest", kServer}}));
  const auto healed = doors_.ask_keeper({{"do", "heal"}, {"guest", host}});
  if (auto up = crash_and_boot(stop, kServer, {}); done && !up) done = up;
  if (done && !healed) done = tl::unexpected(healed.error());
  if (done && healed->value("dropped", 0) == 0) done = problem(host, "no reply was on its way");
  return done;
}

NfsCounts Nemesis::counts(const std::string& host) const {
  const auto text =
      doors_.ask_guest(host, {{"do", "read"}, {"file", "/proc/self/mountstats"}}, seconds(5));
  return text ? nfs_counts(text->value("text", ""), kMountPoint) : NfsCounts{};
}

std::string Nemesis::sent_again(const std::stop_token& stop, const std::string& host,
                                const NfsCounts& before) const {
  constexpr int kMostLooks = 50, kAlike = 5;  // a second in which nothing more is answered
  std::string words;
  for (int i = 0, alike = 0; i < kMostLooks && alike < kAlike && !stop.stop_requested(); ++i) {
    doors_.sleep(stop, milliseconds(200));
    std::string now;
    for (const auto& [operation, count] : since(before, counts(host))) {
      if (count.resent == 0) continue;
      now += (now.empty() ? "sent again " : ", ") + operation + " " + std::to_string(count.resent);
    }
    alike = !now.empty() && now == words ? alike + 1 : 0;
    if (!now.empty()) words = now;
  }
  return words;
}

void Nemesis::lose_reply(const std::stop_token& stop, const std::string& host, Fault fault,
                         nanoseconds length) {
  const NfsCounts before = counts(host);
  const auto done = [&] {
    const std::scoped_lock guard(machines_.at(kServer));
    return lose_and_crash(stop, host, length);
  }();
  if (done) {
    Fault down = fault;
    down.kind = "server_down";  // for all hosts: what checkers look for
    down.host = kNobody;
    down.target = kServer;
    log(down, done);
    // Who was told nothing before does not tell now what it sent in its whole life.
    if (!before.empty()) fault.at_operation = sent_again(stop, host, before);
  }
  log(fault, done);
}

std::map<std::string, std::uint64_t> Nemesis::effective() const {
  const std::scoped_lock guard(mutex_);
  return effective_;
}

void Nemesis::log(Fault fault, const Result<void>& done) {
  fault.id = next_id_++;
  fault.end_ns = recorder_now_ns();
  fault.effective = done.has_value();
  if (!done) fault.why_not = done.error().text();
  const std::scoped_lock guard(mutex_);
  if (fault.effective) ++effective_[fault.kind];
  if (const auto appended = append_fault(orders_.run, fault); !appended) {
    std::cerr << "holdfast: a fault is not logged: " << appended.error().text() << "\n";
  }
}

}  // namespace holdfast::harness::lab
