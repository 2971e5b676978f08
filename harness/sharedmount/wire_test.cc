// What the log says of faults that come together, and of those whom an outage holds up: each by
// itself, as what it did.
//
// No mount: requests are handed to the wire as a host would, and the loop runs until nothing is
// left to be done. That a fault takes its time is asked of sums and orders, never of a speed.
#include "harness/sharedmount/wire.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <holdfast/os/testing/scratch.h>

#include <boost/asio/executor_work_guard.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class WireTest : public ::testing::Test {
 protected:
  /// Faults strike from the first request on.
  void share(const std::vector<std::string>& faults, const std::string& profile_name = "local",
             std::optional<Nanoseconds> gives_up = {}) {
    std::filesystem::create_directory(scratch_ / "shared");
    Manners manners = *profile(profile_name);
    manners.gives_up = gives_up;
    store_ = std::move(*Store::open(scratch_ / "shared", manners));
    const WireOptions options{{"h1", "h2"}, 7, [this](const Hit& hit) { note(hit); }};
    wire_ = std::make_unique<Wire>(context_, *store_, options);
    wire_->start();
    for (const std::string& fault : faults) wire_->add(fault_of(fault));
    begun_ = Clock::now();
  }
  static MountFault fault_of(const std::string& text) {
    const auto fault = parse_mount_fault(text, "fault", {"h1", "h2"});
    EXPECT_TRUE(fault) << fault.error().text();
    return *fault;
  }
  /// Its error is in `told_` once it is answered.
  void send(Action action, const std::string& name, std::uint32_t host = 0) {
    Request request;
    request.action = action;
    request.host = host;
    request.node = store_->root();
    request.name = name;
    request.mode = 0755;
    wire_->send(
        request, [this](const Reply& reply) { told_.push_back(reply.error); },
        [] { return false; });
  }
  void create(const std::string& name, int flags) {
    Request request;
    request.action = Action::create;
    request.node = store_->root();
    request.name = name;
    request.mode = 0644;
    request.flags = O_RDWR | flags;
    wire_->send(
        request, [this](const Reply& reply) { told_.push_back(reply.error); },
        [] { return false; });
  }
  /// Until all is over that was begun.
  void run() {
    context_.run();
    context_.restart();
  }
  void note(const Hit& hit) {
    const std::string& kind = mount_fault_kinds()[static_cast<std::size_t>(hit.kind)];
    log_.push_back((hit.as.empty() ? kind : hit.as + "(" + kind + ")") + " " + hit.host + " " +
                   hit.what + (hit.why_not.empty() ? "" : " (no effect: " + hit.why_not + ")"));
    hits_.push_back(hit);
    begins_.push_back(Clock::now() - hit.ago - hit.lasted);
  }
  bool there(const std::string& name) const {
    return std::filesystem::exists(scratch_ / ("shared/" + name));
  }

  os::testing::Scratch scratch_{"/dev/shm"};
  boost::asio::io_context context_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Wire> wire_;
  Instant begun_;
  std::vector<int> told_;
  std::vector<std::string> log_;
  std::vector<Hit> hits_;
  std::vector<Instant> begins_;
};

const std::string kDelayed = R"({"fault": "delay", "for": "30ms"})";
const std::string kLost = R"({"fault": "lost_reply"})";
const std::string kTwice = R"({"fault": "duplicate", "for": "5ms"})";
const std::string kUnheard = " (no effect: the second time it failed, and nobody was told)";
const std::string kNothingLeft = " (no effect: there was nothing left to change)";
const std::string kRefused = R"({"fault": "error", "error": "EIO"})";

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
  share({R"({"fault": "error", "error": "ETIMEDOUT", "applied": "yes"})", kLost});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(told_, ElementsAre(ETIMEDOUT));
  EXPECT_TRUE(there("d"));
  EXPECT_THAT(log_, ElementsAre("error h1 mkdir d: ETIMEDOUT, carried out: done",
                                "lost_reply h1 mkdir d: done, then EEXIST" + kUnheard));
}

TEST_F(WireTest, WhatIsRefusedHasNoReplyToBeLostAndIsNotDoneTwice) {
  share({kLost, kTwice, kRefused});
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
  share({kLost, kTwice});
  send(Action::mkdir, "d");
  run();
  EXPECT_THAT(told_, ElementsAre(EEXIST));
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 mkdir d: done, then EEXIST",
                                "duplicate h1 mkdir d: done, once more: EEXIST" + kUnheard));
}

// Whoever counts how often a fault had a chance to do harm must not count these.
TEST_F(WireTest, ARepetitionThatChangesNothingAndIsToldToNobodyTookNoEffect) {
  share({kLost, kTwice});
  send(Action::lookup, ".");
  run();
  const std::string asks = " (no effect: it asks, and changes nothing)";
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 lookup .: done, then done" + asks,
                                "duplicate h1 lookup .: done, once more: done" + asks));
}

