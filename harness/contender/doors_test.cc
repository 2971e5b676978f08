// What stands between a lock and the operating system: the recorder, the crash point, the identity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scripted_host.h>

#include "harness/contender/crashing_files.h"
#include "harness/contender/factory.h"
#include "harness/contender/logical_host.h"
#include "harness/contender/recording_files.h"
#include "harness/contender/test_recorder.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;

class DoorsTest : public testing::Test {
 protected:
  DoorsTest() { memory_.make_directory("/locks", 0777); }

  std::vector<std::string> recorded() const {
    std::vector<std::string> list;
    for (const Recorded& one : recorder_.all) {
      list.push_back(std::to_string(static_cast<int>(one.event.file)) + " " +
                     (one.event.phase == Phase::ok     ? "ok"
                      : one.event.phase == Phase::fail ? "fail"
                                                       : "mark") +
                     " " + one.name + (one.other.empty() ? "" : " " + one.other));
    }
    return list;
  }
  static std::string line(FileOp operation, const std::string& rest) {
    return std::to_string(static_cast<int>(operation)) + " " + rest;
  }
  std::uint64_t inode(const std::string& path) {
    os::FileStatus status;
    EXPECT_FALSE(memory_.status(path, os::Revalidate::as_mounted, status));
    return status.inode;
  }

  os::testing::ManualClock clock_;
  os::testing::MemoryFiles memory_{clock_};
  TestRecorder recorder_;
  FileEvents events_{&recorder_, "/locks", 2};
};

TEST_F(DoorsTest, EachOperationIsRecordedWithItsNamesAndOutcome) {
  RecordingFiles files(memory_, events_, RecordingFiles::Inodes::looked_up);
  files.create("/locks/claim", "x", 0666);
  files.link("/locks/claim", "/locks/lock");
  files.rename("/locks/lock", "/locks/aside");
  files.unlink("/locks/none");
  files.make_directory("/locks/d", 0777);
  files.remove_directory("/locks/d");
  EXPECT_THAT(
      recorded(),
      ElementsAre(line(FileOp::open_create, "ok claim"), line(FileOp::link, "ok claim lock"),
                  line(FileOp::rename, "ok lock aside"), line(FileOp::unlink, "fail none"),
                  line(FileOp::mkdir, "ok d"), line(FileOp::rmdir, "ok d")));
  EXPECT_EQ(recorder_.all[3].event.code, ENOENT);
  EXPECT_EQ(recorder_.all[0].event.lock, 2);
}

// Whose lock was removed is told by the inode: the name says it of everybody's.
TEST_F(DoorsTest, ARemovalIsRecordedWithTheInodeThatItRemoved) {
  RecordingFiles files(memory_, events_, RecordingFiles::Inodes::looked_up);
  files.create("/locks/lock", "x", 0666);
  const std::uint64_t first = inode("/locks/lock");
  files.unlink("/locks/lock");
  files.create("/locks/lock", "y", 0666);
  const std::uint64_t second = inode("/locks/lock");
  files.rename("/locks/lock", "/locks/aside");
  ASSERT_EQ(recorder_.all.size(), 4U);
  EXPECT_EQ(recorder_.all[0].event.value, first);
  EXPECT_EQ(recorder_.all[1].event.value, first);
  EXPECT_EQ(recorder_.all[2].event.value, second);
  EXPECT_EQ(recorder_.all[3].event.value, second);
}

TEST_F(DoorsTest, WhereNamesNeverRecurNothingIsLookedUp) {
  RecordingFiles files(memory_, events_, RecordingFiles::Inodes::not_looked_up);
  files.create("/locks/lock", "x", 0666);
  files.unlink("/locks/lock");
  EXPECT_EQ(recorder_.all[0].event.value, 0U);
  EXPECT_EQ(recorder_.all[1].event.value, 0U);
}

