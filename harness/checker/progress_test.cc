// The checkers of what must go on: wedge, slow_recovery, starvation, spurious_loss, api_contract.
#include <gmock/gmock.h>

#include "harness/checker/cause_story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

Outcome outcome(Story& story, const Terms& terms, const char* checker, double end_ms = 100'000) {
  return check_of(judge(story.history(end_ms), terms), checker).outcome;
}

/// Allowed: lifetime 1 s + margin 100 ms + bound 500 ms.
Terms wedging() {
  Terms terms = own_terms();
  terms.wedge_bound_ns = 500 * kMs;
  return terms;
}

TEST(Wedge, AFreeLockThatAWaiterDoesNotGetIsFound) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).grant(5, 1611, 1, 2, 2700).release(1700, 1);
  const Verdict verdict = judge(story.history(), wedging());
  EXPECT_EQ(verdict.first_class, Class::wedge);
  EXPECT_THAT(verdict.reason, HasSubstr("h2.w1 waited 1.601 s of it; allowed are 1.6 s."));
}

// Who waits is not told as one who was inside, whatever the finding.
TEST(Parties, SayWhetherTheyHeldOrWaited) {
  Story wedged;
  wedged.grant(0, 1, 0, 1, 1000).release(10, 0).grant(5, 1611, 1, 2, 2700).release(1700, 1);
  const Verdict verdict = judge(wedged.history(), wedging());
  const Finding& wedge = check_of(verdict, "wedge").findings.at(0);
  EXPECT_EQ(wedge.parties.at(0).doing, Doing::waiting);
  EXPECT_EQ(wedge.parties.at(1).doing, Doing::holding);
  Terms terms = own_terms();
  terms.timeout_slack_ns = 100 * kMs;
  Story late;
  late.ask(1000, 0, Op::acquire);
  late.raw().events.back().until_ns = 2000 * kMs;
  late.back(2900, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  const Verdict impatience = judge(late.history(), terms);
  const Party& waiter = check_of(impatience, "api_contract").findings.at(0).parties.at(0);
  EXPECT_EQ(waiter.doing, Doing::waiting);
  EXPECT_EQ(waiter.from_ns, 1000 * kMs);
  EXPECT_EQ(waiter.until_ns, 2900 * kMs);
  Story refused;
  refused.ask(10, 0, Op::acquire).back(50, 0, Op::acquire, Phase::fail, 0, Why::lost);
  const Verdict reason = judge(refused.history(), terms);
  const Party& caller = check_of(reason, "api_contract").findings.at(0).parties.at(0);
  EXPECT_EQ(caller.from_ns, 10 * kMs);
  EXPECT_EQ(caller.until_ns, 50 * kMs);
  EXPECT_EQ(check_of(reason, "api_contract").findings.at(0).from_ns, 50 * kMs);
}

TEST(Wedge, AWaitAsLongAsIsAllowedIsNone) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).grant(5, 1610, 1, 2, 2700).release(1700, 1);
  EXPECT_EQ(outcome(story, wedging(), "wedge"), Outcome::passed);
}

TEST(Wedge, ToTheEndOfTheRunIsFound) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).refuse(5, 5000, 1);
  EXPECT_EQ(outcome(story, wedging(), "wedge", 6000), Outcome::found);
}

TEST(Wedge, NeedsSomebodyWhoWaits) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).grant(4000, 4001, 1, 2, 5000).release(4002, 1);
  EXPECT_EQ(outcome(story, wedging(), "wedge"), Outcome::passed);
}

// Such as of a lock that the mount does not offer: there is nobody to give anything back.
TEST(Wedge, CallsThatCameBackWithAnErrorAreNoWait) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).refuse(5, 5000, 1, Why::error);
  EXPECT_EQ(outcome(story, wedging(), "wedge", 6000), Outcome::passed);
}

TEST(Wedge, APausedWaiterDoesNotWait) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0).grant(5, 2611, 1, 2, 3600).release(2700, 1);
  story.pause(20, 2600, 1);
  EXPECT_EQ(outcome(story, wedging(), "wedge"), Outcome::passed);
}

TEST(Wedge, WhoeverWasPausedInItsAcquireMayHaveHadIt) {
  // The third one took it, was paused past its lease, and came back with nothing.
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(10, 0);
  story.refuse(5, 3000, 2).pause(12, 2900, 2);
  story.grant(5, 1900, 1, 2, 2900).release(1950, 1);
  EXPECT_EQ(outcome(story, wedging(), "wedge"), Outcome::passed);
}

