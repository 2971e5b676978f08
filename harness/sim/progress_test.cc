// What each part of the bound on waiting is for, and that the bound is one: neared, and not passed.
#include "harness/sim/progress.h"

#include <gtest/gtest.h>

#include <functional>

#include "harness/sim/explorer.h"

namespace holdfast::harness::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Nothing is remembered, no clock is wrong, and no request takes time.
Setting plain(const std::string& contender) {
  Setting setting;
  setting.contender = contender;
  setting.processes.resize(2);
  for (ProcessSetting& process : setting.processes) process.rounds.resize(1);
  return setting;
}

MostWait wait_of(const Setting& setting) {
  return most_wait(setting, *find_kind(setting.contender));
}

TEST(MostWait, OfAPlainBatonIsALeaseWithItsDriftAMarginAndAPoll) {
  const Setting setting = plain("baton");
  const Options& options = setting.options;
  const Duration drift = Duration(options.lifetime.count() / 100);
  EXPECT_EQ(wait_of(setting).all(), options.lifetime + drift + options.margin + options.max_poll);
}

TEST(MostWait, OfAPlainLockFileIsALeaseASlopAPollAndABreaker) {
  const Setting setting = plain("link");
  const Options& options = setting.options;
  const Duration breaker = milliseconds(2000 + 20 + 100 + 100);
  EXPECT_EQ(wait_of(setting).all(), options.lifetime + options.slop + options.max_poll + breaker);
}

struct Longer {
  const char* why;
  const char* contender;
  std::function<void(Setting&)> change;
  Duration MostWait::*part;
  Duration by;  ///< more than on a plain mount
};

const Longer kLonger[] = {
    {"who has died had renewed for longer", "baton",
     [](Setting& s) { s.processes[0].rounds[0].renewed_for = s.options.lifetime + seconds(9); },
     &MostWait::lease, seconds(9)},
    {"a listing stays old until somebody touches", "baton",
     [](Setting& s) { s.mount.version_3 = true; }, &MostWait::memory, seconds(2)},
    {"a listing is believed", "baton", [](Setting& s) { s.mount.close_to_open = false; },
     &MostWait::memory, seconds(2)},
    {"a name was looked up in vain", "baton", [](Setting& s) { s.mount.remembers = true; },
     &MostWait::memory, milliseconds(240)},
    {"a name was looked up in vain, and nothing mends that", "link",
     [](Setting& s) { s.mount.remembers = true; }, &MostWait::memory, seconds(30)},
    {"the breakers' baton is one, too", "link", [](Setting& s) { s.mount.version_3 = true; },
     &MostWait::breaker, seconds(2)},
    {"the dead one's wall clock was ahead", "link",
     [](Setting& s) { s.hosts[0].clock.wall_offset = seconds(3), s.hosts.emplace_back(); },
     &MostWait::clocks, seconds(3)},
    {"a wall clock was set back", "link",
     [](Setting& s) {
       const Duration back = seconds(-4);
       s.incidents = {{.kind = Incident::Kind::clock_step, .amount = back.count()}};
     },
     &MostWait::clocks, seconds(4)},
    {"requests take their time", "baton", [](Setting& s) { s.latency_seed = 1; }, &MostWait::steps,
     milliseconds(32)},
    {"time goes in steps", "baton", [](Setting& s) { s.clock_step = milliseconds(100); },
     &MostWait::steps, milliseconds(300)},
};

TEST(MostWait, IsLongerByWhatEachThingCosts) {
  for (const Longer& longer : kLonger) {
    Setting setting = plain(longer.contender);
    const MostWait before = wait_of(setting);
    longer.change(setting);
    const MostWait after = wait_of(setting);
    EXPECT_EQ(after.*longer.part - before.*longer.part, longer.by) << longer.why;
    EXPECT_GE(after.all() - before.all(), longer.by) << longer.why;
  }
}

// A waiter whose clock goes at half the speed takes twice as long for all that it measures.
TEST(MostWait, IsTheLongerTheSlowerAClockIs) {
  for (const char* const contender : {"baton", "link"}) {
    Setting setting = plain(contender);
    const Duration before = wait_of(setting).all();
    setting.hosts[0].clock.rate_ppm = -500'000;
    EXPECT_EQ(wait_of(setting).all(), 2 * before) << contender;
    setting.hosts[0].clock.rate_ppm = 500'000;
    EXPECT_EQ(wait_of(setting).all(), before) << contender;
  }
}

// A bound that no wait comes near would call a lock that is stuck a patient one; one that some wait
// passes would call a patient one stuck.
TEST(MostWait, IsNearedByEveryProtocolAndPassedByNone) {
  const std::pair<const char*, std::uint64_t> locks[] = {{"baton", 5000}, {"link", 2000}};
  for (const auto& [contender, schedules] : locks) {
    Task task;
    task.range.contender = contender;
    task.schedules = schedules;
    task.threads = 2;
    task.only = {"wedge"};
    const std::atomic<bool> never{false};
    const Found found = explore(task, never);
    EXPECT_FALSE(found.failure) << contender << ": " << found.failure->mistake.sentence;
    EXPECT_GT(found.counts.longest_wait, 0.75) << contender;
    EXPECT_LE(found.counts.longest_wait, 1) << contender;
  }
}

/// What is found of a lock whose first holder ends inside, before the next one comes.
std::optional<Mistake> after_a_death(const std::string& contender, Stage& stage) {
  Setting setting = plain(contender);
  setting.hosts = {{"a", 1, 1, {}}, {"b", 2, 1, {}}};
  setting.processes[1].host = 1;
  setting.processes[1].rounds[0].before = milliseconds(1);
  setting.processes[0].rounds[0].hold = seconds(1);
  setting.incidents = {{.kind = Incident::Kind::host_crash, .at = microseconds(500)}};
  Uneventful decisions;
  return stage.run(setting, decisions);
}

// No time passes where nobody sleeps, and no bound on it is reached.
TEST(Livelock, IsAWedge) {
  Stage stage;
  const auto mistake = after_a_death("baton_restless", stage);
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->checker, "wedge");
  EXPECT_EQ(mistake->sentence.find("a livelock: p2 waits"), 0U) << mistake->sentence;
  EXPECT_EQ(stage.counts().too_long, 0U);
}

TEST(Livelock, IsNoneOfALockThatSleeps) {
  Stage stage;
  const auto mistake = after_a_death("baton", stage);
  EXPECT_FALSE(mistake) << mistake->sentence;
  EXPECT_EQ(stage.counts().grants, 2U);
}

}  // namespace
}  // namespace holdfast::harness::sim