// Its client knows it again, so its program hears of no failure.
TEST_F(WireTest, AnExclusiveCreateThatFindsItsOwnFileTookNoEffectTheSecondTime) {
  share({kLost}, "nfs3-default");
  create("f", O_EXCL);
  run();
  EXPECT_THAT(told_, ElementsAre(0));
  EXPECT_THAT(log_, ElementsAre("lost_reply h1 open_create f: done, then done" + kNothingLeft));
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

TEST_F(WireTest, EachRequestThatAnOutageHeldUpIsToldByItsNames) {
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

TEST_F(WireTest, OfALostReplyTheLogSaysThatTheRequestWasCarriedOut) {
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
TEST_F(WireTest, WhoWaitsForTwoOutagesIsHeldUpByOneAfterTheOther) {
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

TEST_F(WireTest, OfAThousandWhoWaitEachIsToldAndTheOthersAreCounted) {
  share({R"({"fault": "server_pause", "for": "20ms"})"});
  for (int i = 0; i < 1003; ++i) send(Action::lookup, "n" + std::to_string(i));
  run();
  ASSERT_EQ(log_.size(), 1001U);
  EXPECT_THAT(log_[999], HasSubstr("lookup n999: not arrived"));
  EXPECT_EQ(log_.back(), "server_pause  1003 requests waited, the first 1000 of which are told of");
}

TEST_F(WireTest, EachChangeThatIsForgottenIsToldByItsNames) {
  share({}, "nfs-async");
  for (const char* const name : {"a", "b", "c"}) send(Action::mkdir, name);
  wire_->add(fault_of(R"({"fault": "server_crash", "forget": 2, "for": "1ms"})"));
  EXPECT_THAT(
      log_, ElementsAre("forgotten(server_crash) h1 mkdir c", "forgotten(server_crash) h1 mkdir b",
                        "server_forgot(server_crash)  2 changes forgotten"));
  EXPECT_TRUE(there("a"));
  EXPECT_FALSE(there("b"));
}

TEST_F(WireTest, WhoGaveUpBeforeAServerThatStoodStillIsToldOfAndSoIsThatItCameLate) {
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
TEST_F(WireTest, WhoGaveUpOnWhatIsLateForSeveralReasonsIsToldOfAsOneFromTheTimeItWasSent) {
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
TEST_F(WireTest, WhoGaveUpOnALostReplyIsToldAsDoneAndNotSentAgain) {
  share({R"({"fault": "lost_reply", "for": "1s"})"}, "local", 10ms);
  send(Action::mkdir, "a");
  run();
  EXPECT_THAT(log_, ElementsAre("given_up(lost_reply) h1 mkdir a: EIO, kept back by lost_reply 1",
                                "lost_reply h1 mkdir a: done, then nobody waited"));
}

// Nobody was deceived by a clock that was set right again before it stamped anything.
TEST_F(WireTest, ASettingOfTheClockOfWhichNobodyWasToldAStampTookNoEffect) {
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

TEST_F(WireTest, AStampThatItsHostWasNotToldDeceivesNobody) {
  share({R"({"fault": "server_clock", "step": "7s"})", kRefused});
  send(Action::mkdir, "d");
  run();
  wire_->close();
  EXPECT_THAT(told_, ElementsAre(EIO));
  EXPECT_THAT(log_.back(), HasSubstr("0 stamps of it told (no effect: nobody was told"));
}

TEST_F(WireTest, WhereTheClockIsSetToWhatItShowsThatTookNoEffect) {
  share({R"({"fault": "server_clock", "offset": "1h"})"});
  send(Action::mkdir, "d");
  wire_->add(fault_of(R"({"fault": "server_clock", "offset": "1h"})"));
  EXPECT_EQ(hits_.at(0).why_not, "");
  send(Action::lookup, "d");
  wire_->close();
  EXPECT_EQ(hits_.at(1).why_not, "it was off by so much already");
}

// Else the first leases of a run would be stamped by another clock than those that follow.
TEST_F(WireTest, AClockThatIsOffFromTheStartHasStampedWhatIsMadeBeforeIt) {
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
TEST_F(WireTest, ASettingOfTheClockLastsUntilTheNext) {
  share({R"({"fault": "server_clock", "step": "7s"})"});
  const auto more_to_come = boost::asio::make_work_guard(context_);
  context_.run_for(20ms);
  wire_->add(fault_of(R"({"fault": "server_clock", "step": "7s"})"));
  EXPECT_GE(hits_.at(0).lasted, 20ms);
  EXPECT_EQ(hits_.at(0).ago, 0ns);
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

// Else a partition's lost replies would be counted as those of a scenario's lost_reply.
TEST_F(WireTest, OfALostReplyTheLogTellsWhetherAnOutageLostIt) {
  share({R"({"fault": "partition", "for": "5ms", "direction": "replies"})"});
  send(Action::mkdir, "a");
  run();
  wire_->add(fault_of(kLost));
  send(Action::mkdir, "b");
  run();
  EXPECT_THAT(hits_.at(1).sorts, ElementsAre("replies")) << log_.at(1);
  EXPECT_THAT(hits_.at(2).sorts, ElementsAre("by partition")) << log_.at(2);
  EXPECT_THAT(hits_.at(3).sorts, ElementsAre("by itself")) << log_.at(3);
}

// A run's nemesis sends each strike as a fault of its own, thousands of them.
TEST_F(WireTest, AFaultThatIsOverIsForgottenAndNotBefore) {
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

TEST_F(WireTest, WhatStrikesAgainIsNotForgottenInBetween) {
  share({R"({"fault": "server_pause", "for": "1ms", "at": "0s", "every": "1h", "times": 2})"});
  while (log_.empty()) context_.run_one();  // the first time is over
  EXPECT_TRUE(wire_->end(1));
}

// Whoever still waits when it ends is told of as held up by it.
TEST_F(WireTest, AnOutageThatIsForgottenHasToldOfWhoWaited) {
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
TEST_F(WireTest, AnOutageThatLastsToTheEndIsToldOf) {
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
