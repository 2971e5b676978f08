#include "harness/report/event_words.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "harness/report/sample_history.h"

namespace holdfast::harness {
namespace {

constexpr std::int64_t kMs = 1'000'000;

std::string words(const SampleHistory& h) {
  return EventWords(h.history).of(h.history.events.back());
}

TEST(EventWords, SayWhatWasAskedFor) {
  SampleHistory h;
  h.ask(10, 0);
  EXPECT_EQ(words(h), "asks for the lock");
  h.history.events.back().until_ns = 2'010 * kMs;
  EXPECT_EQ(words(h), "asks for the lock, for at most 2 s");
  h.add(11, 0, Op::raise, Phase::invoke).token = 7;
  EXPECT_EQ(words(h), "asks the fence to be raised to its token 7");
}

TEST(EventWords, SayWhatCameBack) {
  SampleHistory h;
  h.grant(10, 0);
  EXPECT_EQ(words(h), "granted");
  h.grant(10, 0, 18);
  h.history.events.back().until_ns = 12'300 * kMs;
  EXPECT_EQ(words(h), "granted, token 18, entitled until 12.300000 s");
  h.fail(11, 0, Op::acquire, Why::timeout);
  EXPECT_EQ(words(h), "gives up: its patience has ended");
  h.fail(11, 0, Op::release, Why::lost);
  EXPECT_EQ(words(h), "is told that another has or had the lock");
  h.fail(11, 0, Op::refresh, Why::lost);
  EXPECT_EQ(words(h), "is told that its lease is lost");
  h.add(12, 0, Op::release, Phase::info);
  EXPECT_EQ(words(h), "is not told whether its release took effect");
  h.add(12, 0, Op::probe, Phase::ok).value = static_cast<std::uint64_t>(ProbedState::other);
  EXPECT_EQ(words(h), "is told that the lock is held by another");
}

TEST(EventWords, SayWhatTheControllerHeard) {
  SampleHistory h;
  h.add(12, 0, Op::enter, Phase::invoke);
  EXPECT_EQ(words(h), "tells the controller that it is inside");
  h.add(12, 0, Op::enter, Phase::ok).until_ns = 11 * kMs;
  EXPECT_EQ(words(h), "was inside at 0.011000 s by the controller");
  h.add(12, 0, Op::leave, Phase::ok).until_ns = 11 * kMs;
  EXPECT_EQ(words(h), "was inside until 0.011000 s by the controller");
  h.add(12, 0, Op::leave, Phase::info);
  EXPECT_EQ(words(h), "gets no answer of the controller");
}

TEST(EventWords, SayWhatAFileOperationDidToWhichFile) {
  SampleHistory h;
  h.file(1, 1.1, 0, FileOp::rename, "lock-0/free,17", "lock-0/held,18", 42);
  EXPECT_EQ(words(h),
            "renames lock-0/free,17 to lock-0/held,18 (inode 42 stood there just before)");
  h.file(1, 1.1, 0, FileOp::rename, "lock-0/free,17", "lock-0/held,18", 0, ENOENT);
  EXPECT_EQ(words(h), "fails to rename lock-0/free,17 to lock-0/held,18: ENOENT");
  h.file(1, 1.1, 0, FileOp::link, "claim", "lock-0", 42);
  EXPECT_EQ(words(h), "links claim to lock-0 (inode 42 stood there just after)");
  h.file(1, 1.1, 0, FileOp::stat, "lock-0", "", 42);
  EXPECT_EQ(words(h), "looks at lock-0 (inode 42)");
  h.file(1, 1.1, 0, FileOp::list, "");
  EXPECT_EQ(words(h), "lists the locks' directory");
  h.file(1, 5, 0, FileOp::unlink, "a\nb");
  EXPECT_EQ(words(h), "unlinks a\\nb, by a call since 0.001000");
}

// Who judges a lock's age by a bent clock does so because of the fault, and the story must say it.
TEST(EventWords, SayByHowMuchAClockWasBentWhereItMatters) {
  SampleHistory h;
  Fault& clock = h.fault(100, 1'000, "clock");
  clock.host = 1;
  clock.measured_offset_ns = -30'000 * kMs;
  clock.measured_rate = 1.01;
  const EventWords at(h.history);
  EXPECT_EQ(at.clock_ahead_ns(1, 99 * kMs), 0);
  EXPECT_EQ(at.clock_ahead_ns(1, 200 * kMs), -29'999 * kMs);
  EXPECT_EQ(at.clock_ahead_ns(1, 1'000 * kMs), 0);
  EXPECT_EQ(at.clock_ahead_ns(0, 200 * kMs), 0);
  h.file(200, 200.1, 2, FileOp::stat, "lock-0");
  EXPECT_EQ(words(h), "looks at lock-0, its own clock 30 s back by the `clock` fault");
  h.file(200, 200.1, 2, FileOp::unlink, "lock-0");
  EXPECT_EQ(words(h), "unlinks lock-0");
  h.file(200, 200.1, 0, FileOp::stat, "lock-0");
  EXPECT_EQ(words(h), "looks at lock-0");
}

// A clock stands as it was set last.
TEST(EventWords, SayTheLatestWhereTwoBendsOfAClockOverlap) {
  SampleHistory h;
  const auto bend = [&](double start_ms, double end_ms, std::int64_t offset_ms) {
    Fault& clock = h.fault(start_ms, end_ms, "clock");
    clock.host = 1;
    clock.measured_offset_ns = offset_ms * kMs;
  };
  bend(100, 500, 30);
  bend(300, 700, -20);
  const EventWords at(h.history);
  EXPECT_EQ(at.clock_ahead_ns(1, 200 * kMs), 30 * kMs);
  EXPECT_EQ(at.clock_ahead_ns(1, 400 * kMs), -20 * kMs);
  EXPECT_EQ(at.clock_ahead_ns(1, 600 * kMs), -20 * kMs);
}

TEST(EventWords, NameEveryErrno) {
  EXPECT_EQ(name_of_errno(ENOENT), "ENOENT");
  EXPECT_EQ(name_of_errno(ESTALE), "ESTALE");
  EXPECT_EQ(name_of_errno(4242), "errno 4242");
}

TEST(FaultWords, SayWhatWasDoneToWhom) {
  SampleHistory h;
  Fault kill = h.kill(1, 2, 2);
  EXPECT_EQ(fault_words(kill), "killed");
  EXPECT_EQ(fault_target(h.history, kill), "h2.w3");
  kill.at_operation = "before rename 3";
  EXPECT_EQ(fault_words(kill), "killed before rename 3");
  kill.worker = kNobody;  // it had no history file yet
  EXPECT_EQ(fault_target(h.history, kill), "h2.w3");
  Fault pause = h.fault(1, 2, "pause");
  pause.measured_pause_ns = 2'100 * kMs;
  EXPECT_EQ(fault_words(pause), "stopped for 2.10 s");
  Fault clock = h.fault(1, 2, "clock");
  clock.host = 1;
  EXPECT_EQ(fault_words(clock), "its clock set right");
  EXPECT_EQ(fault_target(h.history, clock), "h2");
  clock.measured_offset_ns = 30'000 * kMs;
  clock.measured_rate = 0.996;
  EXPECT_EQ(fault_words(clock), "its clock set 30 s ahead, running 0.400 % too slow");
}

}  // namespace
}  // namespace holdfast::harness
