// Every fault, as the programs on the hosts meet it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "harness/sharedmount/testing.h"

namespace holdfast::harness::mount {
namespace {

using os::testing::Child;
using os::testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SharedMount;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = testing::why_no_mount(); !why.empty()) GTEST_SKIP() << why;
  }
  void share(const std::string& profile, const std::string& faults, const std::string& more = "") {
    mount_.reset();
    mount_ = std::make_unique<SharedMount>(R"({"emulate": ")" + profile + R"(", "faults": [)" +
                                           faults + "]" + more + "}");
  }
  std::string at(std::size_t host, const std::string& name = "") { return mount_->at(host, name); }
  bool there(const std::string& name) { return ::access(mount_->backing(name).c_str(), F_OK) == 0; }
  int make(std::size_t host, const std::string& name) {
    return files_.create(at(host, name), "", 0644).value();
  }
  int link(std::size_t host, const std::string& from, const std::string& to) {
    return files_.link(at(host, from), at(host, to)).value();
  }
  int rename(std::size_t host, const std::string& from, const std::string& to) {
    return files_.rename(at(host, from), at(host, to)).value();
  }
  int unlink(std::size_t host, const std::string& name) {
    return files_.unlink(at(host, name)).value();
  }

  os::Files& files_ = *os::native().files;
  std::unique_ptr<SharedMount> mount_;
};

// The classic of NFS: the program is told that it failed, and holds the lock.
TEST_F(Faults, ALostReplyShowsTheResultOfTheSecondTime) {
  share("local", R"({"fault": "lost_reply", "operation": ["link", "unlink", "rename", "mkdir"]})");
  ASSERT_EQ(make(0, "claim"), 0);
  EXPECT_EQ(link(0, "claim", "lock"), EEXIST);
  EXPECT_TRUE(there("lock"));
  EXPECT_EQ(rename(0, "lock", "moved"), ENOENT);
  EXPECT_TRUE(there("moved"));
  EXPECT_EQ(unlink(0, "moved"), ENOENT);
  EXPECT_FALSE(there("moved"));
  EXPECT_EQ(files_.make_directory(at(0, "d"), 0755).value(), EEXIST);
  EXPECT_TRUE(there("d"));
  EXPECT_EQ(mount_->hits(),
            "lost_reply h1 link claim lock: done, then EEXIST\n"
            "lost_reply h1 rename lock moved: done, then ENOENT\n"
            "lost_reply h1 unlink moved: done, then ENOENT\n"
            "lost_reply h1 mkdir d: done, then EEXIST\n");
}

// NFS 3 knows an exclusive create again by its verifier; other protocols do not.
TEST_F(Faults, AnExclusiveCreateWhoseReplyWasLostSucceedsOnNfs) {
  const std::string fault = R"({"fault": "lost_reply", "operation": "open_create"})";
  share("nfs3-default", fault);
  EXPECT_EQ(make(0, "file"), 0);
  EXPECT_EQ(make(1, "file"), EEXIST);
  share("local", fault);
  EXPECT_EQ(make(0, "file"), EEXIST);
  EXPECT_TRUE(there("file"));
}

// Else whoever asks again gets another's lock.
TEST_F(Faults, AnExclusiveCreateThatIsAskedForAgainIsNotGivenAnothersFile) {
  share("nfs3-default", "");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_crash", "for": "1h"}})"),
            R"({"injected":1})");
  Child asks([&] { return make(0, "file"); });
  EXPECT_TRUE(eventually([&] { return there("file"); }));
  // A server that is away answers the other host no more than this one.
  EXPECT_FALSE(files_.unlink(mount_->backing("file")));
  EXPECT_FALSE(files_.create(mount_->backing("file"), "", 0644));
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_EQ(asks.reap(), EEXIST);
  EXPECT_THAT(mount_->hits(), HasSubstr("lost_reply h1 open_create file: done, then EEXIST\n"));
}

TEST_F(Faults, ADuplicateIsCarriedOutLateOnWhatIsThereThen) {
  share("local", R"({"fault": "duplicate", "operation": "unlink", "for": "50ms", "times": 1})");
  ASSERT_EQ(make(0, "lock"), 0);
  EXPECT_EQ(unlink(0, "lock"), 0);
  ASSERT_EQ(make(1, "lock"), 0);
  EXPECT_TRUE(eventually([&] { return !there("lock"); }));
  EXPECT_TRUE(eventually([&] { return !mount_->hits().empty(); }));
  EXPECT_EQ(mount_->hits(), "duplicate h1 unlink lock: done, once more: done\n");
}

