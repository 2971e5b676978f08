#include "harness/workload/shift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "harness/contender/test_recorder.h"

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr std::int64_t kMs = 1'000'000;

/// Answers as the test says; granted and released where it says nothing.
struct SaidContender final : Contender {
  Traits said;
  std::deque<Answer> acquires, refreshes, releases;
  std::vector<std::string> calls;
  bool over = false;
  std::function<void()> in_acquire;

  const Traits& traits() const override { return said; }
  Answer acquire(std::chrono::nanoseconds, const std::stop_token&) override {
    calls.emplace_back("acquire");
    if (in_acquire) in_acquire();
    return next(acquires);
  }
  Answer refresh() override {
    calls.emplace_back("refresh");
    return next(refreshes);
  }
  Answer release() override {
    calls.emplace_back("release");
    return next(releases);
  }
  ProbedState probe() override { return ProbedState::mine; }
  bool ended() const override { return over; }

  static Answer next(std::deque<Answer>& from) {
    if (from.empty()) return succeeded();
    Answer answer = from.front();
    from.pop_front();
    return answer;
  }
};

struct SaidResource final : ProtectedResource {
  Entry entry = Entry::in;
  std::vector<std::string> calls;
  Result<Entry> enter(std::uint64_t token) override {
    calls.push_back("enter " + std::to_string(token));
    return entry;
  }
  Result<void> leave(std::uint64_t token, bool lost) override {
    calls.push_back("leave " + std::to_string(token) + (lost ? " lost" : ""));
    return {};
  }
};

/// Time passes only by sleeping.
class ShiftTest : public testing::Test {
 protected:
  ShiftTest() { work_.hold = {Distribution::Shape::constant, milliseconds(5), {}}; }

  /// Runs until so much time has passed.
  Result<WorkerEnd> run(milliseconds time, ProtectedResource* resource = nullptr) {
    const std::int64_t end = now_ + std::chrono::nanoseconds(time).count();
    ShiftDoors doors;
    doors.now_ns = [this] { return now_; };
    doors.sleep = [this, end](Nanoseconds at_most) {
      now_ += at_most.count();
      if (now_ >= end) stop_.request_stop();
    };
    doors.complain = [this](const std::string& text) { complaints_.push_back(text); };
    doors.notify = notify_;
    Shift shift(work_, patience_ns_, contender_, resource, Journal(recorder_, 3), Random(1), doors);
    return shift.run(stop_.get_token());
  }
  void stop_in_acquire() {
    contender_.in_acquire = [this] { stop_.request_stop(); };
  }
  std::vector<std::string> events() const {
    static const char* const kOps[] = {"",     "worker", "acquire", "refresh", "release",
                                       "told", "update", "raise",   "publish", "probe",
                                       "file", "enter",  "leave"};
    static const char* const kPhases[] = {"", "invoke", "ok", "fail", "info"};
    std::vector<std::string> list;
    for (const Recorded& recorded : recorder_.all) {
      list.push_back(std::string(kOps[static_cast<int>(recorded.event.op)]) + " " +
                     kPhases[static_cast<int>(recorded.event.phase)]);
    }
    return list;
  }
  static Answer granted(std::uint64_t token, std::int64_t until_ns) {
    Answer answer = succeeded();
    answer.token = token;
    answer.until_ns = until_ns;
    return answer;
  }
  static Answer unknown() {
    Answer answer;
    answer.phase = Phase::info;
    return answer;
  }

  Work work_;
  std::int64_t patience_ns_ = -1;
  std::int64_t now_ = 1000 * kMs;
  std::stop_source stop_;
  SaidContender contender_;
  SaidResource resource_;
  Notify notify_;
  TestRecorder recorder_;
  std::vector<std::string> complaints_;
};

// Whatever is done to the resource is done while the controller knows who is inside.
TEST_F(ShiftTest, InOrderedModeTheControllerHearsOfItBeforeAnythingElseIsDone) {
  std::vector<std::string> seen;
  std::int64_t heard_ns = 70;
  notify_ = [&]() -> std::optional<std::int64_t> {
    seen = resource_.calls;
    EXPECT_THAT(contender_.calls, ElementsAre("acquire"));
    return heard_ns++;
  };
  contender_.acquires = {granted(17, 0)};
  EXPECT_EQ(*run(milliseconds(5), &resource_), WorkerEnd::in_order);
  EXPECT_THAT(events(),
              ElementsAre("acquire invoke", "acquire ok", "enter invoke", "enter ok",
                          "leave invoke", "leave ok", "release invoke", "release ok", "worker ok"));
  EXPECT_EQ(recorder_.all[3].event.until_ns, 70);
  EXPECT_EQ(recorder_.all[3].event.token, 17U);
  EXPECT_EQ(recorder_.all[5].event.until_ns, 71);
  EXPECT_THAT(seen, ElementsAre("enter 17", "leave 17")) << "it had left the resource by then";
}

