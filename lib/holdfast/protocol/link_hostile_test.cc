// A directory in which anybody may put anything: never followed, never removed, never blocking, and
// never an exception.
#include <holdfast/protocol/testing/link_fixture.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace holdfast {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::Effect;
using testing::Operation;

class LinkHostile : public testing::LinkFixture {
 protected:
  /// Whatever is asked, what is at the lock's path stays as it is.
  void refuse(const std::error_code& expected) {
    const auto link = world.link(a);
    std::error_code error;
    EXPECT_EQ(take(*link, Patience::of(seconds(5))), expected);
    link->state(error);
    link->holder(error);
    link->expiration(error);
    EXPECT_EQ(renew(*link), Errc::not_held);
    EXPECT_EQ(give(*link), Errc::not_held);
    EXPECT_EQ(litter(), std::vector<std::string>{"LOCK"}) << "no claim is left";
  }
  /// A regular file with these contents that looks long expired.
  void plant(const std::string& contents) {
    world.write("LOCK", contents);
    world.set_modified("LOCK", -hours(1000));
  }
  std::string path(const std::string& name) const { return world.scratch.path() + '/' + name; }
};

TEST_F(LinkHostile, ASymbolicLinkIsNotFollowed) {
  ASSERT_EQ(::symlink(path("target").c_str(), world.lock_path().c_str()), 0);
  refuse({ELOOP, std::system_category()});
  EXPECT_FALSE(world.exists("target"));
}

TEST_F(LinkHostile, ASymbolicLinkToAnExpiredLockIsNotFollowed) {
  const std::string claim = foreign_lock(-hours(1));
  ASSERT_FALSE(os::native().files->unlink(world.lock_path()));
  ASSERT_EQ(::symlink(path(claim).c_str(), world.lock_path().c_str()), 0);
  const auto link = world.link(a);
  EXPECT_EQ(take(*link, Patience::of(seconds(5))).value(), ELOOP);
  EXPECT_TRUE(world.exists(claim));
  EXPECT_EQ(state_of(*link), State::unknown);
}

TEST_F(LinkHostile, AFifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo(world.lock_path().c_str(), 0666), 0);
  refuse({EINVAL, std::system_category()});
}

TEST_F(LinkHostile, ADirectoryIsTheOtherProtocols) {
  ASSERT_EQ(::mkdir(world.lock_path().c_str(), 0777), 0);
  refuse(Errc::wrong_protocol);
}

TEST_F(LinkHostile, ADirectoryThatComesWhileWaitingEndsTheWaiting) {
  const auto holder = world.link(a);
  const auto waiter = world.link(b);
  ASSERT_FALSE(take(*holder));
  b.host.on_wait = [&](Duration) {
    if (b.host.waits == 5) {
      EXPECT_FALSE(give(*holder));
      ::mkdir(world.lock_path().c_str(), 0777);
    }
    return os::Wake::elapsed;
  };
  EXPECT_EQ(take(*waiter, Patience::of(seconds(5))), Errc::wrong_protocol);
  EXPECT_EQ(litter(), std::vector<std::string>{"LOCK"});
}

TEST_F(LinkHostile, AHugeFileIsNotRead) {
  plant("");
  ASSERT_EQ(::truncate(world.lock_path().c_str(), off_t{1} << 40), 0);
  world.set_modified("LOCK", -hours(1000));
  refuse(Errc::timed_out);
  EXPECT_EQ(state_of(*world.link(a)), State::unknown);
}

// Somebody's own file, which happens to be old: it is kept, whatever it contains.
TEST_F(LinkHostile, WhatIsNoClaimOfThisLockIsKept) {
  const std::string directory = world.scratch.path();
  for (const std::string& contents : std::vector<std::string>{
           "",
           "save me",
           "\n",
           std::string("\0", 1),
           "\xff\xfe\xfd",
           "|||",
           "LOCK|||",
           "LOCK|h|1",
           "LOCK|h|1|2\n",
           "LOCK|h|1|2|",
           "LOCK|h\n|1|2",
           "LOCK|h/|1|2",
           "OTHER|h|1|2",
           directory + "/OTHER|h|1|2",
           "/etc/passwd",
           "LOCK|h|1|2/../../etc/passwd",
           directory + "/LOCK|h|1|99999999999999999999",
           "LOCK^h^1^2",
           std::string(4096, 'L'),
           std::string(100'000, '|'),
       }) {
    SCOPED_TRACE(contents.substr(0, 60));
    plant(contents);
    refuse(Errc::timed_out);
    EXPECT_EQ(world.contents("LOCK"), contents);
    EXPECT_EQ(state_of(*world.link(a)), State::unknown);
    std::error_code error;
    EXPECT_FALSE(world.link(a)->holder(error));
    EXPECT_TRUE(error);
  }
}

// flufl.lock unlinks the path that an expired lock spells.
TEST_F(LinkHostile, AFileThatALockNamesIsNeverRemoved) {
  ASSERT_EQ(::mkdir(path("home").c_str(), 0777), 0);
  const std::string victim = "home/LOCK|h|1|2";
  world.write(victim, "precious");
  plant(path(victim));
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link)) << "its last component is a claim of this lock";
  EXPECT_EQ(world.contents(victim), "precious");
}