TEST_F(Faults, ADelayedRequestTakesItsTime) {
  share("local", R"({"fault": "delay", "operation": "rename", "host": "h2", "for": "60ms"})");
  ASSERT_EQ(make(0, "a"), 0);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(rename(1, "a", "b"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
  EXPECT_EQ(rename(0, "b", "a"), 0);
  EXPECT_EQ(mount_->hits(), "delay h2 rename a b: done\n");
}

TEST_F(Faults, ARequestIsOvertakenByLaterOnes) {
  share("local", R"({"fault": "reorder", "operation": "unlink", "host": "h1", "by": 3,
                     "for": "1h"})");
  ASSERT_EQ(make(0, "first"), 0);
  Child slow([&] { return unlink(0, "first"); });
  // Three that come later, whatever they are.
  EXPECT_TRUE(eventually([&] { return make(1, "second") == 0 || !there("first"); }));
  EXPECT_TRUE(eventually([&] {
    static_cast<void>(make(1, "second"));
    return !there("first");
  }));
  EXPECT_EQ(slow.reap(), 0);
  EXPECT_EQ(mount_->hits(), "reorder h1 unlink first: done\n");
}

TEST_F(Faults, AnErrorTellsNothingOfWhetherItWasApplied) {
  share("local",
        R"({"fault": "error", "error": "EIO", "operation": "mkdir", "path": "no*"},
           {"fault": "error", "error": "ETIMEDOUT", "applied": "yes", "path": "yes*",
            "operation": "mkdir"},
           {"fault": "error", "error": "ESTALE", "applied": "later", "for": "80ms",
            "path": "later*", "operation": "rename"},
           {"fault": "error", "error": "EDQUOT", "operation": "open_create", "path": "full*"})");
  EXPECT_EQ(files_.make_directory(at(0, "no"), 0755).value(), EIO);
  EXPECT_FALSE(there("no"));
  EXPECT_EQ(files_.make_directory(at(0, "yes"), 0755).value(), ETIMEDOUT);
  EXPECT_TRUE(there("yes"));
  EXPECT_EQ(make(0, "full"), EDQUOT);
  ASSERT_EQ(make(0, "a"), 0);
  EXPECT_EQ(rename(0, "a", "later"), ESTALE);
  EXPECT_TRUE(eventually([&] { return there("later"); }));
  EXPECT_TRUE(eventually([&] {
    return mount_->hits().find("error h1 rename a later: ESTALE, carried out later: done") !=
           std::string::npos;
  }));
  EXPECT_THAT(mount_->hits(), HasSubstr("error h1 mkdir yes: ETIMEDOUT, carried out: done\n"));
}

// On SMB two who both rename what they saw free have both moved it: one after the other.
TEST_F(Faults, ARenameMovesTheNameOrTheFileThatWasOpened) {
  const std::string hangs = R"({"fault": "hang", "operation": "rename", "host": "h1"})";
  for (const bool file : {false, true}) {
    share("local", hangs, file ? R"(, "renames": "of_the_file")" : "");
    ASSERT_EQ(make(0, "free"), 0);
    Child late([&] { return rename(0, "free", "first"); });
    ASSERT_TRUE(eventually([&] { return !mount_->hits().empty(); }));
    EXPECT_EQ(rename(1, "free", "second"), 0);
    EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
    EXPECT_EQ(late.reap(), file ? 0 : ENOENT);
    EXPECT_EQ(there("first"), file);
    EXPECT_EQ(there("second"), !file);
  }
}

// A harness must be able to kill what hangs on a hard mount.
TEST_F(Faults, AProgramThatHangsCanBeKilledAndItsRequestStillArrives) {
  share("local", R"({"fault": "hang", "operation": "mkdir"})");
  Child hung([&] { return files_.make_directory(at(0, "d"), 0755).value(); });
  ASSERT_TRUE(eventually([&] { return !mount_->hits().empty(); }));
  EXPECT_FALSE(there("d"));
  hung.kill();
  EXPECT_EQ(hung.reap(), -SIGKILL);
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_TRUE(eventually([&] { return there("d"); }));
  EXPECT_THAT(mount_->hits(), HasSubstr("late_arrival(hang) h1 mkdir d: done\n"));
}

// What gives up proves that it had waited.
TEST_F(Faults, AHostThatIsCutOffWaitsAndTheOthersGoOn) {
  share("local", "", R"(, "soft": "50ms")");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "partition", "host": "h1", "for": "1h"}})"),
            R"({"injected":1})");
  EXPECT_EQ(rename(0, "nothing", "no"), EIO);
  EXPECT_EQ(make(0, "cut"), EIO);
  EXPECT_FALSE(there("cut"));
  EXPECT_EQ(make(1, "other"), 0);
  EXPECT_THAT(mount_->hits(),
              HasSubstr("given_up(partition) h1 lookup cut: EIO, kept back by partition 1\n"));
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_EQ(make(0, "later"), 0);
  EXPECT_FALSE(there("cut"));
  EXPECT_THAT(mount_->hits(), HasSubstr("partition h1 2 requests waited\n"));
  EXPECT_THAT(
      mount_->hits(),
      HasSubstr("held_up(partition) h1 lookup cut: not arrived, kept back by partition 1\n"));
}

