#include "harness/fleet/testing.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "harness/fleet/agent.h"
#include "harness/fleet/worker_process.h"
#include "harness/history/recorder.h"
#include "harness/history/run_record.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

void record(Recorder& recorder, Op op, Phase phase) {
  Event event;
  event.op = op;
  event.phase = phase;
  recorder.record(event);
}

/// As a shift does it.
void tell(Recorder& recorder, Op what, const Notify& notify) {
  record(recorder, what, Phase::invoke);
  const auto heard_ns = notify();
  Event event;
  event.op = what;
  event.phase = heard_ns ? Phase::ok : Phase::info;
  event.until_ns = heard_ns.value_or(0);
  recorder.record(event);
}

/// A thread that never stands still: whoever waits for the child of a vfork() takes no signal but
/// SIGKILL. By a system call, of which sanitizers make no fork(); the child has memory of its own.
class Unstoppable {
 public:
  void wait_for_child() {
    waiting_ = std::thread([this] {
      constexpr unsigned long kFlags = CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD;
      const long in = ::syscall(SYS_clone, kFlags, nullptr, &child_, nullptr, nullptr);
      if (in < 0) std::abort();
      while (in == 0) ::pause();
    });
    while (std::atomic_ref(child_).load() == 0) std::this_thread::yield();
  }
  void go_on() {
    if (!waiting_.joinable()) return;
    ::kill(child_, SIGKILL);
    waiting_.join();
  }

 private:
  pid_t child_ = 0;  ///< written by the kernel
  std::thread waiting_;
};

/// What the body does is the contender's name in the plan.
Result<WorkerEnd> body(const WorkerPlan& plan, const std::stop_token& stop,
                       const std::function<void()>& prepared, const Notify& notify) {
  const std::string& what = plan.contender.lock;
  Unstoppable unstoppable;
  if (what == "broken") return problem("the contender", "does not start");
  auto recorder = Recorder::create(plan.history, {plan.name, plan.host, plan.slot, ::getpid()});
  if (!recorder) return tl::unexpected(recorder.error());
  if (what == "with_program" && ::fork() == 0) {
    for (;;) ::pause();  // as a contender program: in the worker's group
  }
  if (what == "unstoppable") unstoppable.wait_for_child();
  prepared();
  record(**recorder, Op::worker, Phase::invoke);
  if (what == "aborts") std::abort();
  if (what == "struck_down") {
    record(**recorder, Op::acquire, Phase::invoke);
    std::this_thread::sleep_for(milliseconds(20));
    ::raise(SIGKILL);
  }
  if (what == "tells") {
    std::array<char, 64> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::string first = contents("/proc/1/cmdline");
    const bool agent = first.find(std::string("\0agent\0", 7)) != std::string::npos;
    std::ofstream(plan.directory + "/" + plan.host)
        << host.data() << ", process 1 is " << (agent ? "its agent" : "another");
  }
  if (what == "program_ends") return WorkerEnd::contender_ended;
  while (!stop.stop_requested() || what == "deaf") {
    record(**recorder, Op::acquire, Phase::invoke);
    record(**recorder, Op::acquire, Phase::ok);
    if (plan.ordered) tell(**recorder, Op::enter, notify);
    std::this_thread::sleep_for(milliseconds(1));
    if (plan.ordered) tell(**recorder, Op::leave, notify);
    record(**recorder, Op::release, Phase::invoke);
    record(**recorder, Op::release, Phase::ok);
  }
  record(**recorder, Op::worker, Phase::ok);
  unstoppable.go_on();
  return WorkerEnd::in_order;
}

}  // namespace

FaultSpec fault(FaultSpec::Kind kind, const std::string& target, Nanoseconds every) {
  FaultSpec spec;
  spec.kind = kind;
  spec.target = target;
  spec.every = every;
  return spec;
}

/// Looks again and again, for ten seconds at most.
bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 10'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

FleetTest::FleetTest() {
  fs::remove_all(folder_);
  for (const char* name : {"run/history", "run/logs", "locks", "scratch"}) {
    fs::create_directories(folder_ / name);
  }
  places_ = {folder_ / "run", folder_ / "locks", folder_ / "scratch", {}};
  scenario_.contender.lock = "works";
  scenario_.hosts = {{"h1", 3, false}, {"h2", 3, false}};
  scenario_.until.duration = milliseconds(300);
  options_.agent_errors = folder_ / "run/logs";
  launcher_ = make_local_launcher({options_.agent_errors});
}

FleetTest::~FleetTest() { fs::remove_all(folder_); }

Result<FleetOutcome> FleetTest::run(std::uint64_t seed) {
  auto outcome = run_fleet(scenario_, seed, places_, *launcher_, options_);
  launcher_.reset();
  // Whatever is spared may start processes of its own, which come and go.
  EXPECT_TRUE(eventually([this] { return nobody_left(); }));
  return outcome;
}

bool FleetTest::nobody_left() const {
  // Orphans of what is spared are ours: that of a session that was cut off, say.
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  std::set<pid_t> known(options_.spared.begin(), options_.spared.end());
  for (const pid_t spared : options_.spared) {
    for (const pid_t theirs : descendants_of(spared)) known.insert(theirs);
  }
  for (const pid_t process : descendants_of(::getpid())) {
    if (!known.contains(process)) return false;
  }
  return true;
}

std::vector<Fault> FleetTest::faults() const {
  const auto read = read_faults(places_.run);
  EXPECT_TRUE(read) << read.error().text();
  return read ? *read : std::vector<Fault>{};
}

std::set<std::string> FleetTest::histories() const {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(places_.run + "/history")) {
    names.insert(entry.path().filename());
  }
  return names;
}

void FleetTest::expect_histories_of_all_lives() const {
  const std::set<std::string> there = histories();
  std::set<std::string> needed;
  for (const HostSpec& host : scenario_.hosts) {
    for (std::uint32_t worker = 1; worker <= host.workers; ++worker) {
      needed.insert(host.name + ".w" + std::to_string(worker) + ".events");
    }
  }
  const std::size_t slots = needed.size();
  std::size_t kills = 0;
  for (const Fault& fault : faults()) {
    if (fault.kind != "kill" || !fault.effective) continue;
    needed.insert(fault.worker_name + ".events");
    ++kills;
  }
  for (const std::string& history : needed) EXPECT_TRUE(there.contains(history)) << history;
  // Of those who were killed last some may have been replaced.
  EXPECT_GE(there.size(), kills);
  EXPECT_LE(there.size(), kills + slots);
}

}  // namespace holdfast::harness::testing

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "agent") {
    return holdfast::harness::serve_as_agent(holdfast::os::native(), {argv + 2, argv + argc});
  }
  if (role == "worker") {
    return holdfast::harness::serve_as_worker(holdfast::harness::testing::body);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
