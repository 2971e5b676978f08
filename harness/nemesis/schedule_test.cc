#include "harness/nemesis/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace holdfast::harness {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::UnorderedElementsAre;
using Kind = FaultSpec::Kind;

constexpr std::int64_t kMillisecond = 1'000'000;

Scenario two_hosts(std::vector<FaultSpec> faults) {
  Scenario scenario;
  scenario.hosts = {{"h1", 3, false}, {"h2", 5, true}};
  scenario.faults = std::move(faults);
  return scenario;
}

FaultSpec fault(Kind kind, const std::string& target) {
  FaultSpec spec;
  spec.kind = kind;
  spec.target = target;
  return spec;
}

FaultSpec every(FaultSpec spec, Nanoseconds interval) {
  spec.every = interval;
  return spec;
}

FaultSpec at(FaultSpec spec, Nanoseconds when) {
  spec.at = when;
  return spec;
}

std::vector<Strike> first(const Scenario& scenario, std::size_t count, std::uint64_t seed = 1) {
  Schedule schedule(scenario, seed);
  std::vector<Strike> strikes;
  while (strikes.size() < count) {
    auto strike = schedule.next();
    if (!strike) break;
    strikes.push_back(*strike);
  }
  return strikes;
}

TEST(Schedule, NothingIsPlannedWithoutFaults) { EXPECT_THAT(first(two_hosts({}), 5), IsEmpty()); }

TEST(Schedule, TheSameSeedStrikesTheSame) {
  FaultSpec pause = every(fault(Kind::pause, "any"), milliseconds(7));
  pause.jitter = 0.5;
  pause.length = {Distribution::Shape::uniform, milliseconds(10), seconds(3)};
  const Scenario scenario =
      two_hosts({every(fault(Kind::kill, "holder"), milliseconds(10)), pause});
  EXPECT_EQ(first(scenario, 200, 5), first(scenario, 200, 5));
  EXPECT_NE(first(scenario, 200, 5), first(scenario, 200, 6));
}

// Adding a fault to a scenario must not change what the others do under the same seed.
TEST(Schedule, OneFaultsChoicesDoNotDependOnTheOthers) {
  FaultSpec kill = every(fault(Kind::kill, "any"), milliseconds(10));
  kill.jitter = 1;
  const auto alone = first(two_hosts({kill}), 50);
  std::vector<Strike> among;
  for (Strike strike :
       first(two_hosts({kill, every(fault(Kind::pause, "any"), milliseconds(11))}), 100)) {
    if (strike.kind != Kind::kill || among.size() == alone.size()) continue;
    strike.id = static_cast<std::uint32_t>(among.size() + 1);
    among.push_back(strike);
  }
  EXPECT_GT(among.size(), 40U);
  EXPECT_EQ(among, std::vector<Strike>(alone.begin(), alone.begin() + std::ssize(among)));
}

