// What the log says of faults that come together, and of what is carried out twice: each by itself,
// as what it did. That a fault takes its time is asked of sums and orders, never of a speed.
#include <fuse_lowlevel.h>
#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>

#include "harness/sharedmount/wire_testing.h"

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::kDelayed;
using testing::kLostReply;
using testing::kRefused;
using testing::WireTest;
using Clock = std::chrono::steady_clock;

const std::string kTwice = R"({"fault": "duplicate", "for": "5ms"})";
const std::string kUnheard = " (no effect: the second time it failed, and nobody was told)";
const std::string kNothingLeft = " (no effect: there was nothing left to change)";

TEST_F(WireTest, AnErrorThatComesLateIsADelayAndAnErrorOneAfterTheOther) {
  share({kDelayed, kRefused});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(told_, ElementsAre(EIO));
  EXPECT_THAT(log_, ElementsAre("delay h1 mkdir d: EIO", "error h1 mkdir d: EIO, not carried out"));
  EXPECT_GE(hits_.at(0).lasted, 30ms);
  EXPECT_GE(begins_.at(1) - begun_, 30ms) << "the delay's time is not the error's";
}

TEST_F(WireTest, WhatHangsAndIsDelayedTakesBothTimesAndEachIsToldItsOwn) {
  share({R"({"fault": "hang", "for": "40ms"})", kDelayed});
  send(Action::mkdir, "d");
  run();
  const Nanoseconds took = Clock::now() - begun_;
  EXPECT_THAT(log_, ElementsAre("hang h1 mkdir d: does not arrive",
                                "late_arrival(hang) h1 mkdir d: done", "delay h1 mkdir d: done"));
  EXPECT_GE(hits_.at(1).lasted, 40ms);
  EXPECT_GE(hits_.at(2).lasted, 30ms);
  EXPECT_LE(hits_.at(1).lasted + hits_.at(2).lasted, took);
}

TEST_F(WireTest, EachOfTwoDelaysIsToldItsOwnTime) {
  share({kDelayed, R"({"fault": "delay", "for": "10ms"})"});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(log_, ElementsAre("delay h1 mkdir d: done", "delay h1 mkdir d: done"));
  EXPECT_LE(hits_.at(0).lasted + hits_.at(1).lasted, Clock::now() - begun_);
  EXPECT_GE(begins_.at(1) - begun_, 30ms);
}

TEST_F(WireTest, WhatWasKeptBackAndThenRefusedIsToldAsBoth) {
  share({R"({"fault": "reorder", "for": "10ms"})", R"({"fault": "hang", "for": "5ms"})", kRefused});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(log_, ElementsAre("hang h1 mkdir d: does not arrive",
                                "reorder h1 mkdir d: EIO (no effect: too few other requests came "
                                "in time)",
                                "late_arrival(hang) h1 mkdir d: EIO",
                                "error h1 mkdir d: EIO, not carried out"));
}

// Whoever is told ETIMEDOUT has asked twice, as a soft mount does.
TEST_F(WireTest, AnErrorOfWhatWasCarriedOutStandsThoughTheReplyWasLost) {
  share({R"({"fault": "error", "error": "ETIMEDOUT", "applied": "yes"})", kLostReply});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(told_, ElementsAre(ETIMEDOUT));
  EXPECT_TRUE(there("d"));
  EXPECT_THAT(log_, ElementsAre("error h1 mkdir d: ETIMEDOUT, carried out: done",
                                "lost_reply h1 mkdir d: done, then EEXIST" + kUnheard));
}

TEST_F(WireTest, WhatIsRefusedHasNoReplyToBeLostAndIsNotDoneTwice) {
  share({kLostReply, kTwice, kRefused});
  send(Action::mkdir, "d");
  run();
  EXPECT_FALSE(there("d"));
  const std::string none = " (no effect: it was not carried out: the error came first)";
  EXPECT_THAT(log_,
              ElementsAre("lost_reply h1 mkdir d: EIO" + none, "duplicate h1 mkdir d: EIO" + none,
                          "error h1 mkdir d: EIO, not carried out"));
}

// So others' changes can come between.
TEST_F(WireTest, WhatWasSentAgainCanComeOnceMore) {
  share({kLostReply, kTwice});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(told_, ElementsAre(EEXIST));
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 mkdir d: done, then EEXIST",
                                "duplicate h1 mkdir d: done, once more: EEXIST" + kUnheard));
}

// Whoever counts how often a fault had a chance to do harm must not count these.
TEST_F(WireTest, ARepetitionThatChangesNothingAndIsToldToNobodyTookNoEffect) {
  share({kLostReply, kTwice});
  send(Action::lookup, ".");
  run();
  const std::string asks = " (no effect: it asks, and changes nothing)";
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 lookup .: done, then done" + asks,
                                "duplicate h1 lookup .: done, once more: done" + asks));
}

