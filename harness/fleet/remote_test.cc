// Hosts that share nothing with the controller but the locks' directory: clocks and disks of their
// own. Such a host is made of a time namespace and of folders that its agent makes and removes.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "harness/fleet/spawn.h"
#include "harness/fleet/testing.h"
#include "harness/history/store.h"

namespace holdfast::harness::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kHour = 3600e9;

/// The second host's clock is an hour ahead, the third's two, and so on.
class FarLauncher : public Launcher {
 public:
  FarLauncher(fs::path folder, std::string errors)
      : folder_(std::move(folder)), errors_(std::move(errors)) {}

  HostPlaces places(const HostSeat& host, const Places& run) const override {
    const std::string own = folder_ / host.name;
    return {run.locks, own + "/history", own + "/logs", own + "/scratch", own, true};
  }

  void launch(boost::asio::io_context&, const HostSeat& host, Connected connected) override {
    SpawnOptions options;
    options.program = "unshare";
    options.arguments = {"--fork", "--kill-child"};
    if (host.index > 0) {
      const std::string ahead = std::to_string(3600 * host.index);
      options.arguments.insert(options.arguments.end(), {"--time", "--monotonic", ahead});
    }
    options.arguments.insert(options.arguments.end(),
                             {fs::read_symlink("/proc/self/exe").string(), "agent"});
    options.errors = errors_ + "/" + host.name + ".err";
    options.death_signal = SIGTERM;
    const auto process = spawn(options);
    if (!process) return connected(tl::unexpected(process.error()));
    processes_[host.index] = process->pid;
    connected(AgentStreams{process->input, process->output, process->pid});
  }

  void kill(const HostSeat& host) override { ::kill(-processes_[host.index], SIGKILL); }

 private:
  fs::path folder_;
  std::string errors_;
  std::map<std::size_t, pid_t> processes_;
};

class RemoteTest : public FleetTest {
 protected:
  void SetUp() override {
    if (std::system("unshare --time --fork true 2>/dev/null") != 0) {
      GTEST_SKIP() << "no time namespace can be made here: that takes root and Linux 5.6";
    }
    fs::create_directories(folder_ / "hosts");
    launcher_ = std::make_unique<FarLauncher>(folder_ / "hosts", options_.agent_errors);
  }

  History history(const FleetOutcome& outcome) {
    RunRecord record;
    for (std::size_t i = 0; i < scenario_.hosts.size(); ++i) {
      record.hosts.push_back({scenario_.hosts[i].name, 0, outcome.clocks.at(i)});
    }
    record.locks = {"lock1"};
    record.start_ns = outcome.start_ns;
    record.end_ns = outcome.end_ns;
    EXPECT_TRUE(write_run_record(places_.run, record));
    auto read = read_history(places_.run);
    EXPECT_TRUE(read) << read.error().text();
    return read ? std::move(*read) : History{};
  }
};

TEST_F(RemoteTest, ClocksThatAreHoursApartMakeOneTimeLine) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_THAT(outcome->clocks, SizeIs(2));
  EXPECT_THAT(outcome->clocks[0], IsEmpty()) << "it has the controller's clock";
  ASSERT_THAT(outcome->clocks[1], SizeIs(1));
  for (const ClockSample& sample : outcome->clocks[1][0].samples) {
    EXPECT_NEAR(static_cast<double>(sample.offset_ns), kHour, static_cast<double>(sample.error_ns));
  }
  const History merged = history(*outcome);
  EXPECT_EQ(merged.hosts[0].uncertainty_ns, 0);
  EXPECT_GT(merged.hosts[1].uncertainty_ns, 0);
  EXPECT_LT(merged.hosts[1].uncertainty_ns, 1'000'000'000);
  ASSERT_THAT(merged.workers, SizeIs(6));
  for (const Event& event : merged.events) {
    EXPECT_GT(event.at_ns, -20'000'000'000) << "prepared before the start";
    EXPECT_LT(event.at_ns, merged.end_ns + 20'000'000'000);
  }
}

TEST_F(RemoteTest, HistoriesArriveAndNothingIsLeftThere) {
  scenario_.faults = {fault(FaultSpec::Kind::kill, "holder", milliseconds(30))};
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(fs::is_empty(folder_ / "hosts"));
  const History merged = history(*outcome);
  std::uint64_t grants = 0;
  for (const Event& event : merged.events) {
    grants += event.op == Op::acquire && event.phase == Phase::ok ? 1 : 0;
  }
  EXPECT_EQ(grants, outcome->last.grants) << "not all that happened has arrived";
  expect_histories_of_all_lives();
  std::size_t inside = 0;
  for (const Fault& fault : merged.faults) {
    EXPECT_GE(fault.start_ns, 0);
    EXPECT_LT(fault.end_ns, merged.end_ns + 20'000'000'000);
    inside += fault.inside_hold ? 1 : 0;
  }
  EXPECT_GT(inside, 0U);
}

// The workers exclude nobody. What the controller heard is on its own clock, hours from the hosts'.
TEST_F(RemoteTest, InOrderedModeHoldsAreOnTheControllersClock) {
  scenario_.ordered = true;
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  const History merged = history(*outcome);
  std::set<std::int64_t> heard;
  for (const Event& event : merged.events) {
    if ((event.op != Op::enter && event.op != Op::leave) || event.phase != Phase::ok) continue;
    EXPECT_GT(event.until_ns, 0);
    EXPECT_LT(event.until_ns, merged.end_ns + 20'000'000'000);
    // Nothing is known better of the host's own clock than this.
    const std::int64_t unsure_ns = merged.hosts[merged.workers[event.worker].host].uncertainty_ns;
    EXPECT_LE(event.until_ns, event.at_ns + unsure_ns);
    EXPECT_TRUE(heard.insert(event.until_ns).second) << "two at one instant";
  }
  EXPECT_GT(heard.size(), 50U);
}

// The host is gone at a stroke: what had arrived by then is a history that can be judged.
TEST_F(RemoteTest, WhatALostHostHadSentIsKept) {
  scenario_.until.duration = seconds(2);
  bool killed = false;
  options_.progress = [&](const FleetProgress& now) {
    if (now.elapsed_ns > 700'000'000 && !std::exchange(killed, true)) launcher_->kill({1, "h2"});
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(outcome->lost_hosts, ::testing::ElementsAre("h2"));
  const History merged = history(*outcome);
  std::map<std::uint32_t, std::uint64_t> grants;
  for (const Event& event : merged.events) {
    if (event.op == Op::acquire && event.phase == Phase::ok) {
      ++grants[merged.workers[event.worker].host];
    }
  }
  EXPECT_GT(grants[0], grants[1]);
  EXPECT_GT(grants[1], 0U);
}

}  // namespace
}  // namespace holdfast::harness::testing
