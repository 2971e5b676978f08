// What each level of --log-level lets through to standard error.
#include "harness/commands/voice.h"

#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::harness {
namespace {

constexpr std::size_t kNoTerminal = 0;
constexpr std::size_t kColumns = 80;

std::string said_at(LogLevel level) {
  std::ostringstream out;
  Voice voice(out, level, kNoTerminal);
  voice.error("an error");
  voice.warning("a warning");
  voice.info("a fact");
  voice.debug("a detail");
  return out.str();
}

TEST(Voice, SaysWhatItsLevelAndThoseBelowItSay) {
  const std::string error = "holdfast: an error\n", warning = "holdfast: a warning\n";
  const std::string info = "holdfast: a fact\n", debug = "holdfast: a detail\n";
  EXPECT_EQ(said_at(LogLevel::error), error);
  EXPECT_EQ(said_at(LogLevel::warning), error + warning);
  EXPECT_EQ(said_at(LogLevel::info), error + warning + info);
  EXPECT_EQ(said_at(LogLevel::debug), error + warning + info + debug);
}

// Who asks for warnings alone, a cron job for instance, must not be written a line every few
// seconds.
TEST(Voice, ShowsProgressFromInfoOnOnly) {
  for (const LogLevel level :
       {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug}) {
    std::ostringstream out;
    {
      Voice voice(out, level, kColumns);
      Progress progress;
      progress.scenario = "crash/flock";
      voice.progress(progress);
      voice.doing("collecting");
    }
    EXPECT_EQ(out.str().empty(), level < LogLevel::info) << out.str();
  }
}

}  // namespace
}  // namespace holdfast::harness
