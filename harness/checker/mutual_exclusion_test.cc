#include <gmock/gmock.h>

#include <functional>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(MutualExclusion, ARightHistoryIsValid) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 51, 1, 2, 1050).release(90, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::valid) << verdict.reason;
  EXPECT_EQ(verdict.first_class, Class::none);
  EXPECT_EQ(verdict.reason,
            "No two processes held a lock at the same time in 2 grants, 1 of them handed from one "
            "process to another.");
}

TEST(MutualExclusion, TwoEntitledHoldsAreAViolation) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 30, 1, 2, 1050).release(90, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::violated);
  EXPECT_EQ(verdict.first_class, Class::mutual_exclusion);
  EXPECT_EQ(verdict.first_cause, Cause::unexplained);
  EXPECT_THAT(verdict.reason,
              AllOf(HasSubstr("h2.w1 entered lock at 0.030000 s while h1.w1 was inside (since "
                              "0.001000 s), entitled until 1.000000 s."),
                    HasSubstr("were not recorded")));
  const auto& found = check_of(verdict, "mutual_exclusion").findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from_ns, 30 * kMs);
  EXPECT_EQ(found[0].to_ns, 50 * kMs);
  EXPECT_EQ(found[0].parties[0].worker, 0U);
  EXPECT_EQ(found[0].parties[1].worker, 1U);
}

TEST(MutualExclusion, HoldsThatMerelyTouchExclude) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 50, 1, 2, 1050).release(90, 1);
  EXPECT_EQ(judge(story.history(), own_terms()).value, Value::valid);
}

TEST(MutualExclusion, HoldsOfDifferentLocksDoNotMeet) {
  Story story;
  const auto other = story.lock("other");
  story.grant(0, 1, 0, 1, 1000).release(50, 0);
  story.of(other).grant(2, 10, 1, 2, 1050).release(90, 1);
  EXPECT_EQ(judge(story.history(), own_terms()).value, Value::valid);
}

TEST(MutualExclusion, EveryPairCounts) {
  Story story;
  for (std::uint32_t worker = 0; worker < 4; ++worker) {
    story.grant(0, 1 + worker, worker).release(50, worker);
  }
  const Verdict verdict = judge(story.history(), plain_terms());
  EXPECT_EQ(verdict.counts.at(Class::mutual_exclusion), 6U);
}

TEST(MutualExclusion, AKilledHolderIsNotInsideAnyMore) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).kill(20, 21, 0).grant(2, 20, 1, 2, 1050).release(90, 1);
  EXPECT_EQ(judge(story.history(), own_terms()).value, Value::valid);
}

TEST(MutualExclusion, AnOverlapWithinTheUncertaintyIsOnlyPossible) {
  Story story;
  story.raw().hosts[0].uncertainty_ns = 3 * kMs;
  story.raw().hosts[1].uncertainty_ns = 3 * kMs;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 44, 1, 2, 1050).release(90, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_class, Class::inconclusive);
  EXPECT_EQ(verdict.first_cause, Cause::within_uncertainty);
  EXPECT_FALSE(check_of(verdict, "inconclusive").findings[0].certain);
}

/// Two workers of hosts whose clocks may be wrong by seconds. Of the first the controller heard
/// from 10 to 50, of the second from `from_ms` to 90.
History ordered(double from_ms) {
  Story story;
  for (HostRecord& host : story.raw().hosts) host.uncertainty_ns = 9'000 * kMs;
  story.grant(0, 1, 0, 1).heard(2, 0, Op::enter, 10).heard(8, 0, Op::leave, 50).release(9, 0);
  story.grant(700, 701, 1, 2).heard(702, 1, Op::enter, from_ms);
  story.heard(708, 1, Op::leave, 90).release(709, 1);
  return story.history();
}

