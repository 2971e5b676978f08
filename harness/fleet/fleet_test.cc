// The fleet end to end, with real processes.
#include "harness/fleet/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "harness/fleet/deaths.h"
#include "harness/fleet/testing.h"
#include "harness/history/history_file.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The instant of the last event in a history file.
std::int64_t last_instant(const std::string& path) {
  const auto last = last_event(path);
  return last ? last->at_ns : 0;
}

/// Whoever loses its agent is asked to end by that, and is killed by the kernel a moment later:
/// some are faster.
bool ended_in_order(const std::string& path) {
  const auto last = last_event(path);
  return last && last->op == Op::worker && last->phase == Phase::ok;
}

/// Checks that of these workers each is told to have died at its last event, or ended in order.
void expect_deaths(const std::vector<Fault>& faults, const std::string& host,
                   const std::string& history) {
  std::set<std::string> dead;
  for (const Fault& fault : faults) {
    if (fault.kind != "kill") continue;
    EXPECT_TRUE(dead.insert(fault.worker_name).second) << fault.worker_name << " died twice";
    EXPECT_EQ(fault.start_ns, last_instant(history + fault.worker_name + ".events"));
    EXPECT_LE(fault.start_ns, fault.end_ns);
  }
  for (const char* worker : {".w1", ".w2", ".w3"}) {
    EXPECT_NE(dead.contains(host + worker), ended_in_order(history + host + worker + ".events"));
  }
  EXPECT_LE(dead.size(), 3U);
}

// A kernel short of memory kills whom it likes. When that was is known no better than by the last
// event: were it said to be later, whoever got the lock lawfully would be accused.
TEST_F(FleetTest, AKillFromOutsideIsDatedBackToTheLastEvent) {
  scenario_.contender.lock = "struck_down";
  ASSERT_TRUE(run());
  const auto struck = faults();
  ASSERT_FALSE(struck.empty());
  for (const Fault& fault : struck) {
    if (fault.target != "outside") continue;  // killed while it was being started, or a straggler
    EXPECT_TRUE(fault.effective);
    const std::string path = places_.run + "/history/" + fault.worker_name + ".events";
    EXPECT_EQ(fault.start_ns, last_instant(path)) << fault.worker_name;
    EXPECT_LT(fault.start_ns, fault.end_ns);
  }
  EXPECT_EQ(struck.front().target, "outside");
}

TEST_F(FleetTest, AllWorkUntilTheTimeIsOver) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->how, FleetOutcome::How::complete);
  EXPECT_GE(outcome->end_ns - outcome->start_ns, 300'000'000);
  EXPECT_THAT(histories(), SizeIs(6));
  EXPECT_GT(outcome->last.grants, 100U);
  EXPECT_THAT(faults(), IsEmpty());
  EXPECT_EQ(contents(places_.run + "/logs/h1.err"), "");
}

TEST_F(FleetTest, AllEndWhenTheGrantsAreReached) {
  scenario_.until = {seconds(30), 200};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_GE(outcome->last.grants, 200U);
  EXPECT_LT(outcome->end_ns - outcome->start_ns, seconds(20) / std::chrono::nanoseconds(1));
}

TEST_F(FleetTest, HoldersAreKilledInsideAndReplacedUnderNewNames) {
  scenario_.until.duration = seconds(1);
  scenario_.faults = {fault(FaultSpec::Kind::kill, "holder", milliseconds(20))};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::size_t inside = 0;
  std::size_t effective = 0;
  std::set<std::string> victims;
  for (const Fault& fault : faults()) {
    EXPECT_EQ(fault.kind, "kill");
    EXPECT_LE(fault.start_ns, fault.end_ns);
    if (!fault.effective) continue;
    ++effective;
    inside += fault.inside_hold ? 1 : 0;
    EXPECT_TRUE(victims.insert(fault.worker_name).second) << "was killed twice";
    EXPECT_TRUE(histories().contains(fault.worker_name + ".events")) << fault.worker_name;
  }
  EXPECT_GT(effective, 15U);
  EXPECT_GT(inside, effective / 2);
  EXPECT_TRUE(histories().contains("h1.w1'2.events") || histories().contains("h2.w1'2.events"));
  EXPECT_EQ(outcome->last.faults.at("kill"), effective);
  // Whoever dies at the very end is not replaced.
  EXPECT_LE(histories().size(), 6 + effective);
  EXPECT_GE(histories().size() + 3, 6 + effective);
}

