// What stands on the terminal at a run's end, word for word: samples/*.txt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "harness/report/readable.h"
#include "harness/report/sample_reports.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

class ReportText : public testing::TestWithParam<SampleReport> {
 protected:
  std::string text_ = report_text(GetParam().report, "reports/runs/sample");
};

// The texts are read by a person before they are kept: HOLDFAST_KEEP_SAMPLES=1 writes them anew.
TEST_P(ReportText, IsWordForWordTheOneInTheFile) {
  const std::string path = std::string(HOLDFAST_SAMPLES) + "/" + GetParam().name + ".txt";
  if (std::getenv("HOLDFAST_KEEP_SAMPLES") != nullptr) {
    ASSERT_TRUE(write_stored(path, text_));
  }
  const auto kept = read_stored(path);
  ASSERT_TRUE(kept) << kept.error().text();
  EXPECT_EQ(text_, *kept) << path;
}

// A name in a shared directory is anybody's to choose.
TEST_P(ReportText, IsPlainTextWhateverARunMet) {
  std::string text = report_text(GetParam().report, "reports/runs/\x1b[1m");
  std::erase(text, '\n');
  EXPECT_EQ(text, readable(text));
}

TEST_P(ReportText, HasNoLineThatATerminalWouldBreak) {
  for (std::size_t at = 0; at < text_.size();) {
    const std::size_t end = text_.find('\n', at);
    EXPECT_LE(end - at, 120U) << text_.substr(at, end - at);
    at = end + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, ReportText, testing::ValuesIn(sample_reports()),
                         [](const auto& sample) { return sample.param.name; });

TEST(PlainWords, NameTheModeAndWhatItMayHide) {
  Report report = planted_sample();
  report.scenario.ordered = true;
  report.detection_floor_ns = 412'000;
  EXPECT_THAT(report_text(report, "run"),
              testing::AllOf(testing::HasSubstr("Ordered mode: each holder told the controller"),
                             testing::HasSubstr("412 us")));
  EXPECT_THAT(report_text(planted_sample(), "run"), testing::Not(testing::HasSubstr("Ordered")));
}

// Its checkers see what processes see; the world has seen more.
TEST(PlainWords, OfASimulatedRunSayWhatTheWorldSaw) {
  Report report = valid_sample();
  EXPECT_THAT(report_text(report, "run"), testing::Not(testing::HasSubstr("simulated")));
  report.scenario.world = WorldKind::simulated;
  report.scenario.about = "p1 was told that it holds the lock.";
  EXPECT_THAT(report_text(report, "run"), testing::HasSubstr("simulated world"));
  EXPECT_THAT(report_markdown(report), testing::HasSubstr("p1 was told that it holds the lock."));
}

// One broken lock shows itself in several ways; the one that the scenario plants is told, too.
TEST(PlainWords, TellTheExpectedCauseBesideTheFirst) {
  Report report = planted_sample();
  report.violations.push_back(report.violations.front());
  report.violations.back().finding.cause = Cause::double_break;
  report.scenario.expect.cause = "double_break";
  const std::string text = report_text(report, "run");
  EXPECT_THAT(text, testing::HasSubstr("\n  Also violated by mutual_exclusion: double_break, which "
                                       "the scenario expects:\n  h2.w3 entered lock-0"));
  EXPECT_THAT(report_text(planted_sample(), "run"), testing::Not(testing::HasSubstr("Also")));
}

TEST(SkippedText, SaysWhy) {
  Scenario scenario;
  scenario.name = "clock/flufl-ahead";
  EXPECT_EQ(skipped_text(scenario, "needs root:\nrun it as root"),
            "SKIPPED   clock/flufl-ahead   needs root:\\nrun it as root\n");
}

}  // namespace
}  // namespace holdfast::harness
