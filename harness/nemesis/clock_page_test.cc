#include "harness/nemesis/clock_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

class ClockPageTest : public testing::Test {
 protected:
  ClockPageTest() {
    std::filesystem::remove_all(folder_), std::filesystem::create_directories(folder_);
  }
  ~ClockPageTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("clock_page.") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

/// Every word says the same, so that a mixture of two changes shows.
ClockMap stamped(std::int64_t with) {
  return {{with, with}, {with, with}, {with, with}, static_cast<double>(with)};
}

TEST_F(ClockPageTest, AReaderFollowsTheWriter) {
  const auto page = ClockPage::create(path("h1"));
  ASSERT_TRUE(page) << page.error().text();
  const auto view = ClockView::open(path("h1"));
  ASSERT_TRUE(view) << view.error().text();
  EXPECT_EQ((*view)->read(), ClockMap{});
  for (int i = 1; i < 5; ++i) {
    (*page)->write(stamped(i));
    EXPECT_EQ((*view)->read(), stamped(i));
    EXPECT_EQ((*page)->read(), stamped(i));
  }
}

TEST_F(ClockPageTest, AReaderNeverSeesHalfOfAChange) {
  const auto page = ClockPage::create(path("h1"));
  ASSERT_TRUE(page);
  const auto view = ClockView::open(path("h1"));
  ASSERT_TRUE(view);
  (*page)->write(stamped(0));
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (std::int64_t i = 1; i < 200'000; ++i) (*page)->write(stamped(i));
    over = true;
  });
  std::int64_t last = 0;
  bool torn = false;
  bool backwards = false;
  while (!over) {
    const ClockMap seen = (*view)->read();
    torn = torn || seen != stamped(seen.raw.real);
    backwards = backwards || seen.raw.real < last;
    last = seen.raw.real;
  }
  writer.join();
  EXPECT_FALSE(torn);
  EXPECT_FALSE(backwards);
}

TEST_F(ClockPageTest, OtherFilesAreRefusedByName) {
  EXPECT_THAT(ClockView::open(path("none")).error().text(), HasSubstr("No such file"));
  std::ofstream(path("short")) << "hfclock1";
  EXPECT_THAT(ClockView::open(path("short")).error().text(), HasSubstr("too short"));
  std::ofstream(path("other")) << std::string(4096, 'x');
  EXPECT_THAT(ClockView::open(path("other")).error().text(), HasSubstr(path("other")));
}

TEST_F(ClockPageTest, APageIsNeverMadeOverAnother) {
  ASSERT_TRUE(ClockPage::create(path("h1")));
  EXPECT_THAT(ClockPage::create(path("h1")).error().text(), HasSubstr("File exists"));
}

}  // namespace
}  // namespace holdfast::harness
