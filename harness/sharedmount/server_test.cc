// What the server cannot do, what it refuses, and what is left of it when it is killed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "harness/sharedmount/device_for_all.h"
#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using testing::SharedMount;

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
  }
  struct stat look(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
  }
  os::Files& files_ = *os::native().files;
};

// Where nothing is cached a map that shows no changes would be a cache. What is executed is mapped
// privately.
TEST_F(ServerTest, WhereNothingIsCachedNoSharedMapIsGrantedAndProgramsStillRun) {
  for (const char* profile_name : {"local", "nfs-noac", "nfs3-default"}) {
    const bool cached = std::string(profile_name) == "nfs3-default";
    SharedMount mount(*profile(profile_name));
    ASSERT_FALSE(files_.create(mount.at(0, "file"), "contents", 0644));
    const int file = ::open(mount.at(0, "file").c_str(), O_RDONLY | O_CLOEXEC);
    void* const shared = ::mmap(nullptr, 8, PROT_READ, MAP_SHARED, file, 0);
    const int error = errno;
    EXPECT_EQ(shared != MAP_FAILED, cached) << profile_name;
    EXPECT_TRUE(cached || error == ENODEV) << profile_name << ": " << error;
    if (shared != MAP_FAILED) ::munmap(shared, 8);
    void* const own = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    ASSERT_NE(own, MAP_FAILED) << profile_name;
    EXPECT_EQ(std::string(static_cast<const char*>(own), 8), "contents");
    ::munmap(own, 8);
    ::close(file);
    std::filesystem::copy_file("/bin/true", mount.at(0, "true"));
    EXPECT_EQ(std::system(mount.at(1, "true").c_str()), 0) << profile_name;
  }
}

// No two hosts could agree on what is in such a map.
TEST_F(ServerTest, ASharedWritableMapIsRefusedAPrivateOneIsNot) {
  SharedMount mount(*profile("local"));
  ASSERT_FALSE(files_.create(mount.at(0, "file"), "contents", 0644));
  const int file = ::open(mount.at(0, "file").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), MAP_FAILED);
  EXPECT_EQ(errno, ENODEV);
  void* const map = ::mmap(nullptr, 8, PROT_READ, MAP_PRIVATE, file, 0);
  ASSERT_NE(map, MAP_FAILED);
  EXPECT_EQ(std::string(static_cast<const char*>(map), 8), "contents");
  ::munmap(map, 8);
  ::close(file);
}

