#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/os.h>
#include <holdfast/os/posix.h>
#include <holdfast/os/testing/processes.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <thread>

namespace holdfast::os {
namespace {

using namespace std::chrono_literals;

class Posix : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/holdfast-os-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  System system_ = native();
};

// It is a part of the names of files. That it is what Python says, link_interop_test.cc shows.
TEST_F(Posix, TheFullNameCanStandInAFileNameAndStays) {
  const std::string name = system_.host->full_name();
  EXPECT_FALSE(name.empty());
  EXPECT_EQ(name.find('/'), std::string::npos);
  EXPECT_EQ(system_.host->full_name(), name);
}

TEST_F(Posix, FileSystemsWhereARenameFollowsTheOpenedFileAreKnown) {
  for (const std::uint64_t smb : {0x517BU, 0xFF534D42U, 0xFE534D42U}) {
    EXPECT_FALSE(posix::renames_by_name(smb)) << smb;
  }
  for (const std::uint64_t other : {0x6969U, 0xEF53U, 0x01021994U, 0x65735546U, 0x58465342U}) {
    EXPECT_TRUE(posix::renames_by_name(other)) << other;  // NFS, ext4, tmpfs, FUSE, XFS
  }
}

// Why all work on a lock is by path: a kept descriptor would go on in a directory that somebody has
// moved away, where nobody looks.
TEST_F(Posix, StepsThroughAKeptDescriptorSucceedInAMovedDirectoryAndByPathTheyDoNot) {
  ASSERT_FALSE(system_.files->make_directory(path("lock"), 0700));
  ASSERT_FALSE(system_.files->create(path("lock/a"), "", 0600));
  const int kept = ::open(path("lock").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(kept, 0);
  ASSERT_FALSE(system_.files->rename(path("lock"), path("aside")));
  EXPECT_EQ(system_.files->rename(path("lock/a"), path("lock/b")).value(), ENOENT);
  EXPECT_EQ(::renameat(kept, "a", kept, "b"), 0);
  EXPECT_TRUE(std::filesystem::exists(path("aside/b")));
  ::close(kept);
}

TEST_F(Posix, WatchIsToldOfARenameMadeBetweenTwoWaits) {
  ASSERT_FALSE(system_.files->create(path("a"), "", 0600));
  const auto watch = system_.host->watch(directory_);
  EXPECT_EQ(watch->wait(0ns, {}), Wake::changed);  // new: what happened until now nobody knows
  EXPECT_TRUE(watch->notified());
  EXPECT_EQ(watch->wait(0ns, {}), Wake::elapsed);
  ASSERT_FALSE(system_.files->rename(path("a"), path("b")));
  EXPECT_EQ(watch->wait(10s, {}), Wake::changed);
  EXPECT_EQ(watch->wait(0ns, {}), Wake::elapsed);
}

// It sees the same and lasts as long as one that sleeps, and is only sooner.
TEST_F(Posix, WatchThatSpinsIsToldTheSame) {
  ASSERT_FALSE(system_.files->create(path("a"), "", 0600));
  const auto watch = system_.host->watch(directory_);
  watch->spin(10s);
  EXPECT_EQ(watch->wait(0ns, {}), Wake::changed);
  const RawTime before = system_.clock->now().raw;
  EXPECT_EQ(watch->wait(3ms, {}), Wake::elapsed);
  EXPECT_GE(system_.clock->now().raw - before, 2900us);
  std::thread other([&] { system_.files->rename(path("a"), path("b")); });
  EXPECT_EQ(watch->wait(10s, {}), Wake::changed);
  EXPECT_EQ(watch->arrived(), "b");
  other.join();
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(watch->wait(10s, stop.get_token()), Wake::stopped);
  stopper.join();
}

TEST_F(Posix, WatchThatHasSpunInVainSleeps) {
  ASSERT_FALSE(system_.files->create(path("a"), "", 0600));
  const auto watch = system_.host->watch(directory_);
  watch->spin(1ms);
  EXPECT_EQ(watch->wait(0ns, {}), Wake::changed);
  std::thread other([&] {
    std::this_thread::sleep_for(20ms);
    system_.files->rename(path("a"), path("b"));
  });
  EXPECT_EQ(watch->wait(10s, {}), Wake::changed);
  EXPECT_EQ(watch->arrived(), "b");
  other.join();
}

// Why a touch asks for the present, and a lock's state is kept young by its owner alone.
TEST_F(Posix, WhoMayWriteButOwnsNothingMayTouchAndNotSetATime) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  ASSERT_FALSE(system_.files->make_directory(path("lock"), 0777));
  ASSERT_EQ(::chmod(path("lock").c_str(), 0777), 0);
  testing::Child stranger([&]() -> int {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 2;
    if (system_.files->touch(path("lock"))) return 3;
    const auto refused = system_.files->set_modified(path("lock"), WallTime(1'000'000s));
    return refused.value() == EPERM ? 0 : 4;
  });
  EXPECT_EQ(stranger.reap(), 0);
}

TEST_F(Posix, WatchIsToldOfAProcessEndOnce) {
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte;
    ::close(gate[1]);
    ::_exit(static_cast<int>(::read(gate[0], &byte, 1)));
  }
  Process process = system_.host->self();
  process.pid = child;
  process.start = 0;
  const auto watch = system_.host->watch({});
  watch->watch_process(process);
  EXPECT_EQ(watch->wait(1ms, {}), Wake::elapsed);
  EXPECT_EQ(system_.host->life(process), Life::not_proved_dead);
  ::close(gate[0]);
  ::close(gate[1]);
  EXPECT_EQ(watch->wait(10s, {}), Wake::ended);
  EXPECT_EQ(watch->wait(1ms, {}), Wake::elapsed);
  EXPECT_EQ(system_.host->life(process), Life::proved_dead);  // ended, if not yet waited for
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(system_.host->life(process), Life::proved_dead);
}

