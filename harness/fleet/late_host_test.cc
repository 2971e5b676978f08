// A host that was crashed and has not booted when its run ends: nobody works there, nobody is lost.
#include <gmock/gmock.h>

#include "harness/fleet/testing.h"

namespace holdfast::harness::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Hosts that boot only when they are told to, once they have been crashed.
class LateLauncher : public BootingLauncher {
 public:
  using BootingLauncher::BootingLauncher;
  void launch(boost::asio::io_context& context, const HostSeat& host,
              Connected connected) override {
    if (started_.insert(host.index).second) {
      return BootingLauncher::launch(context, host, std::move(connected));
    }
    boot_ = [this, &context, host, connected = std::move(connected)] {
      BootingLauncher::launch(context, host, connected);
    };
  }
  void boot() {
    if (const auto boot = std::exchange(boot_, nullptr)) boot();
  }

 private:
  std::set<std::size_t> started_;
  std::function<void()> boot_;
};

class LateHostTest : public FleetTest {
 protected:
  LateHostTest() {
    auto late = std::make_unique<LateLauncher>(std::move(launcher_));
    late_ = late.get();
    launcher_ = std::move(late);
    scenario_.until.duration = seconds(1);
    options_.ending = [this] { ending_ = true; };
    options_.progress = [this](const FleetProgress& now) {
      if (now.grants > 100 && !std::exchange(crashed_, true)) launcher_->kill({1, "h2"});
      if (ending_ && boots_) late_->boot();
    };
  }
  void expect_that_nobody_is_lost() {
    const auto outcome = run();
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_TRUE(crashed_);
    EXPECT_THAT(outcome->lost_hosts, IsEmpty());
    EXPECT_THAT(histories(), SizeIs(6)) << "somebody began to work";
    for (const Fault& fault : faults()) EXPECT_EQ(fault.kind, "kill");
  }

  LateLauncher* late_ = nullptr;
  bool crashed_ = false, ending_ = false, boots_ = true;
};

TEST_F(LateHostTest, ThatIsBackWhenAllAreToldToEndHasNothingToDo) { expect_that_nobody_is_lost(); }

TEST_F(LateHostTest, ThatIsNotBackIsNotLostEither) {
  boots_ = false;
  options_.grace = milliseconds(100);
  scenario_.bounds.timeout_slack = {};
  expect_that_nobody_is_lost();
}

}  // namespace
}  // namespace holdfast::harness::testing