TEST_F(LinkHostile, AFileBesideTheLockThatIsNotItsClaimIsNeverRemoved) {
  world.write(claim_name("h", 1), "precious");
  plant("/their/mount/" + claim_name("h", 1));
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(world.contents(claim_name("h", 1)), "precious") << "another file than the lock was";
}

TEST_F(LinkHostile, AClaimsNameThatLeadsElsewhereIsNotFollowed) {
  world.write("victim", "precious");
  ASSERT_EQ(::symlink(path("victim").c_str(), path(claim_name("h", 1)).c_str()), 0);
  plant("/their/mount/" + claim_name("h", 1));
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(world.contents("victim"), "precious");
  EXPECT_TRUE(world.exists(claim_name("h", 1)));
}

TEST_F(LinkHostile, AClaimsNameThatIsTakenIsNotUsed) {
  const auto link = world.link(a);
  const std::string drawn = link->claim_path();
  ASSERT_EQ(::symlink(path("victim").c_str(), drawn.c_str()), 0);
  ASSERT_FALSE(take(*link));
  EXPECT_NE(link->claim_path(), drawn);
  EXPECT_FALSE(world.exists("victim"));
  ASSERT_FALSE(give(*link));
  EXPECT_EQ(world.siblings().size(), 1u);
}

// Whoever has put something where the breakers' baton is to be, has barred the way.
TEST_F(LinkHostile, AFalseBreakersBatonIsNotTouched) {
  for (const char* kind : {"file", "symlink"}) {
    foreign_lock(-hours(1));
    if (kind == std::string("file")) {
      world.write("LOCK.break", "precious");
    } else {
      ASSERT_EQ(::symlink("/nowhere", path("LOCK.break").c_str()), 0);
    }
    const auto link = world.link(a);
    EXPECT_EQ(take(*link, Patience::of(seconds(5))), Errc::timed_out);
    EXPECT_TRUE(world.exists("LOCK.break"));
    ASSERT_FALSE(os::native().files->unlink(path("LOCK.break")));
    ASSERT_FALSE(take(*link));
    ASSERT_FALSE(give(*link));
    std::filesystem::remove_all(path("LOCK.break"));
  }
}

TEST_F(LinkHostile, OurOwnLockThatSomebodyOverwroteIsLost) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  world.write("LOCK", "mine");
  EXPECT_EQ(renew(*link), Errc::lost);
  EXPECT_EQ(world.contents("LOCK"), "mine");
  EXPECT_FALSE(link->held());
}

TEST_F(LinkHostile, OurOwnLockThatSomebodyReplacedIsLost) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  const std::string text = world.contents("LOCK");
  ASSERT_FALSE(os::native().files->unlink(world.lock_path()));
  world.write("LOCK", text);  // the same contents in another file
  EXPECT_EQ(give(*link), Errc::lost);
  EXPECT_EQ(litter(), std::vector<std::string>{"LOCK"});
}

// What an administrator's script does to all that begins with the lock's name.
TEST_F(LinkHostile, AHolderWhoseFilesAreAllRemovedHasLost) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  for (const std::string& name : world.siblings()) std::filesystem::remove_all(path(name));
  EXPECT_EQ(renew(*link), Errc::lost);
  EXPECT_EQ(take(*link), std::error_code());
}

TEST_F(LinkHostile, AFileThatMayNotBeReadIsWaitedFor) {
  foreign_lock(-hours(1));
  const auto link = world.link(a);
  for (std::size_t nth = 1; nth <= 1000; ++nth) {
    a.files.add({Operation::read, Effect::refused, EACCES, 1, "/LOCK"});
  }
  EXPECT_EQ(take(*link, Patience::of(seconds(3))), Errc::timed_out);
  EXPECT_EQ(state_of(*link), State::unknown);
  EXPECT_EQ(link->last_failure().code.value(), EACCES);
}

}  // namespace
}  // namespace holdfast
