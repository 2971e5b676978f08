// The life of a link: files on disk, time, waiting, states, and what is told.
#include <holdfast/lock.h>
#include <holdfast/protocol/testing/link_fixture.h>

#include <filesystem>

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Effect;
using testing::Operation;
using testing::Party;

class LinkTest : public testing::LinkFixture {};

TEST_F(LinkTest, TheLockFileIsTheClaimAndContainsItsPath) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  const std::string claim = link->claim_path();
  EXPECT_EQ(world.contents("LOCK"), claim);
  const std::string name = claim.substr(world.scratch.path().size() + 1);
  EXPECT_TRUE(name.starts_with("LOCK|a.example|11|")) << name;
  EXPECT_EQ(world.status("LOCK").inode, world.status(name).inode);
  EXPECT_EQ(world.status("LOCK").links, 2u);
}

TEST_F(LinkTest, TheLockExpiresALifetimeFromNowByTheHoldersClock) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  std::error_code error;
  EXPECT_EQ(link->expiration(error), world.clock.wall() + seconds(15));
  EXPECT_EQ(link->remaining(), seconds(15));
  EXPECT_EQ(grant.lease_end, world.clock.now().raw + seconds(15));
  EXPECT_EQ(link->lease_end(), grant.lease_end);
  EXPECT_EQ(grant.token, 0u);
}

TEST_F(LinkTest, GivenBackNothingIsLeft) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  ASSERT_FALSE(give(*link));
  EXPECT_TRUE(world.siblings().empty());
  EXPECT_FALSE(link->held());
  EXPECT_FALSE(link->owes_release());
  EXPECT_EQ(give(*link), Errc::not_held);
}

// The open, write and close of the claim count as one here: lib/bench has them all.
TEST_F(LinkTest, ALoneUserPaysTwelveFileOperations) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  ASSERT_FALSE(give(*link));
  a.files.forget_calls();
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(a.files.calls().size(), 5u);  // create, utimensat, link, stat of both names
  ASSERT_FALSE(give(*link));
  EXPECT_EQ(a.files.calls().size(), 12u);  // stat, read, rename, stat, read, two unlinks
  EXPECT_EQ(a.files.count(Operation::status), 4u);
  EXPECT_EQ(a.files.count(Operation::read), 2u);
  EXPECT_EQ(a.files.count(Operation::unlink), 2u);
}

TEST_F(LinkTest, EveryClaimHasANameOfItsOwn) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  const std::string first = link->claim_path();
  ASSERT_FALSE(give(*link));
  ASSERT_FALSE(take(*link));
  EXPECT_NE(link->claim_path(), first);
}

TEST_F(LinkTest, TheClaimPathIsKnownBeforeItIsMade) {
  const auto link = world.link(a);
  const std::string path = link->claim_path();
  EXPECT_TRUE(world.siblings().empty());
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(link->claim_path(), path);
}

TEST_F(LinkTest, AnotherSeparatorIsUsedInTheName) {
  Options options;
  options.separator = "+";
  const auto link = world.link(a, options);
  ASSERT_FALSE(take(*link));
  EXPECT_NE(link->claim_path().find("/LOCK+a.example+11+"), std::string::npos);
  std::error_code error;
  EXPECT_EQ(link->holder(error)->pid, 11);
}

TEST_F(LinkTest, AHostNameThatDoesNotFitIsCut) {
  Party& c = world.party(std::string(300, 'h'), 33, 3);
  const auto link = world.link(c);
  EXPECT_FALSE(take(*link));
  EXPECT_FALSE(give(*link));
}

TEST_F(LinkTest, TwoObjectsExcludeEachOtherInOneProcessAndOnTwoHosts) {
  const auto first = world.link(a);
  const auto second = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*first));
  EXPECT_EQ(take(*second), Errc::timed_out);
  EXPECT_EQ(take(*other), Errc::timed_out);
  EXPECT_EQ(take(*first), Errc::already_held);
  ASSERT_FALSE(give(*first));
  EXPECT_FALSE(take(*other));
}

TEST_F(LinkTest, WhoDoesNotGetItLeavesNoClaim) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  EXPECT_EQ(take(*other, Patience::of(seconds(3))), Errc::timed_out);
  EXPECT_EQ(b.host.waited, seconds(3));
  EXPECT_EQ(world.siblings().size(), 2u);  // the lock and its holder's claim
  EXPECT_FALSE(other->owes_release());
}

