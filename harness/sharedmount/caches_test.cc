// What two hosts see of each other's changes. Each test is a habit of the Linux NFS client that was
// measured on real kernels; times are long where a test relies on a cache that is still trusted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using os::Revalidate;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::SharedMount;

/// The profile, with times that no slow machine outlasts. Mostly that of version 4: what version 3
/// misses within one tick of the server's clock would come into every test.
Manners patient(const std::string& name) {
  Manners manners = *profile(name);
  manners.files = manners.directories = {hours(1), hours(1)};
  return manners;
}

class Caches : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
  }
  void share(const Manners& manners) { mount_ = std::make_unique<SharedMount>(manners); }
  std::string at(std::size_t host, const std::string& name = "") { return mount_->at(host, name); }

  int make(std::size_t host, const std::string& name, const std::string& contents = "") {
    return files_.create(at(host, name), contents, 0644).value();
  }
  int unlink(std::size_t host, const std::string& name) {
    return files_.unlink(at(host, name)).value();
  }
  int link(std::size_t host, const std::string& from, const std::string& to) {
    return files_.link(at(host, from), at(host, to)).value();
  }
  int status(std::size_t host, const std::string& name,
             Revalidate revalidate = Revalidate::as_mounted) {
    return files_.status(at(host, name), revalidate, found_).value();
  }
  std::uint64_t links(std::size_t host, const std::string& name, Revalidate revalidate) {
    EXPECT_EQ(status(host, name, revalidate), 0);
    return found_.links;
  }
  bool lists(std::size_t host, const std::string& name) {
    os::Listing listing;
    EXPECT_FALSE(files_.list(at(host), 1000, listing));
    return std::count(listing.names.begin(), listing.names.end(), name) > 0;
  }
  std::string read(std::size_t host, const std::string& name) {
    std::string contents;
    EXPECT_FALSE(files_.read(at(host, name), 1000, contents));
    return contents;
  }

  os::Files& files_ = *os::native().files;
  os::FileStatus found_;
  std::unique_ptr<SharedMount> mount_;
};

// So a waiter that looked for a name in vain does not see it arrive; and a rename fails without
// having asked the server, which is why a lock must list before it renames.
TEST_F(Caches, ANameLookedUpInVainStaysMissingUntilTheDirectoryIsListed) {
  share(patient("nfs4.2-default"));
  ASSERT_EQ(status(0, "state"), ENOENT);
  ASSERT_EQ(make(1, "state"), 0);
  EXPECT_EQ(status(0, "state"), ENOENT);
  EXPECT_EQ(files_.rename(at(0, "state"), at(0, "mine")).value(), ENOENT);
  EXPECT_TRUE(lists(0, "state"));
  EXPECT_EQ(files_.rename(at(0, "state"), at(0, "mine")).value(), 0);
}

TEST_F(Caches, LinkAndExclusiveCreateAlwaysReachTheServer) {
  share(patient("nfs4.2-default"));
  ASSERT_EQ(make(0, "claim"), 0);
  ASSERT_EQ(status(0, "lock"), ENOENT);
  ASSERT_EQ(make(1, "lock"), 0);
  EXPECT_EQ(link(0, "claim", "lock"), EEXIST);
  EXPECT_EQ(make(0, "lock"), EEXIST);
  ASSERT_EQ(status(0, "lock"), 0);
  ASSERT_EQ(unlink(1, "lock"), 0);
  EXPECT_EQ(link(0, "claim", "lock"), 0);
}

TEST_F(Caches, ARemovedNameIsStillSeenUnlessTheServerIsAsked) {
  share(patient("nfs4.2-default"));
  ASSERT_EQ(make(0, "lock"), 0);
  ASSERT_EQ(status(0, "lock"), 0);
  ASSERT_EQ(unlink(1, "lock"), 0);
  EXPECT_EQ(status(0, "lock"), 0);
  EXPECT_EQ(status(0, "lock", Revalidate::forced), ENOENT);
}

