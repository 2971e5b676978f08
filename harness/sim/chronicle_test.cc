#include "harness/sim/chronicle.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/sim/draw.h"

namespace holdfast::harness::sim {
namespace {

/// What the ledger found, which sees the server, and what the checkers found, which see what the
/// processes saw.
struct Judged {
  std::optional<Mistake> mistake;
  harness::Verdict verdict;
  bool somebody_paused = false;
};

class Judging {
 public:
  explicit Judging(Range range) : range_(std::move(range)) { stage_.go_on(true); }

  Judged judge_one(std::uint64_t number) {
    const std::uint64_t seed = derived_seed(7, "schedule", number);
    const Setting setting = draw_setting(range_, seed);
    RandomDecisions decisions;
    decisions.reset(range_, setting, seed);
    Chronicle chronicle(stage_);
    Judged judged;
    judged.mistake = stage_.run(setting, decisions, &chronicle);
    const History history = chronicle.finish();
    judged.verdict = judge(history, chronicle.terms());
    for (const Fault& fault : history.faults) judged.somebody_paused |= fault.kind == "pause";
    return judged;
  }

 private:
  Range range_;
  Stage stage_;
};

Range range_of(const std::string& contender) {
  Range range;
  range.contender = contender;
  return range;
}

std::string words(const Judged& judged) {
  return (judged.mistake ? judged.mistake->checker + ": " + judged.mistake->sentence : "nothing") +
         "\n  the checkers: " + judged.verdict.reason;
}

bool violated(const Judged& judged) { return judged.verdict.value == Value::violated; }

class BothJudges : public testing::TestWithParam<const char*> {};

/// That a release was called lost which was the process's own, only the server knows; and the loss
/// of a lease that lasts is excused by a pause, as it may have been longer than it seems.
bool checkers_may_miss(const Judged& judged) {
  if (!judged.mistake) return false;
  const std::string& checker = judged.mistake->checker;
  return checker == "api_contract" || (checker == "spurious_loss" && judged.somebody_paused);
}

void expect_the_same(const Judged& judged, std::uint64_t number) {
  if (violated(judged) || !checkers_may_miss(judged)) {
    EXPECT_EQ(judged.mistake.has_value(), violated(judged)) << number << ": " << words(judged);
  }
  EXPECT_FALSE(judged.verdict.counts.contains(Class::harness_error)) << number;
}

/// How many to judge: HOLDFAST_SCHEDULES, or enough for every day.
std::uint64_t schedules() {
  const char* const given = std::getenv("HOLDFAST_SCHEDULES");
  return given == nullptr ? 2000 : std::strtoull(given, nullptr, 10);
}

// Whichever of the two is wrong: where they disagree, one of them is.
TEST_P(BothJudges, SayTheSameOfLocksThatKeepTheirWord) {
  Judging judging(range_of(GetParam()));
  for (std::uint64_t number = 0; number < schedules(); ++number) {
    expect_the_same(judging.judge_one(number), number);
  }
}
INSTANTIATE_TEST_SUITE_P(Own, BothJudges, testing::Values("baton", "link"),
                         [](const auto& of) { return std::string(of.param); });

// What the processes saw speaks against the lock, unless all is known that can have been behind it:
// what an acquire that failed had taken was taken over before it came back (5596), maybe by
// somebody who died in that (12825), or was given back by a call of which the reply was lost
// (50225), or was another's, put back where it belonged (14836); a renewal asked for a shorter
// lease (43944); a request was under way when its process ended (57028, 50174); or the network
// repeated, after a release, the request that had taken the lock (183669).
TEST(Chronicle, LetsBothJudgesSayTheSameWhereAWitnessMisleads) {
  Judging baton(range_of("baton"));
  for (const std::uint64_t number :
       {5596U, 12825U, 22929U, 43944U, 50225U, 57028U, 62448U, 69885U}) {
    expect_the_same(baton.judge_one(number), number);
  }
  Judging link(range_of("link"));
  for (const std::uint64_t number : {14836U, 45812U, 50174U, 71038U, 183669U}) {
    expect_the_same(link.judge_one(number), number);
  }
}

class Mutants : public testing::TestWithParam<const char*> {};

// What the checkers find, the ledger has found: it knows more. And what it finds they find, too, if
// any process comes to see it: a hold that was ended, and that nobody else got before it would have
// ended anyway, leaves no trace. Nor do the checkers believe in a wedge if a waiter was paused. So
// a part of what is found stays unseen, which depends on how much is drawn beside: at most a third.
TEST_P(Mutants, AreSeenThroughByBoth) {
  Judging judging(range_of(GetParam()));
  int found = 0, unseen = 0;
  for (std::uint64_t number = 0; number < 700; ++number) {
    const Judged judged = judging.judge_one(number);
    if (violated(judged)) {
      ASSERT_TRUE(judged.mistake) << number << ": " << words(judged);
    }
    if (!judged.mistake || (judged.mistake->checker == "wedge" && judged.somebody_paused)) continue;
    ++found;
    unseen += violated(judged) ? 0 : 1;
  }
  EXPECT_GT(found, 0);
  EXPECT_LE(unseen, found / 3) << "of " << found;
}
INSTANTIATE_TEST_SUITE_P(Some, Mutants,
                         testing::Values("flufl_exact", "baton_late_lease", "baton_early_look",
                                         "baton_no_margin", "baton_one_machine",
                                         "baton_gone_is_mine", "baton_error_is_success",
                                         "baton_forced_release", "baton_ignores_renewals",
                                         "baton_half_lease", "link_born_old", "link_no_slop"),
                         [](const auto& of) { return std::string(of.param); });

// A fence's history shows which write came too late, where the writer was asked and answered after
// the one that shut it out: about once in a thousand schedules.
TEST(Chronicle, ShowsALateWriteToAFence) {
  Judging judging(range_of("fence_writes_late"));
  int seen = 0;
  for (std::uint64_t number = 0; number < 5000 && seen == 0; ++number) {
    const Judged judged = judging.judge_one(number);
    if (violated(judged)) {
      ASSERT_TRUE(judged.mistake) << number << ": " << words(judged);
    }
    seen += judged.verdict.counts.contains(Class::unfenced_late_write) ? 1 : 0;
  }
  EXPECT_GT(seen, 0);
}

// Both name what the contract excludes, and neither calls it the lock's fault.
TEST(Chronicle, NamesWhatTheContractExcludes) {
  Range range = range_of("baton");
  range.fast_clocks = true;
  Judging judging(range);
  int found = 0;
  for (std::uint64_t number = 0; number < 1500; ++number) {
    const Judged judged = judging.judge_one(number);
    if (judged.mistake) {
      EXPECT_TRUE(judged.mistake->out_of_contract) << words(judged);
    }
    EXPECT_FALSE(violated(judged)) << number << ": " << words(judged);
    found += judged.verdict.counts.contains(Class::out_of_contract) ? 1 : 0;
  }
  EXPECT_GT(found, 0);
}

TEST(Chronicle, NamesAServerThatForgets) {
  Range range = range_of("baton");
  range.forgetful_server = true;
  Judging judging(range);
  int found = 0;
  for (std::uint64_t number = 0; number < 1500; ++number) {
    const Judged judged = judging.judge_one(number);
    if (!judged.mistake || judged.verdict.first_class != Class::mutual_exclusion) continue;
    EXPECT_EQ(judged.mistake->cause, "server_lost_state");
    found += judged.verdict.first_cause == Cause::server_lost_state ? 1 : 0;
  }
  EXPECT_GT(found, 0);
}

// The same schedule, the same history, to the letter.
TEST(Chronicle, TellsTheSameOfTheSameSchedule) {
  const Range range = range_of("baton");
  Stage stage;
  const auto record = [&] {
    const Setting setting = draw_setting(range, 11);
    RandomDecisions decisions;
    decisions.reset(range, setting, 11);
    Chronicle chronicle(stage);
    stage.run(setting, decisions, &chronicle);
    return chronicle.finish();
  };
  const History first = record(), second = record();
  EXPECT_FALSE(first.events.empty());
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(first.names, second.names);
}

}  // namespace
}  // namespace holdfast::harness::sim
