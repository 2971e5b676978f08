// What is said of a bent clock: when it is in force, where nobody knows it, and that it is over.
// What is done to processes is in fleet_test.cc.
#include "harness/fleet/strikes.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Bends nothing.
struct ToldClock : BentClock {
  void set(const ClockSetting&, Fault planned) override {
    fault = std::move(planned);
    fault.start_ns = recorder_now_ns();
    is_pending = true;
  }
  Result<void> tick() override {
    if (moves) return {};
    return problem("h1.faketime", "replace the clock's offset");
  }
  std::chrono::nanoseconds settling() const override { return {}; }
  Fault measured() override {
    is_pending = false;
    fault.effective = measures;
    fault.why_not = measures ? "" : "/bin/date does not start";
    fault.measured_offset_ns = measures ? fault.planned_offset_ns : 0;
    return fault;
  }
  bool pending() const override { return is_pending; }

  Fault fault;
  bool is_pending = false;
  bool measures = true;
  bool moves = true;
};

class ClockStrikesTest : public testing::Test {
 protected:
  ClockStrikesTest() {
    auto clock = std::make_unique<ToldClock>();
    clock_ = clock.get();
    strikes_ = std::make_unique<Strikes>(
        context_, crew_, std::move(clock),
        Strikes::Listener{[this](const Fault& fault) { over_.push_back(fault); },
                          [this](const Fault& fault) { in_force_.push_back(fault); },
                          [](std::uint32_t) {}});
  }

  void bend(std::int64_t offset_ns) {
    Strike strike;
    strike.id = ++last_;
    strike.kind = FaultSpec::Kind::clock;
    strike.target = "h1";
    strike.hosts = {0};
    strike.offsets_ns = {offset_ns};
    strikes_->inject(strike);
  }

  boost::asio::io_context context_;
  Crew crew_{context_, HostOrders{}, Crew::Listener{}};
  ToldClock* clock_ = nullptr;
  std::unique_ptr<Strikes> strikes_;
  std::vector<Fault> in_force_;
  std::vector<Fault> over_;
  std::uint32_t last_ = 0;
};

// A host that is lost in between says no more.
TEST_F(ClockStrikesTest, ThatAClockIsSetIsSaidBeforeItIsMeasured) {
  bend(5);
  ASSERT_THAT(in_force_, SizeIs(2));
  EXPECT_FALSE(in_force_[0].effective);
  EXPECT_NE(in_force_[0].why_not, "");
  EXPECT_LE(in_force_[0].start_ns, in_force_[1].start_ns);
  EXPECT_TRUE(in_force_[1].effective);
  EXPECT_EQ(in_force_[1].measured_offset_ns, 5);
  EXPECT_THAT(over_, IsEmpty());
}

// It may be anywhere: were it said to be over at once, the lock would be judged by a right clock.
TEST_F(ClockStrikesTest, OneThatWasNotMeasuredIsInForceUntilTheNext) {
  clock_->measures = false;
  bend(5);
  EXPECT_THAT(over_, IsEmpty());
  clock_->measures = true;
  bend(0);
  ASSERT_THAT(over_, SizeIs(1));
  EXPECT_FALSE(over_[0].effective);
  EXPECT_EQ(over_[0].why_not, "/bin/date does not start");
  EXPECT_TRUE(is_unmeasured(over_[0]));
  EXPECT_LE(over_[0].end_ns, in_force_.back().start_ns);
  strikes_->finish();
  strikes_->crew_is_gone();
  ASSERT_THAT(over_, SizeIs(2));
  EXPECT_TRUE(over_[1].effective);
}

TEST_F(ClockStrikesTest, OneThatCannotBeMovedOnIsOverAndNobodyKnowsWhereItIs) {
  bend(5);
  clock_->moves = false;
  while (over_.empty()) context_.run_one();
  EXPECT_TRUE(over_[0].effective);
  const Fault lost = in_force_.back();
  EXPECT_FALSE(lost.effective);
  EXPECT_THAT(lost.why_not, testing::HasSubstr("h1.faketime"));
  EXPECT_GE(lost.start_ns, over_[0].end_ns);
  const std::size_t said = in_force_.size();
  context_.run_one();
  EXPECT_THAT(in_force_, SizeIs(said)) << "it is said once";
  strikes_->finish();
  strikes_->crew_is_gone();
  ASSERT_THAT(over_, SizeIs(2));
  EXPECT_TRUE(is_unmeasured(over_[1]));
}

}  // namespace
}  // namespace holdfast::harness
