// A watch ends with its agent, which can be lost at any instant: also when it was about to ask.
#include "harness/fleet/clock_watch.h"

#include <gtest/gtest.h>

#include <memory>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class ClockWatchTest : public testing::Test {
 protected:
  /// Does `then` when the watch's timer has run out already and its handler waits for its turn:
  /// both timers are over before the context looks at the first.
  void when_it_is_due(const std::function<void()>& then) {
    boost::asio::steady_timer earlier(context_, milliseconds(1));
    earlier.async_wait([&](const boost::system::error_code&) { then(); });
    watch_ = std::make_unique<ClockWatch>(context_, [this](const AskClock&) { ++asked_; });
    const auto due = Clock::now() + milliseconds(15);
    while (Clock::now() < due) {
    }
    context_.run_for(milliseconds(40));
  }

  boost::asio::io_context context_{1};
  std::unique_ptr<ClockWatch> watch_;
  int asked_ = 0;
};

TEST_F(ClockWatchTest, AsksAgainAndAgain) {
  when_it_is_due([] {});
  EXPECT_GT(asked_, 1);
}

TEST_F(ClockWatchTest, ThatIsGoneAsksNobody) {
  when_it_is_due([this] { watch_.reset(); });
  EXPECT_EQ(asked_, 1);
}

TEST_F(ClockWatchTest, ThatWasStoppedDoesNotBeginAgain) {
  when_it_is_due([this] { watch_->stop(); });
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace holdfast::harness
