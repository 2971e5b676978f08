#include "harness/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/history/test_folder.h"
#include "harness/report/sample_reports.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// A run of two workers, as it lies in its folder when it is over.
class StoredRun : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "history");
    RunRecord run;
    run.hosts = {{"h1", 0}};
    run.locks = {"lock-0"};
    run.start_ns = recorder_now_ns();
    const auto worker = [&](std::uint32_t slot) {
      const std::string name = "h1.w" + std::to_string(slot + 1);
      auto made = Recorder::create(folder_ / ("history/" + name + ".events"),
                                   {name, "h1", slot, 100 + slot, false});
      EXPECT_TRUE(made) << made.error().text();
      return std::move(*made);
    };
    const auto first = worker(0), second = worker(1);
    const auto both = [](Recorder& to, Op op) {
      for (const Phase phase : {Phase::invoke, Phase::ok}) {
        Event event;
        event.op = op;
        event.phase = phase;
        to.record(event);
      }
    };
    for (Recorder* it : {first.get(), second.get()}) {
      both(*it, Op::acquire);
      both(*it, Op::release);
      Event end;
      end.op = Op::worker;
      end.phase = Phase::ok;
      it->record(end);
    }
    run.end_ns = recorder_now_ns();
    ASSERT_TRUE(write_run_record(folder_.path(), run));
    const auto scenario = parse_scenario(
        R"({"version": 1, "name": "smoke/two", "contender": "flock"})", "two.json", {});
    ASSERT_TRUE(scenario) << scenario.error().text();
    std::ofstream(folder_ / "scenario.json") << scenario->text;
    RunFacts facts = build_facts();
    facts.contender = "flock";
    facts.terms.wedge_bound_ns = facts.terms.timeout_slack_ns = 5'000'000'000;
    ASSERT_TRUE(write_facts(folder_.path(), facts));
  }

  /// report.json without the one thing that differs each time: how long judging took.
  static json timeless(const Report& report) {
    json whole = json::parse(report_json(report));
    for (json& checker : whole["checkers"]) checker.erase("took_ns");
    return whole;
  }

  TestFolder folder_;
};

TEST_F(StoredRun, IsJudgedAgainToTheVeryBit) {
  const auto once = report_run(folder_.path());
  const auto again = report_run(folder_.path());
  ASSERT_TRUE(once) << once.error().text();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(once->verdict.value, Value::valid) << once->verdict.reason;
  EXPECT_EQ(once->scenario.name, "smoke/two");
  EXPECT_EQ(timeless(*once).dump(), timeless(*again).dump());
  EXPECT_EQ(json::parse(report_json(*once))["verdict"].dump(),
            json::parse(report_json(*again))["verdict"].dump());
  EXPECT_EQ(report_text(*once, "run"), report_text(*again, "run"));
}

TEST_F(StoredRun, IsWrittenBesideItsHistory) {
  const auto report = report_run(folder_.path());
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_TRUE(write_report(folder_.path(), *report));
  EXPECT_EQ(read_stored(folder_ / "report.json").value(), report_json(*report));
  EXPECT_EQ(read_stored(folder_ / "junit.xml").value(), junit_xml(*report));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report.json.new"));
}

TEST_F(StoredRun, ThatIsNotWholeIsRefusedWithTheFile) {
  for (const char* name : {"scenario.json", "facts.json", "run.json"}) {
    std::filesystem::rename(folder_ / name, folder_ / "away");
    const auto report = report_run(folder_.path());
    ASSERT_FALSE(report) << name;
    EXPECT_THAT(report.error().text(), testing::HasSubstr(folder_ / name));
    std::filesystem::rename(folder_ / "away", folder_ / name);
  }
}

TEST_F(StoredRun, ThatCannotBeWrittenToSaysWhy) {
  const auto report = report_run(folder_.path());
  ASSERT_TRUE(report);
  const auto written = write_report(folder_ / "nowhere", *report);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().text(), testing::HasSubstr("nowhere/report.json.new: cannot make"));
}

TEST(Report, OfAHistoryThatPointsToNothingIsStillMade) {
  const Report report = unfit_sample();
  EXPECT_EQ(report.status, ExitStatus::harness_failed);
  EXPECT_EQ(report.measures.grants, 0U);
  EXPECT_EQ(report.measures.by_host.size(), report.hosts.size());
}

TEST(Report, TellsWhatThePartiesDidAroundAViolation) {
  const Report report = violated_sample();
  ASSERT_EQ(report.violations.size(), 1U);
  const Violation& violation = report.violations.front();
  EXPECT_EQ(violation.lock, "lock-0");
  ASSERT_EQ(violation.parties.size(), 2U);
  EXPECT_EQ(violation.parties[0].worker, "h1.w1");
  EXPECT_EQ(violation.parties[0].pid, 100);
  EXPECT_EQ(violation.parties[1].host, "h2");
  const auto led_to = std::count_if(violation.events.begin(), violation.events.end(),
                                    [](const EventLine& line) { return line.led_to; });
  EXPECT_EQ(static_cast<std::size_t>(led_to), violation.finding.events.size());
  EXPECT_GT(violation.events.size(), violation.finding.events.size());
  EXPECT_TRUE(std::is_sorted(
      violation.events.begin(), violation.events.end(),
      [](const EventLine& a, const EventLine& b) { return a.event.at_ns < b.event.at_ns; }));
}

// Two were inside at once, and lawfully: no report may say that they were not.
TEST(Report, WithAnOverstaySaysNoMoreThanWhatIsTrue) {
  const Report report = overstay_sample();
  EXPECT_EQ(report.verdict.value, Value::valid);
  EXPECT_THAT(report.verdict.reason,
              testing::StartsWith("No two processes were entitled to a lock"));
  EXPECT_THAT(valid_sample().verdict.reason, testing::StartsWith("No two processes held a lock"));
}

// A clock that was bent and that nobody could measure may have gone anywhere.
TEST(Report, CountsAClockThatWasNotMeasuredAsBeyondWhatWasDeclared) {
  for (const bool declared : {true, false}) {
    Report report = valid_sample();
    report.facts.terms.contract_offset_ns.reset();
    report.facts.terms.contract_drift.reset();
    if (declared) report.facts.terms.contract_offset_ns = 1'000'000'000;
    report.faults.clear();
    Fault& fault = report.faults.emplace_back();
    fault.id = 77;
    fault.kind = "clock";
    fault.start_ns = 1;
    fault.end_ns = 2;
    EXPECT_EQ(json::parse(report_json(report))["contract"]["faults_beyond"],
              declared ? json::array({77}) : json::array());
  }
}

TEST(Report, AnInterruptedRunEndsAsOneWhateverWasFound) {
  EXPECT_EQ(interrupted_sample().status, ExitStatus::interrupted);
  EXPECT_EQ(valid_sample().status, ExitStatus::as_expected);
  EXPECT_EQ(planted_sample().status, ExitStatus::as_expected);
  EXPECT_EQ(violated_sample().status, ExitStatus::violated);
  EXPECT_EQ(unknown_sample().status, ExitStatus::unknown);
}

}  // namespace
}  // namespace holdfast::harness