TEST_F(ShiftTest, NobodyToAnswerIsNoReasonToKeepTheLock) {
  notify_ = [] { return std::nullopt; };
  EXPECT_EQ(*run(milliseconds(5)), WorkerEnd::in_order);
  EXPECT_THAT(events(), ElementsAre("acquire invoke", "acquire ok", "enter invoke", "enter info",
                                    "leave invoke", "leave info", "release invoke", "release ok",
                                    "worker ok"));
}

TEST_F(ShiftTest, WhoIsNotGrantedTheLockTellsNobody) {
  notify_ = []() -> std::optional<std::int64_t> {
    ADD_FAILURE() << "it is not inside";
    return std::nullopt;
  };
  contender_.acquires = {unknown(), failed(Why::timeout)};
  stop_in_acquire();
  EXPECT_EQ(*run(milliseconds(5)), WorkerEnd::in_order);
}

TEST_F(ShiftTest, AcquiresHoldsAndReleasesUntilItIsToldToStop) {
  EXPECT_EQ(*run(milliseconds(10)), WorkerEnd::in_order);
  EXPECT_THAT(events(), ElementsAre("acquire invoke", "acquire ok", "release invoke", "release ok",
                                    "acquire invoke", "acquire ok", "release invoke", "release ok",
                                    "worker ok"));
  for (const Recorded& recorded : recorder_.all) EXPECT_EQ(recorded.event.lock, 3);
}

TEST_F(ShiftTest, WritesDownTokenAndLeaseOfAGrant) {
  contender_.acquires = {granted(17, now_ + 50 * kMs)};
  stop_in_acquire();
  ASSERT_TRUE(run(milliseconds(1)));
  EXPECT_EQ(recorder_.all[1].event.token, 17U);
  EXPECT_EQ(recorder_.all[1].event.until_ns, now_ + 50 * kMs);
}

TEST_F(ShiftTest, WritesDownWhenThePatienceEnds) {
  patience_ns_ = 7 * kMs;
  stop_in_acquire();
  ASSERT_TRUE(run(milliseconds(1)));
  EXPECT_EQ(recorder_.all[0].event.until_ns, 1007 * kMs);
  patience_ns_ = -1;
  ASSERT_TRUE(run(milliseconds(1)));
  EXPECT_EQ(recorder_.all.back().event.until_ns, 0);
}

TEST_F(ShiftTest, LeavesWhenItsLeaseIsOver) {
  work_.hold.low = milliseconds(500);
  contender_.acquires = {granted(1, now_ + 30 * kMs)};
  contender_.releases = {failed(Why::lost)};
  stop_in_acquire();
  contender_.in_acquire = nullptr;
  ASSERT_TRUE(run(milliseconds(200)));
  const auto seen = events();
  ASSERT_GE(seen.size(), 5U);
  EXPECT_EQ(std::vector(seen.begin(), seen.begin() + 5),
            (std::vector<std::string>{"acquire invoke", "acquire ok", "told ok", "release invoke",
                                      "release fail"}));
}

TEST_F(ShiftTest, RefreshesWhileItHoldsAndStaysWithTheNewLease) {
  contender_.said.refresh = true;
  work_.refresh_every = milliseconds(10);
  work_.hold.low = milliseconds(35);
  contender_.acquires = {granted(1, now_ + 15 * kMs)};
  contender_.refreshes = {granted(1, now_ + 25 * kMs), granted(1, now_ + 35 * kMs),
                          granted(1, now_ + 45 * kMs)};
  ASSERT_TRUE(run(milliseconds(35)));
  EXPECT_THAT(contender_.calls, ElementsAre("acquire", "refresh", "refresh", "refresh", "release"));
  EXPECT_EQ(now_, 1035 * kMs);
}

TEST_F(ShiftTest, LeavesWhenARefreshTellsOfALoss) {
  contender_.said.refresh = true;
  work_.refresh_every = milliseconds(10);
  work_.hold.low = milliseconds(500);
  contender_.refreshes = {failed(Why::lost)};
  contender_.releases = {failed(Why::not_held)};
  ASSERT_TRUE(run(milliseconds(12)));
  const auto seen = events();
  EXPECT_EQ(
      std::vector(seen.begin(), seen.begin() + 7),
      (std::vector<std::string>{"acquire invoke", "acquire ok", "refresh invoke", "refresh fail",
                                "told ok", "release invoke", "release fail"}));
}

