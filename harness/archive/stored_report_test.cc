#include "harness/archive/stored_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/report/sample_reports.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Written : public testing::TestWithParam<SampleReport> {};

// What one part of the program writes, another reads.
TEST_P(Written, IsReadAgain) {
  const Report& report = GetParam().report;
  const auto stored = parse_stored_report(report_json(report), "report.json");
  ASSERT_TRUE(stored) << stored.error().text();
  EXPECT_EQ(stored->verdict, name(report.verdict.value));
  EXPECT_EQ(stored->status, report.status);
  EXPECT_EQ(stored->grants, report.verdict.power.grants);
  EXPECT_EQ(stored->faults, report.faults.size());
  EXPECT_EQ(stored->started_unix_ms, report.facts.started_unix_ms);
  const Histogram& wait = report.measures.all.wait;
  EXPECT_EQ(stored->latency.at("wait").count, wait.count());
  EXPECT_EQ(stored->latency.at("wait").p99_ns, wait.percentile(0.99));
  EXPECT_EQ(stored->latency.at("wait").bins, wait.bins());
}

INSTANTIATE_TEST_SUITE_P(Samples, Written, testing::ValuesIn(sample_reports()),
                         [](const auto& sample) { return sample.param.name; });

json valid() { return json::parse(report_json(valid_sample())); }

std::string complaint(const std::string& text) {
  const auto stored = parse_stored_report(text, "RUN/report.json");
  return stored ? "" : stored.error().text();
}

TEST(StoredReport, OfAnOlderSchemaSaysHowToMakeItAnew) {
  json report = valid();
  report["schema_version"] = kReportSchemaVersion - 1;
  EXPECT_THAT(complaint(report.dump()),
              HasSubstr("RUN/report.json: found schema_version 2, this program reads 3; make it "
                        "anew from what was recorded:  holdfast report RUN/report.json --format "
                        "json --output RUN/report.json"));
}

TEST(StoredReport, OfANewerSchemaSaysWhoReadsIt) {
  json report = valid();
  report["schema_version"] = kReportSchemaVersion + 1;
  EXPECT_THAT(complaint(report.dump()), HasSubstr("the newer holdfast that wrote it"));
}

TEST(StoredReport, ThatIsNoneIsNamed) {
  EXPECT_THAT(complaint(""), HasSubstr("RUN/report.json: is no report"));
  EXPECT_THAT(complaint("[1]"), HasSubstr("is no report"));
  EXPECT_THAT(complaint(R"({"schema_version": "3"})"), HasSubstr("is no report"));
  EXPECT_THAT(complaint(R"({"schema_version": 3})"), HasSubstr("does not fit"));
}

// A report that somebody cut down is refused at whatever place it was cut, and never half read.
TEST(StoredReport, WithoutAPartIsRefused) {
  const json whole = valid();
  for (const char* pointer :
       {"/run", "/run/scenario", "/verdict/power", "/verdict/exit_status", "/latency/handoff",
        "/latency/wait/all/bins", "/environment/machines", "/throughput", "/faults/0/effective"}) {
    json cut = whole;
    const json::json_pointer at(pointer);
    cut[at.parent_pointer()].erase(at.back());
    EXPECT_THAT(complaint(cut.dump()), HasSubstr("does not fit")) << pointer;
  }
}

// What is reckoned from them would be no figure, or never come to an end.
TEST(StoredReport, WithNumbersThatCannotBeIsRefused) {
  for (const auto& [pointer, value] :
       std::vector<std::pair<const char*, json>>{{"/latency/wait/all/count", -1},
                                                 {"/latency/wait/all/count", 1'000'000},
                                                 {"/latency/wait/all/count", UINT64_MAX},
                                                 {"/latency/wait/all/min_ns", -5},
                                                 {"/latency/wait/all/max_ns", 0},
                                                 {"/latency/wait/all/bins/0/count", 0},
                                                 {"/latency/wait/all/bins/0/count", 1.5},
                                                 {"/latency/wait/all/bins/0/from_ns", -1},
                                                 {"/latency/wait/all/bins/0/to_ns", 0},
                                                 {"/verdict/power/grants", -1}}) {
    json report = valid();
    report.at(json::json_pointer(pointer)) = value;
    EXPECT_THAT(complaint(report.dump()), HasSubstr("does not fit")) << pointer << " " << value;
  }
}

// Each level would take some of the stack.
TEST(StoredReport, ThatIsNestedTooDeeplyIsRefused) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_THAT(complaint(R"({"schema_version": 3, "run": )" + deep + "}"),
              HasSubstr("nested too deeply"));
}

TEST(StoredReport, WithAStatusThatThereIsNotIsRefused) {
  json report = valid();
  report["verdict"]["exit_status"] = 77;
  EXPECT_THAT(complaint(report.dump()),
              HasSubstr("RUN/report.json: /verdict/exit_status: there is no 77"));
}

TEST(StoredReport, KeepsApartWhatMeansSomethingAndWhatDoesNot) {
  const auto stored = parse_stored_report(valid().dump(), "report.json");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->scenario_keys.at("/hosts/0/workers"), "2");
  EXPECT_FALSE(stored->scenario_keys.contains("/seed"));
  EXPECT_EQ(stored->environment_keys.at("/machines/0/kernel"), "\"Linux 6.1.0-18-amd64\"");
  EXPECT_EQ(stored->environment_keys.at("/holdfast/commit"), "\"0123456789ab\"");
  EXPECT_FALSE(stored->environment_keys.contains("/machines/0/load"));
  EXPECT_FALSE(stored->environment_keys.contains("/machines/0/directory"));
  EXPECT_EQ(stored->load, 0.25);
}

}  // namespace
}  // namespace holdfast::harness
