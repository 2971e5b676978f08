// Faults of machines on a lab that is not there: what is asked of it, what is measured, and what is
// refused to count.
//
// The fake answers as keeper.h and guest_service.h say, and at once; time passes where the nemesis
// sleeps, and nowhere else.
#include "harness/lab/nemesis.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>
#include <nlohmann/json.hpp>

#include "harness/history/run_record.h"
#include "harness/history/test_folder.h"
#include "harness/lab/layout.h"

namespace holdfast::harness::lab {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = LabFault::Kind;
using Clock = std::chrono::steady_clock;

/// Servers and hosts that are words on a list. A request whose words are in `refused` fails.
class FakeLab {
 public:
  NemesisDoors doors() {
    NemesisDoors doors;
    doors.ask_keeper = [this](const json& request) { return keeper(request); };
    doors.ask_guest = [this](const std::string& guest, const json& request, milliseconds) {
      return guests(guest, request);
    };
    doors.wait_for = [this](const std::string& guest, milliseconds) -> Result<void> {
      if (auto done = note("wait " + guest); !done) return tl::unexpected(done.error());
      return {};
    };
    doors.host_goes_down = [this](const std::string& host) { all.push_back(host + " goes down"); };
    doors.host_is_down = [this](const std::string& host) { all.push_back(host + " is down"); };
    doors.host_is_back = [this](const std::string& host) { all.push_back(host + " is back"); };
    doors.now = [this] { return now; };
    doors.sleep = [this](const std::stop_token& stop, nanoseconds length) {
      if (length > nanoseconds(0) && !stop.stop_requested()) now += length;
    };
    return doors;
  }

  std::vector<std::string> all;  ///< what was done, in order
  std::vector<std::string> refused;
  int dropped = 3;  ///< packets, by any cut
  bool answers_while_stopped = false;
  std::string qdisc = "Sent 900 bytes 12 pkt (dropped 2, overlimits 0)";
  std::vector<std::string> disks = {"1 a"};  ///< at each look, the last again and again
  std::int64_t clock_moves_ns = 0;
  std::vector<std::string> renames = {"9 9"};  ///< answered and sent; at each look, as the disks
  Clock::time_point now{seconds(1000)};

 private:
  Result<json> note(const std::string& words) {
    all.push_back(words);
    if (std::find(refused.begin(), refused.end(), words) == refused.end()) return json::object();
    return problem(words, "is refused");
  }

  Result<json> keeper(const json& request) {
    std::string words =
        request.at("do").get<std::string>() + " " + request.at("guest").get<std::string>();
    if (request.contains("what")) words += " " + request.at("what").get<std::string>();
    if (request.at("do") == "dropped") return json{{"dropped", dropped}};  // asked many times
    if (auto done = note(words); !done) return done;
    if (request.at("do") == "heal") return json{{"dropped", dropped}};
    return json::object();
  }

  Result<json> guests(const std::string& guest, const json& request) {
    if (request.at("do") == "hello") {
      if (answers_while_stopped) return json::object();
      return problem(guest, "does not answer");
    }
    if (request.at("do") == "clocks") return json{{"wall_ns", 100}, {"raw_ns", 100}};
    if (request.at("do") == "set_clock") {
      if (auto done = note("set_clock " + guest); !done) return done;
      return json{{"wall_ns", 107 + clock_moves_ns}, {"raw_ns", 107}};
    }
    if (request.at("do") == "read") return json{{"text", mountstats()}};
    std::string words = guest + ":";
    for (const json& word : request.at("words")) words += " " + word.get<std::string>();
    if (words.find("find /srv") != std::string::npos) {
      const std::string text = disks.front();
      if (disks.size() > 1) disks.erase(disks.begin());
      return json{{"text", text}};
    }
    if (words.find("qdisc show") != std::string::npos) return json{{"text", qdisc}};
    return note(words);
  }

  std::string mountstats() {
    const std::string text = std::string("device server:/ mounted on ") + kMountPoint +
                             " with fstype nfs\n\tper-op statistics\n\tRENAME: " + renames.front() +
                             " 0\n\tLOOKUP: 5 5 0\n";
    if (renames.size() > 1) renames.erase(renames.begin());
    return text;
  }
};

class NemesisTest : public testing::Test {
 protected:
  NemesisTest() {
    spec_.hosts = {"h1", "h2", "h3"};
    LabFault fault;
    fault.host = "h2";
    fault.times = 1;
    fault.length.low = seconds(2);
    spec_.faults = {fault};
  }
  LabFault& fault() { return spec_.faults.front(); }

