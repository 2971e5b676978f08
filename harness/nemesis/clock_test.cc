#include "harness/nemesis/clock.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "harness/nemesis/faketime.h"
#include "harness/nemesis/skewed_clock.h"

namespace holdfast::harness {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::int64_t kSecond = 1'000'000'000;

struct SetClock : os::Clock {
  Duration elapsed = seconds(100);
  os::Stamp now() override { return {os::RawTime(elapsed), os::BootTime(elapsed)}; }
  os::WallTime wall() override { return os::WallTime(hours(24 * 365 * 50) + elapsed); }
};

class HostClockTest : public testing::Test {
 protected:
  HostClockTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~HostClockTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  static Fault planned(std::int64_t offset_ns) {
    Fault fault;
    fault.target = "h1";
    fault.planned_offset_ns = offset_ns;
    return fault;
  }

  SetClock real_;

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("host_clock.") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(HostClockTest, AnOffsetIsMeasuredWhereTheWorkersSeeIt) {
  const auto clock = LogicalHostClock::create({path("h1.page"), "", {}}, real_);
  ASSERT_TRUE(clock) << clock.error().text();
  const auto seen = SkewedClock::open(path("h1.page"), real_);
  ASSERT_TRUE(seen);
  (*clock)->set({-3600 * kSecond, {}}, planned(-3600 * kSecond));
  EXPECT_EQ((*seen)->wall(), real_.wall() - hours(1));
  real_.elapsed += seconds(1);
  const Fault fault = (*clock)->measured();
  EXPECT_TRUE(fault.effective) << fault.why_not;
  EXPECT_EQ(fault.kind, "clock");
  EXPECT_EQ(fault.measured_offset_ns, -3600 * kSecond);
  EXPECT_EQ(fault.measured_rate, 1);
  EXPECT_LT(fault.start_ns, fault.end_ns);
}

TEST_F(HostClockTest, ARateIsMeasuredOverTheTimeThatPassed) {
  const auto clock = LogicalHostClock::create({path("h1.page"), "", {}}, real_);
  ASSERT_TRUE(clock);
  (*clock)->set({{}, 1.004}, planned(0));
  real_.elapsed += seconds(1);
  const Fault fault = (*clock)->measured();
  EXPECT_TRUE(fault.effective) << fault.why_not;
  EXPECT_EQ(fault.planned_rate, 1.004);
  EXPECT_NEAR(fault.measured_rate, 1.004, 1e-6);
  EXPECT_EQ(fault.measured_offset_ns, 0);
}

// A change that no time has passed since cannot have been seen to bend anything.
TEST_F(HostClockTest, ARateThatDoesNotShowIsNotEffective) {
  const auto clock = LogicalHostClock::create({path("h1.page"), "", {}}, real_);
  ASSERT_TRUE(clock);
  (*clock)->set({{}, 0.996}, planned(0));
  const Fault fault = (*clock)->measured();
  EXPECT_FALSE(fault.effective);
  EXPECT_NE(fault.why_not, "");
}

TEST_F(HostClockTest, AProgramsOffsetIsMeasuredByAProgram) {
  const auto libraries = faketime_libraries(HOLDFAST_PROGRAM_FOLDER);
  if (!libraries) GTEST_SKIP() << libraries.error().text();
  const auto clock =
      LogicalHostClock::create({path("h1.page"), path("h1.faketime"), *libraries}, real_);
  ASSERT_TRUE(clock) << clock.error().text();
  (*clock)->set({30 * kSecond, {}}, planned(30 * kSecond));
  const Fault fault = (*clock)->measured();
  EXPECT_TRUE(fault.effective) << fault.why_not;
  EXPECT_NEAR(static_cast<double>(fault.measured_offset_ns), 30e9, 2e8);
}

TEST_F(HostClockTest, AFaultThatCouldNotBeMeasuredSaysWhy) {
  const auto clock = LogicalHostClock::create({path("h1.page"), path("h1.faketime"), {}}, real_);
  ASSERT_TRUE(clock);
  std::filesystem::create_directory(path("h1.faketime.next"));
  (*clock)->set({30 * kSecond, {}}, planned(30 * kSecond));
  const Fault fault = (*clock)->measured();
  EXPECT_FALSE(fault.effective);
  EXPECT_NE(fault.why_not.find("h1.faketime"), std::string::npos) << fault.why_not;
}

// Long after it was measured: nobody would look at a failure that is kept for the next measurement.
TEST_F(HostClockTest, ARateThatCannotBeMovedOnSaysSoAtOnce) {
  const auto clock = LogicalHostClock::create({path("h1.page"), path("h1.faketime"), {}}, real_);
  ASSERT_TRUE(clock);
  EXPECT_TRUE((*clock)->tick()) << "nothing is to be moved on";
  (*clock)->set({{}, 1.004}, planned(0));
  EXPECT_TRUE((*clock)->tick());
  std::filesystem::create_directory(path("h1.faketime.next"));
  const auto moved = (*clock)->tick();
  ASSERT_FALSE(moved);
  EXPECT_NE(moved.error().text().find("h1.faketime"), std::string::npos) << moved.error().text();
}

TEST_F(HostClockTest, AProgramsRateMovesItsOffsetOn) {
  const auto libraries = faketime_libraries(HOLDFAST_PROGRAM_FOLDER);
  if (!libraries) GTEST_SKIP() << libraries.error().text();
  const auto clock =
      LogicalHostClock::create({path("h1.page"), path("h1.faketime"), *libraries}, real_);
  ASSERT_TRUE(clock);
  (*clock)->set({{}, 1.004}, planned(0));
  real_.elapsed += seconds(1000);
  EXPECT_TRUE((*clock)->tick());
  const auto offset = measure_faketime(path("h1.faketime"), *libraries);
  ASSERT_TRUE(offset);
  EXPECT_NEAR(static_cast<double>(*offset), 4e9, 2e8);
}

}  // namespace
}  // namespace holdfast::harness
