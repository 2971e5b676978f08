// What can go wrong with a request, one mishap at a time.
#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// Fates by process and operation; whoever comes last in the list of the able goes on, if wanted.
class Script final : public Decisions {
 public:
  std::size_t next(const Turn& turn) override {
    return others_first ? turn.able.size() - 1 : turn.usual;
  }
  Fate fate(const Sending& sending) override {
    const auto found = fates.find({sending.process, sending.operation});
    return found == fates.end() ? Fate{} : found->second;
  }
  std::map<std::pair<std::size_t, std::uint32_t>, Fate> fates;
  bool others_first = false;
};

class NetworkTest : public ::testing::Test {
 protected:
  using Body = std::function<void(Process&)>;

  /// Every body is a process on a host of its own.
  Ending run(std::vector<Body> bodies) {
    setting_.hosts.resize(bodies.size());
    setting_.processes.resize(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) setting_.processes[i].host = i;
    world_.reset(setting_, script_, observer_);
    world_.server().execute({.call = Call::create, .place = {Server::kRoot, "a"}});
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      world_.add(setting_.processes[i], std::move(bodies[i]));
    }
    return world_.run(10'000);
  }
  std::string names() {
    std::string all;
    for (const Entry& entry : world_.server().find(Server::kRoot)->entries) {
      all += entry.name + " ";
    }
    return all;
  }
  static int code(const std::error_code& error) { return error.value(); }

  Setting setting_;
  Script script_;
  os::Listing listing_;
  Observer observer_;
  World world_;
};

constexpr Duration kShort = std::chrono::milliseconds(5);

// The retry of a rename that was applied finds its source gone, unless the server remembers it.
TEST_F(NetworkTest, ALostReplyIsAnsweredFromTheCacheOrByTryingAgain) {
  for (const bool remembers : {true, false}) {
    setting_.server.remembered_requests = remembers ? ServerSetting::kAllRequests : 0;
    script_.fates[{0, 1}] = {Mishap::lost_reply, kShort};
    int error = -1;
    Duration took{};
    EXPECT_EQ(run({[&](Process& self) {
                error = code(self.files.rename("/a", "/b"));
                took = world_.now();
              }}),
              Ending::all_done);
    EXPECT_EQ(error, remembers ? 0 : ENOENT);
    EXPECT_EQ(took, kShort);
    EXPECT_EQ(names(), "b ");
  }
}

TEST_F(NetworkTest, AFailedRequestMayBeAppliedLater) {
  script_.fates[{0, 1}] = {Mishap::failed_late, kShort};
  run({[&](Process& self) {
    EXPECT_EQ(code(self.files.rename("/a", "/b")), EIO);
    EXPECT_EQ(names(), "a ");
    self.door.sleep(2 * kShort, {});
    EXPECT_EQ(names(), "b ");
  }});
}

// Of two requests a cache of one knows the newer, whatever was sent again.
TEST_F(NetworkTest, LaterRequestsPushAnAnswerOutOfTheCache) {
  for (const Mishap mishap : {Mishap::lost_reply, Mishap::duplicate}) {
    for (const std::size_t cache : {0U, 1U, 2U}) {
      setting_.server.remembered_requests = cache;
      script_.fates[{0, 1}] = {mishap, 2 * kShort};
      int error = -1;
      run({[&](Process& self) { error = code(self.files.unlink("/a")); },
           [&](Process& self) {
             self.door.sleep(kShort, {});
             self.files.create("/a", "new", 0644);
             self.door.sleep(2 * kShort, {});
           }});
      EXPECT_EQ(names(), cache == 2 ? "a " : "") << word(mishap) << ", " << cache;
      EXPECT_EQ(error, 0) << word(mishap) << ", " << cache;
    }
  }
}

// A touch takes a place in it, a listing takes none.
TEST_F(NetworkTest, WhatChangesNothingIsNotInTheCache) {
  script_.fates[{0, 1}] = {Mishap::duplicate, 2 * kShort};
  for (const std::size_t cache : {3U, 4U}) {
    setting_.server.remembered_requests = cache;
    run({[&](Process& self) { self.files.unlink("/a"); },
         [&](Process& self) {
           self.files.create("/b", "", 0644);
           self.files.touch("/b");
           self.files.list("/", 10, listing_);
           self.files.rename("/b", "/a");
           self.door.sleep(3 * kShort, {});
         }});
    EXPECT_EQ(names(), cache == 4 ? "a " : "") << cache;
  }
}