TEST(Wedge, AReleaseThatFailedGivesNothingBackWithoutLeases) {
  Terms terms = plain_terms();
  terms.wedge_bound_ns = 500 * kMs;
  Story story;
  story.grant(0, 1, 0).release(10, 0, Phase::fail, Why::error).grant(5, 1000, 1).release(1100, 1);
  EXPECT_EQ(outcome(story, terms, "wedge"), Outcome::passed);
  Story freed;
  freed.grant(0, 1, 0).release(10, 0).grant(5, 1000, 1).release(1100, 1);
  EXPECT_EQ(outcome(freed, terms, "wedge"), Outcome::found);
}

TEST(Wedge, WhoeverDoesNotKnowMayHoldIt) {
  Terms terms = plain_terms();
  terms.wedge_bound_ns = 500 * kMs;
  Story story;
  story.ask(0, 0, Op::acquire).back(1, 0, Op::acquire, Phase::info);
  story.ask(2, 0, Op::release).back(3, 0, Op::release, Phase::info).refuse(5, 5000, 1);
  story.end(5500, 0);
  EXPECT_EQ(outcome(story, terms, "wedge", 6000), Outcome::passed);
  Story settled;
  settled.ask(0, 0, Op::acquire).back(1, 0, Op::acquire, Phase::info);
  settled.release(3, 0).refuse(5, 5000, 1);
  EXPECT_EQ(outcome(settled, terms, "wedge", 6000), Outcome::found);
}

// --- slow_recovery

Terms recovering() {
  Terms terms = own_terms();
  terms.recovery_bound_ns = 1200 * kMs;
  return terms;
}

Story killed_and_granted(double granted_ms) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).kill(50, 60, 0).grant(5, granted_ms, 1, 2, granted_ms + 900);
  story.release(granted_ms + 10, 1);
  return story;
}

TEST(SlowRecovery, ALockOfTheDeadThatCameTooLateIsFound) {
  Story story = killed_and_granted(1261);
  const Verdict verdict = judge(story.history(), recovering());
  EXPECT_EQ(verdict.first_class, Class::slow_recovery);
  EXPECT_THAT(verdict.reason, HasSubstr("h1.w1 was killed inside lock"));
}

TEST(SlowRecovery, IsCountedFromTheSureEndOfTheProcess) {
  Story story = killed_and_granted(1260);
  EXPECT_EQ(outcome(story, recovering(), "slow_recovery"), Outcome::passed);
}

TEST(SlowRecovery, OfALockThatWasGivenBackIsNone) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(5, 1500, 1, 2, 2400).release(1510, 1);
  EXPECT_EQ(outcome(story, recovering(), "slow_recovery"), Outcome::passed);
}

TEST(SlowRecovery, DoesNotApplyWithoutABound) {
  Story story = killed_and_granted(1261);
  EXPECT_EQ(outcome(story, own_terms(), "slow_recovery"), Outcome::not_applicable);
}

// --- starvation

Story overtaken_twice() {
  Story story;
  story.ask(5, 3, Op::acquire).grant(6, 7, 0).release(8, 0).grant(9, 10, 1).release(11, 1);
  story.back(20, 3, Op::acquire, Phase::ok).release(30, 3);
  return story;
}

TEST(Starvation, BeingOvertakenMoreOftenThanAllowedIsFound) {
  Story story = overtaken_twice();
  Terms terms = plain_terms();
  terms.bypass_bound = 1;
  EXPECT_EQ(outcome(story, terms, "starvation"), Outcome::found);
  terms.bypass_bound = 2;
  EXPECT_EQ(outcome(story, terms, "starvation"), Outcome::passed);
}

TEST(Starvation, WhoeverWasPausedCouldNotTakeItsTurn) {
  Story story = overtaken_twice();
  story.pause(6, 18, 3);
  Terms terms = plain_terms();
  terms.bypass_bound = 1;
  EXPECT_EQ(outcome(story, terms, "starvation"), Outcome::passed);
}

TEST(Starvation, WaitingLongerThanAllowedIsFound) {
  Story story = overtaken_twice();
  Terms terms = plain_terms();
  terms.wait_bound_ns = 14 * kMs;
  EXPECT_EQ(outcome(story, terms, "starvation"), Outcome::found);
  terms.wait_bound_ns = 15 * kMs;
  EXPECT_EQ(outcome(story, terms, "starvation"), Outcome::passed);
}

TEST(Starvation, DoesNotApplyWithoutABound) {
  Story story = overtaken_twice();
  EXPECT_EQ(outcome(story, plain_terms(), "starvation"), Outcome::not_applicable);
}

