#include "harness/fleet/agent_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// Every member differs from its default.
WorkerPlan full_plan() {
  WorkerPlan plan;
  plan.name = "h1.w3'2";
  plan.host = "h1";
  plan.separate_machine = true;
  plan.slot = 7;
  plan.seed = 0xfedcba9876543210;
  plan.directory = "/mnt/a \"quoted\" place\n";
  plan.locks = {"lock1", "lock2"};
  plan.history = "/run/h1.w3'2.events";
  plan.errors = "/run/h1.w3.err";
  plan.clock_page = "/tmp/h1.clock";
  plan.faketime = "/tmp/h1.faketime";
  plan.contender.name = "flufl.lock";
  plan.contender.lock = "baton";
  plan.contender.program = {"/usr/bin/python3", "adapter.py"};
  plan.contender.lifetime = seconds(2);
  plan.contender.options = R"({"drift": 0.01})";
  plan.contender.record_files = false;
  plan.work.hold = {Distribution::Shape::exponential, milliseconds(1), milliseconds(50)};
  plan.work.think = {Distribution::Shape::uniform, milliseconds(2), milliseconds(3)};
  plan.work.refresh_every = milliseconds(500);
  plan.work.resource = Resource::fenced;
  plan.work.arrivals = Distribution{Distribution::Shape::exponential, milliseconds(4), {}};
  plan.work.patience = seconds(9);
  plan.work.planted_fence = "backwards";
  plan.ordered = true;
  plan.patience_ns = 9'000'000'000;
  plan.reply_bound_ns = 30'000'000'000;
  plan.crash_operation = "rename";
  plan.crash_at = 3;
  plan.crash_before = true;
  return plan;
}

// The text is the same if and only if every member that travels is: to_line is the comparison.
TEST(AgentProtocol, APlanComesThroughWhole) {
  const std::string line = to_line(full_plan());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto plan = read_worker_plan(line);
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(to_line(*plan), line);
  EXPECT_EQ(plan->directory, full_plan().directory);
  EXPECT_EQ(plan->seed, full_plan().seed);
  EXPECT_EQ(plan->locks, full_plan().locks);
  EXPECT_EQ(plan->contender.program, full_plan().contender.program);
  EXPECT_EQ(plan->contender.lifetime, seconds(2));
  EXPECT_EQ(plan->work.hold.shape, Distribution::Shape::exponential);
  EXPECT_EQ(plan->work.hold.high, milliseconds(50));
  EXPECT_EQ(plan->work.refresh_every, milliseconds(500));
  EXPECT_EQ(plan->work.resource, Resource::fenced);
  ASSERT_TRUE(plan->work.arrivals);
  EXPECT_EQ(plan->work.arrivals->low, milliseconds(4));
  EXPECT_EQ(plan->crash_operation, "rename");
  EXPECT_TRUE(plan->crash_before);
  EXPECT_TRUE(plan->ordered);
}

TEST(AgentProtocol, AnEchoSaysWhen) {
  EXPECT_EQ(read_echo(echo_line(1'234'567'890'123)), 1'234'567'890'123);
  for (const char* other : {"go", "end", "echo", "echo ", "echo 1x", "echo 99999999999999999999"}) {
    EXPECT_EQ(read_echo(other), std::nullopt) << other;
  }
}

TEST(AgentProtocol, WhatIsNotThereStaysNotThere) {
  const auto plan = read_worker_plan(to_line(WorkerPlan{}));
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->work.refresh_every);
  EXPECT_FALSE(plan->work.arrivals);
  EXPECT_FALSE(plan->work.patience);
  EXPECT_EQ(plan->patience_ns, -1);
}

