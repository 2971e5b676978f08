#include "harness/fleet/parcel.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/history/history_file.h"
#include "harness/history/layout.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ParcelTest : public testing::Test {
 protected:
  ParcelTest() {
    fs::remove_all(folder_);
    fs::create_directories(here_);
    fs::create_directories(there_);
  }
  ~ParcelTest() override { fs::remove_all(folder_); }

  /// Everything that is new; how many parcels that took.
  std::size_t send(std::size_t at_most = 1000) {
    for (std::size_t count = 0; count < at_most; ++count) {
      const auto parcel = packer_.next();
      EXPECT_TRUE(parcel) << parcel.error().text();
      if (!parcel || !*parcel) return count;
      const auto kept = unpack(**parcel, there_);
      EXPECT_TRUE(kept) << kept.error().text();
    }
    return at_most;
  }

  std::size_t events(const std::string& name) const {
    auto file = HistoryFile::open(there_ / name);
    EXPECT_TRUE(file) << file.error().text();
    HistoryFile::Entry entry;
    std::size_t count = 0;
    while (file && file->next(entry).value_or(false)) ++count;
    return count;
  }

  fs::path folder_ =
      fs::path(testing::TempDir()) /
      (std::string("parcel.") + testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path here_ = folder_ / "here";
  fs::path there_ = folder_ / "there";
  Packer packer_{{here_}};
};

void record(Recorder& recorder, std::size_t count) {
  Event event;
  event.op = Op::file;
  event.phase = Phase::ok;
  event.file = FileOp::rename;
  for (std::size_t i = 0; i < count; ++i) recorder.record(event, "a/name", "another");
}

TEST_F(ParcelTest, AHistoryGrowsThereAsItGrowsHere) {
  auto recorder = Recorder::create(here_ / "h1.w1.events", {"h1.w1", "h1", 0, 7});
  ASSERT_TRUE(recorder);
  EXPECT_EQ(send(), 1U) << "who began to work";
  EXPECT_EQ(events("h1.w1.events"), 0U);
  record(**recorder, 3);
  EXPECT_EQ(send(), 1U);
  EXPECT_EQ(events("h1.w1.events"), 3U);
  EXPECT_EQ(send(), 0U) << "nothing is new";
  record(**recorder, 2);
  EXPECT_EQ(send(), 1U);
  EXPECT_EQ(events("h1.w1.events"), 5U);
}

// The host can be gone after any parcel: what is there by then must be a whole history.
TEST_F(ParcelTest, AnyNumberOfParcelsMakesAWholeHistory) {
  constexpr std::size_t kMany = 60'000;  // some megabytes
  auto recorder = Recorder::create(here_ / "h1.w1.events", {"h1.w1", "h1", 0, 7});
  ASSERT_TRUE(recorder);
  record(**recorder, kMany);
  std::size_t before = 0;
  std::size_t parcels = 0;
  while (send(1) == 1) {
    ++parcels;
    const std::size_t now = events("h1.w1.events");
    EXPECT_GT(now, before);
    before = now;
  }
  EXPECT_GT(parcels, 3U);
  EXPECT_EQ(before, kMany);
}

// Whoever sent it in parcels of nothing would never come to an end.
TEST_F(ParcelTest, ADamagedRecordIsAProblemThatNamesItsPlace) {
  auto recorder = Recorder::create(here_ / "h1.w1.events", {"h1.w1", "h1", 0, 7});
  ASSERT_TRUE(recorder);
  record(**recorder, 2);
  const std::uint32_t size = layout::record_bytes(6, 7);  // "a/name", "another"
  for (const std::uint32_t bytes : {0U, 63U, 2 * size}) {
    std::fstream file(here_ / "h1.w1.events");
    file.seekp(layout::kHeaderBytes + size);
    file.write(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    file.close();
    Packer packer({here_});
    const auto sent = packer.next();
    ASSERT_TRUE(sent && *sent);
    EXPECT_EQ((*sent)->bytes, size) << "the whole one before it";
    const auto refused = packer.next();
    ASSERT_FALSE(refused) << bytes;
    EXPECT_THAT(refused.error().text(), HasSubstr("h1.w1.events: the record at byte " +
                                                  std::to_string(layout::kHeaderBytes + size)));
  }
}

TEST_F(ParcelTest, LogsAreSentToo) {
  std::ofstream(here_ / "h1.w1.err") << "a complaint\n" << std::flush;
  send();
  std::ofstream(here_ / "h1.w1.err", std::ios::app) << "and another\n" << std::flush;
  send();
  EXPECT_EQ(contents(there_ / "h1.w1.err"), "a complaint\nand another\n");
}

TEST_F(ParcelTest, NothingElseIsSent) {
  std::ofstream(here_ / "h1.w1.events.new") << "half a header";
  std::ofstream(here_ / "other") << "else";
  EXPECT_EQ(send(), 0U);
}

TEST_F(ParcelTest, AParcelThatWouldLeaveTheFolderIsRefused) {
  std::ofstream(here_ / "h1.w1.err") << "text" << std::flush;
  auto parcel = packer_.next();
  ASSERT_TRUE(parcel && *parcel);
  for (const char* name : {"../h1.err", "/tmp/h1.err", ".err", "", "passwd", "h1.events/x.err"}) {
    (*parcel)->file = name;
    EXPECT_FALSE(unpack(**parcel, there_)) << name;
  }
}

TEST_F(ParcelTest, ADamagedParcelIsRefused) {
  std::ofstream(here_ / "h1.w1.err") << "a text that is long enough to be damaged" << std::flush;
  const auto parcel = packer_.next();
  ASSERT_TRUE(parcel && *parcel);
  for (std::size_t i = 0; i < (*parcel)->packed.size(); ++i) {
    Parcel damaged = **parcel;
    damaged.packed[i] = damaged.packed[i] == 'x' ? 'y' : 'x';
    const auto kept = unpack(damaged, there_);
    if (kept) continue;  // bits beyond the last byte say nothing
    EXPECT_THAT(kept.error().text(), HasSubstr("h1.w1.err"));
  }
  Parcel strange = **parcel;
  strange.packed = "~~~~";
  EXPECT_FALSE(unpack(strange, there_));
}

}  // namespace
}  // namespace holdfast::harness
