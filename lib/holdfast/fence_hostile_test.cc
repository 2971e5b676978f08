// Directories in which anybody may put anything, on the real file system: what is in place of a
// fence's contents is not followed, not removed, not waited for, and not read to its end.
#include <gtest/gtest.h>
#include <holdfast/fence.h>
#include <holdfast/os/testing/scratch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

const std::error_code kNone;

class FenceHostile : public ::testing::Test {
 protected:
  FenceHostile() {
    fence_.raise(41);
    fence_.publish(41, "one");
  }

  std::error_code read(Fence& fence) {
    std::error_code error;
    read_ = fence.read(error).data;
    return error;
  }
  std::error_code publish(const std::string& data) {
    std::error_code error;
    fence_.publish(41, data, error);
    return error;
  }
  std::error_code collect() {
    std::error_code error;
    fence_.collect(41, error);
    return error;
  }
  std::set<std::string> names(const std::string& directory) const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory)) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
  /// The only file of contents.
  fs::path blob() const { return fs::directory_iterator(blobs_)->path(); }

  os::testing::Scratch scratch_;
  const std::string blobs_ = scratch_ / "fence.blobs";
  Fence fence_{scratch_ / "fence"};
  Fence reader_{scratch_ / "fence"};
  std::string read_;
};

// Where the link leads there are contents of the very same name, which no reader may take for the
// fence's, and no holder add to or remove.
TEST_F(FenceHostile, ALinkThatReplacesTheDirectoryOfContentsIsNotFollowed) {
  const std::string elsewhere = scratch_ / "elsewhere";
  ASSERT_EQ(publish("two"), kNone);
  fs::copy(blobs_, elsewhere);
  for (const auto& entry : fs::directory_iterator(elsewhere)) {
    std::ofstream(entry.path()) << "forged";
  }
  const auto before = names(elsewhere);
  for (const std::string& target : {elsewhere, scratch_ / "nowhere"}) {
    fs::remove_all(blobs_);
    fs::create_directory_symlink(target, blobs_);
    EXPECT_EQ(read(reader_), std::errc::not_a_directory);
    EXPECT_EQ(read_, "");
    EXPECT_EQ(publish("three"), std::errc::not_a_directory);
    EXPECT_EQ(collect(), std::errc::not_a_directory);
    EXPECT_EQ(names(elsewhere), before);
    EXPECT_TRUE(fs::is_symlink(blobs_));
  }
}

TEST_F(FenceHostile, WhoeverRemovesTheDirectoryOfContentsGetsItBackWithTheNextPublication) {
  fs::remove_all(blobs_);
  EXPECT_EQ(publish("two"), kNone);
  EXPECT_EQ(read(reader_), kNone);
  EXPECT_EQ(read_, "two");
}

TEST_F(FenceHostile, WhatIsInPlaceOfTheContentsIsNeitherFollowedNorWaitedFor) {
  const std::string secret = scratch_ / "secret";
  std::ofstream(secret) << "secret";
  const fs::path path = blob();
  const std::function<void()> link = [&] { fs::create_symlink(secret, path); };
  const std::function<void()> pipe = [&] { ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0); };
  const std::function<void()> directory = [&] { fs::create_directory(path); };
  const std::function<void()> huge = [&] {
    std::ofstream(path).put('x');
    ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 40), 0);
  };
  const std::pair<std::function<void()>, int> cases[] = {
      {link, ELOOP}, {pipe, EINVAL}, {directory, EISDIR}, {huge, EFBIG}};
  for (const auto& [plant, error] : cases) {
    fs::remove_all(path);
    plant();
    EXPECT_EQ(read(reader_).value(), error);
    EXPECT_EQ(read_, "");
    EXPECT_TRUE(fs::exists(fs::symlink_status(path))) << error;
  }
  EXPECT_EQ(publish("two"), kNone) << "the next contents are not kept back by it";
  EXPECT_EQ(read(reader_), kNone);
  EXPECT_EQ(read_, "two");
  EXPECT_EQ(collect(), kNone);
  EXPECT_TRUE(fs::exists(secret));
}

TEST_F(FenceHostile, ForeignNamesAreInNobodysWay) {
  for (const std::string name : {"two\nlines", "blob,41,", "blob,41,0123456789abcdef\n", "\xff\xfe",
                                 "blob,40,0123456789ABCDEF", "blob,-1,0123456789abcdef"}) {
    std::ofstream(blobs_ + '/' + name) << "theirs";
    std::ofstream((scratch_ / "fence/") + name) << "theirs";
  }
  fs::create_directory_symlink("/", blobs_ + "/root");
  const auto before = names(blobs_);
  Fence next(scratch_ / "fence");
  next.raise(42);
  EXPECT_EQ(read(reader_), kNone);
  EXPECT_EQ(read_, "one");
  next.publish(42, "two");
  EXPECT_EQ(next.collect(42), 1u);
  EXPECT_EQ(read(reader_), kNone);
  EXPECT_EQ(read_, "two");
  EXPECT_EQ(names(blobs_).size(), before.size()) << "one has gone, and one has come";
  EXPECT_EQ(names(scratch_ / "fence").size(), 7u);
}

}  // namespace
}  // namespace holdfast
