// Runs in a lab that are cut off: whatever happens to them, nothing of their labs is left behind.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/commands/started.h"
#include "harness/lab/lab.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LabRunTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto lacking = lab::what_a_lab_lacks()) GTEST_SKIP() << *lacking;
  }

  /// A run that would take long.
  std::unique_ptr<Started> start() {
    return start(R"({"version": 1, "contender": {"lock": "baton", "lifetime": "2s"},
                     "hosts": {"count": 2, "workers": 2}, "work": {"hold": "5ms"},
                     "lab": {"nfs": "4.2", "faults": [
                       {"fault": "partition", "host": "h1", "every": "3s", "for": "1s"}]},
                     "until": {"duration": "10min"}})");
  }
  std::unique_ptr<Started> start(const std::string& text) {
    const std::string scenario = playground_.file("scenario.json", text);
    const std::string runs = playground_.folder() / "runs";
    auto started = std::make_unique<Started>(
        playground_, std::vector<std::string>{HOLDFAST_PROGRAM, "run", scenario, "--output", runs});
    lab_ = lab::lab_folder("run-" + std::to_string(started->pid()));
    return started;
  }
  bool has_booted_a_guest() const {
    return eventually([this] { return fs::exists(lab_ + "/uml/h1/pid"); });
  }
  /// On a busy machine its guests take their time.
  static bool is_at_work(const Started& run) {
    const auto says_so = [&] { return run.err().find("0:00 of") != std::string::npos; };
    return eventually(says_so) || eventually(says_so) || eventually(says_so);
  }
  /// Whether anything shows this run's lab: a process, a mount, a file.
  std::string traces() const {
    std::string found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string words = text_of(entry.path() / "cmdline");
      if (words.find(lab_) != std::string::npos) found += entry.path().string() + " ";
    }
    if (text_of("/proc/self/mountinfo").find(lab_) != std::string::npos) found += "mount ";
    for (const std::string& file : {lab_, lab_ + ".lock"}) {
      if (fs::exists(file)) found += file + " ";
    }
    for (const pid_t process : playground_.processes()) found += std::to_string(process) + " ";
    for (const auto& entry : fs::directory_iterator(playground_.temporary())) {
      found += entry.path().string() + " ";
    }
    return found;
  }

  std::string lab_;
  Playground playground_{
      "lab-run." + std::string(testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(LabRunTest, InterruptedAtWorkItIsJudgedAndItsLabIsGone) {
  const auto run = start();
  ASSERT_TRUE(is_at_work(*run)) << run->err();
  EXPECT_THAT(traces(), HasSubstr(lab_)) << "or there would be nothing to look for";
  run->signal(SIGINT);
  const Said said = run->wait();
  EXPECT_EQ(said.status, 130) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("report.json"));
  EXPECT_EQ(traces(), "");
}

TEST_F(LabRunTest, InterruptedWhileItBootsItsLabIsGone) {
  const auto run = start();
  ASSERT_TRUE(has_booted_a_guest()) << run->err();
  run->signal(SIGINT);
  const Said said = run->wait();
  EXPECT_EQ(said.status, 130) << said.out << said.err;
  EXPECT_EQ(traces(), "");
}

TEST_F(LabRunTest, KilledItTakesItsLabWithIt) {
  const auto run = start();
  ASSERT_TRUE(is_at_work(*run)) << run->err();
  run->signal(SIGKILL);
  EXPECT_EQ(run->wait().status, -SIGKILL);
  EXPECT_TRUE(eventually([this] { return traces().empty(); })) << traces();
}

// Its kernel counts what it asks for, and that goes with it. A grant takes two renames at least.
TEST_F(LabRunTest, WhatAHostAskedForBeforeItCrashedIsCounted) {
  const Said said = start(R"({"version": 1, "contender": {"lock": "baton", "lifetime": "2s"},
                              "hosts": {"count": 1, "workers": 2}, "work": {"hold": "1ms"},
                              "lab": {"faults": [{"fault": "host_crash", "at": "5s"}]},
                              "until": {"duration": "17500ms"}})")
                        ->wait();
  ASSERT_EQ(said.status, 0) << said.out << said.err;
  const std::size_t at = said.out.find("RENAME ");
  ASSERT_NE(at, std::string::npos) << said.out;
  EXPECT_GT(std::stod(said.out.substr(at + 7)), 1.8) << said.out;
  EXPECT_EQ(traces(), "");
}

}  // namespace
}  // namespace holdfast::harness
