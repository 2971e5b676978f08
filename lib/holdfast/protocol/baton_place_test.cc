// Where a baton may be, how old a client's view of it can be, and what strangers put in its place.
#include <gtest/gtest.h>
#include <holdfast/os/testing/client_files.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/protocol/testing/baton_fixture.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

namespace holdfast {
namespace {

using os::FileType;
using os::testing::ClientFiles;
using os::testing::Effect;
using os::testing::FaultyFiles;
using os::testing::MemoryFiles;
using os::testing::ScriptedHost;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::held_name;
using testing::Operation;

/// One client of a server in memory.
class BatonClientTest : public ::testing::Test {
 protected:
  BatonClientTest() { EXPECT_FALSE(server_.make_directory("/d", 0777)); }

  void put(const std::string& name) {
    ASSERT_FALSE(server_.make_directory("/d/LOCK", 0777));
    ASSERT_FALSE(server_.create("/d/LOCK/" + name, "", 0666));
  }
  void others_rename(const std::string& from, const std::string& to) {
    ASSERT_FALSE(server_.rename("/d/LOCK/" + from, "/d/LOCK/" + to));
  }
  std::error_code take(Patience patience = Patience::none()) {
    std::error_code error;
    grant_ = baton_.acquire(patience, {}, error);
    return error;
  }
  State state() {
    std::error_code error;
    const State state = baton_.state(error);
    EXPECT_FALSE(error) << error.message();
    return state;
  }
  void refuse_touch_and_probe() {
    for (int count = 0; count < 1000; ++count) {
      files_.add({Operation::touch, Effect::refused, EACCES});
      files_.add({Operation::create, Effect::refused, EACCES});
    }
  }

