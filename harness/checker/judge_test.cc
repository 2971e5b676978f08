// The verdict as a whole: what wins, what a run could have shown, and that it is always the same.
#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "harness/checker/cause_story.h"
#include "harness/checker/evidence.h"
#include "harness/checker/power.h"
#include "harness/checker/story.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/history/test_folder.h"
#include "harness/result/count.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

TEST(Verdict, ThatNobodyFilledInIsUnknown) { EXPECT_EQ(Verdict{}.value, Value::unknown); }

TEST(Verdict, WorstWinsAndThenTheClassThatComesFirst) {
  Story story;
  story.grant(0, 1, 0, 5, 1000).release(50, 0).grant(2, 30, 1, 4, 1050).release(90, 1);
  Terms terms = own_terms();
  terms.wants_faults = {"clock"};  // unknown
  const Verdict verdict = judge(story.history(), terms);
  EXPECT_EQ(verdict.value, Value::violated);
  EXPECT_EQ(verdict.first_class, Class::mutual_exclusion);
  EXPECT_EQ(verdict.counts.at(Class::token_regression), 1U);
  EXPECT_EQ(verdict.counts.at(Class::inconclusive), 1U);
  EXPECT_EQ(verdict.power.violation_rate_bound, 1);
}

TEST(Inconclusive, ARunInWhichNothingHappened) {
  const auto cause = [](const std::function<void(Terms&)>& want) {
    Story story;
    story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(60, 61, 1, 2, 1050).release(90, 1);
    Terms terms = own_terms();
    want(terms);
    const Verdict verdict = judge(story.history(), terms);
    EXPECT_EQ(verdict.value, verdict.first_cause == Cause::none ? Value::valid : Value::unknown);
    return verdict.first_cause;
  };
  EXPECT_EQ(cause([](Terms&) {}), Cause::none);
  EXPECT_EQ(cause([](Terms& it) { it.wants_contention = true; }), Cause::vacuous);
  EXPECT_EQ(cause([](Terms& it) { it.wants_kills_inside = true; }), Cause::vacuous);
  EXPECT_EQ(cause([](Terms& it) { it.wants_expiry = true; }), Cause::vacuous);
  EXPECT_EQ(cause([](Terms& it) { it.wants_faults = {"kill"}; }), Cause::fault_not_effective);
}

// A scenario that is about a fault has shown little where that came once.
TEST(Inconclusive, AFaultThatTookEffectTooSeldom) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).kill(20, 21, 0);
  Terms terms = own_terms();
  terms.wants_faults = {"kill"};
  EXPECT_EQ(judge(story.history(), terms).value, Value::valid);
  terms.wants_of_each_fault = 2;
  const Verdict verdict = judge(story.history(), terms);
  EXPECT_EQ(verdict.first_cause, Cause::fault_not_effective);
  EXPECT_THAT(check_of(verdict, "inconclusive").findings.at(0).sentence,
              testing::HasSubstr("took effect only 1 time, and the scenario wants at least 2"));
}

TEST(Inconclusive, ARunWithoutAnyGrantIsVacuous) {
  Story story;
  story.refuse(1, 2, 0);
  EXPECT_EQ(judge(story.history(), own_terms()).first_cause, Cause::vacuous);
}

// Whoever lost an agent has lost what its workers would have shown.
TEST(Inconclusive, ARunThatLostAHost) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(50, 0);
  Fault lost;
  lost.kind = "controller_lost";
  lost.target = "h2";
  lost.effective = true;
  story.raw().faults.push_back(lost);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_cause, Cause::controller_lost);
  EXPECT_THAT(check_of(verdict, "inconclusive").findings.at(0).sentence, HasSubstr("Host h2"));
}

TEST(Power, CountsWhatARunCouldHaveShown) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).kill(20, 21, 0);         // the lease runs out
  story.grant(5, 1100, 1, 2, 2100).release(1150, 1);     // contended, another host
  story.grant(1200, 1201, 1, 3, 2200).release(1210, 1);  // by the same
  story.grant(1300, 1301, 2, 4, 2300).release(1310, 2).refuse(1400, 1410, 3);
  const Power power = judge(story.history(), own_terms()).power;
  EXPECT_EQ(power.attempts, 5U);
  EXPECT_EQ(power.grants, 4U);
  EXPECT_EQ(power.contended_grants, 1U);
  EXPECT_EQ(power.handoffs_between_workers, 2U);
  EXPECT_EQ(power.handoffs_between_hosts, 2U);
  EXPECT_EQ(power.kills_inside, 1U);
  EXPECT_EQ(power.leases_run_out, 1U);
  EXPECT_EQ(power.effective_faults.at("kill"), 1U);
  EXPECT_EQ(power.violation_rate_bound, 1);  // 3 / 2 handoffs is no bound
  EXPECT_DOUBLE_EQ(rate_bound(3000), 0.001);
}

