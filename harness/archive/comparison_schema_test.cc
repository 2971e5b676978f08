// What `holdfast compare --json` prints and its schema, and the page that lists the fields of both
// schemas: compared by scripts with the jsonschema of Debian's Python.
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/archive/comparison_report.h"
#include "harness/history/test_folder.h"
#include "harness/report/command_output.h"
#include "harness/report/sample_reports.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

const std::string kReports = HOLDFAST_REPORTS;
const std::string kScripts = HOLDFAST_REPORT_ROOM;

class ComparisonSchema : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "there is no /usr/bin/python3";
  }
};

StoredReport stored(const Report& report) {
  auto read = parse_stored_report(report_json(report), "report.json");
  EXPECT_TRUE(read) << read.error().text();
  return *read;
}

std::vector<StoredReport> three(std::int64_t times) {
  std::vector<StoredReport> runs(3, stored(valid_sample()));
  for (StoredReport& run : runs) {
    for (auto& [step, latency] : run.latency) {
      latency.p50_ns *= times;
      latency.p99_ns *= times;
    }
  }
  return runs;
}

TEST_F(ComparisonSchema, DescribesEveryFieldAndNothingElse) {
  std::vector<StoredReport> changed = three(5);
  changed[0].scenario_keys["/hosts/0/workers"] = "16";
  changed[0].environment_keys["/machines/0/kernel"] = "\"Linux 7\"";
  changed[1].classes = {{"wedge", 1}};
  std::vector<StoredReport> there = three(1), here = changed;
  there[0].classes = {{"overstay", 1}};
  there.push_back(stored(violated_sample()));
  here.push_back(stored(empty_sample()));
  const TestFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_stored(folder / name, text));
  };
  write("several.json", comparison_json({"a", "b", 1.25}, compare(there, changed)));
  write("others.json", comparison_json({"a", "b"}, compare(there, here)));
  write("single.json", comparison_json({"a", "b"}, compare({there[0]}, {here[0]})));
  write("nothing.json", comparison_json({"a", "b"}, compare({here[3]}, {here[3]})));
  const CommandOutput ran = run_command("/usr/bin/python3 '" + kScripts + "/schema_test.py' '" +
                                        kReports + "/compare.schema.json' '" + folder.path() + "'");
  if (ran.status == 77) GTEST_SKIP() << ran.output;
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST_F(ComparisonSchema, IsWhatThePageOfFieldsIsMadeOf) {
  const CommandOutput ran = run_command(
      "/usr/bin/python3 '" + kScripts + "/schema_fields.py' --check '" + kReports +
      "/fields.md' 'report.json=" + kReports + "/report.schema.json' 'story.json=" + kReports +
      "/story.schema.json' 'holdfast compare --json=" + kReports + "/compare.schema.json'");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

}  // namespace
}  // namespace holdfast::harness
