// report.json and its schema: schema_test.py compares them, by the jsonschema of Debian's Python.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/history/test_folder.h"
#include "harness/report/command_output.h"
#include "harness/report/event_words.h"
#include "harness/report/sample_reports.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kPython, X_OK) != 0) GTEST_SKIP() << "there is no " << kPython;
  }

  CommandOutput compare(const std::string& schema) const {
    return run_command(std::string(kPython) + " '" + HOLDFAST_SCHEMA_TEST + "' '" + schema + "' '" +
                       folder_.path() + "'");
  }

  void write_samples() const {
    for (const SampleReport& sample : sample_reports()) {
      ASSERT_TRUE(write_stored(folder_ / (sample.name + ".json"), report_json(sample.report)));
      ASSERT_TRUE(write_stored(folder_ / (sample.name + ".xml"), junit_xml(sample.report)));
    }
  }

  TestFolder folder_;
};

TEST_F(Schema, DescribesEveryReportAndNothingElse) {
  write_samples();
  const CommandOutput ran = compare(HOLDFAST_SCHEMA);
  if (ran.status == 77) GTEST_SKIP() << ran.output;
  EXPECT_EQ(ran.status, 0) << ran.output;
}

// The comparison itself must be able to fail.
TEST_F(Schema, WithoutAFieldOrWithOneTooManyDoesNotPass) {
  write_samples();
  const auto whole = nlohmann::json::parse(read_stored(HOLDFAST_SCHEMA).value());
  const auto refused = [&](const nlohmann::json& changed) {
    EXPECT_TRUE(write_stored(folder_ / "changed.schema", changed.dump()));
    return compare(folder_ / "changed.schema");
  };
  nlohmann::json fewer = whole;
  fewer["properties"]["run"]["properties"].erase("again");
  const CommandOutput missing = refused(fewer);
  if (missing.status == 77) GTEST_SKIP() << missing.output;
  EXPECT_EQ(missing.status, 1) << missing.output;
  EXPECT_NE(missing.output.find("'again' was unexpected"), std::string::npos) << missing.output;

  nlohmann::json more = whole;
  more["properties"]["run"]["properties"]["weather"] = {{"type", "string"}};
  const CommandOutput unknown = refused(more);
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.output.find("/run/weather: has no description"), std::string::npos);
  EXPECT_NE(unknown.output.find("/run/weather: is in no sample"), std::string::npos);
}

/// All that a report can name, not only what the samples happen to.
TEST(SchemaWords, AreThoseOfTheProgram) {
  const auto schema = nlohmann::json::parse(read_stored(HOLDFAST_SCHEMA).value());
  const auto expect = [&](const nlohmann::json& words, int first, int last, auto named) {
    std::vector<std::string> known;
    for (int i = first; i <= last; ++i) known.emplace_back(named(i));
    EXPECT_EQ(words, nlohmann::json(known));
  };
  const auto& defs = schema.at("$defs");
  expect(defs.at("class").at("enum"), 1, static_cast<int>(Class::harness_error),
         [](int i) { return name(static_cast<Class>(i)); });
  expect(defs.at("cause").at("enum"), 1, static_cast<int>(Cause::could_not_be_told),
         [](int i) { return name(static_cast<Cause>(i)); });
  expect(defs.at("file_operation").at("enum"), 0, static_cast<int>(FileOp::sync),
         [](int i) { return name(static_cast<FileOp>(i)); });
  const auto& event = schema.at(nlohmann::json::json_pointer(
      "/properties/violations/items/properties/events/items/properties"));
  expect(event.at("operation").at("enum"), 1, static_cast<int>(Op::leave),
         [](int i) { return name(static_cast<Op>(i)); });
  expect(event.at("phase").at("enum"), 1, static_cast<int>(Phase::info),
         [](int i) { return name(static_cast<Phase>(i)); });
  const auto& whys = schema.at(nlohmann::json::json_pointer(
      "/properties/workload/properties/failed_acquires/items/properties/why/enum"));
  expect(whys, 0, static_cast<int>(Why::contender),
         [](int i) { return name(static_cast<Why>(i)); });
}

}  // namespace
}  // namespace holdfast::harness
