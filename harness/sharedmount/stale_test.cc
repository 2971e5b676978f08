// ESTALE, as the programs on the hosts meet it: they hear of it although their kernel asks once
// more, and of one fault once.
#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using os::testing::eventually;
using ::testing::HasSubstr;
using testing::SharedMount;

/// The profile, and what becomes of the request: "no", "yes", "later".
using Case = std::tuple<std::string, std::string>;

class Stale : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
    mount_ = std::make_unique<SharedMount>(R"({"emulate": ")" + std::get<0>(GetParam()) + "\"}");
  }
  std::string at(const std::string& name) { return mount_->at(0, name); }
  bool there(const std::string& name) { return ::access(mount_->backing(name).c_str(), F_OK) == 0; }
  /// Before what is to be carried out later is: a machine that is busy may be late to ask.
  bool is_so_far(const std::string& name, bool is_there) {
    return applied() == "later" || there(name) == is_there;
  }
  bool comes(const std::string& name, bool is_there) {
    return eventually([&] { return there(name) == is_there; });
  }
  int make(const std::string& name) { return files_.create(at(name), "", 0644).value(); }
  int rename(const std::string& from, const std::string& to) {
    return files_.rename(at(from), at(to)).value();
  }
  int unlink(const std::string& name) { return files_.unlink(at(name)).value(); }
  int link(const std::string& from, const std::string& to) {
    return files_.link(at(from), at(to)).value();
  }
  int status(const std::string& name) {
    struct stat status {};
    return ::stat(at(name).c_str(), &status) == 0 ? 0 : errno;
  }
  int open_directory() {
    DIR* const directory = ::opendir(at("").c_str());
    return directory == nullptr ? errno : (::closedir(directory), 0);
  }
  /// The next `operation` is told ESTALE.
  void strike(const std::string& operation) {
    const std::string later = applied() == "later" ? R"("for": "60ms", )" : "";
    ASSERT_THAT(
        mount_->say(R"({"fault": {"fault": "error", "error": "ESTALE", "times": 1, )" + later +
                    R"("applied": ")" + applied() + R"(", "operation": ")" + operation + "\"}}"),
        HasSubstr("injected"));
  }
  std::string applied() const { return std::get<1>(GetParam()); }
  bool done_at_once() const { return applied() == "yes"; }
  bool done() const { return applied() != "no"; }

  os::Files& files_ = *os::native().files;
  std::unique_ptr<SharedMount> mount_;
};

TEST_P(Stale, OfARename) {
  ASSERT_EQ(make("a"), 0);
  strike("rename");
  EXPECT_EQ(rename("a", "b"), ESTALE);
  EXPECT_TRUE(is_so_far("b", done_at_once()));
  EXPECT_TRUE(comes("b", done()));
  EXPECT_EQ(rename(done() ? "b" : "a", "c"), 0);
}

TEST_P(Stale, OfARenameThatReplaces) {
  ASSERT_EQ(make("a"), 0);
  ASSERT_EQ(make("b"), 0);
  strike("rename");
  EXPECT_EQ(rename("a", "b"), ESTALE);
  EXPECT_TRUE(is_so_far("a", !done_at_once()));
  EXPECT_TRUE(comes("a", !done()));
  EXPECT_EQ(rename(done() ? "b" : "a", "c"), 0);
}

TEST_P(Stale, OfAnUnlink) {
  ASSERT_EQ(make("a"), 0);
  strike("unlink");
  EXPECT_EQ(unlink("a"), ESTALE);
  EXPECT_TRUE(is_so_far("a", !done_at_once()));
  EXPECT_TRUE(comes("a", !done()));
  EXPECT_EQ(unlink("a"), done() ? ENOENT : 0);
}

TEST_P(Stale, OfTheUnlinkOfAnOpenFile) {
  ASSERT_EQ(make("a"), 0);
  const int open = ::open(at("a").c_str(), O_RDONLY | O_CLOEXEC);
  strike(profile(std::get<0>(GetParam()))->silly_rename ? "rename" : "unlink");
  EXPECT_EQ(unlink("a"), ESTALE);
  EXPECT_TRUE(comes("a", !done()));
  EXPECT_EQ(unlink("a"), done() ? ENOENT : 0);
  ::close(open);
}

