// What every implementation of Clock and Host must do, as one typed suite: include, and
// instantiate.
//
// A world is as in files_conformance.h, and has Clock& clock() and Host& host() beside; its
// `kNotifies` says whether its watches are told of changes. Nothing here needs a second thread, so
// that worlds whose time passes only in a wait can be asked too.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/os/os.h>

#include <memory>
#include <set>
#include <stop_token>
#include <string>

namespace holdfast::os::testing {

template <class World>
class HostConformance : public ::testing::Test {
 protected:
  static constexpr Duration kShort = std::chrono::milliseconds(2);
  /// Nobody waits so long: what comes back in less was woken.
  static constexpr Duration kLong = std::chrono::seconds(20);

  Files& files() { return world_.files(); }
  Clock& clock() { return world_.clock(); }
  Host& host() { return world_.host(); }
  std::string at(const std::string& name) { return world_.directory() + "/" + name; }
  int make(const std::string& name) { return files().create(at(name), "", 0644).value(); }
  int rename(const std::string& from, const std::string& to) {
    return files().rename(at(from), at(to)).value();
  }
  /// A watch that has begun: until then what had happened is unknown, and it says `changed`.
  std::unique_ptr<Watch> watch(const std::string& directory) {
    auto made = host().watch(directory);
    EXPECT_EQ(made->wait(Duration::zero(), {}), Wake::changed);
    EXPECT_TRUE(made->notified());
    return made;
  }

