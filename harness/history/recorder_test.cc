#include "harness/history/recorder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "harness/history/history_file.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

const RecorderIdentity kIdentity{"h1.w3'2", "h1", 7, 4711};

Event event(Op op, Phase phase) {
  Event made;
  made.op = op;
  made.phase = phase;
  return made;
}

std::unique_ptr<Recorder> make(const std::string& path) {
  auto made = Recorder::create(path, kIdentity);
  EXPECT_TRUE(made.has_value()) << made.error().text();
  return std::move(*made);
}

std::vector<HistoryFile::Entry> all(HistoryFile& file) {
  std::vector<HistoryFile::Entry> entries;
  HistoryFile::Entry entry;
  for (;;) {
    const auto more = file.next(entry);
    EXPECT_TRUE(more.has_value()) << more.error().text();
    if (!more || !*more) return entries;
    entries.push_back(entry);
  }
}

TEST(Recorder, EveryFieldComesBackAsItWasRecorded) {
  const TestFolder folder;
  Event made = event(Op::file, Phase::fail);
  made.began_ns = 11;
  made.until_ns = -12;
  made.token = ~std::uint64_t{0};
  made.value = 14;
  made.code = -15;
  made.lock = 65535;
  made.file = FileOp::rename;
  const std::int64_t before = recorder_now_ns();
  make(folder / "a.events")->record(made, "from", "somewhat/longer");
  const std::int64_t after = recorder_now_ns();

  auto file = HistoryFile::open(folder / "a.events");
  ASSERT_TRUE(file.has_value()) << file.error().text();
  EXPECT_EQ(file->worker(), "h1.w3'2");
  EXPECT_EQ(file->host(), "h1");
  EXPECT_EQ(file->header().slot, 7U);
  EXPECT_EQ(file->header().pid, 4711);
  EXPECT_FALSE(file->is_program());
  const auto entries = all(*file);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_GE(entries[0].event.at_ns, before);
  EXPECT_LE(entries[0].event.at_ns, after);
  EXPECT_EQ(entries[0].name, "from");
  EXPECT_EQ(entries[0].other, "somewhat/longer");
  made.at_ns = entries[0].event.at_ns;
  EXPECT_EQ(entries[0].event, made);
}

TEST(Recorder, WhatHasNoBeginningBeganWhenItWasRecorded) {
  const TestFolder folder;
  make(folder / "a.events")->record(event(Op::acquire, Phase::invoke));
  auto file = HistoryFile::open(folder / "a.events");
  ASSERT_TRUE(file.has_value());
  const auto entries = all(*file);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].event.began_ns, entries[0].event.at_ns);
}

TEST(Recorder, GrowsOverManyChunksWithoutLosingAnEvent) {
  const TestFolder folder;
  constexpr std::uint64_t kEvents = 60'000;  // about 6 MiB
  {
    const auto recorder = make(folder / "a.events");
    Event made = event(Op::file, Phase::ok);
    made.file = FileOp::link;
    for (std::uint64_t i = 0; i < kEvents; ++i) {
      made.token = i;
      recorder->record(made, std::string(i % 61, 'n'), std::string(i % 7, 'o'));
    }
    EXPECT_FALSE(recorder->failed());
  }
  auto file = HistoryFile::open(folder / "a.events");
  ASSERT_TRUE(file.has_value()) << file.error().text();
  const auto entries = all(*file);
  ASSERT_EQ(entries.size(), kEvents);
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    ASSERT_EQ(entries[i].event.token, i);
    ASSERT_EQ(entries[i].name, std::string(i % 61, 'n'));
    ASSERT_EQ(entries[i].other, std::string(i % 7, 'o'));
  }
  // Nothing that was allocated ahead stays.
  EXPECT_EQ(std::filesystem::file_size(folder / "a.events"),
            layout::kHeaderBytes + file->header().committed);
}

