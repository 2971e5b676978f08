// The preloaded recorder inside real programs, and the adapter for flufl.lock.
#include "harness/contender/file_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "harness/contender/child.h"
#include "harness/contender/program.h"
#include "harness/history/store.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class FileRecorderTest : public testing::Test {
 protected:
  FileRecorderTest() {
    std::filesystem::create_directories(run_ / "history");
    std::filesystem::create_directories(run_ / "locks");
    const RecorderIdentity identity{"h1.w1", "h1", 0, ::getpid()};
    worker_ = std::move(*Recorder::create(run_ / "history/h1.w1.events", identity));
  }

  Station station() {
    Station station;
    station.directory = run_ / "locks";
    station.lock = "lock";
    station.worker = "h1.w1";
    station.history = run_ / "history/h1.w1.events";
    station.errors = run_ / "errors";
    station.preload = {*file_recorder_library(HOLDFAST_PROGRAM_FOLDER)};
    station.environment = file_recorder_environment(station);
    return station;
  }
  /// Runs a shell script under the recorder, in the locks' directory, to its end.
  void run(const std::string& script) {
    const Station at = station();
    auto environment = at.environment;
    environment.emplace_back("LD_PRELOAD", at.preload.front());
    auto child = Child::start(
        {{"/bin/sh", "-ec", "cd " + at.directory + "\n" + script}, environment, at.errors});
    ASSERT_TRUE(child) << child.error().text();
    std::string line;
    ASSERT_EQ((*child)->read_line(line, -1), Child::Heard::ended);
  }
  History history() {
    RunRecord record;
    record.hosts = {{"h1", 0}};
    record.locks = {"lock"};
    record.end_ns = recorder_now_ns();
    EXPECT_TRUE(write_run_record(run_.path(), record));
    auto read = read_history(run_.path());
    EXPECT_TRUE(read) << read.error().text();
    return std::move(*read);
  }
  /// "rename ok a b"
  std::vector<std::string> operations(FileOp only = FileOp::none) {
    static const char* const kNames[] = {"",          "rename", "link",  "unlink",  "open_create",
                                         "open_read", "mkdir",  "rmdir", "symlink", "utime",
                                         "stat",      "list",   "sync"};
    std::vector<std::string> list;
    const History all = history();
    for (const Event& event : all.events) {
      if (event.op != Op::file || (only != FileOp::none && event.file != only)) continue;
      std::string line = std::string(kNames[static_cast<int>(event.file)]) + " " +
                         (event.phase == Phase::ok ? "ok" : std::to_string(event.code)) + " " +
                         all.names[event.name];
      if (event.other != 0) line += " " + all.names[event.other];
      list.push_back(line);
    }
    return list;
  }

  TestFolder run_;
  std::unique_ptr<Recorder> worker_;
};

TEST_F(FileRecorderTest, SeesWhatAProgramAndItsChildrenDoInTheLocksDirectory) {
  run(R"(
    : > a
    ln a b
    mv b c
    mkdir d
    rmdir d
    rm a
    ln -s nowhere s
    : > /dev/null
    cat none || true
  )");
  const auto seen = operations();
  for (const char* line : {"open_create ok a", "link ok a b", "rename ok b c", "mkdir ok d",
                           "rmdir ok d", "unlink ok a", "symlink ok s", "open_read 2 none"}) {
    EXPECT_THAT(seen, Contains(line));
  }
  for (const std::string& line : seen) EXPECT_THAT(line, testing::Not(testing::HasSubstr("null")));
}

TEST_F(FileRecorderTest, TheInodeTellsWhoseFileWasRemoved) {
  run(": > lock\nmv lock aside\n: > lock\nrm aside\nrm lock\n");
  std::vector<std::uint64_t> made, removed;
  for (const Event& event : history().events) {
    if (event.op != Op::file || event.phase != Phase::ok) continue;
    if (event.file == FileOp::open_create) made.push_back(event.value);
    if (event.file == FileOp::unlink) removed.push_back(event.value);
  }
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(removed, made);
  EXPECT_NE(made[0], made[1]);
}

TEST_F(FileRecorderTest, AProgramThatTouchesNothingIsStillSeenToBeRecorded) {
  run("exit 0");
  EXPECT_THAT(operations(), IsEmpty());
  EXPECT_TRUE(history().workers.at(0).records_files);
}

