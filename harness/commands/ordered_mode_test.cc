// Ordered mode from end to end, on hosts whose recorders' clocks are hours apart, as of other
// machines. Nothing depends on how fast the machine is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/commands/started.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class OrderedMode : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("unshare --time --fork true 2>/dev/null") != 0) {
      GTEST_SKIP() << "no time namespace can be made here: that takes root and Linux 5.6";
    }
    fs::create_directory(playground_.folder() / "locks");
  }

  /// Two workers on each of three hosts; the clock of host number n is n hours ahead.
  std::unique_ptr<Started> start(const std::string& lock, const std::string& duration,
                                 const std::string& expect) const {
    const std::string scenario = playground_.file(
        "ordered.json",
        R"({"version": 1, "mode": "ordered", "contender": )" + lock +
            R"(, "hosts": {"count": 3, "workers": 2}, "work": {"hold": "2ms", "think": "5ms"},
                            "until": {"duration": ")" +
            duration + R"("}, "expect": )" + expect + "}");
    const std::vector<std::string> words = {
        HOLDFAST_PROGRAM,
        "run",
        scenario,
        "--output",
        runs(),
        "--mount",
        playground_.folder() / "locks",
        "--start",
        "exec unshare --time --monotonic $((3600 * ${HOLDFAST_HOST#h})) --fork --kill-child "
        "\"$HOLDFAST_AGENT\" agent --call"};
    return std::make_unique<Started>(playground_, words);
  }

  std::string runs() const { return playground_.folder() / "runs"; }
  /// The verdict's report, of the one run.
  json judged() const {
    for (const auto& entry : fs::recursive_directory_iterator(runs())) {
      if (entry.path().filename() != "report.json") continue;
      std::ifstream in(entry.path());
      return json::parse(in);
    }
    ADD_FAILURE() << "there is no report";
    return {};
  }
  static json count_of(const json& report, const std::string& name) {
    for (const json& found : report.at("verdict").at("classes")) {
      if (found.at("class") == name) return found.at("count");
    }
    return 0;
  }

  /// Of one of the hosts; 0: there is none.
  pid_t an_agent() const {
    for (const pid_t process : playground_.processes()) {
      std::ifstream file("/proc/" + std::to_string(process) + "/cmdline");
      const std::string words((std::istreambuf_iterator<char>(file)), {});
      const std::string agent("holdfast-agent\0agent\0", 21);
      if (words.find(agent) != std::string::npos && !words.starts_with("unshare")) return process;
    }
    return 0;
  }
  void expect_nothing_left() const {
    // What held an agent's namespace ends a moment after the agent.
    EXPECT_TRUE(eventually([this] { return playground_.processes().empty(); }));
    for (const auto& entry : fs::directory_iterator(playground_.temporary())) {
      ADD_FAILURE() << "left behind: " << entry.path();
    }
  }

  Playground playground_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

TEST_F(OrderedMode, MakesEveryOverlapCertain) {
  const Said said = start(R"("planted:nothing")", "1s",
                          R"({"verdict": "violated", "class": "mutual_exclusion",
                              "cause": "not_excluding"})")
                        ->wait();
  ASSERT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("Ordered mode: "));
  const json report = judged();
  const json& power = report.at("verdict").at("power");
  EXPECT_EQ(power.at("mode"), "ordered");
  EXPECT_GT(power.at("detection_floor_ns"), 0);
  EXPECT_GT(count_of(report, "mutual_exclusion"), 10);
  EXPECT_EQ(count_of(report, "inconclusive"), 0) << "an overlap that is only possible";
  for (const json& host : report.at("environment").at("clocks")) {
    EXPECT_GT(host.at("uncertainty_ns"), 0) << "it has the controller's clock";
  }
  expect_nothing_left();
}

TEST_F(OrderedMode, FindsNothingInARightLock) {
  const Said said = start(R"("baton")", "1s", R"("valid")")->wait();
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_GT(judged().at("verdict").at("power").at("handoffs_between_hosts"), 0);
  expect_nothing_left();
}

// Its workers wait for nobody's answer any more, and the others go on.
TEST_F(OrderedMode, SaysThatAnAgentWasLostAndTheOthersGoOn) {
  // What a lost holder had is taken over well before the end.
  const auto started = start(R"({"lock": "baton", "lifetime": "500ms"})", "2s",
                             R"({"verdict": "unknown", "class": "inconclusive",
                                 "cause": "controller_lost"})");
  EXPECT_TRUE(eventually([&] { return started->err().find("0:00") != std::string::npos; }))
      << started->err();
  const pid_t agent = an_agent();
  ASSERT_NE(agent, 0);
  ::kill(agent, SIGKILL);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("was lost: its agent ended"));
  const json report = judged();
  EXPECT_GT(report.at("verdict").at("power").at("grants"), 0);
  EXPECT_EQ(count_of(report, "mutual_exclusion"), 0);
  expect_nothing_left();
}

}  // namespace
}  // namespace holdfast::harness