TEST_F(LinkTest, AStopRequestEndsTheWaiting) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  std::stop_source stop;
  b.host.on_wait = [&](Duration) {
    stop.request_stop();
    return os::Wake::elapsed;
  };
  std::error_code error;
  other->acquire(Patience::for_ever(), {stop.get_token(), 0}, error);
  EXPECT_EQ(error, Errc::cancelled);
  EXPECT_EQ(world.siblings().size(), 2u);
}

TEST_F(LinkTest, AWaiterGetsItAsSoonAsItIsGivenBack) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  b.host.on_wait = [&](Duration) {
    if (b.host.waits < 20) return os::Wake::elapsed;
    EXPECT_FALSE(give(*holder));
    b.host.on_wait = nullptr;  // last: it ends this function's captures
    return os::Wake::changed;
  };
  EXPECT_FALSE(take(*other, Patience::for_ever()));
  EXPECT_TRUE(other->held());
  EXPECT_EQ(other->waits().waits, b.host.waits - 1);  // the first sets up the watch
}

// Each of its own changes would wake all the others that wait on this host.
TEST_F(LinkTest, WhoWaitsOnlyLooks) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  ASSERT_EQ(take(*other, Patience::of(milliseconds(900))), Errc::timed_out);
  EXPECT_EQ(b.files.count(Operation::link), 1u);
  EXPECT_GT(b.files.count(Operation::status), 5u);
}

// A client may go on showing a lock that is gone: the server is asked by a link every second or
// two.
TEST_F(LinkTest, AWaiterDoesNotRelyOnLooks) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  ASSERT_EQ(take(*other, Patience::of(seconds(10))), Errc::timed_out);
  EXPECT_GE(b.files.count(Operation::link), 5u);
  EXPECT_LE(b.files.count(Operation::link), 11u);
}

TEST_F(LinkTest, PollingIsQuickAtFirstAndNeverSlowerThanTheCap) {
  const auto holder = world.link(a);
  Options options;
  options.max_poll = milliseconds(100);
  const auto other = world.link(b, options);
  ASSERT_FALSE(take(*holder));
  std::vector<Duration> waits;
  b.host.on_wait = [&](Duration at_most) {
    waits.push_back(at_most);
    return os::Wake::elapsed;
  };
  ASSERT_EQ(take(*other, Patience::of(seconds(5))), Errc::timed_out);
  EXPECT_LT(waits.at(1), milliseconds(1));
  EXPECT_LE(*std::max_element(waits.begin(), waits.end()), milliseconds(100));
}

TEST_F(LinkTest, RefreshSetsTheTimeALifetimeAhead) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  world.clock.advance(seconds(10));
  ASSERT_FALSE(renew(*link, seconds(31)));
  std::error_code error;
  EXPECT_EQ(link->expiration(error), world.clock.wall() + seconds(31));
  EXPECT_EQ(link->remaining(), seconds(31));
}

TEST_F(LinkTest, TheLeaseRunsFromBeforeItsTimeIsSet) {
  const auto link = world.link(a);
  a.files.after = [&](const os::testing::Call& call) {
    if (call.operation == Operation::set_modified) world.clock.advance(seconds(4));
  };
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(link->remaining(), seconds(11));
  ASSERT_FALSE(renew(*link));
  EXPECT_EQ(link->remaining(), seconds(11));
}

TEST_F(LinkTest, SuspendedTimeCountsAgainstTheHolder) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  world.clock.suspend(seconds(16));
  EXPECT_FALSE(link->held());
}

TEST_F(LinkTest, AGrantThatComesTooLateIsGivenBackAndTriedAgain) {
  const auto link = world.link(a);
  bool late = false;
  a.files.after = [&](const os::testing::Call& call) {
    if (call.operation != Operation::link || late) return;
    late = true;
    world.clock.advance(seconds(20));
  };
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(link->remaining(), seconds(15));
  EXPECT_EQ(a.files.count(Operation::link), 2u);
  EXPECT_EQ(litter().size(), 2u);
}

TEST_F(LinkTest, WithoutAHoldThereIsNothingToRefresh) {
  const auto link = world.link(a);
  EXPECT_EQ(renew(*link), Errc::not_held);
  EXPECT_EQ(link->remaining(), Duration::zero());
  EXPECT_FALSE(link->lease_end());
}