// Its client knows it again, so its program hears of no failure.
TEST_F(WireTest, AnExclusiveCreateThatFindsItsOwnFileTookNoEffectTheSecondTime) {
  share({kLostReply}, "nfs3-default");
  create("f", O_EXCL);
  run();
  EXPECT_THAT(told_, ElementsAre(0));
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 open_create f: done, then done" + kNothingLeft));
}

// So is one whose length was drawn as 0.
TEST_F(WireTest, AHangOfLengthZeroIsOverAtOnceAndOneWithoutALengthIsNot) {
  share({R"({"fault": "hang", "for": "0s", "times": 1})"});
  send(Action::mkdir, "a");
  run();
  EXPECT_THAT(told_, ElementsAre(0));
  EXPECT_TRUE(there("a"));
  EXPECT_THAT(log_, ElementsAre());
  const std::uint32_t hang = wire_->add(fault_of(R"({"fault": "hang"})"));
  send(Action::mkdir, "b");
  context_.run_for(50ms);
  EXPECT_THAT(told_, ElementsAre(0));
  EXPECT_TRUE(wire_->end(hang));
  context_.restart();
  run();
  EXPECT_THAT(told_, ElementsAre(0, 0));
  EXPECT_TRUE(there("b"));
}

TEST_F(WireTest, OpeningWhatIsThereAgainTookNoEffectAndTruncatingItDid) {
  share({R"({"fault": "duplicate", "for": "5ms", "times": 1})"});
  create("f", 0);
  run();
  std::ofstream(scratch_ / "shared/f") << "content";
  wire_->add(fault_of(kTwice));
  const std::string twice = "duplicate h1 open_create f: done, once more: done";
  create("f", O_TRUNC);
  std::ofstream(scratch_ / "shared/f") << "content of another";
  run();
  EXPECT_THAT(log_, ElementsAre(twice + kNothingLeft, twice));
}

// What would have failed anyway was not applied, whatever the fault was to be.
TEST_F(WireTest, OfAnErrorTheLogTellsWhetherAnythingCameOfTheRequest) {
  share({R"({"fault": "error", "error": "EIO", "applied": "yes", "times": 2})",
         R"({"fault": "error", "error": "ESTALE", "applied": "later", "for": "1ms", "times": 2})",
         kRefused});
  for (const char* const name : {"a", "a", "b", "b", "c"}) {
    send(Action::mkdir, name);
    run();
  }
  std::vector<std::vector<std::string>> sorts;
  for (const Hit& hit : hits_) sorts.push_back(hit.sorts);
  EXPECT_THAT(sorts,
              ElementsAre(ElementsAre("EIO applied"), ElementsAre("EIO not applied"),
                          ElementsAre("ESTALE applied later"), ElementsAre("ESTALE not applied"),
                          ElementsAre("EIO not applied")));
}

TEST_F(WireTest, OfAnErrorOfATruncationTheLogTellsThatItWasApplied) {
  share({R"({"fault": "error", "error": "EIO", "applied": "yes", "operation": "utime"})"});
  create("f", 0);
  std::ofstream(scratch_ / "shared/f") << "content";
  Request look, empty;
  look.action = Action::lookup;
  look.node = store_->root();
  look.name = "f";
  empty.action = Action::set;
  empty.node = store_->execute(look).node;
  empty.which = FUSE_SET_ATTR_SIZE;
  wire_->send(
      empty, [this](const Reply& reply) { told_.push_back(reply.error); }, [] { return false; });
  run();
  EXPECT_THAT(told_, ElementsAre(0, EIO));
  EXPECT_TRUE(std::filesystem::is_empty(scratch_ / "shared/f"));
  ASSERT_EQ(hits_.size(), 1U);
  EXPECT_THAT(hits_[0].sorts, ElementsAre("EIO applied"));
}

// Else a partition's lost replies would be counted as those of a scenario's lost_reply.
TEST_F(WireTest, OfALostReplyTheLogTellsWhetherAnOutageLostIt) {
  share({R"({"fault": "partition", "for": "5ms", "direction": "replies"})"});
  send(Action::mkdir, "a");
  run();
  wire_->add(fault_of(kLostReply));
  send(Action::mkdir, "b");
  run();
  EXPECT_THAT(hits_.at(1).sorts, ElementsAre("replies")) << log_.at(1);
  EXPECT_THAT(hits_.at(2).sorts, ElementsAre("by partition")) << log_.at(2);
  EXPECT_THAT(hits_.at(3).sorts, ElementsAre("by itself")) << log_.at(3);
}

}  // namespace
}  // namespace holdfast::harness::mount