  /// Lets all faults of the scenario happen.
  void run(std::optional<nanoseconds> duration = {}) {
    Nemesis nemesis(lab_.doors(), {spec_, 7, folder_.path(), duration});
    nemesis.begin();
    nemesis.finish();
    effective_ = nemesis.effective();
  }
  std::vector<Fault> logged() const {
    const auto faults = read_faults(folder_.path());
    EXPECT_TRUE(faults) << faults.error().text();
    return faults.value_or(std::vector<Fault>{});
  }
  /// The one fault that was logged.
  Fault only() const {
    const auto faults = logged();
    EXPECT_EQ(faults.size(), 1U);
    return faults.empty() ? Fault{} : faults.front();
  }

  TestFolder folder_;
  FakeLab lab_;
  LabSpec spec_;
  std::map<std::string, std::uint64_t> effective_;
};

TEST_F(NemesisTest, APartitionCutsForAWhileAndCountsWhatItDropped) {
  fault().kind = Kind::partition;
  fault().what = "replies";
  const auto began = lab_.now;
  run();
  EXPECT_THAT(lab_.all, ElementsAre("cut h2 replies", "heal h2"));
  EXPECT_EQ(lab_.now - began, seconds(2));
  EXPECT_EQ(only().kind, "partition");
  EXPECT_EQ(only().host, 1U);
  EXPECT_EQ(only().target, "h2");
  EXPECT_EQ(only().at_operation, "replies");
  EXPECT_EQ(only().sorts, std::vector<std::string>{"replies"});
  EXPECT_EQ(only().planned_pause_ns, 2'000'000'000);
  EXPECT_TRUE(only().effective);
  EXPECT_EQ(effective_, (std::map<std::string, std::uint64_t>{{"partition", 1}}));
}

TEST_F(NemesisTest, APartitionThatNoPacketMetTookNoEffect) {
  fault().kind = Kind::partition;
  lab_.dropped = 0;
  run();
  EXPECT_FALSE(only().effective);
  EXPECT_THAT(only().why_not, HasSubstr("no packet was in its way"));
  EXPECT_THAT(effective_, IsEmpty());
}

TEST_F(NemesisTest, ACutThatIsRefusedIsSaidAndHealedAllTheSame) {
  fault().kind = Kind::partition;
  lab_.refused = {"cut h2 both"};
  run();
  EXPECT_THAT(lab_.all, ElementsAre("cut h2 both", "heal h2"));
  EXPECT_THAT(only().why_not, HasSubstr("is refused"));
}

// What checkers look for is the pause of all its workers.
TEST_F(NemesisTest, APauseOfAHostIsAPauseOfItsWorkers) {
  fault().kind = Kind::host_pause;
  run();
  EXPECT_THAT(lab_.all, ElementsAre("pause h2", "resume h2", "wait h2"));
  const auto faults = logged();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].kind, "host_pause");
  EXPECT_EQ(faults[1].kind, "pause");
  EXPECT_EQ(faults[1].host, 1U);
  EXPECT_NE(faults[0].id, faults[1].id);
  EXPECT_TRUE(faults[0].effective && faults[1].effective);
}

TEST_F(NemesisTest, AKernelThatAnswersWhileItIsStoppedWasNotStopped) {
  fault().kind = Kind::host_pause;
  lab_.answers_while_stopped = true;
  run();
  EXPECT_FALSE(only().effective);
  EXPECT_THAT(only().why_not, HasSubstr("went on answering"));
}

TEST_F(NemesisTest, APauseOfTheServerIsNobodysPause) {
  fault().kind = Kind::server_pause;
  run();
  EXPECT_EQ(only().kind, "server_pause");
  EXPECT_EQ(only().target, kServer);
  EXPECT_EQ(only().host, kNobody);
}

// The fleet waits for an agent that will be back, and does not call it lost.
TEST_F(NemesisTest, TheFleetHearsOfACrashBeforeItIsSeen) {
  fault().kind = Kind::host_crash;
  run();
  EXPECT_THAT(lab_.all, ElementsAre("h2 goes down", "crash h2", "h2 is down", "boot h2", "wait h2",
                                    "h2 is back"));
  EXPECT_TRUE(only().effective);
}