TEST_F(Caches, ALinkCountIsWhatItWasUnlessTheServerIsAsked) {
  share(patient("nfs4.2-default"));
  ASSERT_EQ(make(0, "claim"), 0);
  EXPECT_EQ(links(1, "claim", Revalidate::as_mounted), 1U);
  ASSERT_EQ(link(0, "claim", "lock"), 0);
  EXPECT_EQ(links(1, "claim", Revalidate::as_mounted), 1U);
  EXPECT_EQ(links(1, "claim", Revalidate::forced), 2U);
  EXPECT_EQ(links(0, "claim", Revalidate::as_mounted), 2U);  // its own change it knows
}

TEST_F(Caches, WhatIsBelievedRunsOut) {
  Manners manners = *profile("nfs4.2-default");
  manners.files = manners.directories = {milliseconds(50), milliseconds(50)};
  share(manners);
  ASSERT_EQ(make(0, "claim"), 0);
  ASSERT_EQ(status(1, "claim"), 0);
  ASSERT_EQ(status(1, "lock"), ENOENT);
  ASSERT_EQ(link(0, "claim", "lock"), 0);
  EXPECT_TRUE(os::testing::eventually([&] { return status(1, "lock") == 0; }));
  EXPECT_TRUE(
      os::testing::eventually([&] { return links(1, "claim", Revalidate::as_mounted) == 2; }));
}

TEST_F(Caches, WithoutThemEveryChangeIsSeenAtOnce) {
  for (const char* name : {"nfs-noac", "local"}) {
    share(*profile(name));
    ASSERT_EQ(status(0, "lock"), ENOENT);
    ASSERT_EQ(make(1, "lock"), 0);
    EXPECT_EQ(status(0, "lock"), 0) << name;
    ASSERT_EQ(link(1, "lock", "second"), 0);
    EXPECT_EQ(links(0, "lock", Revalidate::as_mounted), 2U) << name;
    ASSERT_EQ(unlink(1, "lock"), 0);
    EXPECT_EQ(status(0, "lock"), ENOENT) << name;
    EXPECT_TRUE(lists(0, "second")) << name;
  }
}

// What version 3 cannot notice: two changes within one tick of the server's clock. Here the tick
// never ends, so the listing stays as it was; version 4 counts changes and is not deceived.
TEST_F(Caches, AListingOfVersion3MissesASecondChangeInOneTick) {
  for (const bool version3 : {true, false}) {
    Manners manners = patient(version3 ? "nfs3-default" : "nfs4.2-default");
    manners.tick = hours(24 * 365 * 100);
    share(manners);
    ASSERT_EQ(make(1, "first"), 0);
    ASSERT_TRUE(lists(0, "first"));
    ASSERT_EQ(make(1, "second"), 0);
    EXPECT_EQ(lists(0, "second"), !version3);
    ASSERT_EQ(make(0, "third"), 0);  // an own change drops the listing
    EXPECT_TRUE(lists(0, "second"));
  }
}

// A listing of before would show it as if it had never been carried out.
TEST_F(Caches, AnOwnChangeDropsTheListingWhateverIsToldOfIt) {
  for (const char* error : {"EIO", "ESTALE"}) {
    Manners manners = patient("nfs3-default");
    manners.tick = hours(24 * 365 * 100);
    share(manners);
    ASSERT_EQ(make(1, "before"), 0);
    ASSERT_TRUE(lists(0, "before"));
    mount_->say(std::string(R"({"fault": {"fault": "error", "error": ")") + error +
                R"(", "applied": "yes", "operation": "rename", "times": 1}})");
    EXPECT_NE(files_.rename(at(0, "before"), at(0, "after")).value(), 0);
    EXPECT_TRUE(lists(0, "after")) << error;
    EXPECT_FALSE(lists(0, "before")) << error;
  }
}

TEST_F(Caches, ContentsAreThoseOfTheLastOpen) {
  share(patient("nfs4.2-default"));
  ASSERT_EQ(make(0, "file", "one"), 0);
  ASSERT_EQ(read(1, "file"), "one");
  std::ofstream(at(0, "file")) << "second";
  EXPECT_EQ(read(1, "file"), "second");
}

