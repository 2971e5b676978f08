#include "harness/page/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "harness/page/sample_runs.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

std::string page(const SampleRun& run) { return page_html(run.report, run.history); }

// Whoever runs no scripts - some servers of artefacts forbid them - reads the verdict nevertheless.
TEST(Page, SaysTheVerdictInPlainWordsWithoutAScript) {
  const std::string valid = page(valid_run());
  const std::string words = valid.substr(0, valid.find("<noscript>"));
  EXPECT_THAT(words, HasSubstr("<title>valid crash/sample</title>"));
  EXPECT_THAT(words, HasSubstr("<p>No two processes held the lock at the same time in 293 grants"));
  EXPECT_THAT(words, HasSubstr("with 5 % probability"));
  EXPECT_THAT(words, HasSubstr("./holdfast run scenarios/crash/sample.json --seed 5a3f09c1"));
  EXPECT_THAT(page(violated_run()), HasSubstr("class=\"verdict violated\""));
  EXPECT_THAT(page(unknown_run()), HasSubstr("class=\"verdict unknown\""));
}

TEST(Page, NeedsNoOtherFileAndNoNetwork) {
  for (const SampleRun& run : sample_runs()) {
    const std::string html = page(run);
    EXPECT_THAT(html, Not(HasSubstr("src=\""))) << run.name;
    EXPECT_THAT(html, Not(HasSubstr("<link"))) << run.name;
    EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; base-uri 'none'; form-action "
                                "'none'; script-src 'sha256-"));
  }
}

// Four script elements: three blocks of data, and the page's own, whose hash the policy names.
TEST(Page, LetsNoNameBecomeMarkup) {
  const std::string html = page(hostile_run());
  EXPECT_EQ(count(html, "<script"), 4U);
  EXPECT_EQ(count(html, "</script"), 4U);
  EXPECT_EQ(count(html, "<img"), 0U);
  EXPECT_EQ(count(html, "<!--"), 1U);
  EXPECT_EQ(count(html, "\x1b"), 0U);
  EXPECT_EQ(count(html, "\xe2\x80\xae"), 0U);
}

TEST(Page, IsWrittenOfAHistoryThatCannotBeJudged) {
  const std::string html = page(unfit_run());
  EXPECT_THAT(html, HasSubstr("class=\"verdict unknown\""));
  EXPECT_THAT(html, HasSubstr("\"holds\":null"));
}

class PageFile : public testing::Test {
 protected:
  const std::string folder_ = testing::TempDir() + "page_" + std::to_string(::getpid());
  PageFile() { std::filesystem::create_directories(folder_); }
  ~PageFile() override { std::filesystem::remove_all(folder_); }

  std::string written() {
    const SampleRun run = violated_run();
    const auto done = write_page(folder_, run.report, run.history);
    return done ? *read_stored(folder_ + "/report.html") : done.error().text();
  }
};

TEST_F(PageFile, HasTheStoryThatStandsBesideTheReport) {
  EXPECT_THAT(written(), HasSubstr("id=\"data-story\">null</script>"));
  ASSERT_TRUE(write_stored(folder_ + "/story.json", sample_story()));
  EXPECT_THAT(written(), HasSubstr("\"contents\": \"a|1|\\u003cb>\""));
}

TEST_F(PageFile, NamesAStoryThatIsNone) {
  ASSERT_TRUE(write_stored(folder_ + "/story.json", "{\"steps\": ["));
  EXPECT_EQ(written(), folder_ + "/story.json: is no JSON");
}

// Tens of thousands of small runs are kept; most of a small page is what draws it.
TEST(Page, OfASmallRunIsSmall) { EXPECT_LT(page(unknown_run()).size(), 250'000U); }

}  // namespace
}  // namespace holdfast::harness