TEST_F(NetworkTest, ARestartEmptiesTheCache) {
  for (const Mishap mishap : {Mishap::lost_reply, Mishap::duplicate}) {
    for (const bool restarts : {false, true}) {
      setting_.incidents.clear();
      if (restarts) {
        setting_.incidents = {{.kind = Incident::Kind::server_crash, .at = kShort, .length = {}}};
      }
      script_.fates[{0, 1}] = {mishap, 3 * kShort};
      run({[&](Process& self) { self.files.unlink("/a"); },
           [&](Process& self) {
             self.door.sleep(2 * kShort, {});
             self.files.create("/a", "new", 0644);
             self.door.sleep(2 * kShort, {});
           }});
      EXPECT_EQ(names(), restarts ? "" : "a ") << word(mishap);
    }
  }
}

// What its host has not sent when it is cut off or stands still comes when that is over, and never
// if it crashes; what the server has by then is not held up.
TEST_F(NetworkTest, WhatAHostHasNotSentWaitsWithIt) {
  using Kind = Incident::Kind;
  constexpr Duration kLong = std::chrono::seconds(9);
  for (const Mishap mishap : {Mishap::failed_late, Mishap::crash_late}) {
    for (const Kind kind : {Kind::partition, Kind::suspend, Kind::host_crash}) {
      for (const Duration at : {kShort, 3 * kShort}) {
        const bool sent = at > 2 * kShort;
        setting_.incidents = {{.kind = kind, .at = at, .length = kLong}};
        script_.fates[{0, 1}] = {mishap, 4 * kShort};
        Duration came{};
        run({[&](Process& self) { self.files.rename("/a", "/b"); },
             [&](Process& self) {
               while (names() == "a " && world_.now() < 2 * kLong) self.door.sleep(kShort, {});
               came = world_.now();
             }});
        const std::string when = std::string(word(mishap)) + ", " + word(kind);
        if (sent) {
          EXPECT_LE(came, 5 * kShort) << when;
        } else if (kind == Kind::host_crash) {
          EXPECT_EQ(names(), "a ") << when;
        } else {
          EXPECT_GE(came, at + kLong + 2 * kShort) << when;
          EXPECT_EQ(names(), "b ") << when;
        }
      }
    }
  }
}

// A copy is in the network, whatever becomes of its host.
TEST_F(NetworkTest, ACopyIsNotHeldUpWithItsHost) {
  setting_.server.remembered_requests = 0;
  setting_.incidents = {
      {.kind = Incident::Kind::partition, .at = Duration(1), .length = std::chrono::seconds(9)}};
  script_.fates[{0, 1}] = {Mishap::duplicate, kShort};
  run({[&](Process& self) { EXPECT_EQ(code(self.files.unlink("/a")), 0); },
       [&](Process& self) {
         self.files.create("/a", "new", 0644);
         self.door.sleep(2 * kShort, {});
         EXPECT_EQ(names(), "");
       }});
}

// A late answer tells what was there when the request was applied: a listing can be old on arrival.
TEST_F(NetworkTest, ALateReplyShowsThePast) {
  script_.fates[{0, 1}] = {Mishap::late_reply, 2 * kShort};
  os::Listing listing;
  run({[&](Process& self) { self.files.list("/", 10, listing); },
       [&](Process& self) {
         self.door.sleep(kShort, {});
         self.files.rename("/a", "/b");
       }});
  EXPECT_EQ(listing.names, std::vector<std::string>{"a"});
  EXPECT_EQ(names(), "b ");
}

TEST_F(NetworkTest, ACrashEndsTheProcessBeforeOrAfterItsRequest) {
  for (const auto& [mishap, expected] : std::map<Mishap, std::string>{
           {Mishap::crash_before, "a "}, {Mishap::crash_after, "b "}, {Mishap::crash_late, "b "}}) {
    script_.fates[{0, 1}] = {mishap, kShort};
    bool came_back = false;
    run({[&](Process& self) {
           const std::string on_the_stack(100, 'x');
           self.files.rename("/a", "/b");
           came_back = true;
         },
         [&](Process& self) { self.door.sleep(2 * kShort, {}); }});
    EXPECT_FALSE(came_back);
    EXPECT_EQ(names(), expected) << word(mishap);
  }
}