TEST(MutualExclusion, InOrderedModeTheOrderIsExactWhateverTheClocksSay) {
  Terms terms = plain_terms();
  const Verdict violated = judge(ordered(49), terms);
  EXPECT_EQ(violated.counts.at(Class::mutual_exclusion), 1U);
  EXPECT_FALSE(violated.counts.contains(Class::inconclusive)) << violated.reason;
  const auto& found = check_of(violated, "mutual_exclusion").findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from_ns, 49 * kMs);
  EXPECT_EQ(found[0].to_ns, 50 * kMs);
  EXPECT_THAT(found[0].sentence,
              HasSubstr("h2.w1 entered lock at 0.049000 s while h1.w1 was inside "
                        "(since 0.010000 s)"));
  EXPECT_EQ(judge(ordered(50), terms).value, Value::valid);
}

// The one who came first may be granted last by the clocks of the two.
TEST(MutualExclusion, InOrderedModeTheControllersOrderCounts) {
  Story story;
  for (HostRecord& host : story.raw().hosts) host.uncertainty_ns = 9'000 * kMs;
  story.grant(0, 1, 0).heard(2, 0, Op::enter, 60).heard(8, 0, Op::leave, 80).release(9, 0);
  story.grant(20, 21, 1).heard(22, 1, Op::enter, 10).heard(28, 1, Op::leave, 70).release(29, 1);
  const Verdict verdict = judge(story.history(), plain_terms());
  EXPECT_EQ(verdict.counts.at(Class::mutual_exclusion), 1U);
  const auto& found = check_of(verdict, "mutual_exclusion").findings;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].parties[0].worker, 1U) << "it was inside first";
}

// A lease ends by its host's clock, which can still be wrong.
TEST(MutualExclusion, InOrderedModeALeaseIsAsUncertainAsItsHostsClock) {
  const auto verdict = [](double lease_ms) {
    Story story;
    story.raw().hosts[0].uncertainty_ns = 3 * kMs;
    story.raw().hosts[1].uncertainty_ns = 3 * kMs;
    story.grant(0, 1, 0, 1, lease_ms).heard(2, 0, Op::enter, 2);
    story.heard(50, 0, Op::leave, 50).release(51, 0);
    story.grant(2, 30, 1, 2, 1050).heard(31, 1, Op::enter, 31);
    story.heard(60, 1, Op::leave, 60).release(61, 1);
    return judge(story.history(), own_terms());
  };
  EXPECT_EQ(verdict(35).value, Value::violated);
  EXPECT_EQ(verdict(34).first_cause, Cause::within_uncertainty);
  EXPECT_EQ(verdict(31).value, Value::valid);
}

// Nothing was heard of its leaving: it was inside until it died, by its host's clock.
TEST(MutualExclusion, InOrderedModeAKilledHolderWasInsideUntilItsDeath) {
  const auto verdict = [](double enters_ms) {
    Story story;
    story.raw().hosts[0].uncertainty_ns = 3 * kMs;
    story.grant(0, 1, 0).heard(2, 0, Op::enter, 2).kill(20, 21, 0);
    story.grant(2, 16, 1).heard(17, 1, Op::enter, enters_ms);
    story.heard(60, 1, Op::leave, 60).release(61, 1);
    return judge(story.history(), plain_terms());
  };
  EXPECT_EQ(verdict(16).value, Value::violated);
  EXPECT_EQ(verdict(17).first_cause, Cause::within_uncertainty);
  EXPECT_EQ(verdict(20).value, Value::valid);
}

TEST(MutualExclusion, AnOverlapBeyondTheUncertaintyIsCertain) {
  Story story;
  story.raw().hosts[0].uncertainty_ns = 3 * kMs;
  story.raw().hosts[1].uncertainty_ns = 3 * kMs;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 43, 1, 2, 1050).release(90, 1);
  EXPECT_EQ(judge(story.history(), own_terms()).value, Value::violated);
}

TEST(MutualExclusion, OneHostsClockIsRightAboutItsOwnOrder) {
  Story story;
  const auto neighbour = story.worker("h1.w2", 0);
  story.raw().hosts[0].uncertainty_ns = 100 * kMs;
  story.grant(0, 1, 0, 1, 1000).release(50, 0).grant(2, 49, neighbour, 2, 1050);
  story.release(90, neighbour);
  EXPECT_EQ(judge(story.history(), own_terms()).value, Value::violated);
}

