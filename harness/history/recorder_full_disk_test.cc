// A full disk is an error and never a SIGBUS. Needs a small file system of its own, so a child with
// a mount namespace of its own does the work.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <iostream>

#include "harness/history/history_file.h"
#include "harness/history/recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

enum Ending { kFine = 0, kRefused = 77, kWrong = 1 };

int complain(const std::string& what) {
  std::cerr << what << std::endl;
  return kWrong;
}

int check_the_file(const std::string& path, std::uint64_t recorded, std::uint64_t dropped) {
  auto file = HistoryFile::open(path);
  if (!file) return complain(file.error().text());
  HistoryFile::Entry entry;
  std::uint64_t count = 0;
  for (;;) {
    const auto more = file->next(entry);
    if (!more) return complain(more.error().text());
    if (!*more) break;
    if (entry.event.token != count++)
      return complain("a gap before event " + std::to_string(count));
  }
  if (count != recorded) {
    return complain(std::to_string(count) + " of " + std::to_string(recorded) +
                    " events are there");
  }
  if (file->header().dropped != dropped) {
    return complain(std::to_string(file->header().dropped) + " dropped events were counted, not " +
                    std::to_string(dropped));
  }
  return kFine;
}

/// Fills a disk of 1 MiB, and goes on.
int fill_a_small_disk(const std::string& at) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("holdfast", at.c_str(), "tmpfs", 0, "size=1m") != 0) {
    std::cerr << std::strerror(errno) << std::endl;
    return kRefused;
  }
  const std::string path = at + "/h1.w1.events";
  auto recorder = Recorder::create(path, {"h1.w1", "h1", 0, ::getpid()});
  if (!recorder) return complain(recorder.error().text());
  Event event;
  event.op = Op::told;
  event.phase = Phase::ok;
  std::uint64_t recorded = 0;
  for (; !(*recorder)->failed(); ++event.token) {
    if (event.token > 100'000) return complain("the disk never filled up");
    (*recorder)->record(event);
    if (!(*recorder)->failed()) ++recorded;
  }
  // 1 MiB less the header, by 64 bytes: the last little room was used, too.
  if (recorded < 15'000) return complain("gave up after " + std::to_string(recorded) + " events");
  constexpr std::uint64_t kMore = 10;
  for (std::uint64_t i = 0; i < kMore; ++i) (*recorder)->record(event);
  if (const int wrong = check_the_file(path, recorded, kMore + 1)) return wrong;

  // A recorder that starts on a full disk says so.
  const auto second = Recorder::create(at + "/h1.w2.events", {"h1.w2", "h1", 0, ::getpid()});
  if (second) return complain("a recorder was made on a full disk");
  return kFine;
}

TEST(RecorderOnAFullDisk, FailsCountsWhatItDropsAndKeepsWhatItHas) {
  const TestFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_a_small_disk(folder.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kRefused) GTEST_SKIP() << "no mount namespace for this user";
  EXPECT_EQ(WEXITSTATUS(status), kFine);
}

}  // namespace
}  // namespace holdfast::harness
