// What the server tells of its files, without a mount.
#include "harness/sharedmount/store.h"

#include <fuse_lowlevel.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/scratch.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace holdfast::harness::mount {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void serve(const Manners& manners) {
    std::filesystem::create_directory(scratch_ / "shared");
    std::ofstream(scratch_ / "shared/file");
    store_ = std::move(*Store::open(scratch_ / "shared", manners));
  }
  Reply ask(Action action, const std::string& name = "") {
    Request request;
    request.action = action;
    request.node = store_->root();
    request.name = name;
    return store_->execute(request);
  }

  os::testing::Scratch scratch_;
  std::unique_ptr<Store> store_;
};

// A kernel that is short of memory forgets files, and so does the server then.
TEST_F(StoreTest, TimesThatAClientGaveStayWhenNobodyKnowsTheFileAnyMore) {
  serve(*profile("local"));
  Request given;
  given.action = Action::set;
  given.node = ask(Action::lookup, "file").node;
  given.which = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME;
  given.values.st_atim = {1'000'000'000, 0};
  given.values.st_mtim = {1'000'000'001, 0};
  ASSERT_EQ(store_->execute(given).error, 0);
  given.node = nullptr;
  ASSERT_EQ(store_->known(*store_->root(), "file"), nullptr);
  store_->clock().set(std::chrono::hours(10), {1, 0});
  const Reply shown = ask(Action::lookup, "file");
  EXPECT_EQ(shown.status.st_atim.tv_sec, 1'000'000'000);
  EXPECT_EQ(shown.status.st_mtim.tv_sec, 1'000'000'001);
  EXPECT_GT(shown.status.st_ctim.tv_sec, ::time(nullptr) + 9 * 3600);
}

// A repeated request took effect only if it changed something.
TEST_F(StoreTest, TellsWhetherWhatWasSetOrRenamedIsOtherThanBefore) {
  serve(*profile("local"));
  std::filesystem::create_hard_link(scratch_ / "shared/file", scratch_ / "shared/twin");
  Request given;
  given.action = Action::set;
  given.node = ask(Action::lookup, "file").node;
  const NodePtr twin = ask(Action::lookup, "twin").node;
  given.which = FUSE_SET_ATTR_MTIME;
  given.values.st_mtim = {1'000'000'001, 0};
  EXPECT_TRUE(store_->execute(given).changed);
  EXPECT_FALSE(store_->execute(given).changed);
  Request moves;
  moves.action = Action::rename;
  moves.node = moves.other = store_->root();
  moves.name = "file";
  moves.other_name = "twin";
  EXPECT_FALSE(store_->execute(moves).changed);
  moves.other_name = "moved";
  EXPECT_TRUE(store_->execute(moves).changed);
  EXPECT_FALSE(store_->execute(moves).changed) << "it failed";
}

TEST_F(StoreTest, AListingTellsTheInodeThatALookAtTheNameTells) {
  serve(*profile("sshfs-like"));
  std::filesystem::create_hard_link(scratch_ / "shared/file", scratch_ / "shared/link");
  const Reply listing = ask(Action::list);
  std::set<ino_t> inodes;
  for (const Entry& entry : *listing.entries) {
    if (entry.name != "file" && entry.name != "link") continue;
    EXPECT_EQ(entry.inode, ask(Action::lookup, entry.name).status.st_ino) << entry.name;
    inodes.insert(entry.inode);
  }
  EXPECT_EQ(inodes.size(), 2U);
}

}  // namespace
}  // namespace holdfast::harness::mount
