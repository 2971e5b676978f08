// Labs as a user starts and ends them: nothing of one is ever left behind.
#include "harness/lab/lab.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/commands/started.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class LabTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto lacking = lab::what_a_lab_lacks()) GTEST_SKIP() << *lacking;
  }
  Said holdfast(std::vector<std::string> words) {
    words.insert(words.begin(), {HOLDFAST_PROGRAM, "lab"});
    return Started(playground_, std::move(words)).wait();
  }
  /// Kernels of this test's guests that run, as this machine sees them.
  std::size_t kernels() const {
    std::size_t count = 0;
    std::error_code vanished;  // processes come and go while they are listed
    for (const auto& entry : fs::directory_iterator("/proc", vanished)) {
      std::ifstream in(entry.path() / "cmdline");
      const std::string words(std::istreambuf_iterator<char>(in), {});
      if (words.find("uml_dir=" + lab::lab_folder(name_) + "/uml") != std::string::npos) ++count;
    }
    return count;
  }
  /// Of this test alone: others may have labs of their own.
  std::string name_ = "test-" + std::to_string(::getpid());
  Playground playground_{
      "lab." + std::string(testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(LabTest, WhatOneClientWritesTheOtherReads) {
  const Said up = holdfast({"up", "--name", name_, "--clients", "2", "--nfs", "3"});
  ASSERT_EQ(up.status, 0) << up.err;
  EXPECT_EQ(holdfast({"shell", "--name", name_, "h1", "sh", "-c", "echo word >/nfs/file"}).status,
            0);
  EXPECT_EQ(holdfast({"shell", "--name", name_, "2", "cat", "/nfs/file"}).out, "word\n");
  EXPECT_THAT(holdfast({"shell", "--name", name_, "1", "cat", "/proc/mounts"}).out,
              HasSubstr("vers=3"));
  EXPECT_EQ(holdfast({"up", "--name", name_}).status, 4) << "a second lab of one name";
  EXPECT_EQ(holdfast({"down", "--name", name_}).status, 0);
  EXPECT_FALSE(fs::exists(lab::lab_folder(name_)));
  EXPECT_THAT(playground_.processes(), IsEmpty());
}

// Bridges, addresses and names of guests are the same in both, and neither knows of the other.
TEST_F(LabTest, TwoLabsLiveSideBySide) {
  const std::string other = name_ + "-2";
  ASSERT_EQ(holdfast({"up", "--name", name_, "--clients", "1"}).status, 0);
  ASSERT_EQ(holdfast({"up", "--name", other, "--clients", "1", "--nfs", "3"}).status, 0);
  for (const std::string& lab : {name_, other}) {
    const Said said =
        holdfast({"shell", "--name", lab, "1", "sh", "-c", "touch /nfs/$0; ls /nfs", lab});
    EXPECT_EQ(said.out, lab + "\n");
  }
  EXPECT_THAT(holdfast({"status"}).out,
              testing::AllOf(HasSubstr(name_ + "  NFS 4.2"), HasSubstr(other + "  NFS 3")));
  EXPECT_EQ(holdfast({"down", "--name", name_}).status, 0);
  EXPECT_EQ(kernels(), 0U);
  EXPECT_EQ(holdfast({"shell", "--name", other, "1", "ls", "/nfs"}).out, other + "\n");
  EXPECT_EQ(holdfast({"down", "--name", other}).status, 0);
}

TEST_F(LabTest, ACutStopsWhatItNamesAndNothingElse) {
  ASSERT_EQ(holdfast({"up", "--name", name_, "--clients", "1", "--nfs", "3"}).status, 0);
  const auto lab = lab::Lab::find(name_);
  ASSERT_TRUE(lab) << lab.error().text();
  // Which of the server's ports can be reached: NFS's own, and that of its mounts.
  const auto reached = [&](const std::string& cut) {
    EXPECT_TRUE((*lab)->ask({{"do", "cut"}, {"guest", "h1"}, {"what", cut}}));
    const Said said =
        holdfast({"shell", "--name", name_, "1", "python3", "-S", "-c",
                  "import socket\n"
                  "for port in 2049, 20048:\n"
                  "  try: socket.create_connection(('10.77.0.1', port), 1); print(port)\n"
                  "  except OSError: pass"});
    const auto healed = (*lab)->ask({{"do", "heal"}, {"guest", "h1"}});
    EXPECT_TRUE(healed);
    EXPECT_GT(healed->value("dropped", 0), 0) << cut;
    return said.out;
  };
  EXPECT_EQ(reached("nfs"), "20048\n");
  EXPECT_EQ(reached("both"), "");
  EXPECT_EQ(reached("requests"), "");
  EXPECT_EQ(reached("replies"), "");
  EXPECT_EQ(holdfast({"shell", "--name", name_, "1", "ls", "/nfs"}).status, 0) << "healed";
  EXPECT_EQ(holdfast({"down", "--name", name_}).status, 0);
}

// A test that is cut off, a shell that is closed: the guests must not go on for ever.
// `holdfast lab up | tee log` would otherwise not end before the lab does.
TEST_F(LabTest, ALabThatIsUpKeepsNobodysOutputOpen) {
  const Said up = Started(playground_, {"sh", "-c", "\"$0\" \"$@\" 2>&1 | cat", HOLDFAST_PROGRAM,
                                        "lab", "up", "--name", name_, "--clients", "1"})
                      .wait();
  EXPECT_TRUE(lab::is_kept(name_)) << up.out;
  EXPECT_EQ(holdfast({"down", "--name", name_}).status, 0);
}

TEST_F(LabTest, NothingIsLeftOfALabWhoseStarterIsKilled) {
  Started up(playground_, {HOLDFAST_PROGRAM, "lab", "up", "--name", name_});
  ASSERT_TRUE(eventually([&] { return fs::exists(lab::lab_folder(name_) + "/h1.log"); }));
  ASSERT_TRUE(eventually([&] { return kernels() > 0; }));
  up.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return playground_.processes().empty() && kernels() == 0; }));
  EXPECT_FALSE(fs::exists(lab::lab_folder(name_)));
}

TEST_F(LabTest, TheEndOfAKeeperIsTheEndOfItsGuests) {
  ASSERT_EQ(holdfast({"up", "--name", name_, "--clients", "1"}).status, 0);
  ASSERT_GT(kernels(), 0U);
  for (const pid_t process : playground_.processes()) ::kill(process, SIGKILL);
  EXPECT_TRUE(eventually([&] { return playground_.processes().empty() && kernels() == 0; }));
  EXPECT_FALSE(lab::is_kept(name_));
  // Whoever comes next removes what two killed keepers could not.
  EXPECT_EQ(holdfast({"status"}).status, 0);
  EXPECT_FALSE(fs::exists(lab::lab_folder(name_)));
  EXPECT_FALSE(fs::exists(lab::lab_folder(name_) + ".lock"));
}

}  // namespace
}  // namespace holdfast::harness