TEST_F(LinkTest, NoTokenCanBePromised) {
  const auto link = world.link(a);
  std::error_code error;
  link->acquire(Patience::none(), {{}, 1}, error);
  EXPECT_EQ(error, std::errc::invalid_argument);
}

TEST_F(LinkTest, AnExpiredLockIsBrokenAfterTheSlop) {
  const auto dead = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*dead));
  world.clock.advance(seconds(24));
  EXPECT_EQ(take(*other), Errc::timed_out);
  ASSERT_FALSE(take(*other, Patience::of(seconds(2))));
  EXPECT_EQ(other->waits().take_overs, 1u);
  EXPECT_EQ(world.contents("LOCK"), other->claim_path());
  EXPECT_EQ(litter().size(), 2u) << "the dead one's claim goes with its lock";
  EXPECT_EQ(renew(*dead), Errc::lost);
  EXPECT_EQ(give(*dead), Errc::not_held);
  EXPECT_TRUE(other->held());
}

TEST_F(LinkTest, ARefreshedLockIsNotBroken) {
  const auto holder = world.link(a);
  const auto other = world.link(b);
  ASSERT_FALSE(take(*holder));
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(take(*other, Patience::of(seconds(10))), Errc::timed_out);
    ASSERT_FALSE(renew(*holder));
  }
}

TEST_F(LinkTest, OfAProvedDeadHolderThisMachinesWaitersNeedNotWait) {
  Party& c = world.party("a.example", 33, 1001);
  const auto dead = world.link(a);
  const auto other = world.link(c);
  ASSERT_FALSE(take(*dead));
  EXPECT_EQ(take(*other), Errc::timed_out);
  c.host.dead.insert(11);
  EXPECT_FALSE(take(*other));
  EXPECT_EQ(other->waits().take_overs, 1u);
}

TEST_F(LinkTest, ABreakSweepsUpAfterTheDeadOfThisMachine) {
  Party& c = world.party("a.example", 33, 1001);
  Party& alive = world.party("a.example", 44, 1001);
  const auto dead = world.link(a);
  ASSERT_FALSE(take(*dead));
  const auto leave_claim = [&](Party& party) {
    const auto link = world.link(party);
    const std::string path = link->claim_path();
    const std::string name = path.substr(path.rfind('/') + 1);
    world.write(name, path);
    return name;
  };
  const std::string gone = leave_claim(a);
  std::filesystem::rename(world.scratch.path() + '/' + leave_claim(a),
                          world.scratch.path() + "/LOCK.aside.0123456789abcdef");
  std::vector<std::string> kept{leave_claim(alive), leave_claim(b), claim_name("a.example", 11)};
  world.write(kept.back(), "flufl.lock's, of the same host and pid");
  // A stranger's file may be named much like one that was moved aside, and contain a copy of a
  // claim.
  for (const char* name : {"LOCK.aside.backup", "LOCK.aside.0123456789ABCDEF",
                           "LOCK.aside.0123456789abcdef0", "LOCK.aside.0123456789abcde"}) {
    kept.push_back(name);
    world.write(kept.back(), world.scratch.path() + '/' + gone);
  }
  kept.push_back("LOCK.aside.fedcba9876543210");
  world.write(kept.back(), "no claim");
  c.host.dead.insert(11);
  const auto link = world.link(c);
  ASSERT_FALSE(take(*link));
  EXPECT_FALSE(world.exists(gone));
  EXPECT_FALSE(world.exists("LOCK.aside.0123456789abcdef"));
  for (const std::string& name : kept) EXPECT_TRUE(world.exists(name)) << name;
}

TEST_F(LinkTest, ProofOfDeathCanBeTurnedOff) {
  Party& c = world.party("a.example", 33, 1001);
  Options options;
  options.proof_of_death = false;
  const auto dead = world.link(a);
  const auto other = world.link(c, options);
  ASSERT_FALSE(take(*dead));
  c.host.dead.insert(11);
  EXPECT_EQ(take(*other), Errc::timed_out);
}

