#include "harness/commands/league_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

LeagueCell cell(const std::string& lock, const std::string& verdict, const std::string& found) {
  LeagueCell made;
  made.lock = lock;
  made.condition = "alone";
  made.verdict = verdict;
  made.found = found;
  made.grants = 7;
  made.origin = {"0.1 abc", "2026-11-23", "2 processors"};
  made.wait_ns_p50 = 12'000;
  made.again = "./holdfast run it";
  return made;
}

LeaguePlan plan_of(std::vector<LeagueLock> locks) {
  LeaguePlan plan;
  plan.conditions.resize(1);
  plan.conditions[0].scenario.name = "league/alone";
  plan.conditions[0].scenario.about = "A lone user.";
  plan.locks = std::move(locks);
  return plan;
}

// It is read again to be gone on with: what is lost on the way would be run again, or be wrong.
TEST(LeagueTable, IsReadAsItWasWritten) {
  LeagueTable table;
  table.cells = {cell("baton", "valid", ""), cell("excl", "violated", "wedge")};
  const auto read = parse_league(league_json(table), "league.json");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(league_json(*read), league_json(table));
}

TEST(LeagueTable, ThatIsNoneIsToldWithItsFile) {
  for (const char* text : {"", "{}", R"({"schema_version": 1})", R"({"schema_version": 2})",
                           R"({"schema_version": 2, "command": "", "cells": [{"lock": 3}]})"}) {
    const auto read = parse_league(text, "there/league.json");
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().text(), HasSubstr("there/league.json: "));
  }
}

TEST(LeagueTable, HasOneCellForALockUnderACondition) {
  LeagueTable table;
  table.put(cell("excl", "failed", ""));
  table.put(cell("excl", "violated", "wedge"));
  ASSERT_EQ(table.cells.size(), 1U);
  EXPECT_EQ(table.find("excl", "alone")->verdict, "violated");
  EXPECT_EQ(table.find("excl", "paused"), nullptr);
}

// Nobody may read a table without seeing how to repeat what it says against a lock.
TEST(LeagueTable, SaysOfWhatWasFoundHowToRepeatIt) {
  LeagueTable table;
  table.cells = {cell("baton", "valid", ""), cell("excl", "violated", "wedge")};
  const std::string text = league_markdown(
      table,
      plan_of({{"baton", "", "", "", {}}, {"excl", "", "", "", {{"alone", "It is known."}}}}));
  EXPECT_THAT(text, HasSubstr("| excl | **wedge** |"));
  EXPECT_THAT(text, HasSubstr("### excl\n\n- **alone**: **wedge**, in 7 grants"));
  EXPECT_THAT(text, HasSubstr(" It is known.\n  `./holdfast run it`"));
  EXPECT_THAT(text, Not(HasSubstr("### baton")));
  EXPECT_THAT(text, HasSubstr("| 12 us |"));
}

// A part of the table that is run again is of another build than the rest, which stays as it is.
TEST(LeagueTable, SaysOfWhichBuildHowManyCellsAre) {
  LeagueTable table;
  table.cells = {cell("baton", "valid", ""), cell("excl", "valid", ""), cell("link", "valid", "")};
  table.cells[1].origin.version = "0.2 def";
  const std::string text = league_markdown(table, plan_of({}));
  EXPECT_THAT(text, HasSubstr("- 2 cells by holdfast 0.1 abc, 2026-11-23, on 2 processors\n"));
  EXPECT_THAT(text, HasSubstr("- 1 cell by holdfast 0.2 def, 2026-11-23, on 2 processors\n"));
}

// What is found is often a race: one run says little, and five say how often.
TEST(LeagueTable, CountsTheRunsInWhichALockWasViolated) {
  LeagueTable table;
  table.add(cell("excl", "valid", ""));
  EXPECT_EQ(cell_words(table.cells[0]), "valid");
  table.add(cell("excl", "valid", ""));
  EXPECT_EQ(cell_words(table.cells[0]), "valid, 2 of 2");
  table.add(cell("excl", "violated", "wedge"));
  EXPECT_EQ(cell_words(table.cells[0]), "**wedge**, 1 of 3");
  for (int run = 0; run < 2; ++run) table.add(cell("excl", "violated", "orphan"));
  EXPECT_EQ(cell_words(table.cells[0]), "**orphan**, 3 of 5");
  EXPECT_EQ(table.cells.size(), 1U);
}

