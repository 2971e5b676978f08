// The emulated mount of a run, when those who have to do with it are killed.
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

class MountedRuns : public WholeRuns {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/fuse cannot be opened";
  }
  std::size_t mounted() const {
    std::ifstream mounts("/proc/self/mounts");
    std::size_t count = 0;
    for (std::string line; std::getline(mounts, line);) {
      count += line.find(" " + playground_.temporary().string() + "/") != std::string::npos;
    }
    return count;
  }
  /// The processes of the run whose command is this: "agent", "mountserver".
  std::vector<pid_t> of_kind(const std::string& command) const {
    std::vector<pid_t> found;
    for (const pid_t process : playground_.processes()) {
      std::ifstream words("/proc/" + std::to_string(process) + "/cmdline");
      std::string program, first;
      if (std::getline(words, program, '\0') && std::getline(words, first, '\0') &&
          first == command) {
        found.push_back(process);
      }
    }
    return found;
  }
};

TEST_F(MountedRuns, AKilledControllerLeavesNothingMounted) {
  const auto started = begun({shipped("mount/baton-nfs3-default"), "--duration", "10min"});
  EXPECT_EQ(mounted(), 3U);
  started->signal(SIGKILL);
  EXPECT_EQ(started->wait().status, -SIGKILL);
  EXPECT_TRUE(eventually([this] { return mounted() == 0 && playground_.processes().empty(); }));
}

// Without the mounts every host would see a directory of its own.
TEST_F(MountedRuns, WhoseServerIsKilledAreNotJudgedAndNothingStaysMounted) {
  const auto started = begun({shipped("mount/baton-nfs3-default"), "--duration", "3s"});
  const std::vector<pid_t> servers = of_kind("mountserver");
  ASSERT_FALSE(servers.empty());
  for (const pid_t server : servers) ::kill(server, SIGKILL);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 4) << said.out << said.err;
  EXPECT_TRUE(eventually([this] { return mounted() == 0; }));
  expect_nothing_left();
}

// A host is lost with its agent: its workers are dead, the others go on with their mounts.
TEST_F(MountedRuns, AHostThatIsKilledLeavesNothingMountedInTheEnd) {
  const auto started =
      begun({shipped("mount/baton-local"), "--duration", "4s", "--set", "/expect=any"});
  const std::vector<pid_t> agents = of_kind("agent");
  ASSERT_GE(agents.size(), 3U);  // one more where a host has process numbers of its own
  ::kill(agents.front(), SIGKILL);
  const Said said = started->wait();
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_EQ(mounted(), 0U);
  expect_nothing_left();
}

}  // namespace
}  // namespace holdfast::harness
