// Every way in which a scenario can be wrong, and the whole sentence that a person gets to read.
#include <gtest/gtest.h>

#include "harness/scenario/testing/mistake.h"

namespace holdfast::harness {
namespace {

class ScenarioMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ScenarioMistake, IsNamedWithItsPlaceWhatWasFoundAndWhatIsAllowed) {
  const std::string& members = GetParam().members;
  EXPECT_EQ(told(R"({"version": 1, "contender": "baton", )" + members + "}"), GetParam().message);
}

const std::string kDuration =
    R"(; allowed is a number and one of the units ns, us, ms, s, min, h, d, as in "1.5ms", )"
    R"("2s", "1h")";

INSTANTIATE_TEST_SUITE_P(
    Whole, ScenarioMistake,
    testing::Values(
        Mistake{
            "unknown_key", R"("lock": 3)",
            R"(a.json: /lock: unknown key "lock"; did you mean "locks"? Known are: version, like, )"
            R"(long, name, about, world, contender, locks, hosts, work, mode, until, mount, lab, )"
            R"(faults, bounds, expect, requires, seed)"},
        Mistake{"locks_zero", R"("locks": 0)",
                "a.json: /locks: found 0, allowed is a whole number from 1 to 10000"},
        Mistake{"locks_negative", R"("locks": -1)",
                "a.json: /locks: found -1, allowed is a whole number from 1 to 10000"},
        Mistake{"locks_fraction", R"("locks": 1.5)",
                "a.json: /locks: found 1.5, allowed is a whole number from 1 to 10000"},
        Mistake{"mode_word", R"("mode": "order")",
                R"(a.json: /mode: unknown mode "order"; did you mean "ordered"? Known are: )"
                R"(silent, ordered)"},
        Mistake{"about_number", R"("about": 7)", "a.json: /about: found 7, allowed is a string"},
        Mistake{"name_with_dots", R"("name": "../x")",
                R"(a.json: /name: found "../x", allowed is a name of 1 to 100 characters, such as )"
                R"("crash/holder-killed")"},
        Mistake{
            "seed_number", R"("seed": 12)",
            R"(a.json: /seed: found 12, allowed is a seed in hexadecimal, as a string, such as )"
            R"("5a3f09c1")"},
        Mistake{"seed_word", R"("seed": "0x12")",
                R"(a.json: /seed: found "0x12", allowed is a seed of 1 to 16 hexadecimal digits, )"
                R"(as runs print it: "5a3f09c1")"},
        Mistake{"requires_word", R"("requires": ["rot"])",
                R"(a.json: /requires/0: found "rot", allowed is "root", "fuse", "tun", )"
                R"("file:/PATH" or "program:/PATH")"},
        Mistake{"requires_text", R"("requires": "root")",
                R"(a.json: /requires: found "root", allowed is a list of "root", "fuse", "tun", )"
                R"("file:/PATH" and "program:/PATH", such as ["program:/usr/bin/python3"])"},
        Mistake{"two_mistakes", R"("locks": 0, "about": 7)",
                "a.json: /about: found 7, allowed is a string\n"
                "a.json: /locks: found 0, allowed is a whole number from 1 to 10000"}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, ScenarioMistake,
    testing::Values(
        Mistake{"unknown_key", R"("hosts": [{"wrokers": 8}])",
                R"(a.json: /hosts/0/wrokers: unknown key "wrokers"; did you mean "workers"? )"
                R"(Known are: name, workers, machine)"},
        Mistake{"unknown_key_counted", R"("hosts": {"counts": 8})",
                R"(a.json: /hosts/counts: unknown key "counts"; did you mean "count"? )"
                R"(Known are: count, workers, machine)"},
        Mistake{
            "wrong_type", R"("hosts": 3)",
            R"(a.json: /hosts: found 3, allowed is a list of hosts, [{"name": "h1", "workers": )"
            R"(8}], )"
            R"(or {"count": 2, "workers": 8})"},
        Mistake{
            "none", R"("hosts": [])",
            R"(a.json: /hosts: found [], allowed is a list of hosts, [{"name": "h1", "workers": )"
            R"(8}], )"
            R"(or {"count": 2, "workers": 8})"},
        Mistake{"element", R"("hosts": ["h1"])",
                R"(a.json: /hosts/0: found "h1", allowed is a host, such as {"name": "h1", )"
                R"("workers": 8})"},
        Mistake{"twice", R"("hosts": [{"name": "x"}, {"name": "x"}])",
                R"(a.json: /hosts/1: the name "x" stands twice, every host needs its own)"},
        Mistake{
            "name", R"("hosts": [{"name": "a.b"}])",
            R"(a.json: /hosts/0/name: found "a.b", allowed is a name of 1 to 32 letters, digits, )"
            R"(- and _ that is none of any, all, holder)"},
        Mistake{
            "name_taken", R"("hosts": [{"name": "any"}])",
            R"(a.json: /hosts/0/name: found "any", allowed is a name of 1 to 32 letters, digits, )"
            R"(- and _ that is none of any, all, holder)"},
        Mistake{"no_workers", R"("hosts": [{"workers": 0}])",
                "a.json: /hosts/0/workers: found 0, allowed is a whole number from 1 to 10000"},
        Mistake{"too_many", R"("hosts": {"count": 100, "workers": 1000})",
                "a.json: /hosts: found 100000 workers in all, allowed are 10000"},
        Mistake{
            "machine", R"("hosts": [{"machine": "own"}])",
            R"(a.json: /hosts/0/machine: unknown machine "own". Known are: shared, separate)"}));

INSTANTIATE_TEST_SUITE_P(
    Work, ScenarioMistake,
    testing::Values(
        Mistake{
            "unknown_key", R"("work": {"holdd": "1ms"})",
            R"(a.json: /work/holdd: unknown key "holdd"; did you mean "hold"? Known are: hold, )"
            R"(think, refresh_every, resource, arrivals, patience, planted_fence)"},
        Mistake{"bare_number", R"("work": {"hold": 5})",
                R"(a.json: /work/hold: found 5, allowed is a duration with its unit, as a string; )"
                R"(write "5ms" or "5s")"},
        Mistake{"no_unit", R"("work": {"think": "5"})",
                R"(a.json: /work/think: found "5", which has no unit)" + kDuration},
        Mistake{"negative", R"("work": {"hold": "-1ms"})",
                R"(a.json: /work/hold: found "-1ms", allowed is a duration of at least 0s)"},
        Mistake{"list", R"("work": {"hold": ["1ms"]})",
                R"(a.json: /work/hold: found ["1ms"], allowed is a duration ("1ms"), )"
                R"({"uniform": ["0ms", "2ms"]}, or {"exponential": "1ms", "max": "50ms"})"},
        Mistake{"distribution_key",
                R"("work": {"hold": {"uniform": ["1ms", "2ms"], "max": "5ms"}})",
                R"(a.json: /work/hold/max: unknown key "max". Known are: constant, uniform, )"
                R"(exponential)"},
        Mistake{
            "two_distributions",
            R"("work": {"hold": {"uniform": ["1ms", "2ms"], "exponential": "5ms"}})",
            R"(a.json: /work/hold: found {"exponential":"5ms","uniform":["1ms","2ms"]}, allowed )"
            R"(is )"
            R"(a duration ("1ms"), {"uniform": ["0ms", "2ms"]}, or )"
            R"({"exponential": "1ms", "max": "50ms"})"},
        Mistake{"uniform_backwards", R"("work": {"hold": {"uniform": ["3ms", "2ms"]}})",
                R"(a.json: /work/hold/uniform: found ["3ms","2ms"], allowed is a list of two )"
                R"(durations )"
                R"(of which the first is not above the second)"},
        Mistake{
            "uniform_of_three", R"("work": {"hold": {"uniform": ["1ms", "2ms", "3ms"]}})",
            R"(a.json: /work/hold/uniform: found ["1ms","2ms","3ms"], allowed is a list of two )"
            R"(durations, the least and the most)"},
        Mistake{"exponential_zero", R"("work": {"hold": {"exponential": "0ms"}})",
                R"(a.json: /work/hold/exponential: found "0ms", allowed is a duration of at least )"
                R"(1ns)"},
        Mistake{"exponential_cut", R"("work": {"hold": {"exponential": "9ms", "max": "2ms"}})",
                R"(a.json: /work/hold/max: found "2ms", allowed is a duration not below the mean, )"
                R"(9ms)"},
        Mistake{"resource", R"("work": {"resource": "fence"})",
                R"(a.json: /work/resource: unknown resource "fence"; did you mean "fenced"? )"
                R"(Known are: none, counter, fenced)"},
        Mistake{"arrivals_word", R"("work": {"arrivals": "open"})",
                R"(a.json: /work/arrivals: unknown form of arrivals "open". Known are: closed)"},
        Mistake{
            "arrivals_and_think", R"("work": {"arrivals": {"open": "1ms"}, "think": "1ms"})",
            R"(a.json: /work/arrivals: found open arrivals and "think", allowed is one of them: )"
            R"(open arrivals start at their own times, whatever the last one took)"},
        Mistake{"planted_fence_alone", R"("work": {"planted_fence": "backwards"})",
                R"(a.json: /work/planted_fence: needs "resource": "fenced")"},
        Mistake{"until_empty", R"("until": {})",
                R"(a.json: /until: found neither "duration" nor "grants", at least one of them is )"
                R"(needed)"},
        Mistake{"until_zero", R"("until": {"duration": "0s"})",
                R"(a.json: /until/duration: found "0s", allowed is a duration of at least 1ms)"},
        Mistake{"bounds_key", R"("bounds": {"recover": "1s"})",
                R"(a.json: /bounds/recover: unknown key "recover"; did you mean "recovery"? Known )"
                R"(are: )"
                R"(recovery, wait, bypassed, orphans, overstays, wedge, timeout_slack, reply)"},
        Mistake{"bounds_count", R"("bounds": {"orphans": "0"})",
                R"(a.json: /bounds/orphans: found "0", allowed is a whole number from 0 to )"
                R"(1000000000)"}));

INSTANTIATE_TEST_SUITE_P(
    Faults, ScenarioMistake,
    testing::Values(
        Mistake{"no_list", R"("faults": {"fault": "kill"})",
                R"(a.json: /faults: found {"fault":"kill"}, allowed is a list of faults, such as )"
                R"([{"fault": "kill", "every": "1s"}])"},
        Mistake{"no_kind", R"("faults": [{"every": "1s"}])",
                R"(a.json: /faults/0: says not which: give "fault": "kill", "pause" or "clock")"},
        Mistake{"unknown_kind", R"("faults": [{"fault": "kil", "every": "1s"}])",
                R"(a.json: /faults/0/fault: unknown fault "kil"; did you mean "kill"? )"
                R"(Known are: kill, pause, clock)"},
        Mistake{
            "unknown_key", R"("faults": [{"fault": "kill", "every": "1s", "for": "1s"}])",
            R"(a.json: /faults/0/for: unknown key "for". Known are: fault, operation, at, every, )"
            R"(jitter, times, target)"},
        Mistake{"no_time", R"("faults": [{"fault": "kill"}])",
                R"(a.json: /faults/0: says not when: give "at": "5s" (once) or "every": "100ms")"},
        Mistake{"two_times", R"("faults": [{"fault": "kill", "at": "1s", "every": "1s"}])",
                R"(a.json: /faults/0: found both "at" and "every", allowed is one of them)"},
        Mistake{"times_without_every", R"("faults": [{"fault": "kill", "at": "1s", "times": 3}])",
                R"(a.json: /faults/0: "times" needs "every")"},
        Mistake{"jitter", R"("faults": [{"fault": "kill", "every": "1s", "jitter": 1.5}])",
                "a.json: /faults/0/jitter: found 1.5, allowed is a number from 0.0 to 1.0"},
        Mistake{"target", R"("faults": [{"fault": "kill", "every": "1s", "target": "h3"}])",
                R"(a.json: /faults/0/target: unknown target "h3"; did you mean "h1"? )"
                R"(Known are: any, holder, all, h1, h2)"},
        Mistake{
            "clock_of_a_holder",
            R"("faults": [{"fault": "clock", "offset": "1s", "target": "holder"}])",
            R"(a.json: /faults/0/target: unknown target "holder". Known are: any, all, h1, h2)"},
        Mistake{"effective", R"("expect": {"effective": 0})",
                "a.json: /expect/effective: found 0, allowed is a whole number from 1 to "
                "1000000000"},
        Mistake{"operation", R"("faults": [{"fault": "kill", "operation": "renam"}])",
                R"(a.json: /faults/0/operation: unknown operation "renam"; did you mean "rename"? )"
                R"(Known are: any, rename, link, unlink, mkdir, rmdir, open_create, open_read, )"
                R"(symlink, utime, stat, list, sync)"},
        Mistake{
            "operation_and_time",
            R"("faults": [{"fault": "kill", "operation": "rename", "every": "1s"}])",
            R"(a.json: /faults/0: found "operation" and "every", allowed is one of them: a kill )"
            R"(at )"
            R"(an operation comes with the operation)"},
        Mistake{"nth_and_within",
                R"("faults": [{"fault": "kill", "operation": "rename", "nth": 3, "within": 9}])",
                R"(a.json: /faults/0: found both "nth" and "within", allowed is one of them)"},
        Mistake{"nth", R"("faults": [{"fault": "kill", "operation": "rename", "nth": 0}])",
                "a.json: /faults/0/nth: found 0, allowed is a whole number from 1 to 1000000000"},
        Mistake{"nth_without_operation",
                R"("faults": [{"fault": "kill", "every": "1s", "nth": 3}])",
                R"(a.json: /faults/0/nth: unknown key "nth"; did you mean "at"? Known are: )"
                R"(fault, operation, at, every, jitter, times, target)"},
        Mistake{"pause_without_length", R"("faults": [{"fault": "pause", "every": "1s"}])",
                R"(a.json: /faults/0: says not how long: give "for": "3s" or a distribution)"},
        Mistake{"clock_without_effect", R"("faults": [{"fault": "clock", "target": "h1"}])",
                R"(a.json: /faults/0: says not what: give "offset", "step", "strobe" or "rate")"},
        Mistake{
            "clock_with_two",
            R"("faults": [{"fault": "clock", "offset": "1s", "step": "1s", "every": "1s"}])",
            R"(a.json: /faults/0: found more than one of "offset", "step" and "strobe", allowed )"
            R"(is )"
            R"(one of them)"},
        Mistake{
            "strobe_without_every", R"("faults": [{"fault": "clock", "strobe": "1s"}])",
            R"(a.json: /faults/0: "strobe" needs "every": the clock goes to and fro each time)"},
        Mistake{"offset", R"("faults": [{"fault": "clock", "offset": "4000d"}])",
                R"(a.json: /faults/0/offset: found "4000d", allowed is at most ten years)"},
        Mistake{"rate", R"("faults": [{"fault": "clock", "rate": 0}])",
                "a.json: /faults/0/rate: found 0, allowed is a number from 0.1 to 10.0"}));

class TextMistake : public testing::TestWithParam<Mistake> {};

TEST_P(TextMistake, IsNamedWithItsPlace) {
  EXPECT_EQ(told(GetParam().members), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    , TextMistake,
    testing::Values(
        Mistake{"no_version", R"({"contender": "baton", "nonsense": 1})",
                R"(a.json: /version: the version is missing; this build reads version 1: put )"
                R"("version": 1 into the file)"},
        Mistake{
            "later_version", R"({"version": 2, "contender": "baton", "nonsense": 1})",
            R"(a.json: /version: found 2, allowed is 1: this build reads version 1 only. Rewrite )"
            R"(the file after scenarios/README.md, or use a holdfast that knows its version)"},
        Mistake{"version_text", R"({"version": "1", "contender": "baton"})",
                R"(a.json: /version: found "1", allowed is 1: this build reads version 1 only. )"
                R"(Rewrite )"
                R"(the file after scenarios/README.md, or use a holdfast that knows its version)"},
        Mistake{"no_contender", R"({"version": 1})",
                R"(a.json: /contender: missing; it is the one key besides "version" that has no )"
                R"(default, such as "contender": "baton")"},
        Mistake{"no_object", R"([1, 2])", "a.json: found [1,2], allowed is an object: a scenario"},
        Mistake{"duplicate", R"({"version": 1, "locks": 1, "locks": 2})",
                R"(a.json: /locks: the key "locks" stands twice in one object; )"
                R"(remove one of the two)"}));

TEST(ScenarioText, ThatIsNoJsonIsRefusedWithLineAndColumn) {
  const std::string message = told("{\n  \"version\": 1,\n  \"locks\": 3,,\n}");
  EXPECT_EQ(message.substr(0, message.find(": no JSON")), "a.json: line 3, column 14");
  EXPECT_NE(message.find("no JSON: syntax error"), std::string::npos) << message;
  EXPECT_NE(told("").find("a.json: line 1, column 1: no JSON"), std::string::npos);
}

TEST(ScenarioText, ADuplicateInsideAListOfObjectsIsFoundAndEqualKeysOfTwoObjectsAreNot) {
  EXPECT_EQ(told(R"({"hosts": [{"name": "a"}, {"x": [[], 1], "name": "b", "name": "c"}]})"),
            R"(a.json: /hosts/1/name: the key "name" stands twice in one object; )"
            R"(remove one of the two)");
  EXPECT_EQ(told(R"({"version": 1, "contender": "baton", "hosts": [{"name":"a"}, {"name":"b"}]})"),
            "no problem at all");
}

struct WrongOverride {
  Override change;
  std::string message;
};

TEST(ScenarioOverride, ThatCannotBeAppliedNamesItself) {
  const std::string text = R"({"version": 1, "contender": "baton", "hosts": [{"workers": 1}]})";
  const std::vector<WrongOverride> cases = {
      {{"hosts", "1"}, "--set hosts: this is no JSON pointer; one looks like /hosts/0/workers"},
      {{"/a~2", "1"}, "--set /a~2: this is no JSON pointer; one looks like /hosts/0/workers"},
      {{"/hosts/1/workers", "1"},
       "--set /hosts/1/workers: \"1\" is no element of a list of 1; allowed are 0 and up, and - to "
       "append"},
      {{"/hosts/x", "1"},
       "--set /hosts/x: \"x\" is no element of a list of 1; allowed are 0 and up, and - to append"},
      {{"/version/x", "1"}, "--set /version/x: \"x\" is asked of 1, which has no members"},
      {{"/work", "{hold}"},
       "--set /work: the value {hold} is no JSON; quote it for the shell, as in "
       "--set '/work/hold={\"exponential\":\"1ms\"}'"},
      {{"/hosts/0/wrokers", "1"},
       "a.json: /hosts/0/wrokers: unknown key \"wrokers\"; did you mean \"workers\"? Known are: "
       "name, workers, machine"},
      {{"/hosts/0/workers", "many"},
       "a.json: /hosts/0/workers: found \"many\", allowed is a whole number from 1 to 10000"}};
  for (const WrongOverride& wrong : cases) EXPECT_EQ(told(text, {wrong.change}), wrong.message);
}

TEST(ScenarioOverride, OnTheCommandLineIsPointerEqualsValue) {
  const auto change = parse_override("/a/b=c=d");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->pointer, "/a/b");
  EXPECT_EQ(change->value, "c=d");
  for (const char* wrong : {"", "/a", "a=b", "=b"}) {
    const auto refused = parse_override(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().text(), "--set " + std::string(wrong) +
                                          ": allowed is POINTER=VALUE, such as --set "
                                          "/hosts/0/workers=16");
  }
}

TEST(ScenarioFile, ThatIsMissingIsNamedWithTheSystemsReason) {
  const auto missing = read_scenario("/nowhere/at/all.json", {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(),
            "/nowhere/at/all.json: cannot read this scenario: No such file or directory");
}

}  // namespace
}  // namespace holdfast::harness