TEST_F(NetworkTest, ARestartedProcessIsAnotherOneEvenUnderTheSamePid) {
  setting_.processes.resize(1);
  setting_.processes[0].restart_after = kShort;
  setting_.processes[0].same_pid = true;
  script_.fates[{0, 1}] = {Mishap::crash_before, {}};
  std::vector<os::Process> lives;
  run({[&](Process& self) {
    lives.push_back(self.identity);
    EXPECT_EQ(self.door.life(lives[0]),
              lives.size() == 1 ? os::Life::not_proved_dead : os::Life::proved_dead);
    self.files.unlink("/a");
  }});
  ASSERT_EQ(lives.size(), 2U);
  EXPECT_EQ(lives[0].pid, lives[1].pid);
  EXPECT_NE(lives[0].start, lives[1].start);
}

// Measured on real mounts: what was looked up in vain stays missing, whatever a listing shows.
TEST_F(NetworkTest, ANameLookedUpInVainStaysMissingUntilThisHostChangesTheDirectory) {
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
TEST_F(NetworkTest, OnVersion3AListingStaysOldAfterTwoChangesInOneTickUntilATouch) {
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
TEST_F(NetworkTest, WithoutCloseToOpenAListingIsBelievedForItsTime) {
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

TEST_F(NetworkTest, AnOwnTouchDropsAListingThatIsStillBelieved) {
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
TEST_F(NetworkTest, AttributesHaveTheirTime) {
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
TEST_F(NetworkTest, AnOldNameReachesIntoADirectoryThatWasMovedAfterAll) {
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

TEST_F(NetworkTest, AnAsyncServerForgetsWhatItHadAcknowledged) {
  setting_.server.volatile_changes = 2;
  setting_.incidents = {
      {.kind = Incident::Kind::server_crash, .at = kShort, .length = kShort, .amount = 2}};
  run({[&](Process& self) {
    for (const char* const name : {"/b", "/c", "/d"}) {
      EXPECT_EQ(code(self.files.create(name, "", 0644)), 0);
    }
    self.door.sleep(kShort + Duration(1), {});
    EXPECT_EQ(code(self.files.create("/e", "", 0644)), 0);
    EXPECT_EQ(world_.now(), 2 * kShort);
  }});
  EXPECT_EQ(names(), "a b e ");
}

TEST_F(NetworkTest, APartitionBlocksAHardMountAndEndsInAnErrorOnASoftOne) {
  setting_.incidents = {
      {.kind = Incident::Kind::partition, .at = {}, .length = std::chrono::seconds(9)}};
  for (const bool hard : {true, false}) {
    setting_.mount.hard = hard;
    run({[&](Process& self) {
      self.door.sleep(kShort, {});
      EXPECT_EQ(code(self.files.unlink("/a")), hard ? 0 : EIO);
      EXPECT_EQ(world_.now() >= std::chrono::seconds(9), hard);
    }});
  }
}

// Suspended hosts: the two elapsed-time clocks differ by what the machine slept.
TEST_F(NetworkTest, ASuspendedHostMissesTimeOnOneClockOnly) {
  setting_.incidents = {
      {.kind = Incident::Kind::suspend, .at = kShort, .length = std::chrono::seconds(9)}};
  run({[&](Process& self) {
    const os::Stamp before = self.clock.now();
    self.door.sleep(2 * kShort, {});
    const os::Stamp after = self.clock.now();
    EXPECT_GE(after.boot - before.boot, std::chrono::seconds(9));
    EXPECT_LT(after.raw - before.raw, std::chrono::seconds(1));
  }});
}

TEST_F(NetworkTest, ClocksRunAtTheirOwnRate) {
  setting_.hosts.resize(1);
  setting_.hosts[0].clock.rate_ppm = 500'000;
  run({[&](Process& self) {
    const os::Stamp before = self.clock.now();
    self.door.sleep(std::chrono::seconds(3), {});
    EXPECT_NEAR(static_cast<double>((self.clock.now().raw - before.raw).count()), 3e9, 1e5);
    EXPECT_NEAR(static_cast<double>(world_.now().count()), 2e9, 1e5);
  }});
}

// Every operation is a point where another may come first.
TEST_F(NetworkTest, WhoGoesOnIsDecidedAtEveryOperation) {
  for (const bool others_first : {false, true}) {
    script_.others_first = others_first;
    std::string order;
    const auto body = [&](Process& self) {
      for (int i = 0; i < 2; ++i) {
        self.files.touch("/a");
        order += static_cast<char>('0' + self.index);
      }
    };
    run({body, body});
    EXPECT_EQ(order, others_first ? "1100" : "0011");
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