TEST(AgentProtocol, EveryMessageToAnAgentComesThrough) {
  Prepare prepare;
  prepare.orders.host = 1;
  prepare.orders.name = "h2";
  prepare.orders.seed = 5;
  prepare.orders.first_slot = 8;
  prepare.orders.workers = {full_plan(), WorkerPlan{}};
  prepare.orders.crashes.resize(2);
  prepare.orders.crashes[0].operation = "rename";
  prepare.orders.crashes[0].within = 9;
  prepare.orders.crashes[1].nth = 4;
  prepare.orders.lives_before = 3;
  prepare.orders.crash_quota = {UINT64_MAX};
  prepare.orders.clock_page = "/p";
  prepare.orders.faketime = "/f";
  prepare.orders.faketime_libraries = {"/a.so", "/b.so"};
  Strike strike;
  strike.id = 4;
  strike.at_ns = 77;
  strike.kind = FaultSpec::Kind::clock;
  strike.target = "all";
  strike.whom = Strike::Whom::hosts;
  strike.hosts = {0, 1};
  strike.seed = UINT64_MAX;
  strike.pause_ns = 5;
  strike.offsets_ns = {-1, 3'600'000'000'000};
  strike.rate = 1.004;
  for (const ToAgent& message : std::initializer_list<ToAgent>{
           Hello{3}, prepare, Go{}, Inject{strike}, Finish{12}, AskClock{9}, Kept{11}}) {
    const auto read = read_to_agent(to_line(message));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->index(), message.index());
    EXPECT_EQ(to_line(*read), to_line(message));
  }
  EXPECT_NE(to_line(ToAgent(prepare)).find(R"("nth":4)"), std::string::npos);
  const auto inject = read_to_agent(to_line(ToAgent(Inject{strike})));
  EXPECT_EQ(std::get<Inject>(*inject).strike, strike);
}

TEST(AgentProtocol, EveryMessageFromAnAgentComesThrough) {
  Fault fault;
  fault.id = 3;
  fault.kind = "kill";
  fault.target = "holder";
  fault.host = 2;
  fault.worker_name = "h3.w1'4";
  fault.start_ns = 10;
  fault.end_ns = 20;
  fault.effective = true;
  fault.why_not = "no";
  fault.inside_hold = true;
  fault.planned_offset_ns = 1;
  fault.measured_offset_ns = 2;
  fault.planned_rate = 1.5;
  fault.measured_rate = 1.25;
  fault.planned_pause_ns = 3;
  fault.measured_pause_ns = 4;
  fault.at_operation = "after rename 3";
  for (const FromAgent& message : std::initializer_list<FromAgent>{
           Greeting{1, 99, "a clock"}, ClockTold{1, 2, 3}, Prepared{}, Tally{1, 2},
           Struck{fault, false}, NobodyInside{8}, Finishing{5}, Parcel{"h1.err", 1, 2, "eA=="},
           Finished{}, Trouble{{"here", "it broke"}}}) {
    const auto read = read_from_agent(to_line(message));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->index(), message.index());
    EXPECT_EQ(to_line(*read), to_line(message));
  }
}

TEST(AgentProtocol, EveryMessageFromAWorkerComesThrough) {
  for (const FromWorker& message : std::initializer_list<FromWorker>{
           WorkerPrepared{}, WorkerEnded{false}, Trouble{{"here", "it broke"}}}) {
    const auto read = read_from_worker(to_line(message));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_line(*read), to_line(message));
  }
}

TEST(AgentProtocol, ABadLineIsShownAndSaysWhatIsWrong) {
  const auto text = [](const std::string& line) {
    const auto read = read_to_agent(line);
    return read ? std::string("was read") : read.error().text();
  };
  EXPECT_THAT(text("not json"), HasSubstr(": not json"));
  EXPECT_THAT(text(""), HasSubstr("parse error"));
  EXPECT_THAT(text("[]"), HasSubstr("type"));
  EXPECT_THAT(text("{}"), HasSubstr("'do' not found"));
  EXPECT_THAT(text(R"({"do": 7})"), HasSubstr("type must be string"));
  EXPECT_THAT(text(R"({"do": "dance"})"), HasSubstr("there is no message \"dance\""));
  EXPECT_THAT(text(R"({"do": "finish"})"), HasSubstr("'grace' not found"));
  EXPECT_THAT(text(R"({"do": "finish", "grace": "long"})"), HasSubstr("type must be number"));
  EXPECT_THAT(text(R"({"do": "prepare", "orders": []})"), HasSubstr("orders"));
}

TEST(AgentProtocol, ALongBadLineIsCut) {
  const auto read = read_to_agent(std::string(100'000, 'x'));
  ASSERT_FALSE(read);
  EXPECT_LT(read.error().text().size(), 400U);
}

TEST(AgentProtocol, UnknownMembersAreIgnored) {
  EXPECT_TRUE(read_to_agent(R"({"do": "finish", "grace": 5, "more": {"of": "it"}})"));
}

TEST(AgentProtocol, AnotherVersionOfAPlanIsRefused) {
  std::string line = to_line(WorkerPlan{});
  const std::string mine = "\"version\":" + std::to_string(kAgentProtocol);
  line.replace(line.find(mine), mine.size(), "\"version\":77");
  const auto plan = read_worker_plan(line);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().text(), HasSubstr("version 77"));
}

}  // namespace
}  // namespace holdfast::harness
