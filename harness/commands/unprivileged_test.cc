// Emulated mounts of an ordinary user, who is nobody here: whole runs, and `holdfast mount`.
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/commands/whole_runs.h"
#include "harness/sharedmount/device_for_all.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

/// In a mount namespace of the test's own, in which anybody may open /dev/fuse.
class AsNobody : public WholeRuns {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    if (::access("/usr/bin/fusermount3", X_OK) != 0) GTEST_SKIP() << "fusermount3 is missing";
    if (::access("/usr/bin/setpriv", X_OK) != 0) GTEST_SKIP() << "setpriv is missing";
    if (::access("/dev/fuse", F_OK) != 0) GTEST_SKIP() << "there is no /dev/fuse";
    if (::unshare(CLONE_NEWNS) != 0) GTEST_SKIP() << "no mount namespace: " << std::strerror(errno);
    const std::string why = mount::testing::open_dev_fuse_to_all(playground_.temporary());
    if (!why.empty()) GTEST_SKIP() << why;
    for (const fs::path& folder : {playground_.folder(), playground_.temporary()}) {
      ASSERT_EQ(::chown(folder.c_str(), kNobody, kNobody), 0);
    }
    if (as_nobody({"test", "-x", HOLDFAST_PROGRAM, "-a", "-r", shipped("smoke/baton")}).status) {
      GTEST_SKIP() << "nobody may not read " << HOLDFAST_PROGRAM;
    }
  }
  void TearDown() override { ::umount2("/dev/fuse", MNT_DETACH); }

  static Words nobodys(const Words& words) {
    Words all = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  Said as_nobody(const Words& words) const { return Started(playground_, nobodys(words)).wait(); }
  std::size_t mounted() const {
    std::ifstream mounts("/proc/self/mounts");
    std::size_t count = 0;
    for (std::string line; std::getline(mounts, line);) {
      count += line.find(" " + playground_.folder().string() + "/") != std::string::npos;
    }
    return count;
  }
};

TEST_F(AsNobody, AScenarioWithAMountIsRunAndNothingStaysMounted) {
  const Said said = as_nobody(command(
      "run", {shipped("one-fault/partition"), "--duration", "4s", "--set", "/expect/effective=1"}));
  EXPECT_EQ(said.status, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("VALID   one-fault/partition"));
  ASSERT_EQ(kept().size(), 1U);
  struct stat report {};
  ASSERT_EQ(::stat((kept().front() + "/report.json").c_str(), &report), 0);
  EXPECT_EQ(report.st_uid, kNobody);
  EXPECT_FALSE(read(kept().front() + "/report.json").at("faults").empty());
  EXPECT_EQ(mounted(), 0U);
  expect_nothing_left();
}

TEST_F(AsNobody, AMountIsServedUsedAndTakenAway) {
  const std::string dir = playground_.folder() / "m";
  Started server(playground_,
                 nobodys({HOLDFAST_PROGRAM, "mount", dir, "--emulate", "nfs3-default"}));
  ASSERT_TRUE(eventually([&] { return server.out().find("Ctrl-C") != std::string::npos; }))
      << server.out() << server.err();
  EXPECT_EQ(mounted(), 2U);
  // Two hosts link their claims to one name.
  const Said used = as_nobody({"/bin/sh", "-ec",
                               "cd \"$1\"; echo 1 >h1/one; echo 2 >h2/two; ln h1/one h1/lock; "
                               "if ln h2/two h2/lock 2>&1; then exit 9; fi; cat h2/lock; id -u",
                               "sh", dir});
  EXPECT_EQ(used.status, 0) << used.out << used.err;
  EXPECT_THAT(used.out, HasSubstr("File exists\n1\n65534\n"));
  server.signal(SIGINT);
  EXPECT_EQ(server.wait().status, 0);
  EXPECT_EQ(mounted(), 0U);
  EXPECT_EQ(text_of(dir + "/shared/lock"), "1\n") << "the files stay";
  EXPECT_TRUE(eventually([this] { return playground_.processes().empty(); }));
}

}  // namespace
}  // namespace holdfast::harness