TEST(LeagueTable, TellsOfTwoHoldersBeforeAllElseAndOfWhatElseWasFound) {
  LeagueTable table;
  for (const char* found : {"wedge", "wedge", "mutual_exclusion: double_break"}) {
    table.add(cell("excl", "violated", found));
  }
  ASSERT_EQ(table.cells.size(), 1U);
  EXPECT_EQ(table.cells[0].found, "mutual_exclusion: double_break");
  EXPECT_EQ(cell_words(table.cells[0]), "**mutual_exclusion: double_break**, 3 of 3");
}

TEST(LeagueTable, ARunThatFailedChangesNothingOfWhatOthersHaveShown) {
  LeagueTable table;
  table.add(cell("excl", "failed", ""));
  EXPECT_EQ(table.cells[0].runs, 0U);
  table.add(cell("excl", "violated", "wedge"));
  table.add(cell("excl", "failed", ""));
  EXPECT_EQ(table.cells[0].verdict, "violated");
  EXPECT_EQ(table.cells[0].runs, 1U);
}

// A lock that does not work on a mount is no lock of which nothing is known.
TEST(LeagueTable, TellsWhatWasNeverGrantedFromWhatIsUnknown) {
  LeagueCell unknown = cell("flock", "unknown", "inconclusive: vacuous");
  EXPECT_EQ(cell_words(unknown), "unknown (vacuous)");
  unknown.grants = 0;
  EXPECT_EQ(cell_words(unknown), "unknown (never granted)");
  LeagueCell waiting = cell("FileLock", "violated", "wedge: never_granted");
  waiting.grants = 0;
  EXPECT_EQ(cell_words(waiting), "**wedge: never_granted**");
}

// Of a lone user nobody expects to see that others are kept out.
TEST(LeagueTable, DoesNotTellOfALoneUserThatNobodyWasInTheWay) {
  LeagueTable table;
  table.cells = {cell("baton", "unknown", "inconclusive: vacuous"), cell("flock", "unknown", "")};
  table.cells[1].grants = 0;
  LeaguePlan plan = plan_of({{"baton", "", "", "", {}}, {"flock", "", "", "", {}}});
  plan.conditions[0].scenario.hosts.resize(1);
  plan.conditions[0].scenario.hosts[0].workers = 1;
  const std::string alone = league_markdown(table, plan);
  EXPECT_THAT(alone, Not(HasSubstr("### baton")));
  EXPECT_THAT(alone, HasSubstr("### flock")) << "it was never granted, which is found";
  plan.conditions[0].scenario.hosts[0].workers = 2;
  EXPECT_THAT(league_markdown(table, plan), HasSubstr("### baton"));
}

// A percentile of few says little.
TEST(LeagueTable, SaysOfHowManyHandoffsItsFiguresAre) {
  LeagueTable table;
  table.cells = {cell("baton", "valid", "")};
  table.cells[0].condition = "no-fault";
  table.cells[0].handoffs = 12'345;
  table.cells[0].handoff_ns_p50 = 180'000;
  EXPECT_THAT(league_markdown(table, plan_of({{"baton", "", "", "", {}}})),
              HasSubstr("| 12,345 | 180 us |"));
}

// A figure is worth what the machine had left for it.
TEST(LeagueTable, SaysHowBusyTheMachineWas) {
  LeagueTable table;
  table.cells = {cell("baton", "valid", "")};
  table.cells[0].load = 6.25;
  table.cells[0].runs = 1;
  EXPECT_THAT(league_markdown(table, plan_of({{"baton", "", "", "", {}}})),
              HasSubstr("| 6.2, -, - |"));
}

}  // namespace
}  // namespace holdfast::harness