TEST_F(FleetTest, AHostIsKilledAsAWhole) {
  FaultSpec once = fault(FaultSpec::Kind::kill, "h2", seconds(1));
  once.every.reset();
  once.at = milliseconds(100);
  scenario_.faults = {once};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::set<std::string> victims;
  for (const Fault& fault : faults()) {
    EXPECT_TRUE(fault.effective) << fault.why_not;
    EXPECT_EQ(fault.target, "h2");
    EXPECT_EQ(fault.host, 1U);
    victims.insert(fault.worker_name);
  }
  EXPECT_EQ(victims, (std::set<std::string>{"h2.w1", "h2.w2", "h2.w3"}));
}

// A contender program is in its worker's group: both go, and the kill is over only then.
TEST_F(FleetTest, AWorkersProgramDiesWithIt) {
  scenario_.contender.lock = "with_program";
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(30))};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::size_t effective = 0;
  for (const Fault& fault : faults()) effective += fault.effective ? 1 : 0;
  EXPECT_GT(effective, 3U);
}

TEST_F(FleetTest, PausesAreMeasured) {
  FaultSpec pause = fault(FaultSpec::Kind::pause, "holder", milliseconds(40));
  pause.length = {Distribution::Shape::constant, milliseconds(30), {}};
  scenario_.faults = {pause};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::size_t effective = 0;
  for (const Fault& fault : faults()) {
    EXPECT_EQ(fault.planned_pause_ns, 30'000'000);
    if (!fault.effective) continue;
    ++effective;
    EXPECT_GT(fault.measured_pause_ns, 0);
    EXPECT_LE(fault.measured_pause_ns, fault.end_ns - fault.start_ns);
  }
  EXPECT_GT(effective, 3U);
}

// What waits within the kernel, for a mount that hangs, say, does not stop. Its worker must not be
// stopped for the rest of the run because of that.
TEST_F(FleetTest, WhoNeverStandsStillIsLetGo) {
  scenario_.contender.lock = "unstoppable";
  scenario_.hosts = {{"h1", 1, false}};
  scenario_.until.duration = milliseconds(1500);
  FaultSpec pause = fault(FaultSpec::Kind::pause, "any", seconds(10));
  pause.every.reset();
  pause.at = milliseconds(100);
  pause.length = {Distribution::Shape::constant, milliseconds(30), {}};
  scenario_.faults = {pause};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_THAT(faults(), SizeIs(1));
  const Fault given_up = faults().front();
  EXPECT_FALSE(given_up.effective);
  EXPECT_EQ(given_up.why_not, "was never seen standing still");
  EXPECT_GE(given_up.end_ns - given_up.start_ns, 1'030'000'000);
  EXPECT_LT(given_up.end_ns, outcome->end_ns);
  EXPECT_GT(last_instant(places_.run + "/history/h1.w1.events"), given_up.end_ns + 100'000'000);
}

TEST_F(FleetTest, ClocksAreBentForAHost) {
  FaultSpec clock = fault(FaultSpec::Kind::clock, "h2", milliseconds(50));
  clock.step = seconds(1);
  scenario_.faults = {clock};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::int64_t expected = 0;
  std::int64_t last_end = 0;
  for (const Fault& fault : faults()) {
    expected += 1'000'000'000;
    // Each lasts until the next, the last one as long as anybody works.
    EXPECT_GE(fault.start_ns, last_end);
    EXPECT_LT(fault.start_ns, fault.end_ns);
    last_end = fault.end_ns;
    EXPECT_TRUE(fault.effective) << fault.why_not;
    EXPECT_EQ(fault.host, 1U);
    EXPECT_EQ(fault.planned_offset_ns, expected);
    EXPECT_EQ(fault.measured_offset_ns, expected);
  }
  EXPECT_GT(expected, 3'000'000'000);
  EXPECT_GE(last_end, outcome->end_ns);
}

TEST_F(FleetTest, AWorkerThatDoesNotEndIsKilledAndThatIsLogged) {
  scenario_.contender.lock = "deaf";
  scenario_.hosts = {{"h1", 1, false}};
  scenario_.until.duration = milliseconds(50);
  options_.grace = milliseconds(100);
  scenario_.bounds.timeout_slack = milliseconds(400);
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_THAT(faults(), SizeIs(1));
  EXPECT_GE(faults()[0].start_ns - outcome->end_ns, 400'000'000) << "it may be so late";
  EXPECT_EQ(faults()[0].target, "straggler");
  EXPECT_EQ(faults()[0].worker_name, "h1.w1");
  EXPECT_TRUE(faults()[0].effective);
}

TEST_F(FleetTest, AHostThatCrashesAndBootsGoesOnUnderNewNames) {
  launcher_ = std::make_unique<BootingLauncher>(std::move(launcher_));
  scenario_.until = {seconds(20), 600};
  bool crashed = false;
  options_.progress = [&](const FleetProgress& now) {
    if (now.grants > 100 && !std::exchange(crashed, true)) launcher_->kill({1, "h2"});
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_GE(outcome->last.grants, 600U);
  EXPECT_THAT(outcome->lost_hosts, IsEmpty());
  EXPECT_EQ(histories(),
            (std::set<std::string>{"h1.w1.events", "h1.w2.events", "h1.w3.events", "h2.w1.events",
                                   "h2.w2.events", "h2.w3.events", "h2.w1'2.events",
                                   "h2.w2'2.events", "h2.w3'2.events"}));
  expect_deaths(faults(), "h2", places_.run + "/history/");
}

TEST_F(FleetTest, AWorkerThatCannotStartIsAProblemThatNamesIt) {
  scenario_.contender.lock = "broken";
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("h"));
  EXPECT_THAT(outcome.error().text(), HasSubstr("the contender"));
  EXPECT_THAT(outcome.error().text(), HasSubstr("does not start"));
}

TEST_F(FleetTest, AWorkerThatCrashesByItselfIsAProblemAndNoFault) {
  scenario_.contender.lock = "aborts";
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("signal 6"));
}

TEST_F(FleetTest, AProgramThatAlwaysEndsIsNotStartedAsFastAsTheMachineCan) {
  scenario_.contender.lock = "program_ends";
  scenario_.hosts = {{"h1", 1, false}};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_GT(histories().size(), 2U);
  EXPECT_LT(histories().size(), 8U);
}

TEST_F(FleetTest, ASecondHistoryOfOneNameIsAProblem) {
  std::ofstream(places_.run + "/history/h1.w1.events") << "somebody's";
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("h1.w1.events"));
}

