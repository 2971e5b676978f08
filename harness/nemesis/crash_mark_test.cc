#include "harness/nemesis/crash_mark.h"

#include <gtest/gtest.h>
#include <holdfast/os/testing/scratch.h>

#include <fstream>

namespace holdfast::harness {
namespace {

TEST(CrashMark, IsReadAsItWasWritten) {
  const os::testing::Scratch folder;
  ASSERT_TRUE(write_crash_mark(folder / "mark", {123456789012345, "rename a claim b"}));
  const auto mark = read_crash_mark(folder / "mark");
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->at_ns, 123456789012345);
  EXPECT_EQ(mark->operation, "rename a claim b");
}

// Whoever wrote it can have been killed at any byte: then nothing was killed by it.
TEST(CrashMark, HalfAMarkIsNone) {
  const os::testing::Scratch folder;
  EXPECT_FALSE(read_crash_mark(folder / "none"));
  for (const char* half : {"", "12", "12 ", "12 link a", "link a b\n"}) {
    std::ofstream(folder / "half", std::ios::trunc) << half;
    EXPECT_FALSE(read_crash_mark(folder / "half")) << half;
  }
}

TEST(CrashMark, WhereItCannotBeWrittenSaysSo) {
  EXPECT_FALSE(write_crash_mark("/proc/none/mark", {1, "link a b"}));
}

}  // namespace
}  // namespace holdfast::harness
