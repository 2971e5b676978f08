// What is shown beside a run of continuous integration, word for word: samples/*.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/report/markdown.h"
#include "harness/report/readable.h"
#include "harness/report/report_words.h"
#include "harness/report/sample_reports.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

class ReportMarkdown : public testing::TestWithParam<SampleReport> {
 protected:
  std::string text_ = report_markdown(GetParam().report);
};

// The texts are read by a person before they are kept: HOLDFAST_KEEP_SAMPLES=1 writes them anew.
TEST_P(ReportMarkdown, IsWordForWordTheOneInTheFile) {
  const std::string path = std::string(HOLDFAST_SAMPLES) + "/" + GetParam().name + ".md";
  if (std::getenv("HOLDFAST_KEEP_SAMPLES") != nullptr) {
    ASSERT_TRUE(write_stored(path, text_));
  }
  const auto kept = read_stored(path);
  ASSERT_TRUE(kept) << kept.error().text();
  EXPECT_EQ(text_, *kept) << path;
}

// One source of words: nothing is told here that the terminal does not tell, and nothing less.
TEST_P(ReportMarkdown, SaysWhatTheTerminalSays) {
  for (const Passage& passage : plain_passages(GetParam().report)) {
    EXPECT_THAT(text_, HasSubstr(markdown(passage.words)));
    for (const StoryLine& line : passage.story) {
      EXPECT_THAT(text_, HasSubstr(readable(line.words)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, ReportMarkdown, testing::ValuesIn(sample_reports()),
                         [](const auto& sample) { return sample.param.name; });

TEST(ReportMarkdown, ShowsFaultsThatWerePlannedAndNeverCame) {
  Report report = valid_sample();
  std::erase_if(report.faults, [](const Fault& fault) { return fault.kind == "pause"; });
  EXPECT_THAT(report_markdown(report), HasSubstr("| pause | 0 | 0 |  |"));
}

TEST(ReportMarkdown, SaysWhyAFaultTookNoEffectMostly) {
  Report report = valid_sample();
  Fault missed;
  missed.kind = "kill";
  missed.why_not = "nobody | held it";
  report.faults.insert(report.faults.end(), 3, missed);
  EXPECT_THAT(report_markdown(report),
              HasSubstr("| kill | 4 | 1 | nobody \\| held it (3 times) |"));
}

TEST(SkippedMarkdown, SaysWhy) {
  EXPECT_EQ(skipped_markdown("clock/flufl-ahead", "needs root:\nrun it as *root*"),
            "### ⏭️ SKIPPED: clock/flufl-ahead\n\nneeds root:\\\\nrun it as \\*root\\*\n");
}

}  // namespace
}  // namespace holdfast::harness