TEST(Overstay, OfAPausedHolderIsNoFaultOfTheLock) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).pause(500, 1500, 0).release(1600, 0);
  story.grant(2, 1200, 1, 2, 2200).release(1700, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::valid);
  EXPECT_EQ(verdict.counts.at(Class::overstay), 1U);
  const auto& check = check_of(verdict, "overstay");
  EXPECT_EQ(check.outcome, Outcome::found);
  EXPECT_EQ(check.findings[0].cause, Cause::could_not_be_told);
  EXPECT_THAT(check.findings[0].sentence, HasSubstr("was paused and could not be told"));
  EXPECT_THAT(check.findings[0].faults, ElementsAre(1U));
}

TEST(Overstay, IsSplitByWhatTheHolderWasTold) {
  const auto cause = [](const std::function<void(Story&)>& tell) {
    Story story;
    story.grant(0, 1, 0, 1, 1000).grant(2, 1200, 1, 2, 2200).release(1700, 1);
    tell(story);
    story.release(1600, 0);
    const Verdict verdict = judge(story.history(), own_terms());
    EXPECT_EQ(verdict.value, Value::valid);
    return check_of(verdict, "overstay").findings.at(0).cause;
  };
  EXPECT_EQ(cause([](Story&) {}), Cause::never_told);
  EXPECT_EQ(cause([](Story& story) { story.lose(1300, 1310, 0); }), Cause::told_and_left);
  EXPECT_EQ(cause([](Story& story) { story.told(1000, 0); }), Cause::told_and_left);
  EXPECT_EQ(cause([](Story& story) { story.told(1000, 0).update(1500, 1510, 0, 3); }),
            Cause::told_and_stayed);
  EXPECT_EQ(cause([](Story& story) { story.pause(1100, 1500, 0).told(1510, 0); }),
            Cause::told_and_left);
}

TEST(Overstay, IsAViolationBeyondTheScenariosBound) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).grant(2, 1200, 1, 2, 2200).release(1700, 1).release(1800, 0);
  Terms terms = own_terms();
  terms.overstay_bound = 1;
  EXPECT_EQ(judge(story.history(), terms).value, Value::valid);
  terms.overstay_bound = 0;
  const Verdict verdict = judge(story.history(), terms);
  EXPECT_EQ(verdict.value, Value::violated);
  EXPECT_EQ(verdict.first_class, Class::overstay);
}

TEST(Overstay, DoesNotApplyWithoutLeases) {
  Story story;
  story.grant(0, 1, 0).release(50, 0);
  EXPECT_EQ(check_of(judge(story.history(), plain_terms()), "overstay").outcome,
            Outcome::not_applicable);
}

TEST(Overstay, OneHoldThatOutstaysManyCountsOnce) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).release(4000, 0);
  story.grant(2, 1200, 1, 2, 2200).release(1300, 1).grant(2, 1400, 2, 3, 2400).release(1500, 2);
  EXPECT_EQ(judge(story.history(), own_terms()).counts.at(Class::overstay), 1U);
}

TEST(Overstay, MayBeThatOfTheOneWhoCameLater) {
  // Its acquire came back when its lease had run out already.
  Story story;
  story.grant(1000, 1200, 0, 2, 2000).release(1700, 0);
  story.grant(0, 1300, 1, 1, 900).release(1400, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.value, Value::valid) << verdict.reason;
  EXPECT_EQ(check_of(verdict, "overstay").findings.at(0).parties[1].worker, 1U);
}

TEST(Overstay, ARenewalThatCameTooLateMeetsTheNextHolder) {
  Story story;
  story.grant(0, 1, 0, 1, 1000).refresh(1300, 1310, 0, 2300).release(1600, 0);
  story.grant(2, 1200, 1, 2, 2200).release(1700, 1);
  const Verdict verdict = judge(story.history(), own_terms());
  EXPECT_EQ(verdict.first_class, Class::mutual_exclusion);
  EXPECT_EQ(check_of(verdict, "mutual_exclusion").findings.at(0).from_ns, 1310 * kMs);
}

