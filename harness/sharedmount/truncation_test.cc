// Opening a file with O_TRUNC changes it: faults hit it as a change, and a server may forget it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using os::testing::eventually;
using ::testing::HasSubstr;
using testing::SharedMount;

class Truncation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
  }
  void share(const std::string& profile, const std::string& faults = "") {
    mount_.reset();
    mount_ = std::make_unique<SharedMount>(R"({"emulate": ")" + profile + R"(", "faults": [)" +
                                           faults + "]}");
  }
  void make(std::size_t host, const std::string& name, const std::string& contents) {
    ASSERT_FALSE(files_.create(mount_->at(host, name), contents, 0644));
  }
  /// Its error, 0 for success.
  int empty(std::size_t host, const std::string& name, int more_flags = 0) {
    const int flags = O_WRONLY | O_TRUNC | O_CLOEXEC | more_flags;
    const int file = ::open(mount_->at(host, name).c_str(), flags, 0644);
    if (file < 0) return errno;
    ::close(file);
    return 0;
  }
  /// What the server has.
  std::string kept(const std::string& name) {
    std::ifstream in(mount_->backing(name));
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  std::string read(std::size_t host, const std::string& name) {
    std::string contents;
    EXPECT_FALSE(files_.read(mount_->at(host, name), 100, contents));
    return contents;
  }

  os::Files& files_ = *os::native().files;
  std::unique_ptr<SharedMount> mount_;
};

TEST_F(Truncation, OfAnOpenIsTheChangeThatACrashedServerForgets) {
  share("nfs-async");
  make(0, "f2", "old");
  make(0, "f1", "first");
  ASSERT_EQ(empty(0, "f2"), 0);
  ASSERT_EQ(kept("f2"), "");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_crash", "for": "10ms", "forget": 1}})"),
            R"({"injected":1})");
  EXPECT_TRUE(eventually([&] { return kept("f2") == "old"; }));
  EXPECT_EQ(kept("f1"), "first");
  EXPECT_TRUE(
      eventually([&] { return mount_->hits().find("server_forgot") != std::string::npos; }));
  EXPECT_THAT(mount_->hits(), HasSubstr("forgotten(server_crash) h1 utime f2\n"));
}

// A kernel that believes that the file is not there asks for it to be made.
TEST_F(Truncation, OfAFileThatIsBelievedMissingIsForgottenToo) {
  share("nfs-async");
  EXPECT_NE(::access(mount_->at(0, "f").c_str(), F_OK), 0);
  make(1, "f", "old");
  ASSERT_EQ(empty(0, "f", O_CREAT), 0);
  ASSERT_EQ(kept("f"), "");
  mount_->say(R"({"fault": {"fault": "server_crash", "for": "1ms", "forget": 1}})");
  EXPECT_TRUE(eventually([&] { return kept("f") == "old"; }));
  EXPECT_TRUE(eventually(
      [&] { return mount_->hits().find("forgotten(server_crash)") != std::string::npos; }));
  EXPECT_THAT(mount_->hits(), HasSubstr("forgotten(server_crash) h1 open_create f\n"));
}

TEST_F(Truncation, IsNotAppliedWhereTheOpenFailsAndIsWhereTheChangeWas) {
  for (const char* profile : {"local", "nfs3-default"}) {
    share(profile,
          R"({"fault": "error", "error": "EIO", "applied": "yes", "operation": "open_read",
              "path": "opened", "nth": 1},
             {"fault": "error", "error": "EIO", "applied": "yes", "operation": "utime",
              "path": "changed"})");
    make(0, "opened", "contents");
    make(0, "changed", "contents");
    EXPECT_EQ(empty(0, "opened"), EIO);
    EXPECT_EQ(kept("opened"), "contents") << profile;
    EXPECT_EQ(empty(0, "changed"), EIO);
    EXPECT_EQ(kept("changed"), "") << profile;
    EXPECT_EQ(mount_->hits(),
              "error h1 open_read opened: EIO, carried out: done\n"
              "error h1 utime changed: EIO, carried out: done\n")
        << profile;
  }
}

TEST_F(Truncation, IsSeenByBothHostsAndStampsAlsoWhatIsEmpty) {
  for (const char* profile : {"local", "nfs3-default", "nfs4.2-default", "smb-like"}) {
    share(profile);
    make(0, "f", "contents");
    ASSERT_EQ(read(1, "f"), "contents");
    ASSERT_EQ(empty(0, "f"), 0);
    EXPECT_EQ(read(0, "f"), "") << profile;
    EXPECT_EQ(read(1, "f"), "") << profile;
    ASSERT_EQ(empty(0, "f", O_CREAT), 0);
    EXPECT_EQ(empty(0, "f", O_CREAT | O_EXCL), EEXIST);
    const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, mount_->at(0, "f").c_str(), old, 0), 0);
    ASSERT_EQ(empty(0, "f"), 0);
    struct stat now {};
    ASSERT_EQ(::stat(mount_->at(0, "f").c_str(), &now), 0);
    EXPECT_GT(now.st_mtim.tv_sec, 1'000'000'000) << profile;
  }
}

}  // namespace
}  // namespace holdfast::harness::mount