// By a clock that is wrong, the first of all can have asked before the run began.
TEST(Power, NobodyIsInTheWayOfTheFirstGrant) {
  Story story;
  story.grant(-2, 1, 0, 1, 1000).release(50, 0);
  EXPECT_EQ(judge(story.history(), own_terms()).power.contended_grants, 0U);
}

/// By what name, and how often, effective faults of one kind count that struck at these operations.
std::map<std::string, std::uint64_t> counted(const char* kind,
                                             const std::vector<const char*>& operations) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(20, 0);
  History history = story.history();
  for (const char* operation : operations) {
    Fault fault;
    fault.id = static_cast<std::uint32_t>(history.faults.size() + 1);
    fault.kind = kind;
    fault.effective = true;
    fault.at_operation = operation;
    history.faults.push_back(fault);
  }
  return judge(history, own_terms()).power.effective_faults;
}

// An error that was told of what was done is another fault than one of what was not, and each must
// have struck often enough.
TEST(Power, CountsFaultsAlsoBySort) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(20, 0);
  History history = story.history();
  const auto add = [&](const char* kind, std::vector<std::string> sorts, bool effective = true) {
    Fault fault;
    fault.kind = kind;
    fault.sorts = std::move(sorts);
    fault.effective = effective;
    history.faults.push_back(fault);
  };
  add("error", {"EIO not applied"});
  add("error", {"EIO applied later"});
  add("error", {"ESTALE not applied"});
  add("partition", {"replies"});
  add("partition", {"both"}, false);
  const std::map<std::string, std::uint64_t> expected = {{"error", 3},
                                                         {"error EIO not applied", 1},
                                                         {"error EIO applied later", 1},
                                                         {"error ESTALE not applied", 1},
                                                         {"partition", 1},
                                                         {"partition replies", 1}};
  EXPECT_EQ(judge(history, own_terms()).power.effective_faults, expected);
}

TEST(Power, CountsKillsAtAFileOperationAlsoByTheOperation) {
  const std::map<std::string, std::uint64_t> expected = {
      {"kill", 5}, {"kill rename", 2}, {"kill list", 1}, {"kill link", 1}};
  EXPECT_EQ(counted("kill", {"", "before rename 3", "after any 12: rename", "after any 2: list",
                             "after link 1: link claim lock"}),
            expected);
}