Story early_break() {
  Story story;
  story.grant(0, 1, 0, 0, 0).release(900, 0).grant(2, 500, 1, 0, 0).release(700, 1);
  return story;
}

TEST(OutOfContract, ClocksBeyondWhatWasDeclaredExcuseABreak) {
  Story story = early_break();
  story.clock(100, 2000, 1, 30'000);
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  const Verdict verdict = judge(story.history(), terms);
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_class, Class::out_of_contract);
  EXPECT_THAT(verdict.reason, HasSubstr("No fault of the lock: the injected clocks were 30 s "
                                        "apart, the lock's contract allows 10 s."));
}

/// A clock was bent for a second, and what came of that could not be measured.
Story unmeasured_clock(double end_ms) {
  Story story = early_break();
  story.clock(100, end_ms, 1, 0);
  Fault& fault = story.raw().faults.back();
  fault.effective = false;
  fault.why_not = "/bin/date does not start";
  return story;
}

TEST(OutOfContract, AClockThatWasBentAndNotMeasuredCanHaveBeenAnywhere) {
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  const Verdict verdict = judge(unmeasured_clock(2000).history(), terms);
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_class, Class::out_of_contract);
  EXPECT_THAT(verdict.reason, HasSubstr("No fault of the lock: a clock was bent, and nobody knows "
                                        "how far: /bin/date does not start."));
  EXPECT_THAT(check_of(verdict, "out_of_contract").findings.at(0).faults, ElementsAre(1));
  // One that was refused was not bent at all.
  EXPECT_EQ(judge(unmeasured_clock(100).history(), terms).value, Value::violated);
}