// The kernel would otherwise grant them on every host by itself.
TEST_F(ServerTest, LocksOfTheKernelAreRefused) {
  SharedMount mount(*profile("local"));
  ASSERT_FALSE(files_.create(mount.at(0, "file"), "", 0644));
  const int file = ::open(mount.at(0, "file").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(::flock(file, LOCK_EX | LOCK_NB), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  struct flock range {};
  range.l_type = F_WRLCK;
  for (const int command : {F_SETLK, F_SETLKW, F_OFD_SETLK, F_GETLK}) {
    EXPECT_EQ(::fcntl(file, command, &range), -1) << command;
    EXPECT_EQ(errno, EOPNOTSUPP) << command;
  }
  ::close(file);
}

TEST_F(ServerTest, LikeSmbItLiesAboutLinksAndTakesNamesInAnyCase) {
  SharedMount mount(*profile("smb-like"));
  ASSERT_FALSE(files_.create(mount.at(0, "Lock"), "", 0644));
  ASSERT_FALSE(files_.link(mount.at(0, "Lock"), mount.at(0, "second")));
  EXPECT_EQ(look(mount.at(0, "second")).st_nlink, 1U);
  EXPECT_EQ(files_.create(mount.at(0, "lOCK"), "", 0644).value(), EEXIST);
  EXPECT_EQ(look(mount.at(0, "LOCK")).st_ino, look(mount.at(0, "Lock")).st_ino);
  EXPECT_EQ(look(mount.backing("Lock")).st_nlink, 2U);
  EXPECT_FALSE(files_.unlink(mount.at(0, "LoCk")));
}

TEST_F(ServerTest, LikeSshfsEveryNameHasAnInodeOfItsOwn) {
  SharedMount mount(*profile("sshfs-like"));
  ASSERT_FALSE(files_.create(mount.at(0, "claim"), "x", 0644));
  ASSERT_FALSE(files_.link(mount.at(0, "claim"), mount.at(0, "lock")));
  EXPECT_NE(look(mount.at(0, "claim")).st_ino, look(mount.at(0, "lock")).st_ino);
  EXPECT_EQ(look(mount.at(0, "claim")).st_mtim.tv_nsec, 0);
}

// Two changes within a tick leave one stamp, and a lock that goes by stamps sees one change. FAT
// counts in two seconds, and a server hands that on.
TEST_F(ServerTest, ItsTimesAreWholeMultiplesOfItsTick) {
  SharedMount mount(std::string(R"({"emulate": "local", "tick": "2s"})"));
  ASSERT_FALSE(files_.create(mount.at(0, "file"), "x", 0644));
  const struct stat made = look(mount.at(1, "file"));
  const timespec times[2] = {{1'000'000'001, 5}, {1'000'000'003, 999'999'999}};
  ASSERT_EQ(::utimensat(AT_FDCWD, mount.at(0, "file").c_str(), times, 0), 0);
  const struct stat given = look(mount.at(1, "file"));
  for (const timespec& stamp :
       {made.st_mtim, made.st_ctim, given.st_atim, given.st_mtim, given.st_ctim}) {
    EXPECT_EQ(stamp.tv_nsec, 0);
    EXPECT_EQ(stamp.tv_sec % 2, 0);
  }
  EXPECT_EQ(given.st_mtim.tv_sec, 1'000'000'002);
  EXPECT_EQ(look(mount.backing("file")).st_mtim.tv_sec, 1'000'000'003);
}

TEST_F(ServerTest, HardLinksCanBeRefused) {
  Manners manners = *profile("local");
  manners.links = Links::refused;
  SharedMount mount(manners);
  ASSERT_FALSE(files_.create(mount.at(0, "claim"), "", 0644));
  EXPECT_EQ(files_.link(mount.at(0, "claim"), mount.at(0, "lock")).value(), EOPNOTSUPP);
}

TEST_F(ServerTest, ASquashedRootIsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be squashed";
  Manners manners = *profile("local");
  manners.squash_root = true;
  SharedMount mount(manners);
  EXPECT_EQ(files_.create(mount.at(0, "file"), "", 0644).value(), EACCES);
  ASSERT_EQ(::chmod(mount.backing().c_str(), 0777), 0);
  EXPECT_FALSE(files_.create(mount.at(0, "file"), "", 0644));
  EXPECT_EQ(look(mount.at(0, "file")).st_uid, 65534U);
  ASSERT_FALSE(files_.create(mount.backing("roots"), "", 0600));
  std::string contents;
  EXPECT_EQ(files_.read(mount.at(0, "roots"), 10, contents).value(), EACCES);
  EXPECT_EQ(files_.touch(mount.at(0, "roots")).value(), EACCES);
}

TEST_F(ServerTest, FilesBelongToWhoMakesThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  SharedMount mount(*profile("local"));
  ASSERT_EQ(::chmod(mount.backing().c_str(), 0777), 0);
  ASSERT_EQ(::chmod(mount.folder().c_str(), 0755), 0);
  const std::string path = mount.at(0, "file");
  os::testing::Child somebody([&] {
    if (::setgid(1234) != 0 || ::setuid(1234) != 0) return 1;
    return files_.create(path, "", 0600).value();
  });
  ASSERT_EQ(somebody.reap(), 0);
  EXPECT_EQ(look(path).st_uid, 1234U);
  EXPECT_EQ(look(path).st_gid, 1234U);
}

TEST_F(ServerTest, KilledItLeavesNothingMounted) {
  SharedMount mount(*profile("nfs3-default"), 3);
  ASSERT_EQ(testing::mounts_below(mount.folder()), 3U);
  mount.server().kill();
  mount.server().reap();
  EXPECT_TRUE(os::testing::eventually([&] { return testing::mounts_below(mount.folder()) == 0; }));
}

/// What an unprivileged user's mount is seen to do; in words what is not as it should be.
std::string mount_as_nobody() {
  const os::testing::Scratch place;
  const std::string why = testing::open_dev_fuse_to_all(place.path());
  if (!why.empty()) return os::testing::not_permitted(why);
  constexpr uid_t kNobody = 65534;
  os::testing::Claims claims;
  SharedMount mount(*profile("nfs3-default"), 2, kNobody);
  claims.check(testing::mounts_below(mount.folder()) == 2, "two hosts are mounted");
  os::testing::Child nobody([&] {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return 1;
    os::Files& files = *os::native().files;
    std::string contents;
    if (files.create(mount.at(0, "file"), "x", 0600)) return 2;
    return files.read(mount.at(1, "file"), 10, contents) || contents != "x" ? 3 : 0;
  });
  claims.check(nobody.reap() == 0, "one host reads what the other wrote");
  mount.server().kill();
  mount.server().reap();
  claims.check(os::testing::eventually([&] { return testing::mounts_below(mount.folder()) == 0; }),
               "nothing is mounted after the server was killed");
  SharedMount in_order(*profile("local"), 1, kNobody);
  claims.check(testing::mounts_below(in_order.folder()) == 1, "another is mounted");
  ::kill(in_order.server().pid(), SIGTERM);
  claims.check(in_order.server().reap() == 0, "asked to end, it ends in order");
  claims.check(testing::mounts_below(in_order.folder()) == 0, "it has unmounted");
  return claims.text();
}

// On an ordinary CI machine nobody is root.
TEST_F(ServerTest, AnybodyCanMountAndKilledNothingStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const auto found = os::testing::in_isolation({.namespaces = CLONE_NEWNS}, mount_as_nobody);
  if (!found.permitted) GTEST_SKIP() << found.text;
  EXPECT_EQ(found.text, "");
}

}  // namespace
}  // namespace holdfast::harness::mount
