// What the log says of settings of the server's clock.
#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cerrno>

#include "harness/sharedmount/wire_testing.h"

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kRefused;

class WireClock : public testing::WireTest {};

// Nobody was deceived by a clock that was set right again before it stamped anything.
TEST_F(WireClock, ASettingOfTheClockOfWhichNobodyWasToldAStampTookNoEffect) {
  share({R"({"fault": "server_clock", "step": "7s"})", R"({"fault": "server_clock", "step": "1h"})",
         R"({"fault": "server_clock", "offset": "-1h"})"});
  EXPECT_THAT(log_, ElementsAre("server_clock  step: off by 7s, before by 0s; 0 stamps of it told "
                                "(no effect: nobody was told of a stamp that it changed)",
                                "server_clock  step: off by 3607s, before by 7s; 0 stamps of it "
                                "told (no effect: nobody was told of a stamp that it changed)"));
  send(Action::mkdir, "d");
  wire_->close();
  ASSERT_EQ(log_.size(), 3U);
  EXPECT_THAT(log_[2], HasSubstr("offset: off by -1h, before by 3607s; 3 stamps of it told"));
  EXPECT_EQ(hits_[2].why_not, "");
  EXPECT_EQ(hits_[2].offset, -1h);
  EXPECT_THAT(hits_[1].sorts, ElementsAre("step"));
  EXPECT_THAT(hits_[2].sorts, ElementsAre("offset"));
  EXPECT_EQ(hits_[2].measured_offset, -1h);
}

TEST_F(WireClock, AStampThatItsHostWasNotToldDeceivesNobody) {
  share({R"({"fault": "server_clock", "step": "7s"})", kRefused});
  send(Action::mkdir, "d");
  run();
  wire_->close();
  EXPECT_THAT(told_, ElementsAre(EIO));
  EXPECT_THAT(log_.back(), HasSubstr("0 stamps of it told (no effect: nobody was told"));
}

TEST_F(WireClock, WhereTheClockIsSetToWhatItShowsThatTookNoEffect) {
  share({R"({"fault": "server_clock", "offset": "1h"})"});
  send(Action::mkdir, "d");
  wire_->add(fault_of(R"({"fault": "server_clock", "offset": "1h"})"));
  EXPECT_EQ(hits_.at(0).why_not, "");
  send(Action::lookup, "d");
  wire_->close();
  EXPECT_EQ(hits_.at(1).why_not, "it was off by so much already");
}

// Else the first leases of a run would be stamped by another clock than those that follow.
TEST_F(WireClock, AClockThatIsOffFromTheStartHasStampedWhatIsMadeBeforeIt) {
  share({});
  const WireOptions options{{"h1", "h2"}, 7, [this](const Hit& hit) { note(hit); }};
  wire_ = std::make_unique<Wire>(context_, *store_, options);
  wire_->add(fault_of(R"({"fault": "server_clock", "offset": "1h"})"));
  wire_->add(fault_of(R"({"fault": "server_clock", "at": "1h", "offset": "7s"})"));
  send(Action::mkdir, "d");
  wire_->start();
  wire_->close();
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_THAT(log_[0], HasSubstr("offset: off by 1h, before by 0s; 3 stamps of it told"));
  EXPECT_EQ(hits_[0].measured_offset, 1h);
}

// Else a page or a checker would look for what it did at one instant.
TEST_F(WireClock, ASettingOfTheClockLastsUntilTheNext) {
  share({R"({"fault": "server_clock", "step": "7s"})"});
  const auto more_to_come = boost::asio::make_work_guard(context_);
  context_.run_for(20ms);
  wire_->add(fault_of(R"({"fault": "server_clock", "step": "7s"})"));
  EXPECT_GE(hits_.at(0).lasted, 20ms);
  EXPECT_EQ(hits_.at(0).ago, 0ns);
}

}  // namespace
}  // namespace holdfast::harness::mount
