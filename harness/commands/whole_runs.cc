#include "harness/commands/whole_runs.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace holdfast::harness {

namespace fs = std::filesystem;
using nlohmann::json;

std::string shipped(const std::string& name) {
  return std::string(HOLDFAST_SCENARIOS) + "/" + name + ".json";
}

std::string test_name(std::string scenario) {
  for (char& c : scenario) c = c == '/' || c == '-' || c == '.' ? '_' : c;
  return scenario;
}

Words WholeRuns::command(const std::string& verb, const Words& more) const {
  Words words = {HOLDFAST_PROGRAM, verb};
  if (verb == "run") words.insert(words.end(), {"--output", runs()});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Said WholeRuns::holdfast(const std::string& verb, const Words& more) const {
  return Started(playground_, command(verb, more)).wait();
}

std::unique_ptr<Started> WholeRuns::begun(const Words& more) const {
  auto started = std::make_unique<Started>(playground_, command("run", more));
  EXPECT_TRUE(eventually([&] { return started->err().find("0:00") != std::string::npos; }))
      << started->err();
  return started;
}

Words WholeRuns::kept() const {
  Words found;
  if (!fs::exists(runs())) return found;
  for (const auto& scenario : fs::directory_iterator(runs())) {
    if (!scenario.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(scenario)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

json WholeRuns::read(const fs::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  json value = json::parse(in, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << path << " is no JSON";
  return value;
}

std::string WholeRuns::text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void WholeRuns::expect_fits_schema(const fs::path& path, const std::string& schema) const {
  const Said checked = Started(playground_, {"python3", "-c",
                                             "import json, sys, jsonschema\n"
                                             "report, schema = (json.load(open(f)) for f in "
                                             "sys.argv[1:])\n"
                                             "jsonschema.validate(report, schema)\n",
                                             path, schema})
                           .wait();
  EXPECT_EQ(checked.status, 0) << checked.err;
}

void WholeRuns::expect_nothing_left() const {
  EXPECT_THAT(playground_.processes(), testing::IsEmpty());
  for (const auto& entry : fs::directory_iterator(playground_.temporary())) {
    ADD_FAILURE() << "left behind: " << entry.path();
  }
}

void StoredRun::store(const Words& more) {
  EXPECT_EQ(run(more).status, 0);
  ASSERT_EQ(kept().size(), 1U);
  folder_ = kept().front();
}

}  // namespace holdfast::harness