/// Runs the fleet in a process of its own that can be signalled; its exit status is 100 + how.
class SignalledFleetTest : public FleetTest {
 protected:
  void start() {
    scenario_.until.duration = seconds(60);
    started_ = folder_ / "started";
    controller_ = ::fork();
    if (controller_ == 0) {
      options_.progress = [this](const FleetProgress& progress) {
        if (progress.grants > 10) std::ofstream(started_) << "yes";
      };
      const auto outcome = run_fleet(scenario_, 1, places_, *launcher_, options_);
      std::_Exit(outcome ? 100 + static_cast<int>(outcome->how) : 99);
    }
    ASSERT_TRUE(eventually([this] { return fs::exists(started_); }));
    agents_ = children_of(controller_);
    ASSERT_THAT(agents_, SizeIs(2));
    all_ = descendants_of(controller_);
    ASSERT_GE(all_.size(), 8U);
  }

  int status() {
    int status = 0;
    pid_t ended = 0;
    EXPECT_TRUE(
        eventually([&] { return (ended = ::waitpid(controller_, &status, WNOHANG)) != 0; }));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// Whether none of the fleet's processes exists any more, zombies not counted: this test's own
  /// parent may not wait for them.
  bool nobody_left() const {
    for (const pid_t pid : all_) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
      std::string text((std::istreambuf_iterator<char>(file)), {});
      if (!text.empty() && text.substr(text.rfind(')') + 2, 1) != "Z") return false;
    }
    return true;
  }

  /// One agent is killed; the run goes on without it until it is interrupted, and ends in order.
  void lose_an_agent() {
    ::kill(agents_[1], SIGKILL);
    ASSERT_TRUE(eventually([this] { return fs::exists(places_.run + "/faults.jsonl"); }));
    std::this_thread::sleep_for(milliseconds(100));
    ASSERT_EQ(::waitpid(controller_, nullptr, WNOHANG), 0) << "the run is over";
    ::kill(controller_, SIGINT);
    EXPECT_EQ(status(), 100 + static_cast<int>(FleetOutcome::How::interrupted));
    EXPECT_TRUE(nobody_left());
  }

  fs::path started_;
  pid_t controller_ = 0;
  std::vector<pid_t> agents_;
  std::vector<pid_t> all_;
};

TEST_F(SignalledFleetTest, InterruptedOnceItEndsInOrder) {
  start();
  ::kill(controller_, SIGINT);
  EXPECT_EQ(status(), 100 + static_cast<int>(FleetOutcome::How::interrupted));
  EXPECT_TRUE(nobody_left());
  EXPECT_THAT(faults(), IsEmpty());
}

