#include "harness/sim/alike.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/sim/digest.h"
#include "harness/sim/setting.h"

namespace holdfast::harness::sim {
namespace {

Setting setting_of(std::size_t processes) {
  Setting setting;
  setting.hosts.clear();
  for (std::size_t i = 0; i < processes; ++i) {
    setting.hosts.push_back(host_of(i));
    setting.processes.push_back({.host = i, .rounds = {{}}});
  }
  return setting;
}

TEST(Alike, ProcessesThatDoTheSameCanChangePlaces) {
  EXPECT_EQ(numberings(setting_of(3)).size(), 6U);
  Setting setting = setting_of(3);
  setting.processes[1].rounds[0].refreshes = 1;
  EXPECT_EQ(numberings(setting).size(), 2U);
}

// A digest counts hosts by their marks: where a name or a clock tells more, nothing is exchanged.
TEST(Alike, ProcessesOfUnlikeHostsCannot) {
  Setting other_clock = setting_of(3);
  other_clock.hosts[1].clock.rate_ppm = 10;
  EXPECT_EQ(numberings(other_clock).size(), 1U);
  Setting other_name = setting_of(3);
  other_name.hosts[1].name = "nas";
  EXPECT_EQ(numberings(other_name).size(), 1U);
  Setting one_host = setting_of(2);
  one_host.processes[1].host = 0;
  EXPECT_EQ(numberings(one_host).size(), 1U);
}

std::string state_of(std::size_t process) {
  const HostSetting host = host_of(process);
  return "held,1001,0,200,0,0," + host.name + ",100,1," + std::to_string(host.machine) + "," +
         std::to_string(marked(12345678, process));
}

TEST(Alike, NamesAreTheSameUpToWhoMadeThem) {
  const std::vector<Numbering> all = numberings(setting_of(2));
  ASSERT_EQ(all.size(), 2U);
  const auto digest = [&](std::size_t numbering, const std::string& name) {
    Digest one(all[numbering]);
    one.add_name(name);
    return one.value();
  };
  EXPECT_NE(digest(0, state_of(0)), digest(0, state_of(1)));
  EXPECT_EQ(digest(0, state_of(0)), digest(1, state_of(1)));
  EXPECT_EQ(digest(0, "free,1001,0,0"), digest(1, "free,1001,0,0"));
  EXPECT_NE(digest(0, "free,1001,0,0"), digest(0, "free,1002,0,0"));
}

TEST(Alike, MarksAreFoundInDecimalAndInHexadecimal) {
  const std::uint64_t bits = marked(~std::uint64_t{0} / 3, 2);
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
  for (const std::string& word : {std::string(text), std::to_string(bits)}) {
    const auto mark = mark_of(word);
    ASSERT_TRUE(mark) << word;
    EXPECT_EQ(mark->process, 2U);
    EXPECT_EQ(mark->which, bits >> 3);
  }
  for (const char* const word : {"", "lock", "free", "1001", "200", "0000000000000007"}) {
    EXPECT_FALSE(mark_of(word)) << word;
  }
}

}  // namespace
}  // namespace holdfast::harness::sim