  World world_;
};

TYPED_TEST_SUITE_P(HostConformance);

TYPED_TEST_P(HostConformance, ElapsedTimeNeverGoesBack) {
  Stamp last = this->clock().now();
  for (int i = 0; i < 1000; ++i) {
    const Stamp now = this->clock().now();
    ASSERT_GE(now.raw, last.raw);
    ASSERT_GE(now.boot, last.boot);
    ASSERT_GE(most_elapsed(last, now), least_elapsed(last, now));
    last = now;
  }
}

TYPED_TEST_P(HostConformance, SleepLastsAsLongAsItWasAskedTo) {
  for (const Duration asked : {Duration::zero(), Duration(1), Duration(70'000), this->kShort}) {
    const Stamp before = this->clock().now();
    EXPECT_EQ(this->host().sleep(asked, {}), Wake::elapsed);
    const Stamp after = this->clock().now();
    // The timer's clock may be slewed against the raw one, by at most 500 parts in a million.
    EXPECT_GE(most_elapsed(before, after), asked - asked / 2000);
  }
  EXPECT_EQ(this->host().sleep(Duration(-1), {}), Wake::elapsed);
}

TYPED_TEST_P(HostConformance, AStopRequestedBeforeEndsEveryWaitAtOnce) {
  std::stop_source source;
  source.request_stop();
  const auto watch = this->host().watch(this->world_.directory());
  const Stamp before = this->clock().now();
  EXPECT_EQ(this->host().sleep(this->kLong, source.get_token()), Wake::stopped);
  EXPECT_EQ(watch->wait(this->kLong, source.get_token()), Wake::stopped);
  EXPECT_LT(least_elapsed(before, this->clock().now()), this->kLong);
}

TYPED_TEST_P(HostConformance, KnowsItselfAndIsAlive) {
  const Process self = this->host().self();
  EXPECT_FALSE(self.host.empty());
  EXPECT_GT(self.pid, 0);
  EXPECT_EQ(this->host().self(), self);
  EXPECT_EQ(this->host().life(self), Life::not_proved_dead);
}

TYPED_TEST_P(HostConformance, ProvesNothingOfOtherHostsAndMachines) {
  Process stranger = this->host().self();
  stranger.pid = 1'999'999'999;  // no system gives such a number
  Process other = stranger;
  other.host += "x";
  EXPECT_EQ(this->host().life(other), Life::not_proved_dead);
  other = stranger;
  other.machine ^= 1;
  EXPECT_EQ(this->host().life(other), Life::not_proved_dead);
  other.machine = 0;
  EXPECT_EQ(this->host().life(other), Life::not_proved_dead);
}

TYPED_TEST_P(HostConformance, RandomBitsDoNotRecur) {
  std::set<std::uint64_t> seen;
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t bits = this->host().random_bits();
    ones |= bits;
    zeros |= ~bits;
    EXPECT_TRUE(seen.insert(bits).second);
  }
  EXPECT_EQ(ones, ~std::uint64_t{0});
  EXPECT_EQ(zeros, ~std::uint64_t{0});
}

TYPED_TEST_P(HostConformance, WatchOnNothingSleeps) {
  const auto watch = this->host().watch(this->at("missing"));
  const Stamp before = this->clock().now();
  EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
  EXPECT_GE(most_elapsed(before, this->clock().now()), this->kShort - this->kShort / 2000);
  EXPECT_FALSE(watch->notified());
}

REGISTER_TYPED_TEST_SUITE_P(HostConformance, ElapsedTimeNeverGoesBack,
                            SleepLastsAsLongAsItWasAskedTo, AStopRequestedBeforeEndsEveryWaitAtOnce,
                            KnowsItselfAndIsAlive, ProvesNothingOfOtherHostsAndMachines,
                            RandomBitsDoNotRecur, WatchOnNothingSleeps);

/// For worlds whose watches are told of changes.
template <class World>
class WatchConformance : public HostConformance<World> {};

TYPED_TEST_SUITE_P(WatchConformance);

TYPED_TEST_P(WatchConformance, IsToldOfWhatFreesALock) {
  ASSERT_EQ(this->make("held"), 0);
  ASSERT_EQ(this->make("lock"), 0);
  const auto watch = this->watch(this->world_.directory());
  EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
  ASSERT_EQ(this->rename("held", "free"), 0);
  EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
  EXPECT_EQ(watch->arrived(), "free");
  EXPECT_EQ(watch->wait(Duration::zero(), {}), Wake::elapsed);
  EXPECT_EQ(watch->arrived(), "");
  ASSERT_FALSE(this->files().unlink(this->at("lock")));
  EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
  EXPECT_EQ(watch->wait(Duration::zero(), {}), Wake::elapsed);
}

TYPED_TEST_P(WatchConformance, SeveralChangesAreOneWakeAndTheNewestArrivalIsNamed) {
  ASSERT_EQ(this->make("0"), 0);
  const auto watch = this->watch(this->world_.directory());
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(this->rename(std::to_string(i), std::to_string(i + 1)), 0);
  }
  EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
  EXPECT_EQ(watch->arrived(), "300");
  EXPECT_EQ(watch->wait(Duration::zero(), {}), Wake::elapsed);
}

// What waiters do themselves while they wait must not wake the others, or they never sleep.
TYPED_TEST_P(WatchConformance, IsNotWokenByWhatWaitersDo) {
  ASSERT_EQ(this->make("held"), 0);
  const auto watch = this->watch(this->world_.directory());
  ASSERT_EQ(this->make("claim"), 0);
  ASSERT_FALSE(this->files().touch(this->world_.directory()));
  ASSERT_FALSE(this->files().touch(this->at("held")));
  Listing listing;
  ASSERT_FALSE(this->files().list(this->world_.directory(), 10, listing));
  EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
}

TYPED_TEST_P(WatchConformance, EveryWatchIsToldForItself) {
  ASSERT_EQ(this->make("a"), 0);
  const auto first = this->watch(this->world_.directory());
  const auto second = this->watch(this->world_.directory());
  ASSERT_EQ(this->rename("a", "b"), 0);
  EXPECT_EQ(first->wait(this->kLong, {}), Wake::changed);
  EXPECT_EQ(second->wait(this->kLong, {}), Wake::changed);
}

// A lock's directory may be made after its first waiter came, and be removed, and made anew.
TYPED_TEST_P(WatchConformance, FindsADirectoryThatIsMadeLater) {
  const auto watch = this->host().watch(this->at("lock"));
  EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
  for (int round = 0; round < 3; ++round) {
    ASSERT_FALSE(this->files().make_directory(this->at("lock"), 0755));
    EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
    EXPECT_TRUE(watch->notified());
    ASSERT_EQ(this->make("lock/a"), 0);
    ASSERT_EQ(this->rename("lock/a", "lock/b"), 0);
    EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
    ASSERT_FALSE(this->files().unlink(this->at("lock/b")));
    ASSERT_FALSE(this->files().remove_directory(this->at("lock")));
    EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
    EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
    EXPECT_FALSE(watch->notified());
  }
}

TYPED_TEST_P(WatchConformance, FollowsThePathAndNotADirectoryThatWasMovedAway) {
  ASSERT_FALSE(this->files().make_directory(this->at("lock"), 0755));
  ASSERT_EQ(this->make("lock/a"), 0);
  const auto watch = this->watch(this->at("lock"));
  ASSERT_EQ(this->rename("lock", "aside"), 0);
  EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
  ASSERT_EQ(this->rename("aside/a", "aside/b"), 0);
  EXPECT_EQ(watch->wait(this->kShort, {}), Wake::elapsed);
  ASSERT_FALSE(this->files().make_directory(this->at("lock"), 0755));
  EXPECT_EQ(watch->wait(this->kLong, {}), Wake::changed);
}

TYPED_TEST_P(WatchConformance, WatchesThatComeAndGoTellNothingOfEachOther) {
  ASSERT_EQ(this->make("a"), 0);
  for (int i = 0; i < 50; ++i) {
    const auto watch = this->watch(this->world_.directory());
    EXPECT_EQ(watch->wait(Duration::zero(), {}), Wake::elapsed) << i;
    ASSERT_EQ(this->rename(i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "b" : "a"), 0);  // never read
  }
}

REGISTER_TYPED_TEST_SUITE_P(WatchConformance, IsToldOfWhatFreesALock,
                            SeveralChangesAreOneWakeAndTheNewestArrivalIsNamed,
                            IsNotWokenByWhatWaitersDo, EveryWatchIsToldForItself,
                            FindsADirectoryThatIsMadeLater,
                            FollowsThePathAndNotADirectoryThatWasMovedAway,
                            WatchesThatComeAndGoTellNothingOfEachOther);

}  // namespace holdfast::os::testing