  os::testing::ManualClock clock_;
  MemoryFiles server_{clock_};
  ClientFiles client_{server_};
  FaultyFiles files_{client_};
  ScriptedHost host_{clock_, {"h", 11, 1, 0}};
  Baton baton_{"/d/LOCK", {}, {&files_, &clock_, &host_}};
  Grant grant_;
};

// --- which file system

TEST_F(BatonClientTest, SmbIsRefusedAndNothingIsTouched) {
  put("free,7,0,0");
  client_.file_system_is = os::FileSystem{0xFF534D42U, 255, false};
  EXPECT_EQ(take(), Errc::unsupported_file_system);
  std::error_code error;
  baton_.break_shown(held_name(7), error);
  EXPECT_EQ(error, Errc::unsupported_file_system);
  for (const auto& call : files_.calls()) EXPECT_EQ(call.operation, Operation::file_system);
}

TEST_F(BatonClientTest, TheLongestNameIsAskedForAndTheHostIsCutToIt) {
  put("free,7,0,0");
  client_.file_system_is = os::FileSystem{1, kMostStateNameWithoutHost, true};
  ASSERT_FALSE(take());
  os::Listing listing;
  ASSERT_FALSE(server_.list("/d/LOCK", 10, listing));
  EXPECT_EQ(parse_state(listing.names.at(0))->host, "");
}

TEST_F(BatonClientTest, WhereNoStateFitsIsSaid) {
  client_.file_system_is = os::FileSystem{1, kMostStateNameWithoutHost - 1, true};
  EXPECT_EQ(take(), std::errc::filename_too_long);
  EXPECT_EQ(baton_.last_failure().operation, "statfs");
}

// --- how old a view may be

// Nothing that this client shows will ever change by itself.
TEST_F(BatonClientTest, AWaiterWithAnOldListingTouchesWithinTwoSeconds) {
  put(held_name(7));
  EXPECT_EQ(take(), Errc::timed_out);
  client_.keep_listing("/d/LOCK");
  others_rename(held_name(7), "free,7,0,0");
  ASSERT_FALSE(take(Patience::of(seconds(10))));
  EXPECT_LE(host_.waited, seconds(2) + milliseconds(1));
}

TEST_F(BatonClientTest, TouchesAreJitteredAndNotMoreThanOneASecond) {
  put(held_name(7, 0, std::chrono::hours(1)));
  std::vector<os::RawTime> touches;
  files_.after = [&](const auto& call) {
    if (call.operation == Operation::touch) touches.push_back(clock_.now().raw);
  };
  EXPECT_EQ(take(Patience::of(seconds(60))), Errc::timed_out);
  ASSERT_GE(touches.size(), 25u);
  ASSERT_LE(touches.size(), 60u);
  std::set<Duration> gaps;
  for (std::size_t i = 1; i < touches.size(); ++i) {
    gaps.insert(touches[i] - touches[i - 1]);
    EXPECT_GE(touches[i] - touches[i - 1], seconds(1));
    EXPECT_LE(touches[i] - touches[i - 1], seconds(2));
  }
  EXPECT_GT(gaps.size(), touches.size() / 2) << "many waiters must not touch in step";
}

// A client goes back to an older listing: that says nothing of the state that was seen.
TEST_F(BatonClientTest, AnOldListingDoesNotResetAnObservation) {
  put(held_name(7));
  EXPECT_EQ(take(), Errc::timed_out);
  client_.keep_listing("/d/LOCK");
  others_rename(held_name(7), held_name(7, 1));
  client_.touch("/d/LOCK");
  EXPECT_EQ(take(), Errc::timed_out);  // begins with renewal 1
  clock_.advance(milliseconds(15249));
  others_rename(held_name(7, 1), held_name(7));
  client_.keep_listing("/d/LOCK");
  others_rename(held_name(7), held_name(7, 1));
  EXPECT_EQ(take(), Errc::timed_out) << "the old listing, then a certain one";
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(take());
}

TEST_F(BatonClientTest, ALockLookedUpInVainIsFoundAndNotMadeAgain) {
  put("free,7,0,0");
  client_.looked_up_in_vain("/d/LOCK");
  ASSERT_FALSE(take());
  EXPECT_EQ(grant_.token, 8u);
  EXPECT_EQ(server_.paths().size(), 3u) << "the lock, its state, and the directory around it";
}

// No step asks for a name that the newest listing, or the own last step, has not shown.
TEST_F(BatonClientTest, OnlyNamesThatWereShownAreRenamedOrLookedUp) {
  std::set<std::string> shown;
  files_.after = [&](const auto& call) {
    os::Listing listing;
    if (call.operation == Operation::list && call.from == "/d/LOCK") {
      static_cast<void>(server_.list(call.from, 1000, listing));
      for (const std::string& name : listing.names) shown.insert("/d/LOCK/" + name);
    }
    if (call.operation == Operation::rename) shown.insert(call.to);
    if (call.operation == Operation::create) shown.insert(call.from);
    const bool by_name = call.operation == Operation::rename ||
                         call.operation == Operation::status || call.operation == Operation::touch;
    if (by_name && call.from.starts_with("/d/LOCK/")) {
      EXPECT_TRUE(shown.contains(call.from)) << call.from;
    }
  };
  put(held_name(7, 0, seconds(1)));
  Options options;
  options.server_clock = true;
  Baton baton("/d/LOCK", options, {&files_, &clock_, &host_});
  std::error_code error;
  baton.acquire(Patience::of(seconds(5)), {}, error);
  ASSERT_FALSE(error);
  clock_.advance(std::chrono::hours(2));
  baton.refresh(seconds(15), error);
  baton.release(error);
  ASSERT_FALSE(error);
  others_rename("free,8,8,0", "free,9,8,0");
  baton.acquire(Patience::none(), {}, error);
  EXPECT_FALSE(error);
}

// A read-only observer: nothing is certain, nothing is decided, and that is what it is told.
TEST_F(BatonClientTest, WhoMayNotChangeTheDirectoryIsToldThatNothingIsCertain) {
  put("free,7,0,0");
  refuse_touch_and_probe();
  EXPECT_EQ(state(), State::unknown);
  EXPECT_EQ(baton_.last_failure().code, std::errc::permission_denied);
}

TEST_F(BatonClientTest, AnObserverStillSeesWhoHoldsIt) {
  put(held_name(7));
  refuse_touch_and_probe();
  std::error_code error;
  const std::optional<Holder> holder = baton_.holder(error);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->token, 7u);
}

// --- what strangers put there

class BatonPlaceTest : public testing::BatonFixture {
 protected:
  std::unique_ptr<Baton> baton_ = world_.baton(a_);
};

TEST_F(BatonPlaceTest, AFileIsALockOfTheOtherProtocolAndStaysAsItIs) {
  std::ofstream(world_.lock_path()) << "not ours";
  const auto before = std::filesystem::last_write_time(world_.lock_path());
  EXPECT_EQ(take(*baton_), Errc::wrong_protocol);
  std::error_code error;
  static_cast<void>(baton_->state(error));
  EXPECT_EQ(error, Errc::wrong_protocol);
  static_cast<void>(baton_->holder(error));
  EXPECT_EQ(error, Errc::wrong_protocol);
  EXPECT_EQ(std::filesystem::last_write_time(world_.lock_path()), before);
  EXPECT_EQ(world_.siblings(), std::vector<std::string>{"LOCK"});
}

TEST_F(BatonPlaceTest, ASymbolicLinkIsRefusedAndNotFollowed) {
  const std::string victim = world_.scratch.path() + "/victim";
  std::filesystem::create_directory(victim);
  std::ofstream(victim + "/free,7,0,0");
  for (const std::string& target : {victim, world_.scratch.path() + "/nowhere"}) {
    std::filesystem::remove(world_.lock_path());
    std::filesystem::create_symlink(target, world_.lock_path());
    EXPECT_EQ(take(*baton_), std::errc::too_many_symbolic_link_levels);
    EXPECT_TRUE(std::filesystem::is_symlink(world_.lock_path()));
  }
  EXPECT_TRUE(std::filesystem::exists(victim + "/free,7,0,0"));
  EXPECT_EQ(world_.siblings(), (std::vector<std::string>{"LOCK", "victim"}));
}

TEST_F(BatonPlaceTest, AFifoIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(world_.lock_path().c_str(), 0600), 0);
  EXPECT_EQ(take(*baton_, Patience::of(seconds(60))), std::errc::not_a_directory);
  EXPECT_EQ(a_.host.waits, 0u);
}

