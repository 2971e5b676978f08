// Every way in which a contender can be named or described wrongly.
#include <gtest/gtest.h>

#include "harness/scenario/testing/mistake.h"

namespace holdfast::harness {
namespace {

class ContenderMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ContenderMistake, IsNamedWithItsPlaceWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(told(R"({"version": 1, "contender": )" + GetParam().members + "}"), GetParam().message);
}

const std::string kLocks =
    "Known are: baton, link, flock, fcntl, ofd, excl, mkdir, symlink, planted:nothing, "
    "planted:two-breakers, planted:stolen-release, planted:never-released, planted:late-lease; any "
    "other lock is a "
    "program: {\"program\": [\"./adapter\"]}";

INSTANTIATE_TEST_SUITE_P(
    , ContenderMistake,
    testing::Values(
        Mistake{
            "unknown_lock", R"("batton")",
            R"(a.json: /contender/lock: unknown lock "batton"; did you mean "baton"? )" + kLocks},
        Mistake{"number", R"(3)",
                R"(a.json: /contender: found 3, allowed is a lock's name, {"lock": NAME, ...} or )"
                R"({"program": [ARGUMENT...], ...})"},
        Mistake{"neither", R"({"lifetime": "2s"})",
                R"(a.json: /contender: found neither "lock" nor "program", one of them is needed)"},
        Mistake{"both", R"({"lock": "baton", "program": ["x"]})",
                R"(a.json: /contender: found both "lock" and "program", allowed is one of them)"},
        Mistake{"lifetime_of_baton", R"({"lock": "baton", "lifetime": "50ms"})",
                R"(a.json: /contender/lifetime: found "50ms", allowed is a duration of at least )"
                R"(100ms)"},
        Mistake{
            "lifetime_too_long", R"({"lock": "baton", "lifetime": "31d"})",
            R"(a.json: /contender/lifetime: found "31d", allowed is a duration of at most 30d)"},
        Mistake{
            "option_of_baton", R"({"lock": "baton", "options": {"drfit": 0.1}})",
            R"(a.json: /contender/options/drfit: unknown key "drfit"; did you mean "drift"? Known )"
            R"(are: drift, margin, slop, max_poll, spin, proof_of_death, server_clock, )"
            R"(durable, separator, directory_mode, file_mode)"},
        Mistake{"spin_too_long", R"({"lock": "baton", "options": {"spin": "2s"}})",
                R"(a.json: /contender/options/spin: found "2s", allowed is a duration of at most )"
                R"(1s)"},
        Mistake{"options_of_a_program", R"({"program": ["x"], "options": 3})",
                R"(a.json: /contender/options: found 3, allowed is an object, which the contender )"
                R"(gets )"
                R"(as it is)"},
        Mistake{
            "empty_program", R"({"program": []})",
            R"(a.json: /contender/program: found [], allowed is a list of strings, the program )"
            R"(and )"
            R"(its arguments, such as ["/usr/bin/python3", "./lock.py"])"},
        Mistake{"number_in_program", R"({"program": ["x", 3]})",
                "a.json: /contender/program/1: found 3, allowed is a string"},
        Mistake{
            "fence_without_tokens", R"("flock", "work": {"resource": "fenced"})",
            R"(a.json: /work/resource: found "fenced" with the lock flock, which gives no tokens; )"
            R"(allowed is it with baton and with programs that do; use "counter" or "none" here)"},
        Mistake{"operation_of_flock",
                R"("flock", "faults": [{"fault": "kill", "operation": "rename"}])",
                R"(a.json: /faults/0: found "operation" with the contender "flock", allowed is it )"
                R"(with baton and link, whose file operations can be stopped at, and with any )"
                R"(other on an emulated mount: give "mount")"},
        Mistake{"margin_of_link", R"({"lock": "link", "options": {"margin": "2d"}})",
                R"(a.json: /contender/options/margin: found "2d", allowed is a duration of at )"
                R"(most 1d)"},
        Mistake{"slop_of_link", R"({"lock": "link", "options": {"slop": "400d"}})",
                R"(a.json: /contender/options/slop: found "400d", allowed is a duration of at )"
                R"(most 365d)"},
        Mistake{"separator_of_link", R"({"lock": "link", "options": {"separator": "a"}})",
                R"(a.json: /contender/options/separator: found "a", allowed is 1 to 16 bytes )"
                R"(without letters, digits, "/" and control characters)"},
        Mistake{"options_of_flock", R"({"lock": "flock", "options": {"x": 1}})",
                R"(a.json: /contender/options: found {"x":1}, allowed is none: "flock" has no )"
                R"(options)"},
        Mistake{"options_of_a_planted_lock", R"({"lock": "planted:nothing", "options": {"x": 1}})",
                R"(a.json: /contender/options: found {"x":1}, allowed is none: )"
                R"("planted:nothing" has no options)"}));

}  // namespace
}  // namespace holdfast::harness