// --- spurious_loss

TEST(SpuriousLoss, ALossBeforeTheLeasesEndIsFound) {
  Story story;
  story.grant(0, 1, 0, 1, 1000)
      .lose(400, 410, 0)
      .told(410, 0)
      .release(420, 0, Phase::fail, Why::lost);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.first_class, Class::spurious_loss);
  EXPECT_THAT(verdict.reason, HasSubstr("would have run for another 590 ms"));
}

TEST(SpuriousLoss, ALossAtTheLeasesEndIsNone) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).lose(990, 1000, 0).release(1010, 0, Phase::fail, Why::lost);
  EXPECT_EQ(outcome(story, own_terms(), "spurious_loss"), Outcome::passed);
}

TEST(SpuriousLoss, APauseOrABentClockIsACause) {
  Story paused;
  paused.grant(0, 1, 0, 1, 1000).pause(100, 300, 0).lose(400, 410, 0).release(420, 0);
  EXPECT_EQ(outcome(paused, own_terms(), "spurious_loss"), Outcome::passed);
  Story bent;
  bent.grant(0, 1, 0, 1, 1000).clock(100, 300, 2, 9000).lose(400, 410, 0).release(420, 0);
  EXPECT_EQ(outcome(bent, own_terms(), "spurious_loss"), Outcome::passed);
}

// Stopped in part, or set to nobody knows where: the lock must not be accused by what is not known.
TEST(SpuriousLoss, SoIsOneThatCouldNotBeMeasured) {
  for (const bool clock : {false, true}) {
    for (const double end_ms : {100.0, 300.0}) {
      Story story;
      story.grant(0, 1, 0, 1, 1000).lose(400, 410, 0).release(420, 0);
      clock ? story.clock(100, end_ms, 2, 0) : story.pause(100, end_ms, 0);
      story.raw().faults.back().effective = false;
      EXPECT_EQ(outcome(story, own_terms(), "spurious_loss"),
                end_ms == 300 ? Outcome::passed : Outcome::found)
          << "what was refused has no length";
    }
  }
}

TEST(SpuriousLoss, AServerThatForgotWithinTheHoldIsACause) {
  for (const bool within : {true, false}) {
    Story story;
    story.grant(10, 11, 0, 1, 1000).lose(400, 410, 0).release(420, 0, Phase::fail, Why::lost);
    story.raw().faults.push_back(forgot((within ? 100 : 5) * kMs));
    EXPECT_EQ(outcome(story, own_terms(), "spurious_loss"),
              within ? Outcome::passed : Outcome::found);
  }
}

TEST(SpuriousLoss, OfAReleaseThatWasTriedAgainIsNone) {
  // The first one had worked, and its reply was lost.
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(20, 0, Phase::fail, Why::error);
  story.release(30, 0, Phase::fail, Why::lost);
  EXPECT_EQ(outcome(story, own_terms(), "spurious_loss"), Outcome::passed);
  Story once;
  once.grant(0, 1, 0, 1, 1000).release(30, 0, Phase::fail, Why::lost);
  EXPECT_EQ(outcome(once, own_terms(), "spurious_loss"), Outcome::found);
}

TEST(SpuriousLoss, DoesNotApplyWithoutLeases) {
  Story story;
  story.grant(0, 1, 0).release(2, 0);
  EXPECT_EQ(outcome(story, plain_terms(), "spurious_loss"), Outcome::not_applicable);
}

// --- api_contract

Terms impatient() {
  Terms terms = own_terms();
  terms.timeout_slack_ns = 100 * kMs;
  return terms;
}

/// An acquire with a patience of 1 s.
Story patient(double back_ms) {
  Story story;
  story.ask(1000, 0, Op::acquire);
  story.raw().events.back().until_ns = 2000 * kMs;
  story.back(back_ms, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  return story;
}

TEST(ApiContract, AnOverrunPatienceIsFound) {
  Story late = patient(2101);
  EXPECT_EQ(outcome(late, impatient(), "api_contract"), Outcome::found);
  Story in_time = patient(2100);
  EXPECT_EQ(outcome(in_time, impatient(), "api_contract"), Outcome::passed);
}

TEST(ApiContract, ACallersOwnPauseIsNoOverrun) {
  Story story = patient(2900);
  story.pause(1500, 2850, 0);
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::passed);
}

