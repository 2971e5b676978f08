// Our `link` and Python's flufl.lock exclude each other on one path of a real disk, both ways.
//
// With real clocks, since those of a foreign process are its own. But nothing here depends on how
// fast anything is: what is to be held is held for a minute, and what is to have expired is given
// times that have passed, as a lock has them that was left behind. Only one test each waits for a
// lifetime of a second to end by itself.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/lock.h>
#include <holdfast/os/testing/processes.h>
#include <holdfast/os/testing/scratch.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace holdfast {
namespace {

using os::testing::Child;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kPython = "/usr/bin/python3";
constexpr auto kMinute = seconds(60);

/// A process that uses flufl.lock. Killed when this object goes.
class Peer {
 public:
  Peer(const std::string& path, seconds lifetime, double slop) {
    int down[2], up[2];
    if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) std::abort();
    const std::string lifetime_s = std::to_string(lifetime.count());
    const std::string slop_s = std::to_string(slop);
    child_ = std::make_unique<Child>([&] {
      ::dup2(down[0], 0);
      ::dup2(up[1], 1);
      ::execl(kPython, kPython, "-I", HOLDFAST_FLUFL_PEER, path.c_str(), lifetime_s.c_str(),
              slop_s.c_str(), nullptr);
      return 127;
    });
    ::close(down[0]);
    ::close(up[1]);
    to_ = ::fdopen(down[1], "w");
    from_ = ::fdopen(up[0], "r");
    version = read_line();
  }
  ~Peer() {
    std::fclose(to_);
    std::fclose(from_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool is_there() const { return version.starts_with("flufl.lock "); }
  void tell(const std::string& command) {
    std::fprintf(to_, "%s\n", command.c_str());
    std::fflush(to_);
  }
  std::string ask(const std::string& command) {
    tell(command);
    return read_line();
  }
  std::string read_line() {
    char line[8192];
    if (std::fgets(line, sizeof line, from_) == nullptr) return "";
    const std::string text = line;
    return text.substr(0, text.find('\n'));
  }
  pid_t pid() const { return child_->pid(); }

  std::string version;

 private:
  std::unique_ptr<Child> child_;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

class LinkInterop : public ::testing::Test {
 protected:
  void SetUp() override {
    theirs = peer();
    if (!theirs->is_there()) {
      GTEST_SKIP() << "python3-flufl.lock is not installed: " << theirs->version;
    }
  }
  std::unique_ptr<Peer> peer(seconds lifetime = kMinute, double slop = 5) const {
    return std::make_unique<Peer>(path, lifetime, slop);
  }
  Options options(Duration lifetime = kMinute, Duration slop = seconds(5)) const {
    Options options;
    options.protocol = ProtocolKind::link;
    options.lifetime = lifetime;
    options.slop = slop;
    return options;
  }
  /// As if whoever holds it had taken it long ago.
  void expire() const {
    const auto past = os::native().clock->wall() - minutes(10);
    ASSERT_FALSE(os::native().files->set_modified(path, past));
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
      count += entry.path().filename() != "lock.break" ? 1 : 0;
    }
    return count;
  }

  os::testing::Scratch scratch{"/var/tmp"};
  const std::string path = scratch / "lock";
  std::unique_ptr<Peer> theirs;
};

TEST_F(LinkInterop, WhatWeHoldTheyDoNotGet) {
  Lock ours(path, options());
  ours.lock();
  EXPECT_EQ(theirs->ask("lock 0"), "TimeOutError");
  EXPECT_EQ(theirs->ask("lock 1"), "TimeOutError");
  ours.release();
  EXPECT_EQ(theirs->ask("lock 60"), "done");
  EXPECT_EQ(theirs->ask("is_locked"), "True");
  EXPECT_EQ(files(), 2u);
}

TEST_F(LinkInterop, WhatTheyHoldWeDoNotGet) {
  Lock ours(path, options());
  ASSERT_EQ(theirs->ask("lock 0"), "done");
  EXPECT_FALSE(ours.try_lock());
  EXPECT_FALSE(ours.try_lock_for(milliseconds(100)));
  ASSERT_EQ(theirs->ask("unlock"), "done");
  EXPECT_TRUE(ours.try_lock());
  ours.release();
  EXPECT_EQ(files(), 0u);
}

TEST_F(LinkInterop, AWaiterGetsItWhenTheOtherGivesItBack) {
  Lock ours(path, options());
  ours.lock();
  theirs->tell("lock 60");
  ours.release();
  ASSERT_EQ(theirs->read_line(), "done");
  // The other way round; the release comes while we wait, or before.
  theirs->tell("unlock");
  EXPECT_TRUE(ours.try_lock_for(kMinute));
  EXPECT_EQ(theirs->read_line(), "done");
}

TEST_F(LinkInterop, EachReadsWhoTheOtherIs) {
  Lock ours(path, options());
  EXPECT_EQ(os::native().host->full_name(), theirs->ask("hostname"));
  EXPECT_EQ(theirs->ask("state"), "unlocked");
  ours.lock();
  const std::string mine = theirs->ask("hostname") + " " + std::to_string(::getpid()) + " " + path;
  EXPECT_EQ(theirs->ask("details"), mine);
  EXPECT_EQ(theirs->ask("state"), "unknown");
  const auto expires = std::chrono::floor<seconds>(ours.expiration()->time_since_epoch());
  EXPECT_EQ(theirs->ask("expiration"), std::to_string(expires.count()));
  expire();
  EXPECT_EQ(theirs->ask("state"), "theirs_expired");
  EXPECT_EQ(ours.state(), State::ours_expired);
  ours.release();
  ASSERT_EQ(theirs->ask("lock 0"), "done");
  EXPECT_EQ(ours.holder()->pid, theirs->pid());
  EXPECT_EQ(ours.holder()->host, theirs->ask("hostname"));
  EXPECT_EQ(ours.state(), State::unknown);
  expire();
  EXPECT_EQ(ours.state(), State::theirs_expired);
}

TEST_F(LinkInterop, OfADeadProcessOfOursTheySayStale) {
  Child dead([&] {
    auto* never_given_back = new Lock(path, options());
    never_given_back->lock();
    return 0;
  });
  ASSERT_EQ(dead.reap(), 0);
  EXPECT_EQ(theirs->ask("state"), "stale");
  Lock ours(path, options());
  EXPECT_EQ(ours.state(), State::stale);
  EXPECT_TRUE(ours.try_lock()) << "proved dead: its lifetime need not be waited for";
}

TEST_F(LinkInterop, WhatWeRefreshTheyDoNotBreak) {
  Lock ours(path, options());
  ours.lock();
  expire();
  ours.refresh();
  EXPECT_EQ(theirs->ask("lock 1"), "TimeOutError");
  EXPECT_TRUE(ours.is_locked());
}

TEST_F(LinkInterop, WhatTheyRefreshWeDoNotBreak) {
  Lock ours(path, options());
  ASSERT_EQ(theirs->ask("lock 0"), "done");
  expire();
  ASSERT_EQ(theirs->ask("refresh"), "done");
  EXPECT_FALSE(ours.try_lock_for(milliseconds(100)));
  EXPECT_EQ(theirs->ask("is_locked"), "True");
}

TEST_F(LinkInterop, TheyBreakWhatWeLetExpire) {
  Lock ours(path, options());
  ours.lock();
  expire();
  ASSERT_EQ(theirs->ask("lock 60"), "done");
  std::error_code error;
  ours.refresh(std::nullopt, error);
  EXPECT_EQ(error, Errc::lost);
  EXPECT_FALSE(ours.held());
  EXPECT_EQ(theirs->ask("is_locked"), "True");
  EXPECT_FALSE(ours.try_lock());
  EXPECT_EQ(theirs->ask("unlock"), "done");
  EXPECT_EQ(files(), 0u);
}

TEST_F(LinkInterop, WeBreakWhatTheyLetExpire) {
  Lock ours(path, options());
  ASSERT_EQ(theirs->ask("lock 0"), "done");
  expire();
  ASSERT_TRUE(ours.try_lock());
  EXPECT_EQ(theirs->ask("is_locked"), "False");
  EXPECT_EQ(theirs->ask("unlock"), "NotLockedError");
  EXPECT_TRUE(ours.is_locked());
  ours.release();
  EXPECT_EQ(files(), 0u);
}

TEST_F(LinkInterop, OursExpiresForThemByItself) {
  const auto waiter = peer(kMinute, 0);
  Lock ours(path, options(seconds(1), seconds(0)));
  ours.lock();
  const os::WallTime expires = *ours.expiration();
  ASSERT_EQ(waiter->ask("lock 60"), "done");
  EXPECT_GT(os::native().clock->wall(), expires);
  EXPECT_FALSE(ours.is_locked());
}

TEST_F(LinkInterop, TheirsExpiresForUsByItself) {
  const auto holder = peer(seconds(1), 0);
  Lock ours(path, options(kMinute, seconds(0)));
  ASSERT_EQ(holder->ask("lock 0"), "done");
  const os::WallTime expires = *ours.expiration();
  ASSERT_TRUE(ours.try_lock_for(kMinute));
  EXPECT_GT(os::native().clock->wall(), expires);
  EXPECT_EQ(holder->ask("is_locked"), "False");
}

// Two of each, all at once. Whoever is inside makes a marker that nobody else may find there.
TEST_F(LinkInterop, ManyOfBothExcludeEachOther) {
  const std::string marker = scratch / "inside";
  constexpr int kRounds = 40;
  const auto second = peer();
  const auto go = [&] {
    Lock ours(path, options());
    os::Files& files = *os::native().files;
    int overlaps = 0;
    for (int round = 0; round < kRounds; ++round) {
      if (!ours.try_lock_for(kMinute)) return 100;
      overlaps += files.create(marker, "", 0600) ? 1 : 0;
      overlaps += files.unlink(marker) ? 1 : 0;
      ours.release();
    }
    return overlaps;
  };
  const std::string command = "rounds " + marker + " " + std::to_string(kRounds);
  theirs->tell(command);
  second->tell(command);
  Child first_of_ours(go), second_of_ours(go);
  EXPECT_EQ(first_of_ours.reap(), 0);
  EXPECT_EQ(second_of_ours.reap(), 0);
  EXPECT_EQ(theirs->read_line(), "0");
  EXPECT_EQ(second->read_line(), "0");
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace holdfast