TEST_F(Faults, WhereOnlyRepliesAreLostTheChangeIsMadeAndThenDeniedWhenTheWayIsFree) {
  // Names are kept: else looking it up would wait for its own reply.
  share("nfs3-default", "");
  ASSERT_EQ(make(0, "f"), 0);
  const std::string replies =
      R"({"fault": {"fault": "partition", "host": "h1", "for": "1h", "direction": "replies"}})";
  ASSERT_EQ(mount_->say(replies), R"({"injected":1})");
  Child cut_off([&] { return unlink(0, "f"); });
  EXPECT_TRUE(eventually([&] { return !there("f"); }));
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_EQ(cut_off.reap(), ENOENT);
  EXPECT_THAT(mount_->hits(), HasSubstr("lost_reply h1 unlink f: done, then ENOENT\n"));
}

TEST_F(Faults, ASoftMountGivesUp) {
  share("local", R"({"fault": "partition", "host": "h1", "for": "1h"})", R"(, "soft": "50ms")");
  EXPECT_TRUE(eventually([&] {
    struct stat ignored {};
    return ::stat(at(0, "x").c_str(), &ignored) != 0 && errno == EIO;
  }));
  EXPECT_EQ(make(1, "other"), 0);
}

// Whoever has got past an outage gives up for what keeps him then.
TEST_F(Faults, WhoGivesUpNamesWhatIsInTheWayThen) {
  share("local", R"({"fault": "lost_reply", "operation": "mkdir", "for": "1h"})",
        R"(, "soft": "400ms")");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "partition", "host": "h1", "for": "20ms"}})"),
            R"({"injected":2})");
  EXPECT_EQ(files_.make_directory(at(0, "d"), 0755).value(), EIO);
  EXPECT_TRUE(there("d"));
  EXPECT_THAT(mount_->hits(),
              HasSubstr("given_up(lost_reply) h1 mkdir d: EIO, kept back by lost_reply 1\n"));
}

TEST_F(Faults, AServerThatStandsStillHoldsEverybodyUp) {
  share("local", "", R"(, "soft": "50ms")");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_pause", "for": "1h"}})"),
            R"({"injected":1})");
  EXPECT_EQ(make(0, "a"), EIO);
  EXPECT_EQ(make(1, "b"), EIO);
  EXPECT_THAT(mount_->hits(),
              HasSubstr("given_up(server_pause) h2 lookup b: EIO, kept back by server_pause 1\n"));
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_EQ(make(1, "b"), 0);
}

TEST_F(Faults, AnOutageForWhichNobodyWaitedTookNoEffect) {
  share("local", "");
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_pause", "for": "1ms"}})"),
            R"({"injected":1})");
  EXPECT_TRUE(eventually([&] { return !mount_->hits().empty(); }));
  EXPECT_EQ(mount_->hits(),
            "server_pause  0 requests waited (no effect: no request waited for its end)\n");
}

TEST_F(Faults, ALostReplyOfWhatFailsBothTimesTookNoEffect) {
  share("local", R"({"fault": "lost_reply", "operation": "lookup", "path": "nothing"})");
  EXPECT_NE(::access(at(0, "nothing").c_str(), F_OK), 0);
  EXPECT_EQ(mount_->hits(),
            "lost_reply h1 lookup nothing: ENOENT, then ENOENT "
            "(no effect: it failed both times in the same way)\n");
}

// What a server that forgets nothing does wrong when it crashes: what it has done it does not say.
TEST_F(Faults, ACrashedServerHasDoneWhatItDidNotAnswer) {
  share("local", "");
  ASSERT_EQ(make(0, "claim"), 0);
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_crash", "for": "1h"}})"),
            R"({"injected":1})");
  Child asks([&] { return link(0, "claim", "lock"); });
  EXPECT_TRUE(eventually([&] { return there("lock"); }));
  EXPECT_EQ(mount_->say(R"({"end": 1})"), R"({"ended":1})");
  EXPECT_EQ(asks.reap(), EEXIST);
  EXPECT_THAT(mount_->hits(), HasSubstr("lost_reply h1 link claim lock: done, then EEXIST\n"));
  EXPECT_THAT(mount_->hits(), HasSubstr("server_crash  1 request waited\n"));
}

