// What is sent to the server of a run's mount, and when. Time passes where the nemesis sleeps, and
// nowhere else.
#include "harness/sharedmount/nemesis.h"

#include <gmock/gmock.h>

namespace holdfast::harness::mount {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NemesisTest : public ::testing::Test {
 protected:
  /// Lets all of them strike as often as they are to.
  void drive(const std::vector<std::string>& faults, std::uint64_t seed = 7) {
    std::vector<MountFault> all;
    for (const std::string& text : faults) {
      const auto fault = parse_mount_fault(text, "fault", {"h1", "h2"});
      ASSERT_TRUE(fault) << fault.error().text();
      all.push_back(*fault);
    }
    now_ = {};
    Nemesis nemesis(all, seed, doors());
    nemesis.begin();
    nemesis.finish();
  }
  NemesisDoors doors() {
    NemesisDoors doors;
    doors.say = [this](const std::string& line) -> Result<std::string> {
      said_.push_back(std::to_string((now_ - begun_) / 1ms) + " ms " + line);
      return answer_;
    };
    doors.holders_host = [this](Random&) {
      ++looks_;
      return now_ - begun_ < entered_ ? std::nullopt : std::optional<std::string>("h2");
    };
    doors.refuse = [this](const MountFault&, const std::string& why) { refused_.push_back(why); };
    doors.now = [this] { return now_; };
    doors.sleep = [this](const std::stop_token&, Nanoseconds length) {
      now_ += std::max(length, 0ns);
    };
    return doors;
  }

  std::chrono::steady_clock::time_point begun_{}, now_{};
  Nanoseconds entered_{};  ///< from when on somebody is inside
  int looks_ = 0;
  std::string answer_ = R"({"injected":1})";
  std::vector<std::string> said_, refused_;
};

TEST_F(NemesisTest, SendsEachStrikeWhenItsTimeHasCome) {
  drive({R"({"fault": "server_pause", "every": "100ms", "times": 3, "for": "5ms"})",
         R"({"fault": "lost_reply"})", R"({"fault": "server_clock", "offset": "1h"})",
         R"({"fault": "partition", "host": "h1", "at": "150ms", "for": "1s",
             "direction": "replies"})",
         R"({"fault": "server_clock", "at": "180ms", "step": "-2s"})",
         R"({"fault": "server_crash", "at": "190ms", "for": "1s", "forget": 2})"});
  const std::string pause = R"( ms {"fault":{"fault":"server_pause","for":"5ms"}})";
  const std::string cut_off =
      R"({"direction":"replies","fault":"partition","for":"1s","host":"h1"})";
  EXPECT_THAT(said_,
              ElementsAre("100" + pause, "150 ms {\"fault\":" + cut_off + "}",
                          R"(180 ms {"fault":{"fault":"server_clock","step":"-2s"}})",
                          R"(190 ms {"fault":{"fault":"server_crash","for":"1s","forget":2}})",
                          "200" + pause, "300" + pause));
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(NemesisTest, DrawsTheSameFromTheSameSeed) {
  const std::string often =
      R"({"fault": "server_pause", "every": "100ms", "jitter": 0.5, "times": 9,
          "for": {"uniform": ["1ms", "1s"]}})";
  drive({often});
  const std::vector<std::string> first = std::exchange(said_, {});
  drive({often});
  EXPECT_EQ(said_, first);
  said_.clear();
  drive({often}, 8);
  EXPECT_NE(said_, first);
}

// Holds are short: one look may find nobody, between two of them.
TEST_F(NemesisTest, CutsOffTheHostOfWhoeverIsInsideJustThen) {
  entered_ = 1ms;
  drive({R"({"fault": "partition", "host": "holder", "for": "20ms"})"});
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_.front(), HasSubstr(R"("host":"h2")"));
  EXPECT_GT(looks_, 1);
}

TEST_F(NemesisTest, TellsOfAStrikeThatDidNotComeAbout) {
  entered_ = 1h;
  drive({R"({"fault": "partition", "host": "holder", "for": "20ms"})"});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(refused_, ElementsAre("nobody was inside"));
  answer_ = R"({"problem":"it is tired"})";
  drive({R"({"fault": "server_pause", "for": "5ms"})"});
  EXPECT_THAT(refused_, ElementsAre("nobody was inside", answer_));
}

}  // namespace
}  // namespace holdfast::harness::mount
