#include "harness/workload/resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <holdfast/os/testing/memory_files.h>
#include <holdfast/os/testing/scripted_host.h>

#include <filesystem>
#include <fstream>

#include "harness/contender/test_recorder.h"
#include "harness/history/test_folder.h"
#include "harness/workload/counter.h"
#include "harness/workload/fenced.h"
#include "harness/workload/leftovers.h"
#include "harness/workload/planted_fence.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CounterTest : public testing::Test {
 protected:
  TestFolder folder_;
  TestRecorder recorder_;
  Journal journal_{recorder_, 0};
  std::string path_ = counter_path(folder_ / "lock");
};

TEST_F(CounterTest, CountsWhatIsDoneOneAfterTheOther) {
  Counter one(path_, journal_), two(path_, journal_);
  for (Counter* counter : {&one, &two, &one}) {
    ASSERT_TRUE(counter->enter(0));
    ASSERT_TRUE(counter->leave(0, false));
  }
  EXPECT_EQ(*read_counter(path_), 3U);
  EXPECT_EQ(recorder_.all.back().event.op, Op::update);
  EXPECT_EQ(recorder_.all.back().event.value, 3U);
}

TEST_F(CounterTest, LosesAnUpdateWhenTwoAreInside) {
  Counter one(path_, journal_), two(path_, journal_);
  ASSERT_TRUE(one.enter(0));
  ASSERT_TRUE(two.enter(0));
  ASSERT_TRUE(one.leave(0, false));
  ASSERT_TRUE(two.leave(0, false));
  EXPECT_EQ(*read_counter(path_), 1U);
}

TEST_F(CounterTest, AHolderThatKnowsItsLossWritesNothing) {
  Counter counter(path_, journal_);
  ASSERT_TRUE(counter.enter(0));
  ASSERT_TRUE(counter.leave(0, true));
  EXPECT_EQ(*read_counter(path_), 0U);
  EXPECT_TRUE(recorder_.all.empty());
}

TEST_F(CounterTest, AForeignFileIsAProblemThatNamesIt) {
  std::ofstream(path_) << "twelve";
  Counter counter(path_, journal_);
  const auto entry = counter.enter(0);
  ASSERT_FALSE(entry);
  EXPECT_THAT(entry.error().text(), HasSubstr(path_));
}

TEST_F(CounterTest, TheCountersOfAllLocksAddUp) {
  for (const char* lock : {"a", "b", "b"}) {
    Counter counter(counter_path(folder_ / lock), journal_);
    ASSERT_TRUE(counter.enter(0));
    ASSERT_TRUE(counter.leave(0, false));
  }
  EXPECT_EQ(*final_counter(folder_.path(), {"a", "b", "c"}), 3U);
}

TEST(Resource, AFenceWithoutTokensIsRefused) {
  TestRecorder recorder;
  Work work;
  work.resource = Resource::fenced;
  Traits traits;
  traits.name = "flock";
  const auto made = make_resource(work, traits, "/lock", {}, Journal(recorder, 0));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("\"flock\" has none"));
}

class FenceTest : public testing::Test {
 protected:
  FenceTest() { files_.make_directory("/locks", 0777); }
  /// The newest event but the invocations.
  const Event& newest() const { return recorder_.all.back().event; }

  TestFolder folder_;
  TestRecorder recorder_;
  Journal journal_{recorder_, 0};
  os::testing::ManualClock clock_;
  os::testing::ScriptedHost host_{clock_, {"box", 7, 70, 1234}};
  os::testing::MemoryFiles files_{clock_};
  os::System system_{&files_, &clock_, &host_};
};

TEST_F(FenceTest, APublicationIsWrittenDownWithItsTokenAndVersion) {
  Fenced fence("/locks/fence", system_, journal_);
  EXPECT_EQ(*fence.enter(5), ProtectedResource::Entry::in);
  EXPECT_EQ(newest().op, Op::raise);
  EXPECT_EQ(newest().token, 5U);
  ASSERT_TRUE(fence.leave(5, false));
  EXPECT_EQ(newest().op, Op::publish);
  EXPECT_EQ(newest().phase, Phase::ok);
  EXPECT_EQ(newest().value, 1U);
}

TEST_F(FenceTest, ALateWriterIsRefusedAndThatIsWrittenDown) {
  Fenced first("/locks/fence", system_, journal_), second("/locks/fence", system_, journal_);
  ASSERT_EQ(*first.enter(5), ProtectedResource::Entry::in);
  ASSERT_EQ(*second.enter(6), ProtectedResource::Entry::in);
  ASSERT_TRUE(first.leave(5, true));
  EXPECT_EQ(newest().op, Op::publish);
  EXPECT_EQ(newest().phase, Phase::fail);
  EXPECT_EQ(newest().code, static_cast<std::int32_t>(Why::stale_token));
}

TEST_F(FenceTest, WhoComesWithAnOldTokenIsRefusedEntry) {
  Fenced first("/locks/fence", system_, journal_), second("/locks/fence", system_, journal_);
  ASSERT_EQ(*second.enter(6), ProtectedResource::Entry::in);
  EXPECT_EQ(*first.enter(5), ProtectedResource::Entry::refused);
  EXPECT_EQ(newest().phase, Phase::fail);
}

TEST_F(FenceTest, ThePlantedOneAcceptsALateWriteUnderAnOldToken) {
  BackwardsFence first(folder_ / "fence", system_, journal_);
  BackwardsFence second(folder_ / "fence", system_, journal_);
  ASSERT_TRUE(first.enter(1));
  ASSERT_TRUE(first.leave(1, false));
  ASSERT_TRUE(second.enter(2));
  ASSERT_TRUE(first.afterwards(1));
  EXPECT_EQ(newest().op, Op::publish);
  EXPECT_EQ(newest().phase, Phase::ok);
  EXPECT_EQ(newest().token, 1U);
}

TEST(Leftovers, WhatBelongsToNothingThatStaysIsLeftBehind) {
  TestFolder folder;
  for (const char* name : {"a", "a.counter", "a.guard", "b.claim", "a|h1|7|1"}) {
    std::ofstream(folder / name) << "x";
  }
  std::filesystem::create_directories(folder / "b.fence");
  std::filesystem::create_directories(folder / "b.fence.blobs");
  std::filesystem::create_directories(folder / "b");
  std::ofstream(folder / "b/free,7,0,0") << "x";
  std::ofstream(folder / "b.fence/value,1,1,1-1") << "x";
  Traits traits;
  traits.keeps = {".guard"};
  EXPECT_THAT(*left_behind(folder.path(), {"a", "b"}, traits),
              ElementsAre("a", "a|h1|7|1", "b.claim", "b/", "b/free,7,0,0"));
}

}  // namespace
}  // namespace holdfast::harness