TEST_F(LinkTest, States) {
  const auto link = world.link(a);
  Party& sibling_party = world.party("a.example", 33, 1001);
  const auto sibling = world.link(sibling_party);
  const auto far = world.link(b);
  EXPECT_EQ(state_of(*link), State::unlocked);
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(state_of(*link), State::ours);
  EXPECT_EQ(state_of(*sibling), State::unknown);
  EXPECT_EQ(state_of(*far), State::unknown);
  // As with flufl.lock, no slop here: it is not to be broken yet.
  world.clock.advance(seconds(16));
  EXPECT_EQ(state_of(*link), State::ours_expired);
  EXPECT_EQ(state_of(*sibling), State::theirs_expired);
  EXPECT_EQ(state_of(*far), State::unknown);
  sibling_party.host.dead.insert(11);
  EXPECT_EQ(state_of(*sibling), State::stale);
  ASSERT_FALSE(give(*link));
  EXPECT_EQ(state_of(*link), State::unlocked);
}

// It speaks of the process, as flufl.lock's does.
TEST_F(LinkTest, OursIsAlsoWhatAnotherObjectOfThisProcessHolds) {
  const auto holder = world.link(a);
  const auto other = world.link(a);
  ASSERT_FALSE(take(*holder));
  EXPECT_EQ(state_of(*other), State::ours);
  EXPECT_FALSE(other->held());
}

TEST_F(LinkTest, TheHolderIsWhoTheLockFileNames) {
  const auto link = world.link(a);
  std::error_code error;
  EXPECT_FALSE(link->holder(error));
  EXPECT_FALSE(error);
  foreign_lock(seconds(7), "far.example", 4242);
  const auto holder = link->holder(error);
  ASSERT_TRUE(holder) << error.message();
  EXPECT_EQ(holder->host, "far.example");
  EXPECT_EQ(holder->pid, 4242);
  EXPECT_EQ(holder->at_most_left, seconds(17));
}

TEST_F(LinkTest, ExpirationIsToldOfAnybodysLock) {
  const auto link = world.link(a);
  std::error_code error;
  EXPECT_FALSE(link->expiration(error));
  EXPECT_FALSE(error);
  foreign_lock(seconds(7));
  EXPECT_EQ(link->expiration(error), world.clock.wall() + seconds(7));
}

TEST_F(LinkTest, TheClaimsModeIsAnOption) {
  Options options;
  options.file_mode = 0600;
  const auto link = world.link(a, options);
  ASSERT_FALSE(take(*link));
  EXPECT_EQ(world.status("LOCK").mode, 0600u);
}

TEST_F(LinkTest, AForkedChildOwnsNothing) {
  const auto link = world.link(a);
  ASSERT_FALSE(take(*link));
  const std::string claim = link->claim_path();
  ++a.host.forks;
  EXPECT_FALSE(link->held());
  EXPECT_FALSE(link->owes_release());
  EXPECT_EQ(give(*link), Errc::not_held);
  EXPECT_EQ(renew(*link), Errc::not_held);
  EXPECT_EQ(take(*link), Errc::timed_out);
  EXPECT_NE(link->claim_path(), claim);
  EXPECT_EQ(world.contents("LOCK"), claim);
  EXPECT_EQ(world.status("LOCK").links, 2u);
}

TEST_F(LinkTest, ALockOfTheOtherProtocolIsNotTouched) {
  const auto baton = world.baton(a);
  const auto link = world.link(b);
  ASSERT_FALSE(take(*baton));
  const auto before = world.siblings();
  const std::string value = world.value();
  EXPECT_EQ(take(*link, Patience::for_ever()), Errc::wrong_protocol);
  std::error_code error;
  EXPECT_EQ(link->state(error), State::unknown);
  EXPECT_EQ(error, Errc::wrong_protocol);
  EXPECT_FALSE(link->holder(error));
  EXPECT_EQ(error, Errc::wrong_protocol);
  EXPECT_EQ(world.siblings(), before);
  EXPECT_EQ(world.value(), value);
  EXPECT_EQ(b.files.count(Operation::create), 0u);
}

TEST_F(LinkTest, BatonDoesNotTouchALink) {
  const auto link = world.link(a);
  const auto baton = world.baton(b);
  ASSERT_FALSE(take(*link));
  const auto before = world.siblings();
  EXPECT_EQ(take(*baton, Patience::for_ever()), Errc::wrong_protocol);
  std::error_code error;
  EXPECT_EQ(baton->state(error), State::unknown);
  EXPECT_EQ(error, Errc::wrong_protocol);
  EXPECT_EQ(world.siblings(), before);
  EXPECT_EQ(world.contents("LOCK"), link->claim_path());
  EXPECT_TRUE(link->held());
}

