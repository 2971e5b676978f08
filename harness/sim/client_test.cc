// What a host remembers of its mount, and for how long.
#include "harness/sim/client.h"

#include "harness/sim/network_fixture.h"

namespace holdfast::harness::sim {
namespace {

class ClientTest : public NetworkTest {};

// Measured on real mounts: what was looked up in vain stays missing, whatever a listing shows.
TEST_F(ClientTest, ANameLookedUpInVainStaysMissingUntilThisHostChangesTheDirectory) {
  setting_.mount.remembers = true;
  setting_.mount.touch_mends_lookups = false;
  run({[&](Process& self) {
         EXPECT_EQ(code(self.files.rename("/b", "/c")), ENOENT);
         self.door.sleep(2 * kShort, {});
         os::Listing listing;
         self.files.list("/", 10, listing);
         EXPECT_EQ(listing.names, std::vector<std::string>{"b"});
         EXPECT_EQ(code(self.files.touch("/")), 0);
         EXPECT_EQ(code(self.files.rename("/b", "/c")), ENOENT);
         self.files.create("/probe", "", 0644);
         EXPECT_EQ(code(self.files.rename("/b", "/c")), 0);
       },
       [&](Process& self) {
         self.door.sleep(kShort, {});
         self.files.rename("/a", "/b");
       }});
}

// The trap of version 3: a listing between two changes of one tick.
TEST_F(ClientTest, OnVersion3AListingStaysOldAfterTwoChangesInOneTickUntilATouch) {
  for (const bool version_3 : {true, false}) {
    setting_.mount.version_3 = version_3;
    run({[&](Process& self) {
           os::Listing listing;
           self.door.sleep(3 * kShort, {});
           self.files.list("/", 10, listing);
           EXPECT_EQ(listing.names, std::vector<std::string>{"b"});
           self.door.sleep(std::chrono::minutes(10), {});
           self.files.list("/", 10, listing);
           EXPECT_EQ(listing.names, std::vector<std::string>{version_3 ? "b" : "c"});
           self.files.touch("/");
           self.files.list("/", 10, listing);
           EXPECT_EQ(listing.names, std::vector<std::string>{"c"});
         },
         [&](Process& self) {
           self.door.sleep(3 * kShort - Duration(1), {});
           self.files.rename("/a", "/b");
           self.door.sleep(Duration(2), {});
           self.files.rename("/b", "/c");
         }});
  }
}

// `nocto`: a listing is believed for half a minute, and if it is still right then, for a minute.
TEST_F(ClientTest, WithoutCloseToOpenAListingIsBelievedForItsTime) {
  using std::chrono::seconds;
  setting_.mount.close_to_open = false;
  for (const bool version_3 : {true, false}) {
    setting_.mount.version_3 = version_3;
    const auto listed = [&](Process& self) {
      self.files.list("/", 10, listing_);
      return listing_.names.front();
    };
    run({[&](Process& self) {
           self.door.sleep(Duration(1), {});
           EXPECT_EQ(listed(self), "a");
           self.door.sleep(seconds(29), {});
           EXPECT_EQ(listed(self), "a");
           self.door.sleep(seconds(1), {});  // asked about, and the same
           EXPECT_EQ(listed(self), "a");
           self.door.sleep(seconds(59), {});  // it has changed since
           EXPECT_EQ(listed(self), "a");
           self.door.sleep(seconds(1), {});
           EXPECT_EQ(listed(self), "b");
           self.door.sleep(seconds(29), {});
           EXPECT_EQ(listed(self), "b");
           self.door.sleep(seconds(1), {});  // half a minute again, as it had changed
           EXPECT_EQ(listed(self), "c");
         },
         [&](Process& self) {
           self.door.sleep(seconds(40), {});
           self.files.rename("/a", "/b");
           self.door.sleep(seconds(60), {});
           self.files.rename("/b", "/c");
         }});
  }
}

TEST_F(ClientTest, AnOwnTouchDropsAListingThatIsStillBelieved) {
  setting_.mount.close_to_open = false;
  run({[&](Process& self) {
         self.files.list("/", 10, listing_);
         self.door.sleep(2 * kShort, {});
         self.files.list("/", 10, listing_);
         EXPECT_EQ(listing_.names, std::vector<std::string>{"a"});
         EXPECT_EQ(code(self.files.touch("/")), 0);
         self.files.list("/", 10, listing_);
         EXPECT_EQ(listing_.names, std::vector<std::string>{"b"});
       },
       [&](Process& self) {
         self.door.sleep(kShort, {});
         self.files.rename("/a", "/b");
       }});
}

// Attributes of directories last for ten times as long as those of files.
TEST_F(ClientTest, AttributesHaveTheirTime) {
  setting_.mount.remembers = true;
  run({[&](Process& self) {
         self.files.make_directory("/d", 0755);
         const auto modified = [&](const char* path) {
           os::FileStatus status;
           EXPECT_FALSE(self.files.status(path, os::Revalidate::as_mounted, status));
           return status.modified;
         };
         const auto directory = modified("/d"), file = modified("/a");
         self.door.sleep(std::chrono::seconds(4), {});
         EXPECT_EQ(modified("/d"), directory);
         EXPECT_GT(modified("/a"), file);
         self.door.sleep(std::chrono::seconds(27), {});
         EXPECT_GT(modified("/d"), directory);
       },
       [&](Process& self) {
         self.door.sleep(std::chrono::seconds(1), {});
         self.files.touch("/a");
         self.files.touch("/d");
       }});
}

// Seen on real mounts: a directory renamed by a request that "failed" is still reached by its old
// name from the host that sent it.
TEST_F(ClientTest, AnOldNameReachesIntoADirectoryThatWasMovedAfterAll) {
  setting_.mount.remembers = true;
  script_.fates[{0, 3}] = {Mishap::failed_applied, {}};
  run({[&](Process& self) {
    self.files.make_directory("/init", 0755);
    self.files.create("/init/state", "", 0644);
    EXPECT_EQ(code(self.files.rename("/init", "/lock")), EIO);
    EXPECT_EQ(code(self.files.unlink("/init/state")), 0);
  }});
  const Inode lock = world_.server().look_up(Server::kRoot, "lock");
  ASSERT_NE(lock, 0U);
  EXPECT_TRUE(world_.server().find(lock)->entries.empty());
}

}  // namespace
}  // namespace holdfast::harness::sim