TEST_F(Caches, AnOpenFileThatIsUnlinkedLivesOnUnderASillyName) {
  share(patient("nfs3-default"));
  ASSERT_FALSE(files_.make_directory(at(0, "d"), 0755));
  ASSERT_EQ(make(0, "d/file", "contents"), 0);
  const int file = ::open(at(0, "d/file").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(unlink(0, "d/file"), 0);
  EXPECT_EQ(status(0, "d/file"), ENOENT);
  os::Listing listing;
  ASSERT_FALSE(files_.list(at(0, "d"), 10, listing));
  ASSERT_EQ(listing.names.size(), 1U);
  EXPECT_TRUE(listing.names[0].starts_with(".nfs"));
  EXPECT_EQ(files_.remove_directory(at(0, "d")).value(), ENOTEMPTY);
  char byte = 0;
  EXPECT_EQ(::pread(file, &byte, 1, 0), 1);
  ::close(file);
  EXPECT_TRUE(os::testing::eventually([&] { return !files_.remove_directory(at(0, "d")); }));
}

TEST_F(Caches, ARenameOverAnOpenFileKeepsItUnderASillyName) {
  share(patient("nfs3-default"));
  ASSERT_EQ(make(0, "old", "old"), 0);
  ASSERT_EQ(make(0, "new", "new"), 0);
  const int file = ::open(at(0, "old").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_FALSE(files_.rename(at(0, "new"), at(0, "old")));
  char bytes[4] = {};
  EXPECT_EQ(::pread(file, bytes, 3, 0), 3);
  EXPECT_STREQ(bytes, "old");
  ::close(file);
  EXPECT_EQ(read(0, "old"), "new");
}

TEST_F(Caches, ARenameThatNoProtocolHasIsRefusedAndLosesNothing) {
  share(patient("nfs3-default"));
  ASSERT_EQ(make(0, "a", "one"), 0);
  ASSERT_EQ(make(0, "b", "two"), 0);
  const int open = ::open(at(0, "b").c_str(), O_RDONLY | O_CLOEXEC);
  const auto rename = [&](const char* to, unsigned flags) {
    const bool done =
        ::renameat2(AT_FDCWD, at(0, "a").c_str(), AT_FDCWD, at(0, to).c_str(), flags) == 0;
    return done ? 0 : errno;
  };
  EXPECT_EQ(rename("b", RENAME_EXCHANGE), EINVAL);
  EXPECT_EQ(rename("c", RENAME_NOREPLACE), EINVAL);
  ::close(open);
  EXPECT_EQ(read(0, "a"), "one");
  EXPECT_EQ(read(0, "b"), "two");
}

TEST_F(Caches, AFileThatAnotherHostRemovedIsStale) {
  share(patient("nfs3-default"));
  ASSERT_EQ(make(0, "file", "contents"), 0);
  const int file = ::open(at(0, "file").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(unlink(1, "file"), 0);
  char byte = 0;
  EXPECT_EQ(::pread(file, &byte, 1, 0), -1);
  EXPECT_EQ(errno, ESTALE);
  struct statx now {};
  EXPECT_EQ(::statx(file, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &now), -1);
  EXPECT_EQ(errno, ESTALE);
  ::close(file);
}

TEST_F(Caches, ManyHostsSeeOneFile) {
  mount_ = std::make_unique<SharedMount>(*profile("nfs-noac"), 16);
  ASSERT_EQ(make(0, "claim"), 0);
  for (std::size_t host = 1; host < 16; ++host) {
    ASSERT_EQ(link(host, "claim", "from" + std::to_string(host)), 0);
  }
  for (std::size_t host = 0; host < 16; ++host) {
    EXPECT_EQ(links(host, "claim", Revalidate::as_mounted), 16U);
  }
}

}  // namespace
}  // namespace holdfast::harness::mount