TEST_F(NemesisTest, AHostThatDoesNotBootIsSaidAndNobodyWaitsForItAnyMore) {
  fault().kind = Kind::host_crash;
  lab_.refused = {"wait h2"};
  run();
  EXPECT_EQ(lab_.all.back(), "h2 is back");
  EXPECT_FALSE(only().effective);
}

TEST_F(NemesisTest, ADelayCountsThePacketsThatItHit) {
  fault().kind = Kind::delay;
  fault().later = milliseconds(20);
  fault().loss = 0.25;
  run();
  EXPECT_THAT(lab_.all,
              ElementsAre("h2: tc qdisc add dev vec0 root netem delay 20000us loss 25.000000%",
                          "h2: tc qdisc del dev vec0 root"));
  EXPECT_TRUE(only().effective);
}

TEST_F(NemesisTest, ADelayThatHitNoPacketTookNoEffect) {
  fault().kind = Kind::delay;
  fault().later = milliseconds(20);
  lab_.qdisc = "Sent 0 bytes 0 pkt (dropped 0, overlimits 0)";
  run();
  EXPECT_THAT(only().why_not, HasSubstr("it hit no packet"));
  EXPECT_EQ(lab_.all.back(), "h2: tc qdisc del dev vec0 root");
}

TEST_F(NemesisTest, AShareOfFewPacketsCanBeNone) {
  fault().kind = Kind::delay;
  fault().loss = 0.01;
  lab_.qdisc = "Sent 900 bytes 12 pkt (dropped 0, overlimits 0)";
  run();
  EXPECT_FALSE(only().effective);
}

TEST_F(NemesisTest, AServerThatForgetsIsKnownByItsDisk) {
  fault().kind = Kind::server_crash;
  spec_.sync = false;
  lab_.disks = {"1 a\n2 b", "1 a"};
  run();
  const auto faults = logged();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].kind, "server_crash");
  EXPECT_EQ(faults[1].kind, "server_forgot");
  // Nobody changes anything between the two looks.
  EXPECT_EQ(lab_.all.front(), "cut h1 both");
  EXPECT_EQ(lab_.all.back(), "heal h3");
}

TEST_F(NemesisTest, AServerWhoseDiskIsTheSameForgotNothing) {
  fault().kind = Kind::server_crash;
  spec_.sync = false;
  run();
  EXPECT_EQ(only().kind, "server_crash");
}

TEST_F(NemesisTest, ASynchronousServerNeedsNoCut) {
  fault().kind = Kind::server_crash;
  run();
  EXPECT_THAT(lab_.all, ElementsAre("crash server", "boot server", "wait server"));
}

TEST_F(NemesisTest, AServersClockIsWhereItWasSet) {
  fault().kind = Kind::server_clock;
  fault().step = seconds(-30);
  lab_.clock_moves_ns = nanoseconds(seconds(-30)).count();
  run();
  EXPECT_TRUE(only().effective) << only().why_not;
  EXPECT_EQ(only().measured_offset_ns, -30'000'000'000);
}

TEST_F(NemesisTest, AServersClockThatStaysWhereItWasIsNoFault) {
  fault().kind = Kind::server_clock;
  fault().step = seconds(-30);
  run();
  EXPECT_THAT(only().why_not, HasSubstr("not where it was to be"));
}

// It has done what the host was never told, and remembers nothing of having been asked.
TEST_F(NemesisTest, ARepliesLossIsACutAndThenACrash) {
  fault().kind = Kind::lost_reply;
  run();
  EXPECT_THAT(lab_.all, ElementsAre("cut h2 replies", "crash server", "heal h2", "crash server",
                                    "boot server", "wait server"));
  const auto faults = logged();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].kind, "server_down") << "for the other hosts";
  EXPECT_EQ(faults[0].host, kNobody);
  EXPECT_EQ(faults[1].kind, "lost_reply");
  EXPECT_EQ(faults[1].host, 1U);
  EXPECT_EQ(faults[1].at_operation, "");
}

