#include "harness/commands/terms.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

Traits baton() {
  Traits traits;
  traits.own = traits.leases = traits.tokens = true;
  traits.margin_ns = 120'000'000;
  return traits;
}

Scenario parsed(const std::string& members) {
  auto scenario = parse_scenario(
      R"({"version": 1, "contender": {"lock": "baton", "lifetime": "2s"})" + members + "}",
      "a/b.json", {});
  if (!scenario) {
    ADD_FAILURE() << scenario.error().text();
    return {};
  }
  return *scenario;
}

TEST(Terms, HoldTheRunToTheScenariosBounds) {
  const Terms terms = terms_of(
      parsed(R"(, "bounds": {"recovery": "2.5s", "wait": "10s", "bypassed": 3, "orphans": 0,
                  "overstays": 1, "wedge": "4s", "timeout_slack": "300ms"},
                "work": {"resource": "counter"})"),
      baton());
  EXPECT_EQ(terms.recovery_bound_ns, 2'500'000'000);
  EXPECT_EQ(terms.wait_bound_ns, 10'000'000'000);
  EXPECT_EQ(terms.bypass_bound, 3U);
  EXPECT_EQ(terms.orphan_bound, 0U);
  EXPECT_EQ(terms.overstay_bound, 1U);
  EXPECT_EQ(terms.wedge_bound_ns, 4'000'000'000);
  EXPECT_EQ(terms.timeout_slack_ns, 300'000'000);
  EXPECT_TRUE(terms.counter);
  EXPECT_FALSE(terms.fenced);
  EXPECT_FALSE(terms.final_counter);
}

TEST(Terms, WhatIsNotBoundedIsNotHeldAgainstTheLock) {
  const Terms terms = terms_of(parsed(""), baton());
  EXPECT_FALSE(terms.recovery_bound_ns);
  EXPECT_FALSE(terms.wait_bound_ns);
  EXPECT_FALSE(terms.bypass_bound);
  EXPECT_FALSE(terms.orphan_bound);
  EXPECT_FALSE(terms.overstay_bound);
  EXPECT_EQ(terms.wedge_bound_ns, 5'000'000'000);
}

TEST(Terms, TheContractIsWhatTheContenderSaysOfItself) {
  Traits traits = baton();
  Terms terms = terms_of(parsed(""), traits);
  EXPECT_TRUE(terms.own_lock && terms.leases && terms.tokens);
  EXPECT_EQ(terms.lifetime_ns, 2'000'000'000);
  EXPECT_EQ(terms.margin_ns, 120'000'000);
  EXPECT_FALSE(terms.contract_offset_ns);
  EXPECT_FALSE(terms.contract_drift);
  EXPECT_FALSE(terms.steady_server_clock);
  traits.clock_offset_ms = 0;
  traits.drift_ppm = 10'000;
  traits.steady_server_clock = true;
  terms = terms_of(parsed(""), traits);
  EXPECT_EQ(terms.contract_offset_ns, 0);
  EXPECT_DOUBLE_EQ(terms.contract_drift.value(), 0.01);
  EXPECT_TRUE(terms.steady_server_clock);
}

TEST(Terms, OnlyAProgramTakesTheLockInAnotherProcessThanItsWorker) {
  EXPECT_TRUE(terms_of(parsed(""), baton()).in_process);
  Scenario scenario = parsed("");
  scenario.contender.lock = "flock";
  EXPECT_TRUE(terms_of(scenario, Traits{}).in_process);
  scenario.contender.lock.clear();
  scenario.contender.program = {"/bin/lock"};
  EXPECT_FALSE(terms_of(scenario, Traits{}).in_process);
}

// Else a lock that does nothing would be valid with a worker of its own for each lock.
TEST(Terms, ContentionIsWantedEvenWhereThereCanBeNone) {
  EXPECT_TRUE(terms_of(parsed(R"(, "locks": 7)"), baton()).wants_contention);
  EXPECT_TRUE(terms_of(parsed(R"(, "locks": 8)"), baton()).wants_contention);
}

TEST(Terms, EveryKindOfFaultMustHaveTakenEffect) {
  const Terms terms = terms_of(parsed(R"(, "faults": [
      {"fault": "kill", "every": "1s"}, {"fault": "clock", "offset": "1s"},
      {"fault": "kill", "at": "1s"}])"),
                               baton());
  EXPECT_EQ(terms.wants_faults, (std::vector<std::string>{"kill", "clock"}));
  EXPECT_EQ(terms.wants_of_each_fault, 1U);
  EXPECT_FALSE(terms.wants_kills_inside);
  EXPECT_FALSE(terms.wants_expiry);
}

// Else a run could be valid in which no disk was ever full.
TEST(Terms, EachErrorOfAMountMustHaveBeenGivenAndASoftOneHaveGivenUp) {
  const auto wanted = [](const std::string& mount) {
    return terms_of(parsed(", \"mount\": " + mount), baton()).wants_faults;
  };
  EXPECT_EQ(wanted(R"({"faults": [{"fault": "error", "error": "ENOSPC"}, {"fault": "lost_reply"},
                                  {"fault": "error", "error": "EDQUOT"}]})"),
            (std::vector<std::string>{"error", "error ENOSPC not applied", "lost_reply",
                                      "lost_reply by itself", "error EDQUOT not applied"}));
  EXPECT_EQ(wanted(R"({"soft": "10ms"})"), std::vector<std::string>{"given_up"});
}

TEST(Terms, EachSortOfAMountsFaultsMustHaveTakenEffect) {
  const auto wanted = [](const std::string& faults) {
    return terms_of(parsed(R"(, "mount": {"emulate": "nfs-async", "faults": [)" + faults + "]}"),
                    baton())
        .wants_faults;
  };
  EXPECT_EQ(wanted(R"({"fault": "error", "error": "EIO", "applied": "yes"},
                      {"fault": "error", "error": "EIO", "applied": "later", "for": "1s"},
                      {"fault": "error", "error": "ESTALE", "applied": "yes"})"),
            (std::vector<std::string>{"error", "error EIO applied", "error EIO applied later",
                                      "error ESTALE applied"}));
  EXPECT_EQ(wanted(R"({"fault": "partition", "for": "1s"},
                      {"fault": "partition", "for": "1s", "direction": "replies"})"),
            (std::vector<std::string>{"partition", "partition both", "partition replies"}));
  EXPECT_EQ(wanted(R"({"fault": "server_clock", "step": "1s"},
                      {"fault": "server_clock", "offset": "1s"})"),
            (std::vector<std::string>{"server_clock", "server_clock step", "server_clock offset"}));
  EXPECT_EQ(wanted(R"({"fault": "server_crash", "for": "1s", "forget": 3})"),
            (std::vector<std::string>{"server_crash", "server_forgot"}));
  EXPECT_EQ(wanted(R"({"fault": "server_crash", "for": "1s"})"),
            std::vector<std::string>{"server_crash"});
}

TEST(Terms, HowOftenEachKindMustTakeEffectIsTheScenariosToSay) {
  const auto wanted = [](const std::string& expect) {
    return terms_of(parsed(", \"expect\": " + expect), baton()).wants_of_each_fault;
  };
  EXPECT_EQ(wanted(R"({"verdict": "valid", "effective": 50})"), 50U);
  EXPECT_EQ(wanted(R"("valid")"), 1U);
}

TEST(Terms, WhatIsAimedAtAHolderMustHitOne) {
  const auto wants = [](const std::string& fault) {
    return terms_of(parsed(R"(, "faults": [)" + fault + "]"), baton());
  };
  EXPECT_TRUE(wants(R"({"fault": "kill", "target": "holder", "every": "1s"})").wants_kills_inside);
  EXPECT_FALSE(wants(R"({"fault": "kill", "target": "holder", "every": "1s"})").wants_expiry);
  Scenario unproved =
      parsed(R"(, "faults": [{"fault": "kill", "target": "holder", "every": "1s"}])");
  unproved.contender.options = R"({"proof_of_death": false})";
  EXPECT_TRUE(terms_of(unproved, baton()).wants_expiry);
  EXPECT_TRUE(
      wants(R"({"fault": "pause", "target": "holder", "for": "3s", "every": "1s"})").wants_expiry);
  EXPECT_TRUE(wants(R"({"fault": "pause", "target": "holder", "for": {"exponential": "1s"},
                        "every": "1s"})")
                  .wants_expiry);
  EXPECT_FALSE(wants(R"({"fault": "pause", "target": "holder", "for": {"uniform": ["1s", "2s"]},
                         "every": "1s"})")
                   .wants_expiry);
  EXPECT_FALSE(
      wants(R"({"fault": "pause", "target": "any", "for": "3s", "every": "1s"})").wants_expiry);
}

TEST(Terms, ALockWithoutLeasesHasNoneToRunOut) {
  const auto scenario =
      parsed(R"(, "faults": [{"fault": "pause", "target": "holder", "for": "3s", "every": "1s"}])");
  EXPECT_FALSE(terms_of(scenario, Traits{}).wants_expiry);
}

}  // namespace
}  // namespace holdfast::harness
