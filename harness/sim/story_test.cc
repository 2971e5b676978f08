// What a story tells of each step, and that all of it is explained.
#include "harness/sim/story.h"

#include <gtest/gtest.h>

#include <set>

#include "harness/sim/draw.h"

namespace holdfast::harness::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Setting two_hosts() {
  Setting setting;
  setting.options.lifetime = milliseconds(200);
  setting.hosts.resize(2);
  setting.hosts[1].name = "b";
  setting.processes.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    setting.processes[i].host = i;
    setting.processes[i].rounds.resize(1);
  }
  setting.processes[1].rounds[0].before = milliseconds(20);
  return setting;
}

std::string told(const Setting& setting) {
  Stage stage;
  Story story(stage);
  Uneventful decisions;
  stage.run(setting, decisions, &story);
  return story.text();
}

/// The first line that has this in it.
std::string line_with(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  if (at == std::string::npos) return "none has '" + words + "' in it:\n" + text;
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

// Wherever clocks matter, a story that leaves them out cannot be followed.
TEST(Story, ShowsAtEachStepHowFarEachWrongClockIsAhead) {
  Setting setting = two_hosts();
  setting.hosts[1].clock.wall_offset = seconds(3);
  setting.incidents = {{.kind = Incident::Kind::clock_step,
                        .at = milliseconds(10),
                        .host = 1,
                        .amount = -Duration(seconds(5)).count()}};
  const std::string text = told(setting);
  EXPECT_EQ(line_with(text, "p1   -- asks").substr(0, 29), "      0.000     +3.000  w .  ") << text;
  EXPECT_EQ(line_with(text, "clock_step").substr(0, 22), "     10.000     -2.000") << text;
  EXPECT_NE(line_with(text, "clock_step").find("host b clock_step by -5000.000 ms"),
            std::string::npos)
      << text;
  EXPECT_EQ(line_with(text, "p2   -- asks").substr(0, 29), "     20.000     -2.000  x w  ") << text;
  EXPECT_EQ(line_with(text, "time, ms").substr(0, 22), "   time, ms       b, s") << text;
}

TEST(Story, TellsClocksOfOneNameApart) {
  Setting setting = two_hosts();
  setting.hosts[1].name = "a";
  setting.hosts[1].machine = 7;
  for (HostSetting& host : setting.hosts) host.clock.rate_ppm = 1000;
  EXPECT_NE(told(setting).find("   time, ms     a/1, s     a/7, s"), std::string::npos)
      << told(setting);
}

// Where all clocks are right, there is nothing to say of them.
TEST(Story, HasNoColumnForClocksThatAreRight) {
  EXPECT_EQ(line_with(told(two_hosts()), "time, ms").substr(0, 24), "   time, ms  the lanes o");
}

TEST(Story, ExplainsEveryLetterOfItsLanes) {
  std::set<char> known, met;
  for (const Lane& lane : lanes()) known.insert(lane.letter);
  Stage stage;
  RandomDecisions decisions;
  for (std::uint64_t seed = 1; seed <= 20'000 && met.size() < known.size(); ++seed) {
    const Setting setting = draw_setting({}, seed);
    decisions.reset({}, setting, seed);
    Story story(stage);
    stage.run(setting, decisions, &story);
    const std::string legend = line_with(story.text(), "time, ms");
    for (const Step& step : story.steps()) {
      for (const char letter : step.lanes) {
        met.insert(letter);
        ASSERT_NE(legend.find(std::string(" ") + letter + ' '), std::string::npos)
            << "'" << letter << "' is not in: " << legend;
      }
    }
  }
  EXPECT_EQ(met, known);
}

}  // namespace
}  // namespace holdfast::harness::sim