TEST(Recorder, CutsNamesThatNoFileCanHave) {
  const TestFolder folder;
  Event made = event(Op::file, Phase::ok);
  made.file = FileOp::stat;
  make(folder / "a.events")->record(made, std::string(100'000, 'n'));
  auto file = HistoryFile::open(folder / "a.events");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(all(*file).at(0).name.size(), layout::kFileNameBytes);
}

TEST(Recorder, ThreadsOfOneWorkerNeverTearAnEventNorGoBackInTime) {
  const TestFolder folder;
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 2000;
  {
    const auto recorder = make(folder / "a.events");
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&recorder, t] {
        Event made = event(Op::told, Phase::ok);
        for (made.value = 0; made.value < kEach; ++made.value) {
          made.token = t;
          recorder->record(made);
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  auto file = HistoryFile::open(folder / "a.events");
  ASSERT_TRUE(file.has_value());
  std::vector<std::uint64_t> next(kThreads, 0);
  for (const auto& entry : all(*file)) {  // next() itself refuses an instant that goes back
    ASSERT_LT(entry.event.token, kThreads);
    EXPECT_EQ(entry.event.value, next[entry.event.token]++);
  }
  EXPECT_THAT(next, testing::Each(kEach));
}

TEST(Recorder, RefusesAFileThatIsThere) {
  const TestFolder folder;
  std::ofstream(folder / "a.events") << "precious";
  const auto made = Recorder::create(folder / "a.events", kIdentity);
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().text(), HasSubstr("a.events: is there already"));
  EXPECT_EQ(std::filesystem::file_size(folder / "a.events"), 8U);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.events.new"));
}

TEST(Recorder, RefusesNamesThatTheHeaderCannotHold) {
  const TestFolder folder;
  EXPECT_FALSE(Recorder::create(folder / "a", {std::string(128, 'w'), "h1", 0, 1}).has_value());
  EXPECT_FALSE(Recorder::create(folder / "a", {"", "h1", 0, 1}).has_value());
  EXPECT_FALSE(Recorder::create(folder / "a", {"w", "", 0, 1}).has_value());
}

TEST(Recorder, SaysWhichFileCouldNotBeMade) {
  const auto made = Recorder::create("/nonexistent/a.events", kIdentity);
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().text(), HasSubstr("/nonexistent/a.events.new: cannot make"));
}

TEST(LiveView, FollowsTheHoldOfARunningWorker) {
  const TestFolder folder;
  const auto recorder = make(folder / "a.events");
  auto view = LiveView::open(folder / "a.events");
  ASSERT_TRUE(view.has_value()) << view.error().text();
  EXPECT_FALSE((*view)->read().inside);

  recorder->record(event(Op::acquire, Phase::invoke));
  EXPECT_FALSE((*view)->read().inside);

  Event granted = event(Op::acquire, Phase::ok);
  granted.lock = 3;
  recorder->record(granted);
  const Live first = (*view)->read();
  EXPECT_TRUE(first.inside);
  EXPECT_EQ(first.lock, 3U);
  EXPECT_GT(first.since_ns, 0);
  EXPECT_EQ(first.grants, 1U);
  EXPECT_EQ(first.events, 2U);

  // Renewals, updates and bad news happen inside a hold and do not end it.
  recorder->record(event(Op::refresh, Phase::invoke));
  recorder->record(event(Op::refresh, Phase::fail));
  recorder->record(event(Op::told, Phase::ok));
  EXPECT_EQ((*view)->read().sequence, first.sequence);
  EXPECT_TRUE((*view)->read().inside);

  recorder->record(event(Op::release, Phase::invoke));
  EXPECT_FALSE((*view)->read().inside);
  EXPECT_NE((*view)->read().sequence, first.sequence);

  recorder->record(event(Op::release, Phase::ok));
  recorder->record(event(Op::acquire, Phase::invoke));
  recorder->record(granted);
  EXPECT_TRUE((*view)->read().inside);
  EXPECT_NE((*view)->read().sequence, first.sequence);
  EXPECT_EQ((*view)->read().grants, 2U);
}

TEST(LiveView, AHoldThatWasNeverReleasedEndsWithTheNextAcquireOrTheWorker) {
  for (const Event end : {event(Op::acquire, Phase::invoke), event(Op::worker, Phase::ok)}) {
    const TestFolder folder;
    const auto recorder = make(folder / "a.events");
    const auto view = LiveView::open(folder / "a.events");
    ASSERT_TRUE(view.has_value());
    recorder->record(event(Op::acquire, Phase::ok));
    EXPECT_TRUE((*view)->read().inside);
    recorder->record(end);
    EXPECT_FALSE((*view)->read().inside);
  }
}

TEST(LiveView, OutlivesTheRecorder) {
  const TestFolder folder;
  auto recorder = make(folder / "a.events");
  const auto view = LiveView::open(folder / "a.events");
  ASSERT_TRUE(view.has_value());
  recorder->record(event(Op::acquire, Phase::ok));
  recorder.reset();
  EXPECT_TRUE((*view)->read().inside);
}

TEST(LiveView, RefusesWhatIsNoHistory) {
  const TestFolder folder;
  EXPECT_FALSE(LiveView::open(folder / "none").has_value());
  std::ofstream(folder / "short") << "short";
  EXPECT_FALSE(LiveView::open(folder / "short").has_value());
  std::ofstream(folder / "other") << std::string(layout::kHeaderBytes, 'x');
  EXPECT_FALSE(LiveView::open(folder / "other").has_value());
}

}  // namespace
}  // namespace holdfast::harness
