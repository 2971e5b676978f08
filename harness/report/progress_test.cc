#include "harness/report/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Progress some(std::chrono::nanoseconds elapsed) {
  Progress progress;
  progress.scenario = "crash/holder-killed";
  progress.contender = "baton";
  progress.hosts = 4;
  progress.workers = 32;
  progress.elapsed = elapsed;
  progress.duration = seconds(30);
  progress.grants = 18'204;
  progress.grants_per_second = 1519.6;
  progress.faults = {{"kill", 231}, {"clock", 12}};
  progress.violations = 0;
  return progress;
}

TEST(Progress, SaysHowFarWhoAndWhat) {
  EXPECT_EQ(progress_line(some(seconds(12))),
            "crash/holder-killed  0:12 of 0:30   baton   4 hosts x 8 workers   18,204 grants "
            "(1,520/s)   faults 12 clock 231 kill   violations 0");
}

TEST(Progress, SaysOnlyWhatIsKnown) {
  Progress progress = some(seconds(12));
  progress.duration.reset();
  progress.violations.reset();
  progress.faults.clear();
  progress.workers = 33;
  progress.wanted_grants = 20'000;
  EXPECT_EQ(progress_line(progress),
            "crash/holder-killed  0:12   baton   4 hosts, 33 workers   18,204 of 20,000 grants "
            "(1,520/s)   no faults");
}

TEST(Progress, RewritesItselfOnATerminalWithinItsColumns) {
  std::ostringstream out;
  {
    ProgressLine line(out, 30);
    line.show(some(seconds(1)));
    EXPECT_EQ(out.str(), "\rcrash/holder-killed  0:01 of \x1b[K");
    Progress shorter = some(seconds(2));
    shorter.scenario = "a";
    shorter.contender = "b";
    shorter.hosts = shorter.workers = 1;
    out.str("");
    line.show(shorter);
    EXPECT_EQ(out.str(), "\ra  0:02 of 0:30   b   1 host \x1b[K");
    out.str("");
  }
  EXPECT_EQ(out.str(), "\r\x1b[K");
}

TEST(Progress, GivesItsPlaceToWordsOnATerminalOnly) {
  std::ostringstream out;
  ProgressLine line(out, 30);
  line.show(some(seconds(1)));
  out.str("");
  line.show("judging");
  EXPECT_EQ(out.str(), "\rjudging\x1b[K");
  std::ostringstream file;
  ProgressLine(file, 0).show("judging");
  EXPECT_EQ(file.str(), "");
}

// Else the second of several short runs would say nothing.
TEST(Progress, OfTheNextRunBeginsWithALine) {
  std::ostringstream out;
  ProgressLine line(out, 0);
  line.show(some(seconds(20)));
  line.begin();
  line.show(some(seconds(1)));
  EXPECT_NE(out.str().find("0:01 of"), std::string::npos);
}

TEST(Progress, IsALineEveryFiveSecondsElsewhere) {
  std::ostringstream out;
  {
    ProgressLine line(out, 0);
    for (int tenths = 0; tenths <= 120; ++tenths) line.show(some(milliseconds(100 * tenths)));
  }
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_NE(text.find("0:10 of 0:30"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::harness