// The name is what counts: a link, a FIFO or a huge file under it is renamed like any other, and
// nobody opens it.
TEST_F(BatonPlaceTest, WhateverBearsTheNameOfAStateIsOnlyRenamed) {
  const std::string victim = world_.scratch.path() + "/victim";
  std::ofstream(victim) << "untouched";
  const auto before = std::filesystem::last_write_time(victim);
  for (int kind = 0; kind < 3; ++kind) {
    std::filesystem::remove_all(world_.lock_path());
    std::filesystem::create_directory(world_.lock_path());
    const std::string name = world_.lock_path() + "/free,7,0,0";
    if (kind == 0) {
      std::filesystem::create_symlink(victim, name);
    } else if (kind == 1) {
      ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
    } else {
      std::ofstream(name).put('x');
      std::filesystem::resize_file(name, std::uintmax_t{1} << 40);
    }
    Options options;
    options.server_clock = options.durable = true;
    const auto baton = world_.baton(a_, options);
    ASSERT_FALSE(take(*baton)) << kind;
    world_.clock.advance(std::chrono::hours(2));  // so that a renewal touches the file
    ASSERT_FALSE(renew(*baton)) << kind;
    const auto other = world_.baton(b_, options);
    EXPECT_EQ(take(*other), Errc::timed_out);
    ASSERT_FALSE(give(*baton)) << kind;
    EXPECT_EQ(a_.files.count(Operation::read), 0u);
  }
  EXPECT_EQ(std::filesystem::last_write_time(victim), before);
}

TEST_F(BatonPlaceTest, ForeignNamesStayAndAreInNobodysWay) {
  world_.put({"free,7,0,0", ".nfs000001", "note", "two\nlines", "free", "held", "FREE,9,0,0"});
  std::filesystem::create_symlink("/", world_.lock_path() + "/root");
  ASSERT_EQ(::mkfifo((world_.lock_path() + "/fifo").c_str(), 0600), 0);
  for (int count = 0; count < 3000; ++count) world_.add("foreign" + std::to_string(count));
  ASSERT_FALSE(take(*baton_));
  ASSERT_FALSE(renew(*baton_));
  ASSERT_FALSE(give(*baton_));
  EXPECT_EQ(world_.entries().size(), 3009u);
}

TEST_F(BatonPlaceTest, AbsurdStatesAreUnsupportedAndNothingIsTouched) {
  for (const std::string& name :
       {std::string("free,99999999999999999999999999,0,0"), std::string("free,7,8,0"),
        std::string("free,7,0,2"), std::string("free,-1,0,0"), std::string("free,7,0,0\n"),
        std::string("free,07,0,0"), std::string("free,"), std::string("held,7"),
        "held,7,0,99999999999999,0,0,h,1,1,1,1" + std::string(80, '1'),
        std::string("held,7,0,15000,0,0,h%2fh,1,1,1,1")}) {
    world_.put({name});
    a_.files.forget_calls();
    EXPECT_EQ(take(*baton_, Patience::of(seconds(60))), Errc::unsupported) << name;
    EXPECT_EQ(a_.files.count(Operation::rename), 0u);
    EXPECT_EQ(world_.entries(), std::vector<std::string>{name});
  }
}

TEST_F(BatonPlaceTest, AnEmptiedLockIsTornForOneAttemptAndCorruptForAWaiter) {
  world_.put({});
  EXPECT_EQ(take(*baton_), Errc::timed_out);
  EXPECT_EQ(take(*baton_, Patience::of(seconds(60))), Errc::corrupt);
  EXPECT_LT(a_.host.waited, seconds(10));
  EXPECT_TRUE(world_.entries().empty()) << "not replaced";
}

TEST_F(BatonPlaceTest, TwoStatesAreCorruptWhenTheyStay) {
  world_.put({"free,7,0,0", held_name(8)});
  EXPECT_EQ(take(*baton_), Errc::timed_out);
  EXPECT_EQ(take(*baton_, Patience::for_ever()), Errc::corrupt);
  EXPECT_EQ(world_.entries().size(), 2u);
}

TEST_F(BatonPlaceTest, AMissingParentIsNamedAtOnce) {
  testing::Party& party = a_;
  Baton baton(world_.scratch.path() + "/no/LOCK", {}, party.system());
  EXPECT_EQ(take(baton, Patience::of(seconds(60))), std::errc::no_such_file_or_directory);
  EXPECT_EQ(party.host.waits, 0u);
}

TEST_F(BatonPlaceTest, AParentThatIsNoDirectoryIsNamedAtOnce) {
  std::ofstream(world_.scratch.path() + "/file");
  Baton baton(world_.scratch.path() + "/file/LOCK", {}, a_.system());
  EXPECT_EQ(take(baton, Patience::of(seconds(60))), std::errc::not_a_directory);
}

}  // namespace
}  // namespace holdfast