TEST(ApiContract, PatienceRunsOnTheCallersBentClock) {
  Story story = patient(2300);
  story.clock(500, 5000, 0, 0, 0.8);  // a second of it takes 1.25 s
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::passed);
  Story elsewhere = patient(2300);
  elsewhere.clock(500, 5000, 1, 0, 0.8);
  EXPECT_EQ(outcome(elsewhere, impatient(), "api_contract"), Outcome::found);
}

TEST(ApiContract, ARateThatCouldNotBeMeasuredIsTakenForThePlannedOne) {
  Story story = patient(2300);
  story.clock(500, 5000, 0, 0);
  Fault& fault = story.raw().faults.back();
  fault.effective = false;
  fault.planned_rate = 0.8;
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::passed);
  fault.end_ns = fault.start_ns;
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::found);
}

TEST(ApiContract, ATimeoutOfAnEndlessWaitIsFound) {
  Story story;
  story.ask(1, 0, Op::acquire).back(5, 0, Op::acquire, Phase::fail, 0, Why::timeout);
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::found);
}

TEST(ApiContract, AnAnswerThatTheCallCannotHaveIsFound) {
  Story story;
  story.refuse(1, 2, 0, Why::lost);
  EXPECT_EQ(outcome(story, impatient(), "api_contract"), Outcome::found);
  Story error;
  error.refuse(1, 2, 0, Why::error);
  EXPECT_EQ(outcome(error, impatient(), "api_contract"), Outcome::passed);
}

TEST(ApiContract, ARefusalToCancelIsFoundThoughTheStragglerIsKilled) {
  Story story;
  story.ask(1, 0, Op::acquire).kill(5200, 5210, 0);
  EXPECT_EQ(outcome(story, impatient(), "api_contract", 5000), Outcome::found);
  Story soon;
  soon.ask(1, 0, Op::acquire).kill(5050, 5060, 0);
  EXPECT_EQ(outcome(soon, impatient(), "api_contract", 5000), Outcome::passed);
  Story program;
  program.ask(1, 0, Op::acquire).kill(5200, 5210, 0);
  Terms terms = program_terms(1000);
  terms.timeout_slack_ns = 100 * kMs;
  EXPECT_EQ(outcome(program, terms, "api_contract", 5000), Outcome::passed);
}

// What a lock declares to stand is no excuse for it.
TEST(SpuriousLoss, AClockWithinTheContractDoesNotExcuse) {
  for (const double offset_ms : {500.0, 2000.0}) {
    Story story;
    story.clock(0, 50, 1, offset_ms).grant(10, 11, 0, 1, 1000).lose(20, 21, 0).release(22, 0);
    Terms terms = own_terms();
    terms.contract_offset_ns = 1000 * kMs;
    EXPECT_EQ(outcome(story, terms, "spurious_loss"),
              offset_ms < 1000 ? Outcome::found : Outcome::passed);
  }
}

TEST(ApiContract, ALockThatSaysMineAfterItsReleaseIsFound) {
  Story story;
  story.grant(1, 2, 0).release(3, 0).probe(4, 0, ProbedState::mine).grant(5, 6, 1).release(7, 1);
  EXPECT_EQ(outcome(story, plain_terms(), "api_contract"), Outcome::found);
}

// The claim is gone, but not what the repeated request knows it by.
TEST(ApiContract, ALockThatARepeatedRequestTookAfterItsReleaseIsNone) {
  const std::pair<const char*, Outcome> cases[] = {
      {"link claim to lock (duplicate)", Outcome::passed},
      {"link claim lock: done, once more: done", Outcome::passed},
      {"link claim lock: done, once more: ENOENT", Outcome::found},
      {"unlink lock: done, once more: done", Outcome::found}};
  for (const auto& [request, expected] : cases) {
    Story story;
    story.grant(1, 2, 0).release(3, 0).probe(6, 0, ProbedState::mine);
    Fault fault;
    fault.kind = "duplicate";
    fault.start_ns = 1 * kMs;
    fault.end_ns = 5 * kMs;
    fault.effective = true;
    fault.at_operation = request;
    story.raw().faults.push_back(fault);
    EXPECT_EQ(outcome(story, plain_terms(), "api_contract"), expected) << request;
  }
}

TEST(ApiContract, ALockThatSaysMineAfterAReleaseThatFailedIsNone) {
  Story story;
  story.grant(1, 2, 0).release(3, 0, Phase::info).probe(4, 0, ProbedState::mine);
  EXPECT_EQ(outcome(story, plain_terms(), "api_contract"), Outcome::passed);
}

}  // namespace
}  // namespace holdfast::harness
