#include <gmock/gmock.h>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

using testing::HasSubstr;

std::string with_lab(const std::string& lab) {
  return R"({"version": 1, "contender": "baton", "lab": )" + lab + "}";
}

std::string told(const std::string& lab) {
  const auto scenario = parse_scenario(with_lab(lab), "a.json", {});
  return scenario ? "" : scenario.error().text();
}

TEST(LabSection, IsReadAndWrittenWhole) {
  const auto first = parse_scenario(with_lab(R"({"nfs": "3", "mount_options": "soft",
      "export": "async", "faults": [
        {"fault": "partition", "host": "h2", "what": "replies", "every": "5s", "for": "2s"},
        {"fault": "delay", "by": "5ms", "loss": 0.5}, {"fault": "server_clock", "step": "-2s"}]})"),
                                    "a.json", {});
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(first->lab);
  EXPECT_FALSE(first->lab->sync);
  EXPECT_EQ(first->lab->faults.size(), 3U);
  EXPECT_EQ(first->lab->faults[0].at, first->lab->faults[0].every);
  // Each host is a machine of its own: nothing of its processes can be proved from another.
  EXPECT_TRUE(first->hosts[0].separate_machine);
  const auto second = parse_scenario(first->text, "a.json", {});
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->text, first->text);
}

TEST(LabSection, TellsWhatIsWrongAndWhere) {
  EXPECT_THAT(told(R"({"nfs": "4.3"})"), HasSubstr("/lab/nfs"));
  EXPECT_THAT(told(R"({"faults": [{"fault": "host_crsh"}]})"), HasSubstr("host_crash"));
  EXPECT_THAT(told(R"({"faults": [{"fault": "host_crash", "host": "h9"}]})"),
              HasSubstr("/lab/faults/0/host"));
  EXPECT_THAT(told(R"({"faults": [{"fault": "server_crash", "host": "h1"}]})"),
              HasSubstr("unknown key \"host\""));
  EXPECT_THAT(told(R"({"faults": [{"fault": "delay"}]})"), HasSubstr("says not what"));
  EXPECT_THAT(told(R"({"faults": [{"fault": "server_clock", "rate": 2}]})"),
              HasSubstr("/lab/faults/0/rate"));
  EXPECT_THAT(told(R"({"faults": [{"fault": "host_crash", "times": 2}]})"),
              HasSubstr("needs \"every\""));
}

// Both say where the locks' directory is.
TEST(LabSection, IsNotForOneWithAnEmulatedMount) {
  const auto scenario =
      parse_scenario(R"({"version": 1, "contender": "baton", "lab": {}, "mount": {}})", "a", {});
  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error().text(), HasSubstr("/lab"));
}

}  // namespace
}  // namespace holdfast::harness