TEST_P(Stale, OfTheRenameOntoAnOpenFile) {
  ASSERT_EQ(make("a"), 0);
  ASSERT_EQ(make("b"), 0);
  const int open = ::open(at("b").c_str(), O_RDONLY | O_CLOEXEC);
  strike("rename");
  EXPECT_EQ(rename("a", "b"), ESTALE);
  ::close(open);
  const bool renamed = done() && !profile(std::get<0>(GetParam()))->silly_rename;
  EXPECT_TRUE(comes("a", !renamed));
}

TEST_P(Stale, OfAnExclusiveCreate) {
  strike("open_create");
  EXPECT_EQ(make("a"), ESTALE);
  EXPECT_TRUE(is_so_far("a", done_at_once()));
  EXPECT_TRUE(comes("a", done()));
  EXPECT_EQ(make("a"), done() ? EEXIST : 0);
}

TEST_P(Stale, OfMkdirAndRmdir) {
  strike("mkdir");
  EXPECT_EQ(files_.make_directory(at("d"), 0755).value(), ESTALE);
  EXPECT_TRUE(comes("d", done()));
  EXPECT_EQ(files_.make_directory(at("d"), 0755).value(), done() ? EEXIST : 0);
  strike("rmdir");
  EXPECT_EQ(::rmdir(at("d").c_str()), -1);
  EXPECT_EQ(errno, ESTALE);
  EXPECT_TRUE(comes("d", !done()));
}

TEST_P(Stale, OfALink) {
  ASSERT_EQ(make("a"), 0);
  strike("link");
  EXPECT_EQ(link("a", "b"), ESTALE);
  EXPECT_TRUE(is_so_far("b", done_at_once()));
  EXPECT_TRUE(comes("b", done()));
  EXPECT_EQ(link("a", "b"), done() ? EEXIST : 0);
}

TEST_P(Stale, OfTimesAndQuestions) {
  ASSERT_EQ(make("a"), 0);
  strike("utime");
  EXPECT_EQ(files_.touch(at("a")).value(), ESTALE);
  EXPECT_EQ(files_.touch(at("a")).value(), 0);
  strike("open_read");
  EXPECT_EQ(::open(at("a").c_str(), O_RDONLY | O_CLOEXEC), -1);
  EXPECT_EQ(errno, ESTALE);
  strike("list");
  EXPECT_EQ(open_directory(), ESTALE);
  EXPECT_EQ(open_directory(), 0);
}

// The repeat opens it once more, and then sets the size.
TEST_P(Stale, OfAnOpenThatEmptiesItsFile) {
  ASSERT_EQ(make("a"), 0);
  ASSERT_EQ(status("a"), 0);
  strike("utime");
  EXPECT_EQ(::open(at("a").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC), -1);
  EXPECT_EQ(errno, ESTALE);
  const int open = ::open(at("a").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  EXPECT_GE(open, 0);
  ::close(open);
}

// Their kernel does not ask again, so they hear of it at once, and the next by path do not.
TEST_P(Stale, OfOpenFiles) {
  ASSERT_EQ(make("a"), 0);
  const int open = ::open(at("a").c_str(), O_RDWR | O_CLOEXEC);
  strike("utime");
  EXPECT_EQ(::futimens(open, nullptr), -1);
  EXPECT_EQ(errno, ESTALE);
  EXPECT_EQ(::futimens(open, nullptr), 0);
  EXPECT_EQ(status("a"), 0);
  EXPECT_EQ(files_.touch(at("a")).value(), 0);
  ::close(open);
}

INSTANTIATE_TEST_SUITE_P(Whatever, Stale,
                         ::testing::Combine(::testing::Values("local", "nfs3-default", "nfs-noac",
                                                              "smb-like"),
                                            ::testing::Values("no", "yes", "later")),
                         [](const auto& of) {
                           std::string name = std::get<0>(of.param) + "_" + std::get<1>(of.param);
                           for (char& each : name) {
                             if (each == '-') each = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace holdfast::harness::mount