TEST_F(ShiftTest, ARefreshThatFailsByAnErrorDoesNotEndTheHold) {
  contender_.said.refresh = true;
  work_.refresh_every = milliseconds(10);
  work_.hold.low = milliseconds(15);
  contender_.refreshes = {failed(Why::error, "Input/output error")};
  ASSERT_TRUE(run(milliseconds(15)));
  EXPECT_EQ(now_, 1015 * kMs);
  EXPECT_THAT(complaints_, ElementsAre("refresh failed: Input/output error"));
}

TEST_F(ShiftTest, GivesBackWhatItMayHaveGotByAnUnknownOutcome) {
  contender_.acquires = {unknown()};
  stop_in_acquire();
  ASSERT_TRUE(run(milliseconds(1)));
  EXPECT_THAT(events(), ElementsAre("acquire invoke", "acquire info", "release invoke",
                                    "release ok", "worker ok"));
}

TEST_F(ShiftTest, AnErrorOfReleaseIsNotTheEndOfIt) {
  contender_.releases = {failed(Why::error), failed(Why::error)};
  stop_in_acquire();
  ASSERT_TRUE(run(milliseconds(1)));
  EXPECT_THAT(contender_.calls, ElementsAre("acquire", "release", "release", "release"));
}

TEST_F(ShiftTest, ACancelledWaitEndsTheShiftInOrder) {
  contender_.acquires = {failed(Why::cancelled)};
  stop_in_acquire();
  EXPECT_EQ(*run(milliseconds(1)), WorkerEnd::in_order);
  EXPECT_THAT(events(), ElementsAre("acquire invoke", "acquire fail", "worker ok"));
}

TEST_F(ShiftTest, EndsWithItsContender) {
  contender_.in_acquire = [this] { contender_.over = true; };
  contender_.acquires = {unknown()};
  EXPECT_EQ(*run(milliseconds(1)), WorkerEnd::contender_ended);
  EXPECT_THAT(events(), ElementsAre("acquire invoke", "acquire info"));
}

TEST_F(ShiftTest, AFullDiskIsAProblemAndNotSilence) {
  recorder_.full = true;
  const auto end = run(milliseconds(100));
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().text(), testing::HasSubstr("disk"));
}

TEST_F(ShiftTest, TheResourceIsEnteredFirstAndLeftLast) {
  contender_.acquires = {granted(4, now_ + 50 * kMs)};
  ASSERT_TRUE(run(milliseconds(5), &resource_));
  EXPECT_THAT(resource_.calls, ElementsAre("enter 4", "leave 4"));
}

TEST_F(ShiftTest, TheResourceIsToldThatTheLeaseIsOver) {
  work_.hold.low = milliseconds(50);
  contender_.acquires = {granted(4, now_ + 20 * kMs)};
  ASSERT_TRUE(run(milliseconds(20), &resource_));
  EXPECT_THAT(resource_.calls, ElementsAre("enter 4", "leave 4 lost"));
}

TEST_F(ShiftTest, AHolderThatTheResourceRefusesLeavesAtOnce) {
  resource_.entry = ProtectedResource::Entry::refused;
  stop_in_acquire();
  ASSERT_TRUE(run(milliseconds(5), &resource_));
  EXPECT_EQ(resource_.calls.size(), 1U);
  EXPECT_EQ(now_, 1000 * kMs);
  EXPECT_THAT(contender_.calls, ElementsAre("acquire", "release"));
}

// Coordinated omission: the time that a slow lock costs those who come after is counted from when
// they wanted to come.
TEST_F(ShiftTest, OpenArrivalsKeepTheirTimesWhateverTheLastOneTook) {
  work_.arrivals = Distribution{Distribution::Shape::constant, milliseconds(2), {}};
  ASSERT_TRUE(run(milliseconds(15)));
  std::vector<std::int64_t> starts;
  for (const Recorded& recorded : recorder_.all) {
    if (recorded.event.op == Op::acquire && recorded.event.phase == Phase::invoke) {
      starts.push_back(recorded.event.began_ns / kMs);
    }
  }
  EXPECT_THAT(starts, ElementsAre(1002, 1004, 1006));
}

TEST_F(ShiftTest, SomeSuccessesAreCheckedByAskingTheLock) {
  contender_.said.state = true;
  ASSERT_TRUE(run(milliseconds(5000)));
  std::size_t grants = 0, probes = 0;
  for (const Recorded& recorded : recorder_.all) {
    if (recorded.event.phase != Phase::ok) continue;
    grants += recorded.event.op == Op::acquire ? 1U : 0U;
    probes += recorded.event.op == Op::probe ? 1U : 0U;
  }
  EXPECT_EQ(grants, 1000U);
  EXPECT_NEAR(static_cast<double>(probes), 1000.0 / 16, 30);
}

}  // namespace
}  // namespace holdfast::harness