TEST_F(DoorsTest, ACrashBeforeAnOperationLeavesItUndone) {
  bool died = false;
  CrashingFiles files(memory_, FileOp::rename, 2, true, events_, [&] {
    died = true;
    throw std::runtime_error("killed");
  });
  files.create("/locks/a", "x", 0666);
  files.rename("/locks/a", "/locks/b");
  EXPECT_FALSE(died);
  EXPECT_THROW(files.rename("/locks/b", "/locks/c"), std::runtime_error);
  EXPECT_THAT(memory_.paths(), testing::Contains("/locks/b"));
  EXPECT_THAT(recorded(), ElementsAre(line(FileOp::rename, "mark b")));
}

TEST_F(DoorsTest, ACrashAfterAnOperationLeavesItDone) {
  CrashingFiles files(memory_, FileOp::none, 2, false, events_,
                      [] { throw std::runtime_error("killed"); });
  files.create("/locks/a", "x", 0666);
  EXPECT_THROW(files.rename("/locks/a", "/locks/b"), std::runtime_error);
  EXPECT_THAT(memory_.paths(), testing::Contains("/locks/b"));
}

TEST_F(DoorsTest, EveryOperationThatAScenarioCanKillAtIsOne) {
  for (const std::string& name : kill_operations()) {
    FileOp operation = FileOp::none;
    EXPECT_TRUE(crash_operation(name, operation)) << name;
    EXPECT_EQ(operation == FileOp::none, name == "any");
  }
  FileOp operation = FileOp::none;
  EXPECT_FALSE(crash_operation("chmod", operation));
}

class SeparateHostTest : public testing::Test {
 protected:
  os::testing::ManualClock clock_;
  os::testing::ScriptedHost real_{clock_, {"box", 7, 70, 1234}};
  SeparateHost h1_{real_, "h1"};
  SeparateHost h2_{real_, "h2"};
};

TEST_F(SeparateHostTest, EachHasANameAndAMachineOfItsOwn) {
  EXPECT_EQ(h1_.self().host, "h1");
  EXPECT_NE(h1_.self().machine, h2_.self().machine);
  EXPECT_NE(h1_.self().machine, real_.self().machine);
  EXPECT_EQ(h1_.self().pid, 7);
  EXPECT_EQ(h1_.self().start, 70U);
}

TEST_F(SeparateHostTest, NothingIsProvedAcrossAndTheKernelAnswersWithin) {
  os::Process dead = h1_.self();
  dead.pid = 8;
  real_.dead = {8};
  EXPECT_EQ(h1_.life(dead), os::Life::proved_dead);
  EXPECT_EQ(h2_.life(dead), os::Life::not_proved_dead);
  os::Process native = real_.self();
  native.pid = 8;
  EXPECT_EQ(h1_.life(native), os::Life::not_proved_dead);
}

TEST(SeparateHost, WhatIsUnprovableStaysUnprovable) {
  os::testing::ManualClock clock;
  os::testing::ScriptedHost real(clock, {"box", 7, 70, 0});
  SeparateHost host(real, "h1");
  EXPECT_EQ(host.self().machine, 0U);
}

class OwnLockTest : public DoorsTest {
 protected:
  Station station(os::testing::ScriptedHost& host) {
    Station station;
    station.directory = "/locks";
    station.lock = "lock";
    station.worker = "h1.w1";
    station.system = {&memory_, &clock_, &host};
    station.recorder = &recorder_;
    return station;
  }
  std::unique_ptr<Contender> make(const Station& station) {
    ContenderSpec spec;
    spec.lock = "baton";
    spec.lifetime = std::chrono::seconds(2);
    auto made = make_contender(spec, station);
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }

  os::testing::ScriptedHost one_{clock_, {"box", 7, 70, 1234}};
  os::testing::ScriptedHost two_{clock_, {"box", 8, 80, 1234}};
};

