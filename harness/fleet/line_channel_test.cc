#include "harness/fleet/line_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A channel whose two peers' ends are in the test's hands.
class LineChannelTest : public testing::Test {
 protected:
  LineChannelTest() {
    EXPECT_EQ(::pipe(down_.data()), 0);
    EXPECT_EQ(::pipe(up_.data()), 0);
    channel_ = LineChannel::open(
        context_, down_[0], up_[1],
        {[this](const std::string& line) { lines_.push_back(line); }, [this] { ++ends_; }});
  }
  ~LineChannelTest() override {
    channel_->drop();
    context_.poll();
    say_end();
    ::close(up_[0]);
  }
  void say(const std::string& text) {
    ASSERT_EQ(::write(down_[1], text.data(), text.size()), std::ssize(text));
    // A pipe that is readable is so at once; several rounds, as one handler leads to the next.
    for (int i = 0; i < 10; ++i) context_.poll();
  }
  void say_end() {
    if (down_[1] >= 0) ::close(down_[1]);
    down_[1] = -1;
    for (int i = 0; i < 10; ++i) context_.poll();
  }
  /// What came up so far.
  std::string heard() {
    for (int i = 0; i < 10; ++i) context_.poll();
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(up_[0], buffer.data(), buffer.size());
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

  IgnoredPipes ignored_;
  boost::asio::io_context context_;
  std::array<int, 2> down_{};
  std::array<int, 2> up_{};
  std::shared_ptr<LineChannel> channel_;
  std::vector<std::string> lines_;
  int ends_ = 0;
};

TEST_F(LineChannelTest, LinesArriveWholeHoweverTheyAreCut) {
  say("one\ntw");
  EXPECT_THAT(lines_, ElementsAre("one"));
  say("o\n\nfour\n");
  EXPECT_THAT(lines_, ElementsAre("one", "two", "", "four"));
}

TEST_F(LineChannelTest, HalfALineAtTheEndIsNoLine) {
  say("one\ntwo");
  say_end();
  EXPECT_THAT(lines_, ElementsAre("one"));
  EXPECT_EQ(ends_, 1);
}

TEST_F(LineChannelTest, WhatIsSentArrivesInOrder) {
  channel_->send("one");
  channel_->send("two");
  EXPECT_EQ(heard(), "one\ntwo\n");
}

TEST_F(LineChannelTest, ClosingTheWayDownWaitsForWhatWasSent) {
  channel_->send("last");
  channel_->close_output();
  channel_->send("too late");
  EXPECT_EQ(heard(), "last\n");
  EXPECT_EQ(heard(), "");  // the end, and not: nothing yet
  say("still heard\n");
  EXPECT_THAT(lines_, ElementsAre("still heard"));
}

TEST_F(LineChannelTest, ADroppedChannelSaysNothing) {
  channel_->drop();
  say_end();
  EXPECT_THAT(lines_, IsEmpty());
  EXPECT_EQ(ends_, 0);
}

TEST_F(LineChannelTest, APeerThatIsGoneIsNoErrorUntilItIsHeardOf) {
  ::close(up_[0]);
  channel_->send("into the void");
  for (int i = 0; i < 10; ++i) context_.poll();
  channel_->send("again");
  EXPECT_EQ(ends_, 0);
  say_end();
  EXPECT_EQ(ends_, 1);
  up_[0] = -1;
}

}  // namespace
}  // namespace holdfast::harness