TEST_F(Faults, ACrashedAsyncServerForgetsWhatItAcknowledged) {
  share("nfs-async", "");
  ASSERT_EQ(make(0, "old"), 0);
  ASSERT_EQ(make(0, "claim"), 0);
  ASSERT_EQ(link(0, "claim", "lock"), 0);
  ASSERT_EQ(unlink(0, "old"), 0);
  ASSERT_TRUE(there("lock"));
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_crash", "for": "1ms", "forget": 2}})"),
            R"({"injected":1})");
  EXPECT_TRUE(eventually([&] { return there("old") && !there("lock"); }));
  EXPECT_TRUE(there("claim"));
  EXPECT_TRUE(
      eventually([&] { return mount_->hits().find("server_forgot") != std::string::npos; }));
  EXPECT_THAT(mount_->hits(), HasSubstr("forgotten(server_crash) h1 unlink old\n"
                                        "forgotten(server_crash) h1 link claim lock\n"
                                        "server_forgot(server_crash)  2 changes forgotten\n"));
}

TEST_F(Faults, FilesAreStampedByTheServersClockAndExplicitTimesPassThrough) {
  share("local", "");
  ASSERT_EQ(make(0, "before"), 0);
  ASSERT_EQ(mount_->say(R"({"fault": {"fault": "server_clock", "offset": "10h"}})"),
            R"({"injected":1})");
  // The kernel's file stamps may lag by a tick.
  ASSERT_TRUE(eventually([&] {
    struct stat now {};
    EXPECT_FALSE(files_.touch(at(0, "before")));
    EXPECT_EQ(::stat(at(0, "before").c_str(), &now), 0);
    return now.st_mtim.tv_sec > ::time(nullptr) + 9 * 3600;
  }));
  const os::WallTime given(std::chrono::seconds(1'000'000'000));
  ASSERT_FALSE(files_.set_modified(at(0, "before"), given));
  os::FileStatus status;
  ASSERT_FALSE(files_.status(at(1, "before"), os::Revalidate::forced, status));
  EXPECT_EQ(status.modified.time_since_epoch(), given.time_since_epoch());
  EXPECT_GT(status.changed.time_since_epoch(), std::chrono::seconds(::time(nullptr) + 9 * 3600));
  EXPECT_EQ(mount_->say(R"({"fault": {"fault": "server_clock", "offset": "0s"}})"),
            R"({"injected":2})");
  EXPECT_THAT(mount_->hits(), HasSubstr("server_clock  offset: off by 10h, before by 0s; "));
  EXPECT_THAT(mount_->hits(), Not(HasSubstr("no effect")));
}

TEST_F(Faults, WhatIsWrongWithAnInjectionIsSaidAndNothingHappens) {
  share("local", "");
  EXPECT_THAT(mount_->say("no json"), HasSubstr("problem"));
  EXPECT_THAT(mount_->say(R"({"fault": {"fault": "lost_replay"}})"), HasSubstr("lost_reply"));
  EXPECT_THAT(mount_->say(R"({"fault": {"fault": "hang", "host": "h3"}})"), HasSubstr("h2"));
  EXPECT_THAT(mount_->say(R"({"fault": {"fault": "server_crash", "for": "1ms", "forget": 1}})"),
              HasSubstr("nfs-async"));
  EXPECT_THAT(mount_->say(R"({"end": 1})"), HasSubstr("no fault 1"));
  EXPECT_EQ(make(0, "file"), 0);
}

// Ends in order although a program waits in a hung operation.
TEST_F(Faults, TheServerEndsWhileAProgramWaits) {
  share("local", R"({"fault": "hang", "operation": "mkdir"})");
  Child hung([&] { return files_.make_directory(at(0, "d"), 0755).value(); });
  ASSERT_TRUE(eventually([&] { return !mount_->hits().empty(); }));
  ::kill(mount_->server().pid(), SIGTERM);
  EXPECT_EQ(mount_->server().reap(), 0);
  EXPECT_EQ(hung.reap(), EIO);
  EXPECT_TRUE(eventually([&] { return testing::mounts_below(mount_->folder()) == 0; }));
}

}  // namespace
}  // namespace holdfast::harness::mount