// What only asks does no harm when it is asked again. Version 4 does not show which request that
// is.
TEST_F(NemesisTest, OfVersion3TheReplyToAChangeIsLostIfOneComes) {
  fault().kind = Kind::lost_reply;
  spec_.nfs = "3";
  run();
  EXPECT_THAT(lab_.all, ElementsAre("cut h2 replies_to_a_change", "crash server", "heal h2",
                                    "crash server", "boot server", "wait server"));
  EXPECT_EQ(effective_.at("lost_reply"), 1U);
}

TEST_F(NemesisTest, WhereNoChangeComesAnyReplyIsLost) {
  fault().kind = Kind::lost_reply;
  spec_.nfs = "3";
  lab_.dropped = 0;
  const auto began = lab_.now;
  run();
  EXPECT_THAT(lab_.all, testing::Contains("cut h2 replies"));
  EXPECT_EQ(lab_.now - began, seconds(5 + 2 + 5)) << "it waited for a change, and then for any";
}

// Its client has an answer to each by then, and had sent two of them twice.
TEST_F(NemesisTest, WhatAHostSentOnceMoreIsSaid) {
  fault().kind = Kind::lost_reply;
  lab_.renames = {"9 9", "9 9", "10 11", "12 14"};
  const auto began = lab_.now;
  run();
  EXPECT_EQ(logged().at(1).at_operation, "sent again RENAME 2");
  EXPECT_LT(lab_.now - began, seconds(2 + 2)) << "it goes on when nothing more comes";
}

TEST_F(NemesisTest, NoReplyThatIsLostIsNoFault) {
  fault().kind = Kind::lost_reply;
  lab_.dropped = 0;
  const auto began = lab_.now;
  run();
  EXPECT_THAT(only().why_not, HasSubstr("no reply was on its way"));
  EXPECT_EQ(lab_.now - began, seconds(2 + 5)) << "it waited for one";
}

TEST_F(NemesisTest, FaultsComeAtTheirTimesAndNoOftener) {
  fault().kind = Kind::partition;
  fault().at = seconds(5);
  fault().every = seconds(10);
  fault().times = 3;
  const auto began = lab_.now;
  run();
  EXPECT_EQ(logged().size(), 3U);
  EXPECT_EQ(lab_.now - began, seconds(5 + 2 * 10 + 2));
}

// A crash needs twelve seconds, and two for what is not one.
TEST_F(NemesisTest, NothingIsBegunThatCannotBeOverByTheRunsEnd) {
  fault().times.reset();
  fault().every = seconds(10);
  fault().kind = Kind::host_crash;
  run(seconds(31));
  EXPECT_EQ(logged().size(), 2U) << "at 0 and 10 s; at 20 s there are 11 left";
}

// A whole second between two, whatever the first one took.
TEST_F(NemesisTest, AFaultThatTakesLongDoesNotMakeTheNextOnesComeAtOnce) {
  fault().kind = Kind::partition;
  fault().length.low = seconds(9);
  fault().every = seconds(2);
  fault().times = 3;
  const auto began = lab_.now;
  run();
  EXPECT_EQ(lab_.now - began, seconds(9 + 1 + 9 + 1 + 9));
}

TEST_F(NemesisTest, WhomAnyHitsIsTheSeedsChoice) {
  fault().kind = Kind::partition;
  fault().host = "any";
  fault().every = seconds(10);
  fault().times = 20;
  run();
  std::map<std::string, int> hit;
  for (const Fault& one : logged()) ++hit[one.target];
  EXPECT_EQ(hit.size(), 3U);
  const auto first = lab_.all;
  lab_.all.clear();
  run();
  EXPECT_EQ(lab_.all, first);
}

TEST_F(NemesisTest, AfterTheRunsEndNothingIsBegun) {
  fault().kind = Kind::partition;
  fault().at = std::chrono::hours(1);
  NemesisDoors doors = lab_.doors();
  doors.sleep = [](const std::stop_token& stop, nanoseconds) {  // time stands still
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock guard(mutex);
    stopped.wait(guard, stop, [] { return false; });
  };
  Nemesis nemesis(doors, {spec_, 7, folder_.path(), {}});
  nemesis.begin();
  nemesis.stop();
  nemesis.finish();
  EXPECT_THAT(lab_.all, IsEmpty());
  EXPECT_THAT(logged(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::harness::lab
