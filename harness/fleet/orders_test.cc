#include "harness/fleet/orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Scenario three_hosts() {
  Scenario scenario;
  scenario.contender.lock = "baton";
  scenario.locks = 2;
  scenario.hosts = {{"h1", 2, false}, {"h2", 3, true}, {"h3", 1, false}};
  return scenario;
}

FaultSpec at_operation(const std::string& target) {
  FaultSpec fault;
  fault.kind = FaultSpec::Kind::kill;
  fault.target = target;
  fault.operation = "rename";
  fault.within = 5;
  return fault;
}

FaultSpec clock_fault() {
  FaultSpec fault;
  fault.kind = FaultSpec::Kind::clock;
  fault.target = "h1";
  return fault;
}

std::vector<HostOrders> orders_of(const Scenario& scenario, std::uint64_t seed = 1) {
  const Places run{"/run", "/mnt/locks", "/scratch", {"/a.so", "/b.so"}};
  std::vector<HostPlaces> hosts;
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) hosts.push_back(same_places(run, i));
  return make_orders(scenario, seed, run, hosts);
}

TEST(Orders, SlotsAreNumberedOverAllHosts) {
  const auto orders = orders_of(three_hosts());
  ASSERT_EQ(orders.size(), 3U);
  EXPECT_EQ(orders[1].first_slot, 2U);
  EXPECT_EQ(orders[2].first_slot, 5U);
  std::uint32_t slot = 0;
  std::set<std::string> names;
  for (const HostOrders& host : orders) {
    for (const WorkerPlan& plan : host.workers) {
      EXPECT_EQ(plan.slot, slot++);
      EXPECT_EQ(plan.host, host.name);
      EXPECT_EQ(plan.directory, "/mnt/locks");
      EXPECT_THAT(plan.locks, ElementsAre("lock1", "lock2"));
      EXPECT_EQ(plan.separate_machine, host.name == "h2");
      names.insert(plan.name);
    }
  }
  EXPECT_EQ(names.size(), 6U);
  EXPECT_TRUE(names.contains("h2.w3"));
}

TEST(Orders, PatienceIsForEverUnlessGiven) {
  Scenario scenario = three_hosts();
  EXPECT_EQ(orders_of(scenario)[0].workers[0].patience_ns, -1);
  scenario.work.patience = Nanoseconds(5);
  EXPECT_EQ(orders_of(scenario)[0].workers[0].patience_ns, 5);
}

TEST(Orders, ClocksAreBentOnlyWhereAFaultAsksForIt) {
  Scenario scenario = three_hosts();
  EXPECT_EQ(orders_of(scenario)[0].clock_page, "");
  scenario.faults = {clock_fault()};
  const auto own = orders_of(scenario)[0];
  EXPECT_EQ(own.clock_page, "/scratch/h1.clock");
  EXPECT_EQ(own.workers[0].clock_page, own.clock_page);
  EXPECT_EQ(own.faketime, "");
  scenario.contender.program = {"/bin/lock"};
  const auto program = orders_of(scenario)[1];
  EXPECT_EQ(program.faketime, "/scratch/h2.faketime");
  EXPECT_EQ(program.workers[0].faketime, program.faketime);
  EXPECT_THAT(program.faketime_libraries, ElementsAre("/a.so", "/b.so"));
}

TEST(Orders, AReplacementHasANameAHistoryAndASeedOfItsOwn) {
  HostOrders orders = orders_of(three_hosts())[1];
  const WorkerPlan first = arm(orders, 2, 1).plan;
  const WorkerPlan second = arm(orders, 2, 2).plan;
  EXPECT_EQ(first.name, "h2.w3");
  EXPECT_EQ(first.history, "/run/history/h2.w3.events");
  EXPECT_EQ(second.name, "h2.w3'2");
  EXPECT_EQ(second.history, "/run/history/h2.w3'2.events");
  EXPECT_EQ(second.errors, first.errors);
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second.seed, first.seed);
}

// A host that crashed and is back has a new agent, which cannot know what its forerunner started.
TEST(Orders, NamesGoOnWhereAnEarlierAgentOfTheHostEnded) {
  HostOrders orders = orders_of(three_hosts())[0];
  orders.lives_before = 4;
  EXPECT_EQ(arm(orders, 0, 1).plan.name, "h1.w1'5");
}

TEST(Orders, TheLastLifeIsReadFromTheHistoriesThatAreThere) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "orders.lives";
  std::filesystem::remove_all(folder);
  EXPECT_EQ(last_life(folder), 0U);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "h1.w1.events");
  EXPECT_EQ(last_life(folder), 1U);
  std::ofstream(folder / "h1.w2'9.events");
  std::ofstream(folder / "h1.w2'10.program.77.events");
  EXPECT_EQ(last_life(folder), 10U);
  std::filesystem::remove_all(folder);
}

