#include "harness/report/environment.h"

#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

constexpr const char* kMounts =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
    "23 22 0:21 / /proc rw,nosuid - proc proc rw\n"
    "40 22 0:45 /export /mnt/locks rw,relatime shared:9 master:2 - nfs4 nas.example:/export "
    "rw,vers=4.2,hard,timeo=600,clientaddr=10.0.0.2\n"
    "41 22 0:46 / /mnt/with\\040space\\134 rw - tmpfs tmpfs rw,size=1k\n";

std::vector<Mount> mounts() {
  auto read = parse_mounts(kMounts);
  if (!read) {
    ADD_FAILURE() << read.error().text();
    return {};
  }
  return *read;
}

TEST(Mounts, AreReadWithBothKindsOfOptions) {
  const auto list = mounts();
  ASSERT_EQ(list.size(), 4U);
  const Mount expected{"0:45",
                       "/export",
                       "/mnt/locks",
                       {"rw", "relatime"},
                       "nfs4",
                       "nas.example:/export",
                       {"rw", "vers=4.2", "hard", "timeo=600", "clientaddr=10.0.0.2"}};
  EXPECT_EQ(list[2], expected);
  EXPECT_EQ(list[3].point, "/mnt/with space\\");
}

TEST(Mounts, OfAPathIsTheNearestAbove) {
  const auto list = mounts();
  EXPECT_EQ(find_mount(list, "/mnt/locks/a/b")->type, "nfs4");
  EXPECT_EQ(find_mount(list, "/mnt/locks")->type, "nfs4");
  EXPECT_EQ(find_mount(list, "/mnt/locksmith")->type, "ext4");
  EXPECT_EQ(find_mount(list, "/mnt/with space\\/x")->type, "tmpfs");
  EXPECT_EQ(find_mount({}, "/"), nullptr);
}

// Mounting over a mount hides it, and mounting over its parent hides it too.
TEST(Mounts, ALaterOneHidesAnEarlierOne) {
  auto list = mounts();
  Mount over = list[2];
  over.type = "xfs";
  list.push_back(over);
  EXPECT_EQ(find_mount(list, "/mnt/locks/a")->type, "xfs");
  over.point = "/mnt";
  over.type = "btrfs";
  list.push_back(over);
  EXPECT_EQ(find_mount(list, "/mnt/locks/a")->type, "btrfs");
}

TEST(Mounts, OfAForeignFormatAreRefusedWithTheLine) {
  for (const char* line :
       {"nonsense", "1 2 8:1 / / rw - ext4 /dev/sda1", "1 2 8:1 / / rw ext4 /dev/sda1 rw",
        "1 2 8:1 / point rw - ext4 /dev/sda1 rw", "1 2 8:1 / / rw - ext4 /dev/sda1 rw more"}) {
    const auto read = parse_mounts(std::string(kMounts) + line + "\n");
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().place, "mountinfo: line 5");
    EXPECT_NE(read.error().message.find(line), std::string::npos);
  }
  EXPECT_TRUE(parse_mounts("")->empty());
}

TEST(Mounts, TheServerIsNamedForNetworkFileSystemsOnly) {
  Mount mount;
  mount.type = "nfs4";
  mount.source = "nas.example:/export";
  EXPECT_EQ(server_of(mount), "nas.example");
  mount.source = "[fe80::1]:/export";
  EXPECT_EQ(server_of(mount), "[fe80::1]");
  mount.type = "cifs";
  mount.source = "//nas/share";
  EXPECT_EQ(server_of(mount), "nas");
  mount.type = "ext4";
  mount.source = "/dev/sda1";
  EXPECT_EQ(server_of(mount), "");
}

TEST(Machine, ThatThisRunsOnIsRead) {
  const Machine machine = read_machine(testing::TempDir());
  EXPECT_NE(machine.kernel.find("Linux"), std::string::npos);
  EXPECT_GE(machine.cpus, 1U);
  ASSERT_TRUE(machine.mount);
  EXPECT_FALSE(machine.mount->type.empty());
}

TEST(Machine, WhatCannotBeReadIsNamed) {
  const Machine machine = read_machine("/nowhere/at/all");
  EXPECT_FALSE(machine.mount);
  ASSERT_FALSE(machine.problems.empty());
  EXPECT_EQ(machine.problems.back(), "/nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace holdfast::harness