TEST_F(OwnLockTest, AnswersTokenLeaseAndState) {
  const auto first = make(station(one_)), second = make(station(two_));
  const std::int64_t before = recorder_now_ns();
  const Answer granted = first->acquire(Duration::zero(), {});
  const std::int64_t after = recorder_now_ns();
  ASSERT_EQ(granted.phase, Phase::ok) << granted.message;
  EXPECT_GT(granted.token, 0U);
  EXPECT_GE(granted.until_ns, before + 2'000'000'000);
  EXPECT_LE(granted.until_ns, after + 2'000'000'000);
  EXPECT_EQ(first->probe(), ProbedState::mine);
  EXPECT_EQ(second->probe(), ProbedState::other);
  const Answer refused = second->acquire(Duration::zero(), {});
  EXPECT_EQ(refused.phase, Phase::fail);
  EXPECT_EQ(refused.why, Why::timeout);
  EXPECT_EQ(first->release().phase, Phase::ok);
  EXPECT_EQ(first->probe(), ProbedState::free);
  EXPECT_EQ(first->release().why, Why::not_held);
}

// A lease of 2 s by a clock that runs twice as fast is over after 1 s in truth.
TEST_F(OwnLockTest, TheInjectedRateIsTakenOutOfTheLease) {
  Station fast = station(one_);
  fast.rate = [] { return 2.0; };
  const auto lock = make(fast);
  const std::int64_t before = recorder_now_ns();
  const Answer granted = lock->acquire(Duration::zero(), {});
  ASSERT_EQ(granted.phase, Phase::ok);
  EXPECT_GE(granted.until_ns, before + 1'000'000'000);
  EXPECT_LE(granted.until_ns, recorder_now_ns() + 1'000'000'000);
}

TEST_F(OwnLockTest, ItsFileOperationsAreRecordedAndItsObserversAreNot) {
  const auto lock = make(station(one_));
  ASSERT_EQ(lock->acquire(Duration::zero(), {}).phase, Phase::ok);
  const std::size_t seen = recorder_.all.size();
  EXPECT_GT(seen, 0U);
  lock->probe();
  EXPECT_EQ(recorder_.all.size(), seen);
}

TEST_F(OwnLockTest, AnUnknownOptionIsAProblemThatNamesIt) {
  ContenderSpec spec;
  spec.lock = "baton";
  spec.options = R"({"drfit": 0.1})";
  const auto made = make_contender(spec, station(one_));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), testing::HasSubstr("/contender/options/drfit"));
}

TEST_F(OwnLockTest, OptionsReachTheLock) {
  ContenderSpec spec;
  spec.lock = "baton";
  spec.lifetime = std::chrono::seconds(1);
  spec.options = R"({"drift": 0.02, "margin": "250ms"})";
  const auto made = make_contender(spec, station(one_));
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ((*made)->traits().drift_ppm, 20'000);
  EXPECT_EQ((*made)->traits().margin_ns, 270'000'000);
  EXPECT_FALSE((*made)->traits().steady_server_clock);
}

// By what its administrator vouches for, its word is judged.
TEST_F(OwnLockTest, WhatJudgesByTheServersStampsPromisesNothingWhenItsClockIsSet) {
  ContenderSpec spec;
  spec.lock = "baton";
  spec.options = R"({"server_clock": true})";
  const auto made = make_contender(spec, station(one_));
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE((*made)->traits().steady_server_clock);
}

TEST_F(OwnLockTest, WhatTheLockRefusesIsAProblem) {
  ContenderSpec spec;
  spec.lock = "baton";
  spec.lifetime = std::chrono::milliseconds(1);
  EXPECT_FALSE(make_contender(spec, station(one_)));
  spec.lifetime = std::chrono::seconds(1);
  spec.options = R"({"margin": 250})";
  EXPECT_THAT(make_contender(spec, station(one_)).error().text(), testing::HasSubstr("duration"));
}

TEST_F(OwnLockTest, WhoHasNoOptionsRefusesThem) {
  ContenderSpec spec;
  spec.lock = "mkdir";
  spec.options = R"({"drift": 0.02})";
  EXPECT_THAT(make_contender(spec, station(one_)).error().text(),
              testing::HasSubstr("\"mkdir\" has no options"));
  spec.lock = "flokc";
  spec.options = "{}";
  EXPECT_THAT(make_contender(spec, station(one_)).error().text(), testing::HasSubstr("flock"));
}

}  // namespace
}  // namespace holdfast::harness