TEST(Words, ArePlain) {
  EXPECT_EQ(length(250), "250 ns");
  EXPECT_EQ(length(1'500'000), "1.5 ms");
  EXPECT_EQ(length(30'000'000'000), "30 s");
  EXPECT_EQ(seconds(4'812'000'000), "4.812000 s");
  EXPECT_EQ(count(1, "grant"), "1 grant");
  EXPECT_EQ(count(3, "grant"), "3 grants");
}

/// Everything that a verdict says, but for how long it took.
std::string text(const Verdict& verdict) {
  std::string all = std::string(name(verdict.value)) + " " +
                    std::string(name(verdict.first_class)) + " " +
                    std::string(name(verdict.first_cause)) + " " + verdict.reason + "\n";
  const auto counts = [&](const std::map<Class, std::uint64_t>& of) {
    for (const auto& [what, number] : of) {
      all += std::string(name(what)) + " " + std::to_string(number) + "\n";
    }
  };
  counts(verdict.counts);
  for (const CheckResult& check : verdict.checks) {
    all += check.checker + " " + std::to_string(static_cast<int>(check.outcome)) + " " +
           check.reason + "\n";
    for (const std::string& assumption : check.assumptions) all += "  " + assumption + "\n";
    counts(check.counts);
    for (const Finding& finding : check.findings) {
      all += finding.sentence + " " + std::string(name(finding.cause)) + " " +
             std::to_string(finding.from_ns) + " " + std::to_string(finding.to_ns);
      for (const std::size_t event : finding.events) all += " " + std::to_string(event);
      for (const std::uint32_t fault : finding.faults) all += " f" + std::to_string(fault);
      all += "\n";
    }
  }
  const Power& power = verdict.power;
  for (const std::uint64_t number :
       {power.attempts, power.grants, power.contended_grants, power.handoffs_between_workers,
        power.handoffs_between_hosts, power.kills_inside, power.leases_run_out}) {
    all += std::to_string(number) + " ";
  }
  return all + std::to_string(power.violation_rate_bound);
}

/// Two who overlap, an overstay, a token that goes back and a lost update.
Story eventful() {
  Story story;
  story.records_files();
  story.grant(10, 11, 0, 5, 1000).update(20, 21, 0, 1).release(50, 0);
  story.grant(12, 30, 1, 4, 1050).update(60, 61, 1, 1).release(90, 1);
  story.grant(100, 101, 2, 7, 900).pause(200, 1000, 2).release(1100, 2);
  story.grant(110, 1000, 3, 8, 2000).release(1200, 3);
  return story;
}

Terms eventful_terms() {
  Terms terms = own_terms();
  terms.counter = true;
  terms.final_counter = 1;
  return terms;
}

TEST(Verdict, OfOneHistoryIsAlwaysTheSame) {
  Story story = eventful();
  const History history = story.history();
  const std::string first = text(judge(history, eventful_terms()));
  EXPECT_THAT(first, HasSubstr("lost the update"));
  EXPECT_EQ(first, text(judge(history, eventful_terms())));
}

/// The events as a run records them; the instants are those of recording.
void record(const History& history, const std::string& folder) {
  RunRecord run;
  run.hosts = history.hosts;
  run.locks = history.locks;
  run.start_ns = recorder_now_ns();
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::filesystem::create_directory(folder + "/history");
  for (const WorkerRecord& worker : history.workers) {
    auto made = Recorder::create(
        folder + "/history/" + worker.name + ".events",
        {worker.name, history.hosts[worker.host].name, worker.slot, 1, worker.records_files});
    ASSERT_TRUE(made.has_value());
    recorders.push_back(std::move(*made));
  }
  for (Event event : history.events) {
    if (event.until_ns != 0) event.until_ns = recorder_now_ns() + 60'000'000'000;
    event.began_ns = 0;
    recorders[event.worker]->record(event, history.names[event.name], history.names[event.other]);
  }
  run.end_ns = recorder_now_ns();
  Fault fault;
  fault.id = 3;
  fault.kind = "pause";
  fault.worker_name = "h3.w1";
  fault.effective = true;
  fault.start_ns = run.start_ns;
  fault.end_ns = run.end_ns;
  ASSERT_TRUE(append_fault(folder, fault).has_value());
  ASSERT_TRUE(write_run_record(folder, run).has_value());
}

TEST(Verdict, OfAStoredRunIsTheSameHoweverOftenItIsRead) {
  const TestFolder folder;
  Story story = eventful();
  record(story.history(), folder.path());
  const auto one = read_history(folder.path());
  const auto two = read_history(folder.path());
  ASSERT_TRUE(one.has_value()) << one.error().text();
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(one->events, two->events);
  const std::string first = text(judge(*one, eventful_terms()));
  EXPECT_THAT(first, HasSubstr("mutual_exclusion 2"));
  EXPECT_EQ(first, text(judge(*two, eventful_terms())));
}

// Such a server undoes a grant, and every number that was given with it.
TEST(Verdict, NamesAServerThatForgotWithinWhatAFindingRestsOn) {
  for (const bool within : {true, false}) {
    Story story;
    story.grant(0, 1, 0, 7, 1000).release(10, 0).grant(20, 21, 1, 7, 1000).release(30, 1);
    story.raw().faults.push_back(forgot((within ? 15 : 25) * kMs));
    const Verdict verdict = judge(story.history(), own_terms());
    EXPECT_EQ(verdict.first_class, Class::token_regression);
    EXPECT_EQ(verdict.first_cause, within ? Cause::server_lost_state : Cause::none);
    EXPECT_EQ(verdict.reason.find("The server had forgotten at 0.015000 s") != std::string::npos,
              within);
  }
}

// A release is forgotten: the next acquire is refused by what its own process had given back.
TEST(Verdict, NamesAServerThatForgotTheReleaseOfWhatIsHeldUnawares) {
  for (const bool since : {true, false}) {
    Story story;
    story.grant(10, 11, 0).release(20, 0).refuse(30, 31, 0).probe(32, 0, ProbedState::mine);
    story.raw().faults.push_back(forgot((since ? 25 : 5) * kMs));
    const Verdict verdict = judge(story.history(), plain_terms());
    EXPECT_EQ(verdict.first_class, Class::ghost_hold);
    EXPECT_EQ(verdict.first_cause, since ? Cause::server_lost_state : Cause::none);
  }
}

}  // namespace
}  // namespace holdfast::harness
