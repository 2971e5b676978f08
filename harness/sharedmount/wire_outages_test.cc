// What the log says of those whom an outage holds up, of those who give up, and of what a server
// forgets.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/sharedmount/wire_testing.h"

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kDelayed;
using Clock = std::chrono::steady_clock;

class WireOutages : public testing::WireTest {};

TEST_F(WireOutages, EachRequestThatAnOutageHeldUpIsToldByItsNames) {
  share({R"({"fault": "partition", "host": "h1", "for": "20ms"})"});
  send(Action::mkdir, "a");
  send(Action::mkdir, "b", 1);
  send(Action::rmdir, "b");
  EXPECT_THAT(told_, ElementsAre(0)) << "the other host's";
  run();
  EXPECT_THAT(log_,
              ElementsAre("held_up(partition) h1 mkdir a: not arrived, kept back by partition 1",
                          "held_up(partition) h1 rmdir b: not arrived, kept back by partition 1",
                          "partition h1 2 requests waited"));
  EXPECT_LE(hits_.at(0).lasted, hits_.at(2).lasted);
}

TEST_F(WireOutages, OfALostReplyTheLogSaysThatTheRequestWasCarriedOut) {
  share({R"({"fault": "partition", "for": "20ms", "direction": "replies"})"});
  send(Action::mkdir, "a");
  EXPECT_TRUE(there("a"));
  run();
  EXPECT_THAT(
      log_, ElementsAre("held_up(partition) h1 mkdir a: done, not answered, kept back by "
                        "partition 1",
                        "partition  1 request waited", "lost_reply h1 mkdir a: done, then EEXIST"));
}

// Else a wait would be counted twice, and an outage that changed nothing be called effective.
TEST_F(WireOutages, WhoWaitsForTwoOutagesIsHeldUpByOneAfterTheOther) {
  share({R"({"fault": "server_pause", "for": "20ms"})", R"({"fault": "partition", "for": "60ms"})",
         R"({"fault": "server_crash", "forget": 1, "for": "1ms"})"},
        "nfs-async");
  send(Action::mkdir, "a");
  run();
  EXPECT_THAT(
      log_,
      ElementsAre("server_crash  0 requests waited (no effect: no request waited for its end)",
                  "held_up(server_pause) h1 mkdir a: not arrived, kept back by server_pause 1",
                  "server_pause  1 request waited",
                  "held_up(partition) h1 mkdir a: not arrived, kept back by partition 2",
                  "partition  1 request waited"));
  EXPECT_LE(hits_.at(1).lasted + hits_.at(3).lasted, Clock::now() - begun_);
}

TEST_F(WireOutages, OfAThousandWhoWaitEachIsToldAndTheOthersAreCounted) {
  share({R"({"fault": "server_pause", "for": "20ms"})"});
  for (int i = 0; i < 1003; ++i) send(Action::lookup, "n" + std::to_string(i));
  run();
  ASSERT_EQ(log_.size(), 1001U);
  EXPECT_THAT(log_[999], HasSubstr("lookup n999: not arrived"));
  EXPECT_EQ(log_.back(), "server_pause  1003 requests waited, the first 1000 of which are told of");
}

TEST_F(WireOutages, EachChangeThatIsForgottenIsToldByItsNames) {
  share({}, "nfs-async");
  for (const char* const name : {"a", "b", "c"}) send(Action::mkdir, name);
  wire_->add(fault_of(R"({"fault": "server_crash", "forget": 2, "for": "1ms"})"));
  EXPECT_THAT(
      log_, ElementsAre("forgotten(server_crash) h1 mkdir c", "forgotten(server_crash) h1 mkdir b",
                        "server_forgot(server_crash)  2 changes forgotten"));
  EXPECT_TRUE(there("a"));
  EXPECT_FALSE(there("b"));
}

TEST_F(WireOutages, WhoGaveUpBeforeAServerThatStoodStillIsToldOfAndSoIsThatItCameLate) {
  share({R"({"fault": "server_pause", "for": "1h"})"}, "local", 10ms);
  send(Action::mkdir, "a");
  while (told_.empty()) context_.run_one();
  EXPECT_THAT(told_, ElementsAre(EIO));
  EXPECT_FALSE(there("a"));
  wire_->end(1);
  EXPECT_TRUE(there("a"));
  EXPECT_THAT(
      log_,
      ElementsAre("given_up(server_pause) h1 mkdir a: EIO, kept back by server_pause 1",
                  "held_up(server_pause) h1 mkdir a: not arrived, kept back by "
                  "server_pause 1",
                  "server_pause  1 request waited", "late_arrival(server_pause) h1 mkdir a: done"));
}

