// A host whose power is cut takes its memory with it: what counts is what was written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/history/history_file.h"
#include "harness/history/recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

class PowerCutTest : public testing::Test {
 protected:
  void SetUp() override {
    RecorderIdentity identity{"h1.w1", "h1", 0, ::getpid()};
    identity.survives_power_cut = true;
    auto made = Recorder::create(path_, identity);
    ASSERT_TRUE(made) << made.error().text();
    recorder_ = std::move(*made);
  }

  void record(int times) const {
    for (int i = 0; i < times; ++i) recorder_->record(Event{}, "name", "other");
  }
  std::size_t readable() const {
    auto file = HistoryFile::open(path_);
    EXPECT_TRUE(file) << file.error().text();
    HistoryFile::Entry entry;
    std::size_t count = 0;
    for (auto more = file->next(entry); more && *more; more = file->next(entry)) ++count;
    return count;
  }

  TestFolder folder_;
  std::string path_ = folder_ / "h1.w1.events";
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(PowerCutTest, EveryEventIsInTheFileWhenItIsRecorded) {
  record(1000);  // the recorder is alive: nothing was closed, nothing was synchronised
  EXPECT_EQ(readable(), 1000U);
}

// The cut can come in the middle of a write.
TEST_F(PowerCutTest, HalfAnEventAtTheEndIsPassedOver) {
  record(3);
  const int file = ::open(path_.c_str(), O_RDWR);
  const off_t size = ::lseek(file, 0, SEEK_END);
  for (const off_t cut : {1, 20, 60}) {
    ASSERT_EQ(::ftruncate(file, size - cut), 0);
    EXPECT_EQ(readable(), 2U) << cut;
  }
  ::close(file);
}

// Who looks for a holder reads what stands in the header, as with any other history.
TEST_F(PowerCutTest, TheLiveWordsAreThere) {
  Event grant;
  grant.op = Op::acquire;
  grant.phase = Phase::ok;
  recorder_->record(grant);
  const auto view = LiveView::open(path_);
  ASSERT_TRUE(view) << view.error().text();
  EXPECT_TRUE((*view)->read().inside);
  EXPECT_EQ((*view)->read().grants, 1U);
}

}  // namespace
}  // namespace holdfast::harness