TEST(Schedule, StrikesComeInOrderOfTimeWithIdsOfTheirOwn) {
  const auto strikes = first(two_hosts({every(fault(Kind::kill, "any"), milliseconds(10)),
                                        at(fault(Kind::pause, "any"), milliseconds(25)),
                                        every(fault(Kind::kill, "h2"), milliseconds(15))}),
                             6);
  std::vector<std::int64_t> times;
  std::vector<std::uint32_t> ids;
  for (const Strike& strike : strikes) {
    times.push_back(strike.at_ns / kMillisecond);
    ids.push_back(strike.id);
  }
  EXPECT_THAT(times, ElementsAre(10, 15, 20, 25, 30, 30));
  EXPECT_THAT(ids, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Schedule, AtMeansOnceAndTimesMeansAtMostThatOften) {
  FaultSpec thrice = every(fault(Kind::kill, "any"), milliseconds(10));
  thrice.times = 3;
  EXPECT_EQ(first(two_hosts({at(fault(Kind::kill, "any"), seconds(1)), thrice}), 100).size(), 4U);
}

TEST(Schedule, JitterStaysWithinItsShare) {
  FaultSpec kill = every(fault(Kind::kill, "any"), milliseconds(100));
  kill.jitter = 0.25;
  std::int64_t last = 0;
  std::set<std::int64_t> intervals;
  for (const Strike& strike : first(two_hosts({kill}), 1000)) {
    EXPECT_THAT(strike.at_ns - last, AllOf(Ge(75 * kMillisecond), Le(125 * kMillisecond)));
    intervals.insert(strike.at_ns - last);
    last = strike.at_ns;
  }
  EXPECT_GT(intervals.size(), 900U);
}

TEST(Schedule, AnyReachesEverySlotAndKnowsItsHost) {
  std::set<std::uint32_t> slots;
  for (const Strike& strike :
       first(two_hosts({every(fault(Kind::kill, "any"), milliseconds(1))}), 300)) {
    slots.insert(strike.slot);
    EXPECT_EQ(strike.whom, Strike::Whom::slot);
    EXPECT_THAT(strike.hosts, ElementsAre(strike.slot < 3 ? 0U : 1U));
  }
  EXPECT_EQ(slots.size(), 8U);
}

TEST(Schedule, AHolderIsLookedForOnAllHostsInChangingOrder) {
  std::set<std::uint32_t> begins;
  for (const Strike& strike :
       first(two_hosts({every(fault(Kind::kill, "holder"), milliseconds(1))}), 50)) {
    EXPECT_EQ(strike.whom, Strike::Whom::holder);
    EXPECT_THAT(strike.hosts, UnorderedElementsAre(0, 1));
    begins.insert(strike.hosts.front());
  }
  EXPECT_EQ(begins.size(), 2U);
}

TEST(Schedule, AHostAndAllMeanEveryWorkerThere) {
  const auto strikes = first(two_hosts({at(fault(Kind::kill, "h2"), milliseconds(1)),
                                        at(fault(Kind::kill, "all"), milliseconds(2))}),
                             2);
  EXPECT_EQ(strikes[0].whom, Strike::Whom::hosts);
  EXPECT_THAT(strikes[0].hosts, ElementsAre(1));
  EXPECT_THAT(strikes[1].hosts, ElementsAre(0, 1));
}

TEST(Schedule, PausesAreDrawnFromTheirDistribution) {
  FaultSpec pause = every(fault(Kind::pause, "any"), milliseconds(1));
  pause.length = {Distribution::Shape::uniform, milliseconds(10), milliseconds(20)};
  std::set<std::int64_t> lengths;
  for (const Strike& strike : first(two_hosts({pause}), 100)) {
    EXPECT_THAT(strike.pause_ns, AllOf(Ge(10 * kMillisecond), Le(20 * kMillisecond)));
    lengths.insert(strike.pause_ns);
  }
  EXPECT_GT(lengths.size(), 90U);
}

TEST(Schedule, AnOffsetIsSetAndAStepIsAdded) {
  FaultSpec offset = at(fault(Kind::clock, "all"), milliseconds(1));
  offset.offset = hours(1);
  FaultSpec step = every(fault(Kind::clock, "h2"), milliseconds(10));
  step.step = seconds(-1);
  const auto strikes = first(two_hosts({offset, step}), 3);
  EXPECT_THAT(strikes[0].offsets_ns,
              ElementsAre(3'600'000 * kMillisecond, 3'600'000 * kMillisecond));
  EXPECT_THAT(strikes[1].offsets_ns, ElementsAre(3'599'000 * kMillisecond));
  EXPECT_THAT(strikes[2].offsets_ns, ElementsAre(3'598'000 * kMillisecond));
}

TEST(Schedule, AStrobeGoesToAndFroAroundWhatElseIsSet) {
  FaultSpec offset = at(fault(Kind::clock, "h1"), milliseconds(1));
  offset.offset = seconds(10);
  FaultSpec strobe = every(fault(Kind::clock, "h1"), milliseconds(10));
  strobe.strobe = seconds(2);
  std::vector<std::int64_t> offsets;
  for (const Strike& strike : first(two_hosts({offset, strobe}), 4)) {
    offsets.push_back(strike.offsets_ns.at(0) / kMillisecond);
  }
  EXPECT_THAT(offsets, ElementsAre(10'000, 12'000, 10'000, 12'000));
}

TEST(Schedule, ARateAloneLeavesTheOffsetAlone) {
  FaultSpec rate = at(fault(Kind::clock, "h1"), milliseconds(1));
  rate.rate = 1.004;
  const auto strikes = first(two_hosts({rate}), 1);
  EXPECT_EQ(strikes[0].rate, 1.004);
  EXPECT_THAT(strikes[0].offsets_ns, IsEmpty());
}

FaultSpec at_operation(const std::string& operation, std::uint64_t within,
                       const std::string& target = "any") {
  FaultSpec spec = fault(Kind::kill, target);
  spec.operation = operation;
  spec.within = within;
  return spec;
}

TEST(Crash, AKillAtAnOperationIsNoStrike) {
  EXPECT_THAT(first(two_hosts({at_operation("rename", 10)}), 5), IsEmpty());
}

TEST(Crash, PointsReachEveryOperationOnBothSides) {
  Random random(3);
  std::set<std::string> points;
  for (int i = 0; i < 200; ++i) {
    const auto choice = draw_crash({at_operation("rename", 3)}, "h1", random);
    ASSERT_TRUE(choice);
    points.insert(text(*choice));
  }
  EXPECT_THAT(points, UnorderedElementsAre("before rename 1", "before rename 2", "before rename 3",
                                           "after rename 1", "after rename 2", "after rename 3"));
}

TEST(Crash, TheOperationCanBeChosenToTheNumber) {
  Random random(3);
  FaultSpec third = at_operation("link", 100);
  third.nth = 3;
  std::set<std::string> points;
  for (int i = 0; i < 50; ++i) points.insert(text(*draw_crash({third}, "h1", random)));
  EXPECT_THAT(points, UnorderedElementsAre("before link 3", "after link 3"));
}

TEST(Crash, OneSideCanBeAskedFor) {
  Random random(3);
  FaultSpec after = at_operation("any", 10);
  after.before = false;
  FaultSpec before = at_operation("any", 10);
  before.after = false;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(draw_crash({after}, "h1", random)->before);
    EXPECT_TRUE(draw_crash({before}, "h1", random)->before);
  }
}

TEST(Crash, OnlyHostsThatAreMeantGetOne) {
  Random random(3);
  const std::vector<FaultSpec> faults = {every(fault(Kind::kill, "any"), seconds(1)),
                                         at_operation("rename", 3, "h2"),
                                         at_operation("list", 3, "h2")};
  EXPECT_FALSE(draw_crash(faults, "h1", random));
  std::set<std::size_t> specs;
  for (int i = 0; i < 50; ++i) specs.insert(draw_crash(faults, "h2", random)->spec);
  EXPECT_THAT(specs, UnorderedElementsAre(1U, 2U));
}

}  // namespace
}  // namespace holdfast::harness
