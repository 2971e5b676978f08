// Whatever was changed, taking it back gives what was there before.
#include "harness/sharedmount/journal.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/scratch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "harness/random/random.h"
#include "harness/sharedmount/store.h"

namespace holdfast::harness::mount {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    std::filesystem::create_directory(scratch_ / "shared");
    Manners manners = *profile("nfs-async");
    manners.stale_handles = false;
    store_ = std::move(*Store::open(scratch_ / "shared", manners));
  }
  Request on(Action action, const std::string& name) {
    Request request;
    request.action = action;
    request.node = store_->root();
    request.name = name;
    request.mode = action == Action::mkdir ? 0755 : 0644;
    request.flags = action == Action::create ? O_RDWR | O_EXCL : O_RDWR;
    request.data = "target";
    return request;
  }
  Request on_two(Action action, const std::string& name, const std::string& other) {
    Request request = on(action, name);
    request.flags = 0;
    request.other = store_->root();
    request.other_name = other;
    if (action == Action::link) {
      request.node = store_->execute(on(Action::lookup, name)).node;
      request.name.clear();
    }
    return request;
  }
  /// As the kernel asks of a file that it believes to be missing.
  Request emptying(const std::string& name) {
    Request request = on(Action::create, name);
    request.flags = O_WRONLY | O_TRUNC;
    return request;
  }
  Request on_file(Action action, const std::string& name) {
    Request request = on(action, name);
    const Reply opened = store_->execute(on(Action::lookup, name));
    request.node = opened.node;
    request.name.clear();
    if (action == Action::write && opened.node) {
      Request open = request;
      open.action = Action::open;
      request.file = store_->execute(open).file;
      request.data = "more";
      request.offset = 2;
    }
    request.which = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_MTIME;
    if (opened.node && S_ISREG(opened.node->type)) request.which |= FUSE_SET_ATTR_SIZE;
    request.values.st_mode = 0600;
    request.values.st_size = 1;
    request.values.st_mtim = {1'000'000'000, 0};
    return request;
  }
  /// One of everything that can be done to some names.
  Request random_change(Random& random) {
    const std::string name(1, static_cast<char>('a' + random.below(4)));
    const std::string other(1, static_cast<char>('a' + random.below(4)));
    switch (random.below(10)) {
      case 0: return on(Action::create, name);
      case 1: return on(Action::mkdir, name);
      case 2: return on(Action::symlink, name);
      case 3: return on(Action::unlink, name);
      case 4: return on(Action::rmdir, name);
      case 5: return on_two(Action::link, name, other);
      case 6: return on_file(Action::write, name);
      case 7: return on_file(Action::set, name);
      case 8: return emptying(name);
      default: return on_two(Action::rename, name, other);
    }
  }
  bool change(const Request& request) {
    if (!request.node) return false;
    if (request.action == Action::write && !request.file) return false;
    return store_->execute(request).error == 0;
  }
  /// Names, types, modes, link counts, times that were given, and contents.
  std::string picture() {
    std::map<std::string, std::string> entries;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "shared")) {
      const std::string path = entry.path().string();
      Request look = on(Action::lookup, entry.path().filename().string());
      const struct stat status = store_->execute(look).status;
      std::string text = std::to_string(status.st_mode);
      if (S_ISREG(status.st_mode)) {
        std::ifstream file(path);
        text += " " + std::to_string(status.st_nlink) + " " + std::to_string(status.st_size) + " " +
                std::string(std::istreambuf_iterator<char>(file), {});
        if (status.st_mtim.tv_sec == 1'000'000'000) text += " given";
      }
      entries[entry.path().filename().string()] = text;
    }
    std::string all;
    for (const auto& [name, text] : entries) all += name + ": " + text + "\n";
    return all;
  }

  os::testing::Scratch scratch_;
  std::unique_ptr<Store> store_;
};

TEST_F(JournalTest, ForgettingGivesWhatWasThereBefore) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    std::vector<std::string> pictures = {picture()};
    while (pictures.size() < 13) {
      if (change(random_change(random))) pictures.push_back(picture());
    }
    for (int round = 0; round < 3; ++round) {
      const std::size_t back = 1 + random.below(4);
      ASSERT_EQ(store_->forget(back).size(), back) << "seed " << seed;
      pictures.resize(pictures.size() - back);
      ASSERT_EQ(picture(), pictures.back()) << "seed " << seed;
    }
  }
}

