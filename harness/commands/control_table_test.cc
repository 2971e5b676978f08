#include "harness/commands/control_table.h"

#include <gmock/gmock.h>

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

Scenario scenario(const std::string& name) {
  Scenario made;
  made.name = name;
  made.contender.name = "flock";
  return made;
}

ControlTable table_of(const std::string& name, std::uint64_t runs) {
  ControlTable table;
  ControlRow& row = table.row_of(scenario(name));
  row.runs = runs;
  row.grants = 12'345;
  row.origin = {"0.1 abc", "2026-11-26", "2 processors"};
  return table;
}

TEST(ControlTable, IsReadAsItWasWritten) {
  const ControlTable table = table_of("control/a", 9);
  const auto read = parse_controls(control_json(table), "controls.json");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(control_json(*read), control_json(table));
  for (const char* text : {"", "{}", R"({"schema_version": 1})"}) {
    const auto none = parse_controls(text, "there/controls.json");
    ASSERT_FALSE(none) << text;
    EXPECT_THAT(none.error().text(), HasSubstr("there/controls.json: "));
  }
}

TEST(ControlTable, HasOneRowForAScenario) {
  ControlTable table = table_of("control/a", 9);
  ++table.row_of(scenario("control/a")).runs;
  EXPECT_THAT(table.rows, ElementsAre(Field(&ControlRow::runs, 10U)));
}

// What is run again takes the place of what was; the rest of the record is not lost.
TEST(ControlTable, KeepsTheRowsOfWhatWasNotRun) {
  ControlTable table = table_of("control/b", 1);
  ControlTable before = table_of("control/a", 9);
  before.row_of(scenario("control/b")).runs = 7;
  table.keep(before);
  EXPECT_THAT(table.rows, ElementsAre(Field(&ControlRow::runs, 9U), Field(&ControlRow::runs, 1U)));
  EXPECT_EQ(table.sum(&ControlRow::runs), 10U);
}

TEST(ControlTable, SaysHowManyRunsAccusedNobodyAndByWhichBuild) {
  const std::string text = control_markdown(table_of("control/a", 9));
  EXPECT_THAT(text,
              HasSubstr("9 runs, 12,345 grants, 0 of them handed from one process to another: "
                        "0 accused, 0 not as expected otherwise."));
  EXPECT_THAT(text,
              HasSubstr("| `control/a` | flock | local |  | 9 | 0 | 0 | 12,345 | 0 | 0.1 abc, "
                        "2026-11-26 |"));
}

}  // namespace
}  // namespace holdfast::harness
