// What processes do beside acquire, refresh and release, in worlds where nothing goes wrong.
#include "harness/sim/user.h"

#include <gtest/gtest.h>
#include <holdfast/error.h>

#include <functional>

#include "harness/sim/draw.h"
#include "harness/sim/process.h"
#include "harness/sim/schedule.h"
#include "harness/sim/story.h"

namespace holdfast::harness::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class UserTest : public ::testing::Test {
 protected:
  /// Of one process on one host each.
  explicit UserTest(std::size_t processes = 2) {
    setting_.options.lifetime = milliseconds(200);
    setting_.options.margin = milliseconds(20);
    setting_.options.max_poll = milliseconds(50);
    setting_.hosts.resize(processes);
    setting_.processes.resize(processes);
    for (std::size_t i = 0; i < processes; ++i) {
      setting_.hosts[i].name = std::string(1, static_cast<char>('a' + i));
      setting_.hosts[i].machine = i + 1;
      setting_.processes[i].host = i;
      setting_.processes[i].rounds.resize(1);
    }
  }
  Round& round(std::size_t process) { return setting_.processes[process].rounds[0]; }
  /// What happens, in words; nothing may be wrong with it.
  std::string story() {
    Story story(stage_);
    const auto mistake = stage_.run(setting_, decisions_, &story);
    EXPECT_FALSE(mistake) << mistake->sentence;
    return story.text();
  }
  Duration ended() { return stage_.world().now(); }

  Setting setting_;
  Uneventful decisions_;
  Stage stage_;
};

TEST_F(UserTest, AStopRequestEndsAWaitAtOnce) {
  round(0).hold = milliseconds(150);
  round(1).before = milliseconds(10);
  round(1).stop_after = milliseconds(30);
  const std::string text = story();
  EXPECT_NE(text.find("     40.000  H .  p2   -- is not granted it"), std::string::npos) << text;
}

TEST_F(UserTest, AKeeperKeepsALeaseForAsLongAsItsUserStays) {
  round(0).hold = seconds(1);
  round(0).keeper = true;
  round(1).before = milliseconds(10);
  story();
  EXPECT_GE(ended(), seconds(1));
  EXPECT_EQ(stage_.counts().taken, 0U);
}

TEST_F(UserTest, AChildHasNothingOfItsParentsLock) {
  round(0).hold = milliseconds(10);
  round(0).fork = Round::Fork::child;
  round(1).before = milliseconds(20);
  story();
  // The parent gives nothing back, so its lease has to run out.
  EXPECT_GE(ended(), milliseconds(220));
  EXPECT_EQ(stage_.counts().taken, 1U);
}

TEST_F(UserTest, AParentThatHasEndedIsProvedDeadOnItsOwnMachine) {
  setting_.processes[1].host = 0;
  round(0).hold = milliseconds(10);
  round(0).fork = Round::Fork::daemon;
  round(1).before = milliseconds(20);
  story();
  EXPECT_LT(ended(), milliseconds(100));
}

TEST_F(UserTest, AHoldThatIsBrokenByForceIsNobodysFault) {
  round(0).hold = milliseconds(150);
  round(1).before = milliseconds(10);
  round(1).breaks = true;
  const std::string text = story();
  EXPECT_NE(text.find("breaks by force: done"), std::string::npos) << text;
}

TEST_F(UserTest, AHolderThatIsLateWritesNothing) {
  round(0).hold = seconds(1);  // with a lease of a fifth of that
  round(0).writes = true;
  round(1).before = milliseconds(10);
  round(1).writes = round(1).collects = true;
  const std::string text = story();
  EXPECT_NE(text.find("p1   -- raises the fence: the fence has seen a higher token"),
            std::string::npos)
      << text;
}

// Where nobody has the lock and nothing goes wrong, somebody who comes gets it.
TEST_F(UserTest, ALatecomerComesWhenAllIsOver) {
  setting_.latecomer = true;
  const std::string text = story();
  EXPECT_NE(text.find("p1'  -- is granted the lock"), std::string::npos) << text;
}

/// Byte for byte the same, whoever tells it and whatever was told before.
TEST(Story, OfTheSameSeedIsTheSame) {
  const auto tell = [](Stage& stage, std::uint64_t seed) {
    const Setting setting = draw_setting({}, seed);
    RandomDecisions decisions;
    decisions.reset({}, setting, seed);
    Story story(stage);
    stage.run(setting, decisions, &story);
    return story.text();
  };
  Stage one;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Stage fresh;
    EXPECT_EQ(tell(one, seed), tell(fresh, seed)) << seed;
  }
}

// What is never drawn is never explored.
TEST(Draw, EverythingThatUsersCanDoIsDrawn) {
  const std::vector<std::pair<const char*, std::function<bool(const Round&)>>> kinds = {
      {"early", [](const Round& r) { return r.refresh_every != Duration::zero(); }},
      {"stop", [](const Round& r) { return r.stop_after != Round::kForEver; }},
      {"token", [](const Round& r) { return r.tokens_ahead > 0; }},
      {"break", [](const Round& r) { return r.breaks; }},
      {"ask", [](const Round& r) { return r.asks; }},
      {"keeper", [](const Round& r) { return r.keeper; }},
      {"lifetime", [](const Round& r) { return r.renewed_for != Duration::zero(); }},
      {"unconditional", [](const Round& r) { return r.unconditionally; }},
      {"write", [](const Round& r) { return r.writes; }},
      {"collect", [](const Round& r) { return r.collects; }},
      {"child", [](const Round& r) { return r.fork == Round::Fork::child; }},
      {"daemon", [](const Round& r) { return r.fork == Round::Fork::daemon; }}};
  std::vector<int> drawn(kinds.size());
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    for (const ProcessSetting& process : draw_setting({}, seed).processes) {
      for (const Round& round : process.rounds) {
        for (std::size_t i = 0; i < kinds.size(); ++i) drawn[i] += kinds[i].second(round);
      }
    }
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_GT(drawn[i], 50) << kinds[i].first;
}

TEST(Draw, EveryKindOfMountAndServerIsDrawn) {
  const std::vector<std::pair<const char*, std::function<bool(const Setting&)>>> kinds = {
      {"version 3", [](const Setting& s) { return s.mount.version_3; }},
      {"soft", [](const Setting& s) { return !s.mount.hard; }},
      {"memory", [](const Setting& s) { return s.mount.remembers; }},
      {"nocto", [](const Setting& s) { return !s.mount.close_to_open; }},
      {"no cache", [](const Setting& s) { return s.server.remembered_requests == 0; }},
      {"cache of 1", [](const Setting& s) { return s.server.remembered_requests == 1; }},
      {"cache of 4", [](const Setting& s) { return s.server.remembered_requests == 4; }},
      {"enough", [](const Setting& s) {
         return s.server.remembered_requests == ServerSetting::kAllRequests;
       }}};
  std::vector<int> drawn(kinds.size());
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Setting setting = draw_setting({}, seed);
    for (std::size_t i = 0; i < kinds.size(); ++i) drawn[i] += kinds[i].second(setting);
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_GT(drawn[i], 50) << kinds[i].first;
}

}  // namespace
}  // namespace holdfast::harness::sim
