// That it is well-formed and its sums are right is checked by schema_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/sample_reports.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(JunitXml, HasACaseForEachCheckerAndOneForTheExpectation) {
  const std::string xml = junit_xml(valid_sample());
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"crash/sample\" tests=\"17\" failures=\"0\" "
                             "errors=\"0\" skipped=\"1\" time=\"3.000000\" "
                             "timestamp=\"2026-11-23T17:18:02\">"));
  EXPECT_THAT(xml, HasSubstr("name=\"mutual_exclusion\""));
  EXPECT_THAT(xml, HasSubstr("name=\"expectation\""));
  EXPECT_THAT(xml, HasSubstr("<property name=\"seed\" value=\"5a3f09c1\"/>"));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"does not apply: "));
}

TEST(JunitXml, AViolationThatNobodyExpectsFailsItsCheckersCase) {
  const std::string xml = junit_xml(violated_sample());
  EXPECT_THAT(xml, HasSubstr("<failure type=\"mutual_exclusion\" message=\"h2.w3 entered lock-0"));
  EXPECT_THAT(xml, HasSubstr("  4.803000  h2.w3  unlinks lock-0"));
  EXPECT_THAT(xml, HasSubstr("violated, which the scenario does not expect"));
}

TEST(JunitXml, AnExpectedViolationFailsNothingAndIsStillTold) {
  const std::string xml = junit_xml(planted_sample());
  EXPECT_THAT(xml, Not(HasSubstr("<failure")));
  EXPECT_THAT(xml, Not(HasSubstr("<error")));
  EXPECT_THAT(xml, HasSubstr("  4.803000  h2.w3  unlinks lock-0"));
}

TEST(JunitXml, WhatTheHarnessDidWrongIsAnErrorAndNoFailure) {
  const std::string xml = junit_xml(unfit_sample());
  EXPECT_THAT(xml, HasSubstr("failures=\"0\" errors=\"2\""));
  EXPECT_THAT(xml, HasSubstr("<error type=\"harness_error\""));
  EXPECT_THAT(junit_xml(interrupted_sample()), HasSubstr("failures=\"0\" errors=\"1\""));
}

TEST(JunitXml, AnOverstayIsNoFailureUnlessTheScenarioBoundsIt) {
  Report report = overstay_sample();
  EXPECT_THAT(junit_xml(report), HasSubstr("failures=\"0\""));
  report.facts.terms.overstay_bound = 0;
  report.status = ExitStatus::violated;
  EXPECT_THAT(junit_xml(report), HasSubstr("<failure type=\"overstay\""));
}

TEST(JunitXml, AScenarioThatCannotBeRunHereIsOneSkippedCaseWithItsReason) {
  const std::string xml = skipped_junit_xml("mount/<x>", "needs root:\nrun it as root", 0);
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"mount/&lt;x&gt;\" tests=\"1\" failures=\"0\" "
                             "errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<skipped message=\"needs root:\\nrun it as root\"/>"));
}

TEST(JunitXml, NamesCannotBreakIt) {
  const std::string xml = junit_xml(foreign_sample());
  EXPECT_THAT(xml, HasSubstr(R"(name="foreign/sa\nmple \xfe ]]&gt; &lt;b&gt;")"));
  EXPECT_THAT(xml, HasSubstr(R"(evil \x1b[31m&lt;lock&gt; &amp; &quot;co&quot; \xff)"));
  for (const char c : xml) {
    EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << static_cast<int>(c);
  }
}

}  // namespace
}  // namespace holdfast::harness
