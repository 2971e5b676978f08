// SIGKILL at any instant: what was recorded is there, whole, and nothing in between is missing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "harness/history/history_file.h"
#include "harness/history/recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

/// What the child says of itself in memory that it shares with the test.
struct Told {
  std::atomic<std::uint64_t> recorded;  ///< events whose record() has returned
};

class Shared {
 public:
  Shared()
      : told_(static_cast<Told*>(::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (told_ == MAP_FAILED) throw std::runtime_error("no shared memory");
  }
  ~Shared() { ::munmap(told_, sizeof(Told)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Told& operator*() const { return *told_; }

 private:
  Told* told_;
};

/// Numbers its events, and holds a lock in every second one.
[[noreturn]] void record_for_ever(const std::string& path, Told& told) {
  auto recorder = Recorder::create(path, {"h1.w1", "h1", 0, ::getpid()});
  if (!recorder) ::_exit(1);
  Event event;
  for (event.token = 1;; ++event.token) {
    const std::string name(event.token % 97, static_cast<char>('a' + event.token % 26));
    switch (event.token % 4) {
      case 0: event.op = Op::acquire, event.phase = Phase::invoke; break;
      case 1: event.op = Op::acquire, event.phase = Phase::ok; break;
      case 2: event.op = Op::release, event.phase = Phase::invoke; break;
      default: event.op = Op::release, event.phase = Phase::ok; break;
    }
    (*recorder)->record(event, name);
    told.recorded.store(event.token, std::memory_order_release);
  }
}

/// On a busy machine a child may not have begun when its time to be killed comes.
void wait_until_it_records(const Told& told) {
  constexpr struct timespec kMoment = {0, 1'000'000};
  for (int moments = 0; moments < 30'000 && told.recorded.load() == 0; ++moments) {
    ::nanosleep(&kMoment, nullptr);
  }
}

/// Reads what the killed child left, and says how many events that was.
std::uint64_t check_what_is_left(const std::string& path) {
  auto file = HistoryFile::open(path);
  EXPECT_TRUE(file.has_value()) << file.error().text();
  if (!file) return 0;
  HistoryFile::Entry entry;
  std::uint64_t count = 0;
  bool inside = false;
  for (;;) {
    const auto more = file->next(entry);
    EXPECT_TRUE(more.has_value()) << more.error().text();
    if (!more || !*more) break;
    ++count;
    EXPECT_EQ(entry.event.token, count);
    EXPECT_EQ(entry.name, std::string(count % 97, static_cast<char>('a' + count % 26)));
    inside = count % 4 == 1;
  }
  const auto view = LiveView::open(path);
  EXPECT_TRUE(view.has_value());
  EXPECT_TRUE(!view || !(*view)->read().inside || inside) << "the live words say too much";
  return count;
}

TEST(RecorderKilled, LeavesAPrefixWithoutGapsWheneverItIsKilled) {
  constexpr int kRounds = 50;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<long> nap_ns(0, 8'000'000);
  std::uint64_t events = 0;
  for (int round = 0; round < kRounds; ++round) {
    const TestFolder folder;
    const Shared told;
    const std::string path = folder / "h1.w1.events";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) record_for_ever(path, *told);
    // Every second one may be killed while it makes its file.
    if (round % 2 == 0) wait_until_it_records(*told);
    const struct timespec nap = {0, nap_ns(random)};
    ::nanosleep(&nap, nullptr);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    // Killed before its file had a whole header, it has no file of this name at all.
    const std::uint64_t recorded = (*told).recorded.load(std::memory_order_acquire);
    const std::uint64_t left = std::filesystem::exists(path) ? check_what_is_left(path) : 0;
    // What record() has returned from is there; the newest may be, that it had not.
    EXPECT_GE(left, recorded);
    EXPECT_LE(left, recorded + 1);
    events += left;
    if (HasFailure()) return;
  }
  EXPECT_GE(events, kRounds / 2U);
}

}  // namespace
}  // namespace holdfast::harness