// It has what it wanted and waits for its workers: one interrupt takes nothing of what was done.
TEST_F(SignalledFleetTest, InterruptedOnceWhileItEndsByItselfItIsComplete) {
  scenario_.contender.lock = "deaf";
  scenario_.until.grants = 11;
  options_.grace = seconds(1);
  start();
  std::this_thread::sleep_for(milliseconds(100));
  ASSERT_EQ(::waitpid(controller_, nullptr, WNOHANG), 0) << "the run is over";
  ::kill(controller_, SIGINT);
  EXPECT_EQ(status(), 100 + static_cast<int>(FleetOutcome::How::complete));
  EXPECT_TRUE(nobody_left());
}

TEST_F(SignalledFleetTest, InterruptedTwiceItEndsAtOnce) {
  scenario_.contender.lock = "deaf";
  start();
  ::kill(controller_, SIGINT);
  std::this_thread::sleep_for(milliseconds(50));
  ::kill(controller_, SIGINT);
  EXPECT_EQ(status(), 100 + static_cast<int>(FleetOutcome::How::aborted));
  EXPECT_TRUE(nobody_left());
}

TEST_F(SignalledFleetTest, AKilledControllerLeavesNoProcess) {
  scenario_.contender.lock = "with_program";
  start();
  ::kill(controller_, SIGKILL);
  EXPECT_EQ(status(), -SIGKILL);
  EXPECT_TRUE(eventually([this] { return nobody_left(); }));
}

// Even if the agents die with it, and nobody is there to clean up but the kernel.
TEST_F(SignalledFleetTest, AKilledControllerAndKilledAgentsLeaveNoProcess) {
  start();
  ::kill(controller_, SIGKILL);
  for (const pid_t agent : agents_) ::kill(agent, SIGKILL);
  EXPECT_EQ(status(), -SIGKILL);
  EXPECT_TRUE(eventually([this] { return nobody_left(); }));
}

/// What was recorded of a worker, in order.
std::vector<Event> recorded(const std::string& path) {
  auto file = HistoryFile::open(path);
  EXPECT_TRUE(file) << file.error().text();
  std::vector<Event> events;
  HistoryFile::Entry entry;
  while (file && file->next(entry).value_or(false)) events.push_back(entry.event);
  return events;
}

// All holds of a run are in one order; and whoever is told to end is answered to the last.
TEST_F(FleetTest, InOrderedModeTheControllerAnswersEveryHolder) {
  scenario_.ordered = true;
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(20))};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::set<std::int64_t> heard;
  for (const std::string& name : histories()) {
    std::int64_t before_ns = outcome->start_ns;
    for (const Event& event : recorded(places_.run + "/history/" + name)) {
      if (event.op != Op::enter && event.op != Op::leave) continue;
      ASSERT_NE(event.phase, Phase::info) << "it was not answered";
      if (event.phase == Phase::invoke) before_ns = event.at_ns;
      if (event.phase != Phase::ok) continue;
      EXPECT_GE(event.until_ns, before_ns) << "before it was told: another one's answer";
      EXPECT_LE(event.until_ns, event.at_ns);
      EXPECT_TRUE(heard.insert(event.until_ns).second) << "two at one instant";
    }
  }
  EXPECT_GT(heard.size(), 20U);
}

// Nobody answers the workers of a lost host; the others go on.
TEST_F(SignalledFleetTest, InOrderedModeALostAgentTakesItsOwnWorkersAlone) {
  scenario_.ordered = true;
  start();
  ASSERT_NO_FATAL_FAILURE(lose_an_agent());
  const auto logged = faults();
  ASSERT_FALSE(logged.empty());
  const std::string lost = logged[0].target, other = lost == "h1" ? "h2" : "h1";
  expect_deaths(logged, lost, places_.run + "/history/");
  for (const char* worker : {".w1", ".w2", ".w3"}) {
    const auto events = recorded(places_.run + "/history/" + other + worker + ".events");
    EXPECT_TRUE(ended_in_order(places_.run + "/history/" + other + worker + ".events"));
    for (const Event& event : events) EXPECT_NE(event.phase, Phase::info);
    ASSERT_FALSE(events.empty());
    EXPECT_GT(events.back().at_ns, logged[0].end_ns) << "it was not answered any more";
  }
}

TEST_F(SignalledFleetTest, ALostAgentIsAnEventAndNotTheEnd) {
  scenario_.contender.lock = "with_program";
  start();
  ASSERT_NO_FATAL_FAILURE(lose_an_agent());
  const auto logged = faults();
  ASSERT_FALSE(logged.empty());
  EXPECT_EQ(logged[0].kind, "controller_lost");
  EXPECT_TRUE(logged[0].target == "h1" || logged[0].target == "h2") << logged[0].target;
  // And why its workers say no more: each lived until the last that it has recorded.
  expect_deaths(logged, logged[0].target, places_.run + "/history/");
}

}  // namespace
}  // namespace holdfast::harness::testing