// Node.js has no other: without it nobody would know on what a lock of its decided.
TEST_F(FileRecorderTest, SeesALookThatIsASystemCallByItsNumber) {
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "no /usr/bin/python3";
  run(R"(: > lock
exec /usr/bin/python3 -c '
import ctypes, os
call = ctypes.CDLL(None).syscall
call.restype = ctypes.c_long
statx = {"x86_64": 332}.get(os.uname().machine, 291)
for name in (b"lock", b"none"):
    call(ctypes.c_long(statx), ctypes.c_long(-100), name, ctypes.c_long(0), ctypes.c_long(0x7ff),
         ctypes.create_string_buffer(256))
')");
  const auto seen = operations(FileOp::stat);
  EXPECT_THAT(seen, Contains("stat ok lock"));
  EXPECT_THAT(seen, Contains("stat 2 none"));
}

TEST_F(FileRecorderTest, AKilledProgramsOperationsAreThere) {
  run(": > lock\nkill -9 $$\n");
  EXPECT_THAT(operations(), Contains("open_create ok lock"));
}

TEST_F(FileRecorderTest, ManyOperationsAreAllThereAndInOrder) {
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "no /usr/bin/python3";
  run(R"(exec /usr/bin/python3 -c '
import os
os.mkdir("x0")
for i in range(5000): os.rename("x%d" % i, "x%d" % (i + 1))
')");
  const auto seen = operations(FileOp::rename);
  ASSERT_EQ(seen.size(), 5000U);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_EQ(seen[i], "rename ok x" + std::to_string(i) + " x" + std::to_string(i + 1));
  }
}

TEST_F(FileRecorderTest, ThreadsOfOneProgramLoseNothing) {
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "no /usr/bin/python3";
  run(R"(exec /usr/bin/python3 -c '
import os, threading
def work(name):
    for i in range(500):
        os.mkdir(name); os.rmdir(name)
threads = [threading.Thread(target=work, args=("t%d" % t,)) for t in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
')");
  EXPECT_EQ(operations(FileOp::mkdir).size(), 4000U);
  EXPECT_EQ(operations(FileOp::rmdir).size(), 4000U);
}

class FluflLockTest : public FileRecorderTest {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import flufl.lock' 2> /dev/null") != 0) {
      GTEST_SKIP() << "no flufl.lock for /usr/bin/python3: apt-get install python3-flufl.lock";
    }
  }
  Result<std::unique_ptr<Contender>> make(std::chrono::nanoseconds lifetime = seconds(10)) {
    ContenderSpec spec;
    spec.program = {"/usr/bin/python3", HOLDFAST_ADAPTERS "/flufl_lock.py"};
    spec.lifetime = lifetime;
    return make_program(spec, station());
  }
  std::vector<std::string> files() const {
    std::vector<std::string> list;
    for (const auto& entry : std::filesystem::directory_iterator(run_ / "locks")) {
      list.push_back(entry.path().filename());
    }
    return list;
  }
};

TEST_F(FluflLockTest, TwoExcludeEachOther) {
  const auto one = make(), two = make();
  ASSERT_TRUE(one) << one.error().text();
  ASSERT_TRUE(two) << two.error().text();
  EXPECT_THAT((*one)->traits().name, testing::StartsWith("flufl.lock "));
  EXPECT_TRUE((*one)->traits().leases);
  EXPECT_FALSE((*one)->traits().tokens);
  EXPECT_EQ((*one)->probe(), ProbedState::free);
  EXPECT_EQ((*one)->acquire(seconds(0), {}).phase, Phase::ok);
  EXPECT_EQ((*two)->acquire(seconds(0), {}).why, Why::timeout);
  EXPECT_EQ((*one)->probe(), ProbedState::mine);
  EXPECT_EQ((*two)->probe(), ProbedState::other);
  EXPECT_EQ((*one)->refresh().phase, Phase::ok);
  EXPECT_EQ((*two)->refresh().why, Why::lost);
  EXPECT_EQ((*one)->release().phase, Phase::ok);
  EXPECT_EQ((*one)->release().why, Why::lost);
  EXPECT_EQ((*two)->acquire(seconds(0), {}).phase, Phase::ok);
  EXPECT_EQ((*two)->release().phase, Phase::ok);
}

TEST_F(FluflLockTest, AWaitThatIsGivenUpLeavesNothingBehind) {
  const auto one = make(), two = make();
  ASSERT_TRUE(one && two);
  ASSERT_EQ((*one)->acquire(seconds(0), {}).phase, Phase::ok);
  std::stop_source stop;
  stop.request_stop();
  const Answer answer = (*two)->acquire(seconds(-1), stop.get_token());
  EXPECT_EQ(answer.phase, Phase::fail) << answer.message;
  EXPECT_EQ(answer.why, Why::cancelled);
  EXPECT_EQ((*one)->release().phase, Phase::ok);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FluflLockTest, ALifetimeThatItCannotKeepIsRefused) {
  const auto made = make(std::chrono::milliseconds(1500));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), testing::HasSubstr("whole seconds"));
}

TEST_F(FluflLockTest, ItsFileOperationsAreRecorded) {
  auto one = make();
  ASSERT_TRUE(one);
  ASSERT_EQ((*one)->acquire(seconds(0), {}).phase, Phase::ok);
  ASSERT_EQ((*one)->release().phase, Phase::ok);
  one->reset();
  EXPECT_EQ(operations(FileOp::link).size(), 1U);
  EXPECT_THAT(operations(FileOp::link).at(0), testing::EndsWith(" lock"));
  EXPECT_EQ(operations(FileOp::unlink).size(), 2U);
  EXPECT_EQ(operations(FileOp::unlink).at(0), "unlink ok lock");
}

}  // namespace
}  // namespace holdfast::harness
