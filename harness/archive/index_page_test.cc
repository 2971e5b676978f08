// The page of runs: that it says what is there, and that a hostile name stays text.
#include "harness/archive/index_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/archive/index_parts.h"
#include "harness/report/sample_reports.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

IndexedRun indexed(const std::string& path, const Report& report, std::int64_t later_ms = 0) {
  IndexedRun run;
  run.path = path;
  auto stored = parse_stored_report(report_json(report), path);
  EXPECT_TRUE(stored) << stored.error().text();
  stored->started_unix_ms += later_ms;
  run.report = std::move(*stored);
  return run;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++count;
  }
  return count;
}

TEST(IndexPage, ListsEveryRunWithTheNewestFirst) {
  const std::string html =
      index_html("runs", 0,
                 {indexed("a/1", valid_sample()), indexed("a/2", violated_sample(), 500),
                  indexed("b/3", unknown_sample(), 200)});
  EXPECT_THAT(html, HasSubstr("3 runs, <strong>2 otherwise than expected</strong>"));
  EXPECT_EQ(count_of(html, "<tr data-verdict="), 3U);
  EXPECT_LT(html.find("./a/2/report.json"), html.find("./b/3/report.json"));
  EXPECT_LT(html.find("./b/3/report.json"), html.find("./a/1/report.json"));
  EXPECT_THAT(html, HasSubstr("mutual_exclusion: premature_break"));
  EXPECT_THAT(html, HasSubstr("0123456789ab"));
}

TEST(IndexPage, HasATrendForEachLockOfAScenario) {
  IndexedRun other = indexed("a/2", valid_sample());
  other.report->contender = "another lock";
  const std::string html = index_html("runs", 0, {indexed("a/1", valid_sample()), other});
  EXPECT_EQ(count_of(html, "<h3>"), 2U);
  EXPECT_THAT(html, HasSubstr(", another lock</h3>"));
}

TEST(IndexPage, LinksOnlyToWhatIsThere) {
  IndexedRun run = indexed("a/1", valid_sample());
  EXPECT_THAT(index_html("runs", 0, {run}), Not(HasSubstr("report.html")));
  run.has_page = run.has_summary = true;
  const std::string html = index_html("runs", 0, {run});
  EXPECT_THAT(html, HasSubstr("href=\"./a/1/report.html\""));
  EXPECT_THAT(html, HasSubstr("href=\"./a/1/summary.md\""));
  EXPECT_THAT(html, Not(HasSubstr("junit.xml")));
}

TEST(IndexPage, ListsWhatCannotBeRead) {
  IndexedRun broken;
  broken.path = "a/<b>";
  broken.problem = "is no report of holdfast's";
  const std::string html = index_html("runs", 0, {broken});
  EXPECT_THAT(html, HasSubstr("Not readable"));
  EXPECT_THAT(html, HasSubstr("a/&lt;b&gt;"));
  EXPECT_THAT(html, HasSubstr("is no report of holdfast&#39;s"));
  EXPECT_THAT(html, HasSubstr("1 folder not readable"));
}

// Whatever stands in a report: it may come from anybody.
TEST(IndexPage, ShowsHostileNamesAsText) {
  IndexedRun run = indexed("x\"><script>alert(1)</script>/javascript:1", valid_sample());
  StoredReport& report = *run.report;
  for (std::string* text : {&report.scenario, &report.contender, &report.seed, &report.commit,
                            &report.verdict, &report.found}) {
    *text = "\"'><script>alert(1)</script><!--\x1b\n";
  }
  const std::string html = index_html("<script>runs</script>", 0, {run});
  EXPECT_EQ(count_of(html, "<script"), 1U) << "the page's own, and no other";
  EXPECT_EQ(count_of(html, "<!--"), 0U);
  EXPECT_EQ(count_of(html, "alert(1)</"), 0U);
  EXPECT_THAT(html, Not(HasSubstr("href=\"javascript")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
}

TEST(IndexPage, AllowsNoScriptButItsOwn) {
  const std::string html = index_html("runs", 0, {indexed("a/1", valid_sample())});
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(html, Not(HasSubstr("unsafe-inline")));
  EXPECT_EQ(count_of(html, " style="), 0U) << "the policy would not let it count";
  EXPECT_THAT(html, Not(testing::ContainsRegex(" on[a-z]+ *="))) << "nor a handler in an attribute";
}

TEST(IndexLink, LeadsBelowThePageAndNowhereElse) {
  EXPECT_EQ(index_link("a b/c?d#e"), "./a%20b/c%3Fd%23e");
  EXPECT_EQ(index_link("javascript:alert(1)"), "./javascript%3Aalert%281%29");
  EXPECT_EQ(index_link("\xff\""), "./%FF%22");
}

TEST(TrendSvg, DrawsEachRunOfAScenario) {
  std::vector<IndexedRun> runs;
  for (int i = 0; i < 5; ++i) {
    runs.push_back(
        indexed("a/" + std::to_string(i), i == 3 ? violated_sample() : valid_sample(), i * 1'000));
  }
  std::vector<const IndexedRun*> all;
  for (const IndexedRun& run : runs) all.push_back(&run);
  const std::string svg = trend_svg(all);
  EXPECT_EQ(count_of(svg, "<circle class=\"p50\""), 5U);
  EXPECT_EQ(count_of(svg, "<polyline"), 2U);
  EXPECT_EQ(count_of(svg, "✓"), 4U);
  EXPECT_EQ(count_of(svg, "✗"), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

// A run in which nobody was granted the lock has a verdict, and no point.
TEST(TrendSvg, IsBrokenWhereARunHasNoGrant) {
  const IndexedRun first = indexed("1", valid_sample()), none = indexed("2", empty_sample()),
                   last = indexed("3", valid_sample());
  const std::string svg = trend_svg({&first, &none, &last});
  EXPECT_EQ(count_of(svg, "<circle class=\"p50\""), 2U);
  EXPECT_EQ(count_of(svg, "<polyline"), 4U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(trend_svg({&none}), Not(HasSubstr("nan")));
  EXPECT_EQ(trend_svg({}), "");
}

TEST(TrendSvg, KeepsToTheLastRunsWhenThereAreMany) {
  const IndexedRun run = indexed("1", valid_sample());
  const std::string svg = trend_svg(std::vector<const IndexedRun*>(1'000, &run));
  EXPECT_EQ(count_of(svg, "<circle class=\"p50\""), 200U);
  EXPECT_THAT(svg, HasSubstr("the last 200 runs"));
}

}  // namespace
}  // namespace holdfast::harness
