// What a release, a refresh and an acquire conclude from a lock that is not as they left it: every
// row of the protocol's table of outcomes.
#include <gtest/gtest.h>
#include <holdfast/os/testing/client_files.h>
#include <holdfast/protocol/testing/baton_fixture.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

namespace holdfast {
namespace {

using os::testing::ClientFiles;
using std::chrono::seconds;
using testing::Effect;
using testing::held_name;
using testing::Operation;

class BatonReleaseTest : public testing::BatonFixture {
 protected:
  BatonReleaseTest() {
    world_.put({"free,7,3,0"});
    EXPECT_FALSE(take(*baton_));
    EXPECT_EQ(grant_.token, 8u);
  }
  /// The release's answer where the lock is found to be this.
  std::error_code release_finding(const std::string& name) {
    world_.put({name});
    return give(*baton_);
  }

  std::unique_ptr<Baton> baton_ = world_.baton(a_);
};

TEST_F(BatonReleaseTest, AFreeStateOfOurGenerationMeansDone) {
  EXPECT_FALSE(release_finding("free,8,3,0"));
}

TEST_F(BatonReleaseTest, ALaterGenerationThatNobodyTookFromUsMeansDone) {
  EXPECT_FALSE(release_finding("free,9,3,0"));
}

TEST_F(BatonReleaseTest, AHolderThatCameAfterOurReleaseMeansDone) {
  EXPECT_FALSE(release_finding(held_name(12, 4, seconds(15), 8)));
}

TEST_F(BatonReleaseTest, ATakeOverOfOurGrantMeansLost) {
  EXPECT_EQ(release_finding(held_name(9, 0, seconds(15), 9, true)), Errc::lost);
  EXPECT_FALSE(baton_->owes_release());
}

TEST_F(BatonReleaseTest, ATakeOverOfOurGrantThatWasGivenBackMeansLost) {
  EXPECT_EQ(release_finding("free,20,9,1"), Errc::lost);
}

TEST_F(BatonReleaseTest, ALaterTakeOverTellsNothingOfOurs) {
  EXPECT_EQ(release_finding("free,20,15,1"), Errc::outcome_unknown);
  EXPECT_FALSE(baton_->owes_release()) << "there is nothing left to give back";
}

TEST_F(BatonReleaseTest, ALockThatIsGoneTellsNothing) {
  std::filesystem::remove_all(world_.lock_path());
  EXPECT_EQ(give(*baton_), Errc::outcome_unknown);
  EXPECT_FALSE(baton_->held());
}

// Work is by path: steps through a kept descriptor would still succeed in the moved directory.
TEST_F(BatonReleaseTest, ALockThatWasMovedAwayIsGone) {
  std::filesystem::rename(world_.lock_path(), world_.lock_path() + ".old");
  EXPECT_EQ(renew(*baton_), Errc::lost);
  EXPECT_FALSE(baton_->held());
  ASSERT_FALSE(take(*baton_)) << "and a new one is made";
  EXPECT_GT(grant_.token, 8u);
}

TEST_F(BatonReleaseTest, OurRenewalOfUnknownOutcomeIsGivenBackInItsPlace) {
  a_.files.add({Operation::rename, Effect::late, EIO});
  for (int count = 0; count < 100; ++count) {
    a_.files.add({Operation::rename, Effect::refused, EIO});
  }
  EXPECT_EQ(renew(*baton_), Errc::outcome_unknown);
  a_.files.forget_faults();
  a_.files.deliver_late();
  EXPECT_EQ(on_disk().renewal, 1u);
  EXPECT_FALSE(give(*baton_));
  EXPECT_EQ(world_.value(), "free,8,3,0");
}

/// A client that remembers which names it has looked up in vain, touch or no touch.
class BatonVainLookupTest : public BatonReleaseTest {
 protected:
  BatonVainLookupTest() { client_.touch_mends_lookups = false; }
  os::System system() {
    os::System system = a_.system();
    system.files = &client_;
    return system;
  }
  /// The client has looked for the lock's state before it was there.
  void look_in_vain() { client_.looked_up_in_vain(world_.lock_path() + "/" + world_.value()); }

