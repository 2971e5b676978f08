// What `link` cannot do, each as the interleaving of lib/README.md, "link: what remains unsafe".
//
// These are not wishes: where one of them fails, a limit is gone, and the page has to say so. What
// must hold in each is that the one who lost the lock is told when it asks.
#include <holdfast/protocol/testing/link_fixture.h>

#include <filesystem>

namespace holdfast {
namespace {

using os::testing::Call;
using std::chrono::seconds;
using testing::Operation;
using testing::Party;

class LinkLimits : public testing::LinkFixture {
 protected:
  /// The second half of flufl.lock's break and of its release: by name, whoever's it is by now.
  void foreign_unlink() const {
    os::Files& files = *os::native().files;
    const std::string claim = world.contents("LOCK");
    ASSERT_FALSE(files.unlink(world.lock_path()));
    files.unlink(world.scratch.path() + claim.substr(claim.rfind('/')));
  }
  void expect_two_holders(Link& robbed, Link& thief) {
    EXPECT_TRUE(robbed.held() && thief.held());
    EXPECT_EQ(world.contents("LOCK"), thief.claim_path());
    EXPECT_EQ(renew(robbed), Errc::lost);
    EXPECT_FALSE(renew(thief));
  }

  Party& c = world.party("c.example", 33, 1003);
  Party& d = world.party("d.example", 44, 1004);
};

TEST_F(LinkLimits, AForeignBreakerIsSlow) {
  const auto second = world.link(b);
  const auto third = world.link(c);
  foreign_lock(-seconds(11));  // F looks: expired
  ASSERT_FALSE(take(*second));
  foreign_unlink();
  ASSERT_FALSE(take(*third));
  expect_two_holders(*second, *third);
}

TEST_F(LinkLimits, AForeignBreakerMeetsARelease) {
  const auto first = world.link(a);
  const auto second = world.link(b);
  const auto third = world.link(c);
  ASSERT_FALSE(take(*first));
  world.clock.advance(seconds(26));  // F looks: expired
  ASSERT_FALSE(give(*first));
  ASSERT_FALSE(take(*second));
  foreign_unlink();
  ASSERT_FALSE(take(*third));
  expect_two_holders(*second, *third);
}

TEST_F(LinkLimits, AForeignReleaseIsSlow) {
  const auto second = world.link(b);
  const auto third = world.link(c);
  foreign_lock(-seconds(11));  // F's own; it asks: mine
  ASSERT_FALSE(take(*second));
  foreign_unlink();
  ASSERT_FALSE(take(*third));
  expect_two_holders(*second, *third);
}

// F has linked a claim whose time is an old one, and is held up before it sets it again.
TEST_F(LinkLimits, AForeignLockIsBornOld) {
  const auto second = world.link(b);
  const std::string claim = foreign_lock(-seconds(11));
  ASSERT_FALSE(take(*second));
  EXPECT_FALSE(world.exists(claim)) << "F's second setting of the time fails, and F ignores that";
}

// Not held up for the whole of the break: then the lock goes back.
TEST_F(LinkLimits, AForeignLockIsBornOldAndYoungInTime) {
  for (const char* before : {".break", "LOCK.aside."}) {
    const std::string claim = foreign_lock(-seconds(11), "elsewhere", before[0]);
    const auto second = world.link(b);
    bool young = false;
    b.files.before = [&](const Call& call) {
      const std::string& path = call.to.empty() ? call.from : call.to;
      if (!young && path.find(before) != std::string::npos) {
        young = true;
        world.set_modified(claim, seconds(15));
      }
    };
    EXPECT_EQ(take(*second), Errc::timed_out);
    EXPECT_TRUE(world.contents("LOCK").ends_with(claim));
    std::filesystem::remove(world.lock_path());
  }
}

TEST_F(LinkLimits, ALiveLockIsAside) {
  const auto first = world.link(a);
  const auto second = world.link(b);
  const auto fourth = world.link(d);
  ASSERT_FALSE(take(*first));
  world.clock.advance(seconds(26));
  bool aside = false;
  b.files.before = [&](const Call& call) {
    if (call.operation != Operation::rename || call.from != world.lock_path()) return;
    EXPECT_FALSE(renew(*first));
    aside = true;
  };
  b.files.after = [&](const Call& call) {
    if (!aside || call.from != world.lock_path()) return;
    aside = false;
    ASSERT_FALSE(take(*fourth));
  };
  EXPECT_EQ(take(*second), Errc::timed_out);
  expect_two_holders(*first, *fourth);
}

// The release looked while its lease ran, and moves when lifetime and slop are over.
TEST_F(LinkLimits, APausedReleaseMovesASuccessorsLock) {
  const auto slow = world.link(a);
  const auto second = world.link(b);
  const auto third = world.link(c);
  ASSERT_FALSE(take(*slow));
  a.files.before = [&](const Call& call) {
    if (call.operation != Operation::rename || second->held()) return;
    world.clock.advance(seconds(26));
    ASSERT_FALSE(take(*second));
  };
  a.files.after = [&](const Call& call) {
    if (call.operation == Operation::rename && second->held()) take(*third);
  };
  EXPECT_EQ(give(*slow), Errc::lost);
  expect_two_holders(*second, *third);
}

// The server has answered, forgotten that it did, and gets the request once more.
TEST_F(LinkLimits, ARenameIsAppliedTwice) {
  const auto first = world.link(a);
  const auto second = world.link(b);
  const auto third = world.link(c);
  ASSERT_FALSE(take(*first));
  a.files.add({Operation::rename, testing::Effect::repeated});
  ASSERT_FALSE(give(*first));
  ASSERT_FALSE(take(*second));
  a.files.deliver_late();
  ASSERT_FALSE(take(*third));
  expect_two_holders(*second, *third);
}

// A copy of the first setting of the time comes when the lock has been renewed since, by more than
// lifetime and slop.
TEST_F(LinkLimits, ASettingOfTheTimeIsAppliedTwice) {
  const auto first = world.link(a);
  const auto second = world.link(b);
  a.files.add({Operation::set_modified, testing::Effect::repeated});
  ASSERT_FALSE(take(*first));
  for (int renewals = 0; renewals < 2; ++renewals) {
    world.clock.advance(seconds(12));
    ASSERT_FALSE(renew(*first));
  }
  world.clock.advance(seconds(2));
  ASSERT_EQ(take(*second), Errc::timed_out);
  a.files.deliver_late();
  ASSERT_FALSE(take(*second));
  expect_two_holders(*first, *second);
}

// flufl.lock's question is whether LOCK is its claim, with two names, in this very moment.
TEST_F(LinkLimits, AForeignHolderIsToldThatItHasLostALockThatIsBackAMomentLater) {
  const auto breaker = world.link(b);
  const std::string claim = foreign_lock(-seconds(11));
  bool asked = false;
  b.files.before = [&](const Call& call) {
    if (call.operation != Operation::rename || call.from != world.lock_path()) return;
    world.set_modified(claim, seconds(15));
    asked = true;
  };
  b.files.after = [&](const Call& call) {
    if (!asked || call.from != world.lock_path()) return;
    EXPECT_FALSE(world.exists("LOCK"));
  };
  EXPECT_EQ(take(*breaker), Errc::timed_out);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(world.contents("LOCK").ends_with(claim));
  EXPECT_EQ(world.status("LOCK").links, 2u);
}

}  // namespace
}  // namespace holdfast
