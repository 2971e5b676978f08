#include "harness/checker/assumptions.h"

#include <gmock/gmock.h>

#include <functional>
#include <ostream>

#include "harness/checker/story.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

/// A way in which a history is unfit for judging, and what is said of it.
struct Flaw {
  const char* name;
  std::function<void(History&)> make;
  const char* said;
};

Event& first(History& history, Op op, Phase phase) {
  for (Event& event : history.events) {
    if (event.op == op && event.phase == phase) return event;
  }
  throw std::logic_error("no such event");
}

const Flaw kFlaws[] = {
    {"out_of_order", [](History& it) { first(it, Op::release, Phase::ok).at_ns = 1; },
     "comes before the one that it follows"},
    {"unknown_worker", [](History& it) { it.events[0].worker = 99; }, "that there is not"},
    {"unknown_lock", [](History& it) { it.events[0].lock = 9; }, "that there is not"},
    {"unknown_name", [](History& it) { it.events[0].name = 9; }, "that there is not"},
    {"unknown_operation", [](History& it) { it.events[0].op = static_cast<Op>(77); },
     "that there is not"},
    {"unknown_phase", [](History& it) { it.events[0].phase = static_cast<Phase>(0); },
     "that there is not"},
    {"unknown_host", [](History& it) { it.workers[0].host = 44; }, "h1.w1 is on host 44 of 4"},
    {"unknown_victim", [](History& it) { it.faults.at(0).worker = 44; },
     "hit a worker that there is not"},
    {"same_name", [](History& it) { it.workers[1].name = it.workers[0].name; },
     "Two workers are called h1.w1."},
    {"dropped_events", [](History& it) { it.workers[2].dropped = 3; }, "had no room for 3 events"},
    {"return_without_call",
     [](History& it) { first(it, Op::release, Phase::invoke).op = Op::told; },
     "A return of h1.w1 has no call."},
    {"return_of_another_lock",
     [](History& it) {
       it.locks.push_back("other");
       first(it, Op::release, Phase::ok).lock = 1;
     },
     "A return of h1.w1 has no call."},
    {"call_within_a_call",
     [](History& it) { first(it, Op::acquire, Phase::ok).phase = Phase::invoke; },
     "A call of h1.w1 began before its last one came back."},
    {"goes_on_after_the_kill",
     [](History& it) { it.faults.at(0).start_ns = it.faults.at(0).end_ns = 1; },
     "h3.w1 went on after it had been killed."},
    {"goes_on_after_the_end",
     [](History& it) {
       for (Event& event : it.events) {
         if (event.worker == 0 && event.op == Op::acquire) event.op = Op::worker;
       }
     },
     "h1.w1 went on after it had ended."},
    {"ends_without_a_word",
     [](History& it) {
       std::erase_if(it.events, [](const Event& event) {
         return event.worker == 1 && event.op == Op::worker;
       });
     },
     "h2.w1 ended without saying so"},
};

void PrintTo(const Flaw& flaw, std::ostream* out) { *out << flaw.name; }

class UnfitHistory : public testing::TestWithParam<Flaw> {};

TEST_P(UnfitHistory, IsAnErrorOfTheHarnessAndNobodyJudges) {
  Story story;
  story.grant(2, 3, 0, 1, 1000).release(50, 0).grant(4, 51, 1, 2, 1050).release(90, 1);
  story.grant(100, 101, 2, 3, 1100).kill(110, 120, 2);
  History history = story.history();
  ASSERT_EQ(judge(history, own_terms()).value, Value::valid);
  GetParam().make(history);
  const Verdict verdict = judge(history, own_terms());
  EXPECT_EQ(verdict.value, Value::unknown);
  EXPECT_EQ(verdict.first_class, Class::harness_error);
  EXPECT_THAT(verdict.reason, HasSubstr(GetParam().said));
  ASSERT_GT(verdict.checks.size(), 10U);
  for (std::size_t i = 1; i < verdict.checks.size(); ++i) {
    EXPECT_EQ(verdict.checks[i].outcome, Outcome::not_checked) << verdict.checks[i].checker;
  }
}

INSTANTIATE_TEST_SUITE_P(All, UnfitHistory, testing::ValuesIn(kFlaws),
                         [](const auto& it) { return std::string(it.param.name); });

TEST(Assumptions, AProgramThatEndedByItselfIsNoErrorOfTheHarness) {
  // Its worker says of the call it was in that nobody knows, and ends without a word.
  Story story;
  story.grant(1, 5, 0).probe(6, 0, ProbedState::mine).ask(40, 0, Op::release);
  story.back(41, 0, Op::release, Phase::info).grant(2, 30, 1).release(60, 1);
  History history = story.history();
  std::erase_if(history.events,
                [](const Event& event) { return event.worker == 0 && event.op == Op::worker; });
  // Its last answer is the last that is known of its hold: what came later excludes nobody.
  EXPECT_EQ(judge(history, program_terms(1000)).value, Value::valid);
  // An own lock is part of its worker, and cannot end alone.
  EXPECT_EQ(judge(history, own_terms()).first_class, Class::harness_error);
}

TEST(Assumptions, WhatAProgramLeavesRunningMayOutliveIt) {
  Story story;
  story.grant(1, 5, 0).kill(10, 20, 0).file(30, 31, 0, FileOp::unlink, "lock");
  const History history = story.history();
  EXPECT_FALSE(judge(history, program_terms(1000)).counts.contains(Class::harness_error));
  EXPECT_TRUE(judge(history, own_terms()).counts.contains(Class::harness_error));
}

}  // namespace
}  // namespace holdfast::harness
