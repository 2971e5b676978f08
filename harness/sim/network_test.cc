// What can go wrong with a request, one mishap at a time.
#include <set>

#include "harness/sim/network_fixture.h"

namespace holdfast::harness::sim {
namespace {

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

// A copy of an older setting of the times undoes a newer one.
TEST_F(NetworkTest, ASettingOfTheTimesMayComeLateAndTwice) {
  for (const Mishap mishap : {Mishap::duplicate, Mishap::failed_late}) {
    setting_.server.remembered_requests = 0;
    script_.fates[{0, 1}] = {mishap, 2 * kShort};
    run({[&](Process& self) {
      const os::WallTime early(std::chrono::seconds(1)), later(std::chrono::seconds(2));
      const auto modified = [&] {
        const Inode file = world_.server().look_up(Server::kRoot, "a");
        return world_.server().find(file)->status.modified.time_since_epoch();
      };
      EXPECT_EQ(code(self.files.set_modified("/a", early)), mishap == Mishap::duplicate ? 0 : EIO);
      EXPECT_EQ(code(self.files.set_modified("/a", later)), 0);
      EXPECT_EQ(modified(), later.time_since_epoch()) << word(mishap);
      self.door.sleep(3 * kShort, {});
      EXPECT_EQ(modified(), early.time_since_epoch()) << word(mishap);
    }});
  }
}

// One that is under way with another time is another situation.
TEST_F(NetworkTest, ADigestTellsToWhatTimeALateRequestSetsAFile) {
  std::set<std::uint64_t> digests;
  for (const int seconds : {1, 2}) {
    script_.fates[{0, 1}] = {Mishap::crash_late, 2 * kShort};
    run({[&](Process& self) {
           self.files.set_modified("/a", os::WallTime(std::chrono::seconds(seconds)));
         },
         [&](Process& self) {
           self.door.sleep(kShort, {});
           Digest digest;
           world_.add_to(digest);
           digests.insert(digest.value());
         }});
  }
  EXPECT_EQ(digests.size(), 2U);
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
