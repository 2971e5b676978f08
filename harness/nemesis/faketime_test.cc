#include "harness/nemesis/faketime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class FaketimeTest : public testing::Test {
 protected:
  FaketimeTest() {
    std::filesystem::remove_all(folder_), std::filesystem::create_directories(folder_);
  }
  ~FaketimeTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  /// What a shell says before a program whose clock is to be that of "h1".
  std::string bent(const std::vector<std::string>& libraries) const {
    std::string words = "env LD_PRELOAD=" + libraries[0] + ":" + libraries[1];
    for (const auto& [name, value] : faketime_environment(path("h1"))) {
      words += " " + name + "=" + value;
    }
    return words;
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("faketime.") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST(Faketime, AnOffsetIsWrittenWithItsSignAndItsNanoseconds) {
  EXPECT_EQ(faketime_text(0), "+0.000000000");
  EXPECT_EQ(faketime_text(30 * kSecond), "+30.000000000");
  EXPECT_EQ(faketime_text(-1), "-0.000000001");
  EXPECT_EQ(faketime_text(-3600 * kSecond - 250'000'000), "-3600.250000000");
}

TEST_F(FaketimeTest, AFolderThatIsNotThereIsNamed) {
  const auto written = write_faketime(path("no/h1"), 0);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().text(), testing::HasSubstr(path("no/h1")));
}

TEST(Faketime, AMissingLibraryIsNamed) {
  EXPECT_THAT(faketime_libraries("/nowhere").error().text(), testing::HasSubstr("/nowhere/lib"));
}

TEST_F(FaketimeTest, AProgramSeesTheOffsetOfTheMoment) {
  const auto libraries = faketime_libraries(HOLDFAST_PROGRAM_FOLDER);
  if (!libraries) GTEST_SKIP() << libraries.error().text();
  for (const std::int64_t offset : {std::int64_t{0}, 3600 * kSecond, -30 * kSecond}) {
    ASSERT_TRUE(write_faketime(path("h1"), offset));
    const auto measured = measure_faketime(path("h1"), *libraries);
    ASSERT_TRUE(measured) << measured.error().text();
    EXPECT_NEAR(static_cast<double>(*measured), static_cast<double>(offset), 5e8) << offset;
  }
}

// libfaketime alone answers EINVAL here: Python's time.sleep() fails, and any lock with it.
TEST_F(FaketimeTest, AProgramUnderABentClockCanSleep) {
  const auto libraries = faketime_libraries(HOLDFAST_PROGRAM_FOLDER);
  if (!libraries) GTEST_SKIP() << libraries.error().text();
  if (!std::filesystem::exists("/usr/bin/python3")) GTEST_SKIP() << "no /usr/bin/python3";
  ASSERT_TRUE(write_faketime(path("h1"), 30 * kSecond));
  const std::string command =
      bent(*libraries) + " /usr/bin/python3 -c 'import time; time.sleep(0.01)'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

// libfaketime alone ends the process: shm_open says that the file exists.
TEST_F(FaketimeTest, AProgramStartsWhereADeadOneOfItsNumberHasLeftItsTraces) {
  const auto libraries = faketime_libraries(HOLDFAST_PROGRAM_FOLDER);
  if (!libraries) GTEST_SKIP() << libraries.error().text();
  ASSERT_TRUE(write_faketime(path("h1"), 30 * kSecond));
  const std::string command =
      "touch /dev/shm/faketime_shm_$$; exec " + bent(*libraries) + " /bin/true";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace holdfast::harness