// The names are those that the changes had, whatever has become of the files.
TEST_F(JournalTest, WhatIsForgottenIsToldByItsOperationAndNamesTheNewestFirst) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  Request moved = on_two(Action::rename, "a", "b");
  moved.host = 3;
  ASSERT_TRUE(change(moved));
  ASSERT_TRUE(change(on_two(Action::link, "b", "c")));
  const std::vector<Forgotten> forgotten = store_->forget(3);
  ASSERT_EQ(forgotten.size(), 3U);
  EXPECT_EQ(forgotten[0].what, "link b c");
  EXPECT_EQ(forgotten[1].what, "rename a b");
  EXPECT_EQ(forgotten[1].host, 3U);
  EXPECT_EQ(forgotten[2].what, "open_create a");
}

TEST_F(JournalTest, AFileThatACreateFoundAndEmptiedGetsItsContentsBack) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  ASSERT_TRUE(change(on_file(Action::write, "a")));
  const std::string before = picture();
  ASSERT_THAT(before, ::testing::HasSubstr("more"));
  ASSERT_TRUE(change(emptying("a")));
  ASSERT_NE(picture(), before);
  const std::vector<Forgotten> forgotten = store_->forget(1);
  ASSERT_EQ(forgotten.size(), 1U);
  EXPECT_EQ(forgotten[0].what, "open_create a");
  EXPECT_EQ(picture(), before);
}

TEST_F(JournalTest, AFileThatACreateOnlyOpenedIsNoChange) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  Request open = on(Action::create, "a");
  open.flags = O_RDWR;
  ASSERT_TRUE(change(open));
  EXPECT_EQ(store_->forget(2).size(), 1U);
}

TEST_F(JournalTest, ARemovedFileHasNoLinksAlthoughItIsKept) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  const NodePtr node = store_->execute(on(Action::lookup, "a")).node;
  ASSERT_TRUE(change(on(Action::unlink, "a")));
  EXPECT_TRUE(node->removed);
  Request look;
  look.node = node;
  EXPECT_EQ(store_->execute(look).status.st_nlink, 0U);
  EXPECT_EQ(store_->forget(1).size(), 1U);
  EXPECT_FALSE(node->removed);
  EXPECT_EQ(store_->execute(look).status.st_nlink, 1U);
}

// Another file can get its number, and must not get its times.
TEST_F(JournalTest, TimesThatWereGivenGoWithTheFile) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  ASSERT_TRUE(change(on_file(Action::set, "a")));
  const NodePtr node = store_->execute(on(Action::lookup, "a")).node;
  ASSERT_TRUE(change(on(Action::unlink, "a")));
  EXPECT_TRUE(store_->root()->nodes.given(*node).modified) << "it may come back";
  for (int i = 0; i < 501; ++i) {
    ASSERT_TRUE(change(on(Action::mkdir, "b")));
    ASSERT_TRUE(change(on(Action::rmdir, "b")));
  }
  EXPECT_FALSE(store_->root()->nodes.given(*node).modified);
}

TEST_F(JournalTest, ItForgetsNoMoreThanItKnows) {
  ASSERT_TRUE(change(on(Action::create, "a")));
  ASSERT_FALSE(change(on(Action::unlink, "b")));
  EXPECT_EQ(store_->forget(100).size(), 1U);
  EXPECT_EQ(store_->forget(100).size(), 0U);
  store_.reset();
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "shared.past"));
}

// A server that was killed removes nothing; one that runs must not lose what it keeps.
TEST(JournalsDirectory, OfAKilledServerIsTakenOverAndNobodyElses) {
  const os::testing::Scratch scratch;
  const std::string past = scratch / "past";
  std::filesystem::create_directories(past + "/2");
  std::ofstream(past + "/1") << "kept";
  {
    const auto journal = Journal::open(past);
    ASSERT_TRUE(journal);
    EXPECT_TRUE(std::filesystem::is_empty(past));
    EXPECT_FALSE(Journal::open(past)) << "two servers";
    EXPECT_TRUE(std::filesystem::exists(past));
  }
  EXPECT_FALSE(std::filesystem::exists(past));
  std::filesystem::create_directory(past);
  std::ofstream(past + "/1") << "a number";
  std::ofstream(past + "/mine") << "a person's";
  EXPECT_FALSE(Journal::open(past));
  EXPECT_TRUE(std::filesystem::exists(past + "/1"));
  EXPECT_TRUE(std::filesystem::exists(past + "/mine"));
  std::filesystem::remove(past + "/mine");
  std::filesystem::create_directory(past + "/2");
  std::ofstream(past + "/2/mine") << "a person's";
  EXPECT_FALSE(Journal::open(past));
  EXPECT_TRUE(std::filesystem::exists(past + "/1"));
}

}  // namespace
}  // namespace holdfast::harness::mount