TEST(OutOfContract, NothingDeclaredExcusesNothing) {
  Story story = early_break();
  story.clock(100, 2000, 1, 30'000);
  const Verdict verdict = judge(story.history(), program_terms(1000));
  EXPECT_EQ(verdict.first_class, Class::mutual_exclusion);
  EXPECT_EQ(check_of(verdict, "out_of_contract").outcome, Outcome::not_applicable);
}

TEST(OutOfContract, ClocksWithinTheContractExcuseNothing) {
  Story story = early_break();
  story.clock(100, 2000, 1, 9'000);
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  EXPECT_EQ(judge(story.history(), terms).value, Value::violated);
}

TEST(OutOfContract, AFaultThatWasOverBeforeExcusesNothing) {
  Story story;
  story.grant(5000, 5001, 0).release(5900, 0).grant(5002, 5500, 1).release(5700, 1);
  story.clock(100, 4000, 1, 30'000);
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  EXPECT_EQ(judge(story.history(), terms).value, Value::violated);
}

TEST(OutOfContract, AllClocksWrongAlikeExcuseNothing) {
  Story story = early_break();
  for (std::uint32_t host = 0; host < 4; ++host) story.clock(-10, 2000, host, 30'000);
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  EXPECT_EQ(judge(story.history(), terms).value, Value::violated);
}

/// All clocks are bent alike for 300 ms, and from this instant on once more, by a second more.
Value bent_again_from(double again_ms) {
  Story story = early_break();
  for (std::uint32_t host = 0; host < 4; ++host) {
    story.clock(-10, 300, host, 30'000).clock(again_ms, 2000, host, 31'000);
  }
  Terms terms = program_terms(1000);
  terms.contract_offset_ns = 10'000 * kMs;
  return judge(story.history(), terms).value;
}

// Each change of a clock is a fault of its own, and lasts until the next.
TEST(OutOfContract, AClockThatIsBentOnceMoreWasNotRightInBetween) {
  EXPECT_EQ(bent_again_from(300), Value::violated);
}

TEST(OutOfContract, AClockThatWasRightInBetweenIsFarFromWhereItWasBent) {
  EXPECT_EQ(bent_again_from(301), Value::unknown);
}

// By the controller's word the first is who was granted it last.
TEST(OutOfContract, CountsFromTheEarlierOfBothWhereTheOrderOfEntryIsNotThatOfGrants) {
  Terms terms = plain_terms();
  terms.contract_offset_ns = 10'000 * kMs;
  const auto value = [&](double bent_from_ms, double bent_until_ms) {
    Story story;
    story.grant(0, 10, 0).heard(11, 0, Op::enter, 40).release(100, 0);
    story.grant(20, 21, 1).heard(22, 1, Op::enter, 30).release(200, 1);
    story.clock(bent_from_ms, bent_until_ms, 1, 30'000);
    return judge(story.history(), terms).value;
  };
  EXPECT_EQ(value(12, 15), Value::unknown);
  EXPECT_EQ(value(300, 400), Value::violated);
}

/// The server's clock is set at this instant, and is left alone then.
Verdict server_clock_set_at(double at_ms, bool declared, bool effective = true) {
  Story story = early_break();
  History history = story.history();
  Fault fault;
  fault.id = 7;
  fault.kind = "server_clock";
  fault.start_ns = static_cast<std::int64_t>(at_ms * static_cast<double>(kMs));
  fault.end_ns = fault.start_ns + 5000 * kMs;
  fault.effective = effective;
  history.faults.push_back(fault);
  Terms terms = program_terms(1000);
  terms.steady_server_clock = declared;
  return judge(history, terms);
}

// Who judges by the stamps of files takes a lease for as old as the clock was set ahead.
TEST(OutOfContract, ASettingOfTheServersClockExcusesABreakByWhoDeclaresThatNobodySetsIt) {
  const Verdict verdict = server_clock_set_at(100, true);
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_class, Class::out_of_contract);
  EXPECT_THAT(verdict.reason, HasSubstr("No fault of the lock: the server's clock was set at "
                                        "0.100000 s, and the lock's contract is that nobody sets "
                                        "it."));
  EXPECT_THAT(check_of(verdict, "out_of_contract").findings.at(0).faults, ElementsAre(7));
  EXPECT_EQ(server_clock_set_at(100, false).first_class, Class::mutual_exclusion)
      << "nothing declared";
  EXPECT_EQ(server_clock_set_at(100, true, false).first_class, Class::mutual_exclusion)
      << "nobody was told";
}

// All stamps are off alike.
TEST(OutOfContract, AServersClockThatIsOffAndLeftAloneExcusesNothing) {
  EXPECT_EQ(server_clock_set_at(-1, true).first_class, Class::mutual_exclusion);
  EXPECT_EQ(server_clock_set_at(501, true).first_class, Class::mutual_exclusion)
      << "both were in already";
}

TEST(OutOfContract, SoDoRatesBeyondTheDeclaredDrift) {
  Terms terms = own_terms();
  terms.contract_drift = 0.01;
  const auto value = [&](double rate) {
    Story story;
    story.grant(0, 1, 0, 1, 1000).release(900, 0).grant(2, 500, 1, 2, 1500).release(700, 1);
    story.clock(100, 2000, 1, 0, rate);
    return judge(story.history(), terms).value;
  };
  EXPECT_EQ(value(1.02), Value::unknown);
  EXPECT_EQ(value(1.01), Value::violated);
  EXPECT_EQ(value(0.98), Value::unknown);
}

TEST(OutOfContract, ARateAddsToTheOffset) {
  Story story;
  story.grant(0, 1, 0).release(900'000, 0).grant(2, 500'000, 1).release(700'000, 1);
  story.clock(0, 900'000, 1, 0, 1.03);  // 15 s in 500 s
  Terms terms = program_terms(10'000'000);
  terms.contract_offset_ns = 10'000 * kMs;
  EXPECT_EQ(judge(story.history(2'000'000), terms).value, Value::unknown);
}

}  // namespace
}  // namespace holdfast::harness
