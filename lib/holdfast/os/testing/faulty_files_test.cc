#include <gtest/gtest.h>
#include <holdfast/os/testing/faulty_files.h>
#include <stdlib.h>

#include <filesystem>

namespace holdfast::os::testing {
namespace {

class FaultyFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-faulty-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    ASSERT_FALSE(files_.create(path("a"), "", 0600));
    files_.forget_calls();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  bool there(const std::string& name) const { return std::filesystem::exists(path(name)); }

  std::string directory_;
  FaultyFiles files_{*native().files};
};

TEST_F(FaultyFilesTest, RefusesOnlyTheCallThatItsFaultNames) {
  files_.add({.effect = Effect::refused, .error = EACCES, .nth = 2, .to_contains = "/c"});
  EXPECT_FALSE(files_.rename(path("a"), path("b")));
  EXPECT_FALSE(files_.rename(path("b"), path("c")));
  EXPECT_FALSE(files_.rename(path("c"), path("b")));
  EXPECT_EQ(files_.rename(path("b"), path("c")).value(), EACCES);
  EXPECT_TRUE(there("b"));
  EXPECT_TRUE(files_.all_hit());
  EXPECT_EQ(files_.count(Operation::rename), 4U);
}

TEST_F(FaultyFilesTest, LostReplyIsAppliedAndReportedAsFailed) {
  files_.add({.effect = Effect::reply_lost, .error = EIO});
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), EIO);
  EXPECT_TRUE(there("b"));
}

TEST_F(FaultyFilesTest, ResentRenameFindsItsSourceGone) {
  files_.add({.effect = Effect::resent});
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), ENOENT);
  EXPECT_TRUE(there("b"));
}

TEST_F(FaultyFilesTest, LateRequestIsAppliedWhenItIsDelivered) {
  files_.add({.effect = Effect::late, .error = ETIMEDOUT});
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), ETIMEDOUT);
  EXPECT_TRUE(there("a"));
  EXPECT_EQ(files_.deliver_late(), std::vector<std::error_code>{{}});
  EXPECT_TRUE(there("b"));
}

TEST_F(FaultyFilesTest, RepeatedRequestIsAppliedOnceMoreWhenItIsDelivered) {
  files_.add({Operation::rename, Effect::repeated});
  EXPECT_FALSE(files_.rename(path("a"), path("b")));
  EXPECT_FALSE(files_.rename(path("b"), path("a")));
  EXPECT_EQ(files_.deliver_late(), std::vector<std::error_code>{std::error_code()});
  EXPECT_FALSE(files_.rename(path("b"), path("c")));
}

TEST_F(FaultyFilesTest, WhatIsForbiddenIsNeverApplied) {
  files_.forbid(Operation::rename);
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), EACCES);
  files_.add({.effect = Effect::reply_lost, .error = EIO});
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), EIO);
  files_.add({.effect = Effect::late, .error = EIO});
  EXPECT_EQ(files_.rename(path("a"), path("b")).value(), EIO);
  EXPECT_EQ(files_.deliver_late().at(0).value(), EACCES);
  EXPECT_TRUE(there("a"));
}

TEST_F(FaultyFilesTest, CrashComesBeforeOrAfterTheCall) {
  files_.add({.effect = Effect::crash_before});
  EXPECT_THROW(static_cast<void>(files_.rename(path("a"), path("b"))), Crash);
  EXPECT_TRUE(there("a"));
  files_.add({.effect = Effect::crash_after});
  EXPECT_THROW(static_cast<void>(files_.rename(path("a"), path("b"))), Crash);
  EXPECT_TRUE(there("b"));
}

}  // namespace
}  // namespace holdfast::os::testing