// Whatever kept it back, and however often: the checkers look for the call in which it was sent.
TEST_F(WireOutages, WhoGaveUpOnWhatIsLateForSeveralReasonsIsToldOfAsOneFromTheTimeItWasSent) {
  share({kDelayed, R"({"fault": "server_pause", "for": "1h"})"}, "local", 10ms);
  send(Action::mkdir, "a");
  context_.run_for(50ms);
  context_.poll();  // whatever became due meanwhile
  wire_->end(2);
  EXPECT_THAT(log_, ElementsAre("given_up(delay) h1 mkdir a: EIO, kept back by delay 1",
                                "held_up(server_pause) h1 mkdir a: not arrived, kept back by "
                                "server_pause 2",
                                "server_pause  1 request waited", "delay h1 mkdir a: done",
                                "late_arrival(server_pause) h1 mkdir a: done"));
  EXPECT_GE(hits_.at(4).lasted, 50ms) << "from when it was sent";
}

// What a program was told, and what the server knows: the checkers need both.
TEST_F(WireOutages, WhoGaveUpOnALostReplyIsToldAsDoneAndNotSentAgain) {
  share({R"({"fault": "lost_reply", "for": "1s"})"}, "local", 10ms);
  send(Action::mkdir, "a");
  run();
  EXPECT_THAT(log_, ElementsAre("given_up(lost_reply) h1 mkdir a: EIO, kept back by lost_reply 1",
                                "lost_reply h1 mkdir a: done, then nobody waited"));
}

// A run's nemesis sends each strike as a fault of its own, thousands of them.
TEST_F(WireOutages, AFaultThatIsOverIsForgottenAndNotBefore) {
  share({R"({"fault": "server_clock", "step": "7s"})", R"({"fault": "server_pause", "for": "1ms"})",
         R"({"fault": "server_crash", "for": "1ms"})",
         R"({"fault": "server_pause", "for": "1ms", "every": "5ms", "times": 2})",
         R"({"fault": "partition", "for": "1h"})",
         R"({"fault": "server_clock", "step": "7s", "every": "1h"})"});
  EXPECT_FALSE(wire_->end(1)) << "it is set";
  while (log_.size() < 4) context_.run_one();  // of each that lasted; of the fourth two
  for (std::uint32_t over = 1; over <= 4; ++over) EXPECT_FALSE(wire_->end(over)) << over;
  for (std::uint32_t lasts = 5; lasts <= 6; ++lasts) EXPECT_TRUE(wire_->end(lasts)) << lasts;
  EXPECT_FALSE(wire_->end(5));
}

TEST_F(WireOutages, WhatStrikesAgainIsNotForgottenInBetween) {
  share({R"({"fault": "server_pause", "for": "1ms", "at": "0s", "every": "1h", "times": 2})"});
  while (log_.empty()) context_.run_one();  // the first time is over
  EXPECT_TRUE(wire_->end(1));
}

// Whoever still waits when it ends is told of as held up by it.
TEST_F(WireOutages, AnOutageThatIsForgottenHasToldOfWhoWaited) {
  share({R"({"fault": "server_crash", "for": "10ms"})"});
  send(Action::mkdir, "a");
  send(Action::mkdir, "b");
  run();
  EXPECT_FALSE(wire_->end(1));
  EXPECT_THAT(log_, ElementsAre("held_up(server_crash) h1 mkdir a: done, not answered, kept back "
                                "by server_crash 1",
                                "held_up(server_crash) h1 mkdir b: not arrived, kept back by "
                                "server_crash 1",
                                "server_crash  2 requests waited",
                                "lost_reply h1 mkdir a: done, then EEXIST"));
}

// Whoever ends a run or a server wants to know what the last outage did.
TEST_F(WireOutages, AnOutageThatLastsToTheEndIsToldOf) {
  share({R"({"fault": "partition", "for": "1h"})"});
  send(Action::mkdir, "a");
  wire_->close();
  EXPECT_THAT(told_, ElementsAre(EIO));
  EXPECT_THAT(log_,
              ElementsAre("held_up(partition) h1 mkdir a: not arrived, kept back by partition 1",
                          "partition  1 request waited"));
}

}  // namespace
}  // namespace holdfast::harness::mount
