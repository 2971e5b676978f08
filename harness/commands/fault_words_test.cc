// Whoever writes a scenario, or reads a log, finds every word that faults of a mount have; and each
// fault of the simulated world is said to have its counterpart on the emulated mount, or why not.
#include <gtest/gtest.h>
#include <string.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "harness/report/stored_file.h"
#include "harness/scenario/fault_sorts.h"
#include "harness/scenario/scenario.h"
#include "harness/sharedmount/hit.h"
#include "harness/sim/decisions.h"
#include "harness/sim/setting.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// What stands in this page of the source from one heading to another.
std::string section(const std::string& page, const std::string& from, const std::string& to) {
  const std::string text = read_stored(std::string(HOLDFAST_REPORTS) + "/../" + page).value();
  const std::size_t begin = text.find("\n" + from + "\n");
  const std::size_t end = text.find("\n" + to + "\n", begin);
  EXPECT_TRUE(begin != text.npos && end != text.npos) << page << ": " << from << ", " << to;
  return text.substr(begin, end - begin);
}

std::string of_scenarios() { return section("scenarios/README.md", "### `mount`", "### `lab`"); }

bool has(const std::string& text, const std::string& word) {
  return text.find("`" + word + "`") != text.npos;
}

/// The first cells of a section's rows.
std::string first_column(const std::string& text) {
  std::istringstream lines(text);
  std::string column;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| ")) column += line.substr(0, line.find(" |", 2)) + "\n";
  }
  return column;
}

TEST(FaultWords, OfAMountAllStandInThePageOfScenarios) {
  const std::string page = of_scenarios();
  for (const std::string& kind : mount_fault_kinds()) EXPECT_TRUE(has(page, kind)) << kind;
  for (const std::string& operation : mount_operations()) {
    EXPECT_TRUE(has(page, operation)) << operation;
  }
  for (const MountProfile& profile : mount_profiles()) {
    EXPECT_TRUE(has(page, profile.name)) << profile.name;
  }
  std::size_t errors = 0;
  constexpr int kMostErrno = 200;
  for (int number = 1; number < kMostErrno; ++number) {
    const char* const error = ::strerrorname_np(number);
    if (error == nullptr || mount_error(error) == 0) continue;
    ++errors;
    EXPECT_NE(page.find(error), page.npos) << error;
  }
  EXPECT_GT(errors, 5U);
  for (const char* consequence : mount::kConsequences) {
    EXPECT_TRUE(has(page, consequence)) << consequence;
  }
}

/// Every key below this value.
void expect_keys(const std::string& page, const json& value) {
  for (const auto& [key, below] : value.items()) {
    EXPECT_TRUE(!value.is_object() || has(page, key)) << key;
    if (below.is_structured() && key != "for")
      expect_keys(page, below);  // a distribution, which has a place of its own
  }
}

TEST(FaultWords, SoDoAllKeys) {
  const auto scenario = parse_scenario(R"({"version": 1, "contender": "baton", "mount": {
      "emulate": "nfs-async", "file_times": ["1s", "2s"], "directory_times": ["1s", "2s"],
      "tick": "1s", "hard_links": "refused", "inodes": "of_the_name", "renames": "of_the_file",
      "any_case": true, "root_squash": true, "soft": "1s", "faults": [
        {"fault": "error", "error": "EIO", "applied": "later", "for": "1s", "nth": 3, "times": 2,
         "operation": "link", "until": "1s", "from": "1ms", "probability": 0.5, "path": "*"},
        {"fault": "reorder", "by": 2},
        {"fault": "partition", "for": "1s", "direction": "replies", "every": "1s", "jitter": 0.5},
        {"fault": "server_crash", "for": "1s", "forget": 1, "at": "1s"},
        {"fault": "server_clock", "step": "1s"}, {"fault": "server_clock", "offset": "1s"}]}})",
                                       "a/b.json", {});
  ASSERT_TRUE(scenario) << scenario.error().text();
  expect_keys(of_scenarios(), json::parse(scenario->text).at("mount"));
}

TEST(FaultWords, SoDoTheNamesOfTheSortsThatAreCounted) {
  const std::string page = of_scenarios();
  for (const char* text : {R"({"fault": "lost_reply"})", R"({"fault": "partition", "for": "1s"})",
                           R"({"fault": "partition", "for": "1s", "direction": "requests"})",
                           R"({"fault": "partition", "for": "1s", "direction": "replies"})",
                           R"({"fault": "server_clock", "step": "1s"})",
                           R"({"fault": "server_clock", "offset": "1s"})"}) {
    const auto fault = parse_mount_fault(text, "fault", {});
    ASSERT_TRUE(fault) << fault.error().text();
    const std::string& kind = mount_fault_kinds()[static_cast<std::size_t>(fault->kind)];
    for (const std::string& sort : sorts_of(*fault)) {
      EXPECT_TRUE(has(page, kind + " " + sort)) << kind << " " << sort;
    }
  }
  for (const auto applied :
       {MountFault::Applied::no, MountFault::Applied::yes, MountFault::Applied::later}) {
    const std::string sort = error_sort("EIO", applied);
    EXPECT_TRUE(has(page, "error " + sort)) << sort;
  }
  using Kind = MountFault::Kind;
  for (const Kind outage : {Kind::partition, Kind::server_pause, Kind::server_crash}) {
    EXPECT_TRUE(has(page, "lost_reply " + lost_by(outage))) << lost_by(outage);
  }
}

// What is missing here nobody can say to have been tried with real processes.
TEST(FaultWords, OfTheSimulatedWorldAllHaveTheirCounterpartOnTheMountOrAReason) {
  const std::string column =
      first_column(section("harness/sharedmount/README.md", "## The simulated world's faults, here",
                           "## What it costs"));
  for (std::size_t i = 0; i < sim::kMishaps; ++i) {
    const auto mishap = static_cast<sim::Mishap>(i);
    if (mishap == sim::Mishap::none) continue;
    EXPECT_TRUE(has(column, sim::word(mishap))) << sim::word(mishap);
  }
  for (std::uint8_t i = 0;; ++i) {
    const std::string incident = sim::word(static_cast<sim::Incident::Kind>(i));
    if (incident == "?") break;  // behind the last of them
    EXPECT_TRUE(has(column, incident)) << incident;
  }
}

}  // namespace
}  // namespace holdfast::harness