TEST(Orders, AHostHasPlacesOfItsOwn) {
  const Places run{"/run", "/mnt/locks", "/scratch", {}, {"/m/h1", "/m/h2", "/m/h3"}};
  std::vector<HostPlaces> hosts = {same_places(run, 0),
                                   {"/nfs", "/var/h", "/var/l", "/tmp/s", "/var", true},
                                   same_places(run, 2)};
  Scenario scenario = three_hosts();
  scenario.faults = {clock_fault()};
  const auto orders = make_orders(scenario, 1, run, hosts);
  EXPECT_EQ(orders[0].workers[0].directory, "/m/h1");
  EXPECT_EQ(orders[1].workers[0].directory, "/nfs");
  EXPECT_EQ(orders[1].workers[0].history, "/var/h/h2.w1.events");
  EXPECT_EQ(orders[1].workers[0].errors, "/var/l/h2.w1.err");
  EXPECT_EQ(orders[1].clock_page, "/tmp/s/h2.clock");
  EXPECT_EQ(orders[0].own, "");
  EXPECT_EQ(orders[1].own, "/var");
}

TEST(Orders, TheSameSeedGivesTheSameWorkers) {
  const auto seeds = [](std::uint64_t seed) {
    std::set<std::uint64_t> all;
    for (HostOrders& orders : orders_of(three_hosts(), seed)) {
      for (std::size_t i = 0; i < orders.workers.size(); ++i) {
        all.insert(arm(orders, i, 1).plan.seed);
        all.insert(arm(orders, i, 2).plan.seed);
      }
    }
    return all;
  };
  EXPECT_EQ(seeds(1).size(), 12U);
  EXPECT_EQ(seeds(1), seeds(1));
  EXPECT_NE(seeds(1), seeds(2));
}

TEST(Orders, CrashPointsAreDrawnForTheHostsThatAreMeant) {
  Scenario scenario = three_hosts();
  scenario.faults = {at_operation("h2")};
  auto orders = orders_of(scenario);
  EXPECT_THAT(orders[0].crashes, IsEmpty());
  EXPECT_FALSE(arm(orders[0], 0, 1).crash);
  const ArmedPlan armed = arm(orders[1], 0, 1);
  ASSERT_TRUE(armed.crash);
  EXPECT_EQ(armed.plan.crash_operation, "rename");
  EXPECT_GE(armed.plan.crash_at, 1U);
  EXPECT_LE(armed.plan.crash_at, 5U);
  std::set<std::uint64_t> points;
  for (std::uint64_t generation = 1; generation < 100; ++generation) {
    points.insert(arm(orders[1], 0, generation).plan.crash_at);
  }
  EXPECT_EQ(points.size(), 5U);
}

// What others do only the mount sees; holdfast's own locks need nobody for it.
TEST(Orders, WhoCannotKillItselfIsToldOfTheMountThatCan) {
  Scenario scenario = three_hosts();
  scenario.faults = {at_operation("any")};
  Places run{"/run", "/mnt/locks", "/scratch", {}};
  run.mount_control = "/m/control";
  const auto first = [&](std::uint64_t generation) {
    const std::vector<HostPlaces> hosts(3, same_places(run, 0));
    auto orders = make_orders(scenario, 1, run, hosts);
    return arm(orders[0], 0, generation).plan;
  };
  EXPECT_EQ(first(1).crash_control, "");
  EXPECT_EQ(first(1).crash_mark, "");
  scenario.contender.lock = "excl";
  EXPECT_EQ(first(1).crash_control, "/m/control");
  EXPECT_EQ(first(1).crash_mark, "/scratch/h1.w1.crash");
  EXPECT_EQ(first(2).crash_mark, "/scratch/h1.w1'2.crash");
}

TEST(Orders, HowOftenAtMostIsSharedOutBetweenTheHosts) {
  Scenario scenario = three_hosts();
  scenario.faults = {at_operation("any")};
  scenario.faults[0].times = 4;
  std::vector<int> armed;
  for (HostOrders& orders : orders_of(scenario)) {
    int count = 0;
    for (std::uint64_t generation = 1; generation < 20; ++generation) {
      if (arm(orders, 0, generation).crash) ++count;
    }
    armed.push_back(count);
  }
  EXPECT_THAT(armed, ElementsAre(2, 1, 1));
}

}  // namespace
}  // namespace holdfast::harness