  ClientFiles client_{a_.files};
  Baton baton_of_client_{world_.lock_path(), {}, system()};
};

// A renewal that was reported as failed has left its own name looked up in vain on this client,
// which may then say "no such file" for half a minute, touch or no touch.
TEST_F(BatonVainLookupTest, WhatThisClientHasLookedUpInVainIsGivenBackAndRenewedAllTheSame) {
  ASSERT_FALSE(give(*baton_));
  ASSERT_FALSE(take(baton_of_client_));
  look_in_vain();
  EXPECT_FALSE(renew(baton_of_client_));
  look_in_vain();
  EXPECT_FALSE(give(baton_of_client_));
  EXPECT_FALSE(on_disk().held);
  EXPECT_LT(a_.host.waited, std::chrono::milliseconds(200));
  EXPECT_EQ(world_.entries().size(), 1u) << "no probe stays";
}

TEST_F(BatonVainLookupTest, WhatThisClientHasLookedUpInVainIsBrokenAllTheSame) {
  look_in_vain();
  std::error_code error;
  baton_of_client_.break_shown(world_.value(), error);
  EXPECT_FALSE(error) << error.message();
  EXPECT_FALSE(on_disk().held);
  EXPECT_LT(a_.host.waited, std::chrono::milliseconds(200));
  EXPECT_EQ(world_.entries().size(), 1u) << "no probe stays";
}

// Found by exploration: an acquire waited for as long as this client remembered.
TEST_F(BatonVainLookupTest, WhatThisClientHasLookedUpInVainIsBurnedAllTheSame) {
  ASSERT_FALSE(give(*baton_));
  look_in_vain();
  // So it is not found; and for a while nothing can be looked at: the request is in doubt.
  for (int looks = 0; looks < 40; ++looks) {
    a_.files.add({Operation::touch, Effect::refused, EIO});
    a_.files.add({Operation::create, Effect::refused, EIO});
  }
  std::error_code error;
  baton_of_client_.acquire(Patience::of(seconds(10)), {}, error);
  EXPECT_FALSE(error) << error.message();
  EXPECT_TRUE(a_.files.all_hit());
  EXPECT_LT(a_.host.waited, seconds(3));
}

TEST_F(BatonReleaseTest, OnlyWhenPatienceEndsTheOutcomeIsUnknownAndItCanBeTriedAgain) {
  for (int count = 0; count < 1000; ++count) {
    a_.files.add({Operation::rename, Effect::refused, EIO});
  }
  EXPECT_EQ(give(*baton_), Errc::outcome_unknown);
  EXPECT_GE(a_.host.waited, seconds(2));
  EXPECT_FALSE(baton_->held());
  EXPECT_TRUE(baton_->owes_release());
  a_.files.forget_faults();
  EXPECT_FALSE(give(*baton_));
}

TEST_F(BatonReleaseTest, ARefusalOfTheSystemIsSaidAtOnce) {
  a_.files.add({Operation::rename, Effect::refused, EACCES});
  EXPECT_EQ(give(*baton_), std::errc::permission_denied);
  EXPECT_EQ(baton_->last_failure().operation, "rename");
  EXPECT_FALSE(give(*baton_));
}

TEST_F(BatonReleaseTest, TornOrStrangeStatesAreNeverAnAnswer) {
  world_.remove(world_.value());
  EXPECT_EQ(give(*baton_), Errc::outcome_unknown) << "emptied";
  world_.put({"held,of a newer version"});
  EXPECT_EQ(give(*baton_), Errc::outcome_unknown);
  world_.put({"free,20,3,0", "free,21,3,0"});
  EXPECT_EQ(give(*baton_), Errc::outcome_unknown) << "two";
  EXPECT_EQ(world_.entries().size(), 2u);
  world_.put({"free,20,3,0"});
  EXPECT_FALSE(give(*baton_));
}

TEST_F(BatonReleaseTest, ARefreshThatFindsAnotherStateHasLost) {
  ASSERT_FALSE(give(*baton_));
  for (const std::string& name :
       {std::string("free,21,3,0"), held_name(22, 0, seconds(15), 22, true),
        std::string("free,90,3,0")}) {
    world_.put({"free,20,3,0"});
    const auto baton = world_.baton(a_);
    ASSERT_FALSE(take(*baton));
    world_.put({name});
    EXPECT_EQ(renew(*baton), Errc::lost) << name;
    EXPECT_FALSE(baton->held());
    EXPECT_EQ(renew(*baton), Errc::not_held);
    EXPECT_EQ(world_.value(), name);
  }
}

// An earlier call's request may be applied yet, as far as can be seen: whatever this one ends with,
// that is said.
TEST_F(BatonReleaseTest, WhileAnEarlierRequestIsInDoubtNothingElseIsSaid) {
  world_.put({held_name(20, 3, seconds(1))});
  const auto other = world_.baton(b_);
  EXPECT_EQ(take(*other), Errc::timed_out);
  world_.clock.advance(seconds(2));
  b_.files.add({Operation::rename, Effect::late, EIO});
  for (int count = 0; count < 5000; ++count) {
    b_.files.add({Operation::touch, Effect::refused, EIO});
    b_.files.add({Operation::create, Effect::refused, EIO});
  }
  EXPECT_EQ(take(*other), Errc::outcome_unknown);
  world_.put({held_name(20, 4)});
  EXPECT_EQ(take(*other), Errc::outcome_unknown);
  b_.files.forget_faults();
  EXPECT_EQ(take(*other), Errc::timed_out);
  EXPECT_FALSE(other->owes_release());
}

// The request was reported as failed, the caller has gone, and then it is applied: the next attempt
// of the same process finds it and gives it back, and the one after that has a lock of its own.
TEST_F(BatonReleaseTest, AGrantThatTurnsUpAfterItsCallIsGivenBackAndKeepsTheNews) {
  ASSERT_FALSE(give(*baton_));
  world_.put({"free,9,5,1"});
  const auto other = world_.baton(b_);
  b_.files.add({Operation::rename, Effect::late, EIO});
  for (int count = 0; count < 1000; ++count) {
    b_.files.add({Operation::touch, Effect::refused, EIO});
    b_.files.add({Operation::create, Effect::refused, EIO});
  }
  EXPECT_EQ(take(*other), Errc::outcome_unknown) << "never timed_out";
  b_.files.forget_faults();
  b_.files.deliver_late();
  EXPECT_EQ(on_disk().generation, 10u);
  EXPECT_FALSE(other->held());
  EXPECT_TRUE(other->owes_release());
  ASSERT_FALSE(take(*other));
  EXPECT_EQ(grant_.token, 11u);
  EXPECT_TRUE(grant_.follows_dead) << "nobody was told of it";
}

// What cannot be settled is burned: once the base is gone, the request is dead.
TEST_F(BatonReleaseTest, ARequestInDoubtIsBurned) {
  ASSERT_FALSE(give(*baton_));
  world_.put({"free,9,5,1"});
  const auto other = world_.baton(b_);
  b_.files.add({Operation::rename, Effect::late, EIO});
  ASSERT_FALSE(take(*other));
  EXPECT_EQ(grant_.token, 11u) << "10 was burned";
  EXPECT_TRUE(grant_.follows_dead);
  b_.files.deliver_late();
  EXPECT_EQ(on_disk().generation, 11u);
}

TEST_F(BatonReleaseTest, ATakeOverInDoubtIsBurnedAsATakeOver) {
  world_.put({held_name(20, 3, seconds(1), 4)});
  const auto other = world_.baton(b_);
  b_.files.add({Operation::rename, Effect::late, EIO, 1, "held,21,"});
  ASSERT_FALSE(take(*other, Patience::of(seconds(5))));
  EXPECT_EQ(on_disk().generation, 22u);
  EXPECT_EQ(on_disk().taken, 21u) << "the burn was the take-over";
  EXPECT_TRUE(grant_.follows_dead);
}

}  // namespace
}  // namespace holdfast
