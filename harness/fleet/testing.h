// For the tests of this room: a fleet with real processes and a body that stands in for the
// workload. It records grants and releases as fast as it is told to, so everything that the fleet
// promises can be seen.
//
// A test program that links testing.cc is also what the fleet starts: called as `agent` or
// `worker`, it is one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/fleet/fleet.h"
#include "harness/fleet/local_launcher.h"

namespace holdfast::harness::testing {

FaultSpec fault(FaultSpec::Kind kind, const std::string& target, Nanoseconds every);

/// Looks again and again, for ten seconds at most.
bool eventually(const std::function<bool()>& holds);

std::string contents(const std::filesystem::path& path);

/// Hosts that boot whenever they were crashed.
class BootingLauncher : public Launcher {
 public:
  explicit BootingLauncher(std::unique_ptr<Launcher> hosts) : hosts_(std::move(hosts)) {}
  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return hosts_->places(host, run);
  }
  void launch(boost::asio::io_context& context, const HostSeat& host,
              Connected connected) override {
    hosts_->launch(context, host, std::move(connected));
  }
  void kill(const HostSeat& host) override { hosts_->kill(host); }
  bool returns(const HostSeat&) const override { return true; }

 private:
  std::unique_ptr<Launcher> hosts_;
};

/// A run of two local hosts with three workers each, for 300 ms. What the body does is the
/// contender's name: "works", or see testing.cc.
class FleetTest : public ::testing::Test {
 protected:
  FleetTest();
  ~FleetTest() override;

  /// Whatever it comes to: nobody is left behind. Uses up the launcher.
  Result<FleetOutcome> run(std::uint64_t seed = 1);
  bool nobody_left() const;
  std::vector<Fault> faults() const;
  std::set<std::string> histories() const;
  /// Checks that everybody who was killed left a history, and so did at least one in each slot.
  void expect_histories_of_all_lives() const;

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("fleet.") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  Scenario scenario_;
  Places places_;
  std::unique_ptr<Launcher> launcher_;
  FleetOptions options_;
};

}  // namespace holdfast::harness::testing
