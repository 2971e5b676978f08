// What a scenario can wrongly expect: also what no run can ever come out as.
#include <gtest/gtest.h>

#include "harness/scenario/testing/mistake.h"

namespace holdfast::harness {
namespace {

class ExpectMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ExpectMistake, IsNamedWithItsPlaceWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(told(R"({"version": 1, "contender": "baton", )" + GetParam().members + "}"),
            GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    , ExpectMistake,
    testing::Values(
        Mistake{"verdict", R"("expect": "vaild")",
                R"(a.json: /expect: unknown verdict "vaild"; did you mean "valid"? )"
                R"(Known are: valid, violated, unknown, any)"},
        Mistake{
            "class_of_valid", R"("expect": {"verdict": "valid", "class": "wedge"})",
            R"(a.json: /expect: found a class or a cause with a verdict that has none, allowed )"
            R"(are )"
            R"(they with "violated" and "unknown")"},
        Mistake{
            "cause_alone", R"("expect": {"verdict": "violated", "cause": "double_break"})",
            R"(a.json: /expect: found a cause without its class; give both, or the class alone)"},
        Mistake{
            "cause",
            R"("expect": {"verdict": "violated", "class": "wedge", "cause": "duble_break"})",
            R"(a.json: /expect/cause: unknown cause "duble_break"; did you mean "double_break"? )"
            R"(Known are: double_break, stolen_release, premature_break, false_refresh, )"
            R"(lost_reply, duplicate_grant, server_lost_state, not_excluding, unexplained, )"
            R"(failed_operation, left_by_the_dead, left_by_the_living, never_granted, )"
            R"(told_and_left, told_and_stayed, never_told, could_not_be_told, vacuous, )"
            R"(within_uncertainty, fault_not_effective, controller_lost)"},
        Mistake{"verdict_of_another_class",
                R"("expect": {"verdict": "unknown", "class": "mutual_exclusion"})",
                R"(a.json: /expect: found class "mutual_exclusion" with another verdict than it )"
                R"(makes, which is "violated")"},
        Mistake{"class_of_another_verdict",
                R"("expect": {"verdict": "violated", "class": "inconclusive"})",
                R"(a.json: /expect: found class "inconclusive" with another verdict than it )"
                R"(makes, which is "unknown")"},
        Mistake{
            "cause_of_a_class_without",
            R"("expect": {"verdict": "violated", "class": "orphan", "cause": "double_break"})",
            R"(a.json: /expect: found cause "double_break", allowed with class "orphan" is none)"},
        Mistake{
            "cause_of_another_class",
            R"("expect": {"verdict": "violated", "class": "ghost_hold", "cause": "vacuous"})",
            R"(a.json: /expect: found cause "vacuous", allowed with class "ghost_hold" is one of: )"
            R"(lost_reply, failed_operation, server_lost_state)"}));

}  // namespace
}  // namespace holdfast::harness