TEST_F(Posix, StopRequestEndsAWait) {
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const auto watch = system_.host->watch(directory_);
  Wake wake;
  do wake = watch->wait(10s, source.get_token());
  while (wake == Wake::changed);
  EXPECT_EQ(wake, Wake::stopped);
}

TEST_F(Posix, ForkedChildHasANewIdentityAndOtherRandomBits) {
  const std::uint64_t forks = system_.host->fork_count();
  const Process parent = system_.host->self();
  system_.host->random_bits();  // fills the block that the child must not use
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t drawn = system_.host->random_bits();
    const bool sent = ::write(pipe[1], &drawn, sizeof drawn) == sizeof drawn;
    const Process self = system_.host->self();
    ::_exit(sent && system_.host->fork_count() > forks && self.pid == ::getpid() &&
                    self.pid != parent.pid && self.machine == parent.machine
                ? 0
                : 1);
  }
  std::uint64_t theirs = 0;
  ASSERT_EQ(::read(pipe[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
  EXPECT_NE(system_.host->random_bits(), theirs);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(system_.host->fork_count(), forks);
}

// A time beyond what nanoseconds can count must not come round as one long past.
TEST_F(Posix, AbsurdTimesOfFilesAreCutAndDoNotWrap) {
  ASSERT_FALSE(system_.files->create(path("a"), "", 0600));
  const auto stamp = [&](time_t seconds) {
    const timespec both[2] = {{seconds, 0}, {seconds, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, path("a").c_str(), both, 0), 0);
    FileStatus status;
    EXPECT_FALSE(system_.files->status(path("a"), Revalidate::forced, status));
    return status.modified;
  };
  const ServerTime present = stamp(::time(nullptr));
  for (const time_t far : {time_t{14'000'000'000}, time_t{1} << 40, time_t{1} << 62}) {
    EXPECT_GT(stamp(far) - present, 24h * 365 * 30) << far;
    EXPECT_LT(stamp(-far) - present, -24h * 365 * 50) << far;
    EXPECT_GT(stamp(far) + 24h * 365, stamp(far));
  }
}

TEST_F(Posix, NothingThatIsNotARegularFileIsRead) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("/etc/passwd", path("link").c_str()), 0);
  std::string contents;
  EXPECT_EQ(system_.files->read(path("fifo"), 100, contents).value(), EINVAL);
  EXPECT_EQ(system_.files->read(path("link"), 100, contents).value(), ELOOP);
  EXPECT_EQ(system_.files->read(directory_, 100, contents).value(), EISDIR);
  ASSERT_FALSE(system_.files->create(path("large"), std::string(101, 'x'), 0600));
  EXPECT_EQ(system_.files->read(path("large"), 100, contents).value(), EFBIG);
  EXPECT_FALSE(system_.files->read(path("large"), 101, contents));
  EXPECT_EQ(contents.size(), 101U);
}

}  // namespace
}  // namespace holdfast::os