TEST_F(LinkTest, AMissingDirectoryIsToldWithItsPath) {
  Options options;
  options.protocol = ProtocolKind::link;
  Link link(world.scratch.path() + "/none/LOCK", options, a.system());
  EXPECT_EQ(take(link, Patience::for_ever()), std::errc::no_such_file_or_directory);
  EXPECT_NE(link.last_failure().path.find("/none"), std::string::npos);
}

TEST_F(LinkTest, LockGivesTheWholeApi) {
  Options options;
  options.protocol = ProtocolKind::link;
  options.lifetime = seconds(77);
  Lock lock(world.lock_path() + "//", options, a.system());
  Lock other(world.lock_path(), options, b.system());
  EXPECT_FALSE(lock.is_locked());
  EXPECT_NO_THROW(lock.refresh_unconditionally());
  EXPECT_NO_THROW(lock.release_unconditionally());
  EXPECT_THROW(lock.release(), Error);
  lock.lock();
  EXPECT_TRUE(lock.is_locked());
  EXPECT_THROW(lock.lock(), Error);
  EXPECT_FALSE(other.try_lock());
  EXPECT_FALSE(other.is_locked());
  EXPECT_NO_THROW(other.release_unconditionally());
  EXPECT_TRUE(lock.is_locked()) << "never another's";
  lock.refresh(seconds(31));
  EXPECT_EQ(lock.lifetime(), seconds(31));
  EXPECT_EQ(lock.remaining(), seconds(31));
  EXPECT_EQ(lock.expiration(), world.clock.wall() + seconds(31));
  EXPECT_EQ(lock.holder()->host, "a.example");
  EXPECT_EQ(world.contents("LOCK"), lock.claim_path());
  EXPECT_EQ(lock.state(), State::ours);
  lock.unlock();
  EXPECT_TRUE(other.try_lock_for(seconds(1)));
}

TEST_F(LinkTest, TheExpirationIsToldOrItsError) {
  Options options;
  options.protocol = ProtocolKind::link;
  Lock lock(world.lock_path(), options, a.system());
  std::error_code error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(lock.expiration(error), std::nullopt);
  EXPECT_FALSE(error) << "no lock is no error";
  lock.lock();
  EXPECT_EQ(lock.expiration(error), world.clock.wall() + options.lifetime);
  EXPECT_FALSE(error);
  lock.unlock();
  ASSERT_TRUE(std::filesystem::create_directory(world.lock_path()));
  EXPECT_EQ(lock.expiration(error), std::nullopt);
  EXPECT_EQ(error, Errc::wrong_protocol);
  EXPECT_EQ(lock.last_failure().code, error);
  EXPECT_THROW(lock.expiration(), Error);
}

TEST_F(LinkTest, ALockThatGoesOutOfScopeIsGivenBack) {
  Options options;
  options.protocol = ProtocolKind::link;
  { Lock(world.lock_path(), options, a.system()).lock(); }
  EXPECT_TRUE(world.siblings().empty());
}

TEST_F(LinkTest, LossIsToldToWhoAskedForIt) {
  Options options;
  options.protocol = ProtocolKind::link;
  Lock lock(world.lock_path(), options, a.system());
  int losses = 0;
  lock.on_loss([&](const Failure& failure) {
    EXPECT_EQ(failure.code, Errc::lost);
    ++losses;
  });
  lock.lock();
  world.clock.advance(seconds(26));
  const auto other = world.link(b);
  ASSERT_FALSE(take(*other));
  EXPECT_FALSE(lock.is_locked());
  EXPECT_EQ(losses, 1);
}

TEST_F(LinkTest, ASeparatorThatCannotTellFieldsApartIsRefused) {
  Options options;
  options.protocol = ProtocolKind::link;
  for (const char* separator : {"", "/", "x", "7", "\n", "|a"}) {
    options.separator = separator;
    EXPECT_THROW(Lock(world.lock_path(), options, a.system()), std::invalid_argument) << separator;
  }
}

}  // namespace
}  // namespace holdfast
