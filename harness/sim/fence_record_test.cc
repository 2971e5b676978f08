#include "harness/sim/fence_record.h"

#include <gtest/gtest.h>

namespace holdfast::harness::sim {
namespace {

/// A fence as its files are on the server, changed by hand.
class FenceRecordTest : public ::testing::Test {
 protected:
  FenceRecordTest() {
    share_ = make(Server::kRoot, "share");
    fence_ = make(share_, "fence");
    blobs_ = make(share_, "fence.blobs");
    put(fence_, "value,0,0,0-0", "");
    EXPECT_FALSE(record_.applied(server_));
  }

  Inode make(Inode directory, const char* name) {
    server_.execute({.call = Call::make_directory, .place = {directory, name}, .mode = 0777});
    return server_.look_up(directory, name);
  }
  void put(Inode directory, const char* name, const char* contents) {
    server_.execute(
        {.call = Call::create, .place = {directory, name}, .contents = contents, .mode = 0666});
  }
  Verdict move(const char* from, const char* to) {
    server_.execute({.call = Call::rename, .place = {fence_, to}, .from = {fence_, from}});
    return record_.applied(server_);
  }
  static std::string checker(const Verdict& verdict) {
    return verdict ? verdict->checker : "nothing";
  }

  Server server_;
  FenceRecord record_;
  Inode share_ = 0, fence_ = 0, blobs_ = 0;
};

TEST_F(FenceRecordTest, RaisingAndPublishingIsWhatAFenceIsFor) {
  EXPECT_EQ(checker(move("value,0,0,0-0", "value,5,0,0-0")), "nothing");
  put(blobs_, "blob,5,aa", "first");
  EXPECT_EQ(checker(move("value,5,0,0-0", "value,5,1,5-aa")), "nothing");
  EXPECT_EQ(checker(move("value,5,1,5-aa", "value,7,0,5-aa")), "nothing");
  EXPECT_FALSE(record_.published("first", {}));
  EXPECT_FALSE(record_.was_read(7, {.token = 7, .version = 0, .published = true, .data = "first"}));
}

TEST_F(FenceRecordTest, AWriteBelowTheHighestTokenIsLate) {
  move("value,0,0,0-0", "value,7,0,0-0");
  put(blobs_, "blob,5,aa", "late");
  EXPECT_EQ(checker(move("value,7,0,0-0", "value,5,1,5-aa")), "unfenced_late_write");
}

TEST_F(FenceRecordTest, ContentsThatAreGoneAreLost) {
  move("value,0,0,0-0", "value,5,0,0-0");
  put(blobs_, "blob,5,aa", "first");
  move("value,5,0,0-0", "value,5,1,5-aa");
  server_.execute({.call = Call::unlink, .place = {blobs_, "blob,5,aa"}});
  EXPECT_EQ(checker(record_.applied(server_)), "lost_update");
}

TEST_F(FenceRecordTest, AnswersMustBeTrue) {
  move("value,0,0,0-0", "value,5,0,0-0");
  EXPECT_EQ(checker(record_.raised(6, {})), "api_contract");
  EXPECT_EQ(checker(record_.raised(5, Errc::stale_token)), "api_contract");
  EXPECT_EQ(checker(record_.published("never", {})), "lost_update");
  EXPECT_EQ(checker(record_.was_read(5, {5, 1, true, ""})), "false_read");
  EXPECT_EQ(checker(record_.was_read(6, {5, 0, false, ""})), "false_read");
  // What was reported as refused must not come later.
  EXPECT_FALSE(record_.published("refused", Errc::stale_token));
  put(blobs_, "blob,5,bb", "refused");
  EXPECT_EQ(checker(move("value,5,0,0-0", "value,5,1,5-bb")), "api_contract");
}

}  // namespace
}  // namespace holdfast::harness::sim
