#include "harness/commands/run_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <optional>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class RunPlaces : public testing::Test {
 protected:
  RunPlaces() { fs::create_directories(folder_); }
  ~RunPlaces() override { fs::remove_all(folder_); }
  fs::path folder_ =
      fs::path(testing::TempDir()) / ("run_places_test-" + std::to_string(::getpid()));
};

TEST_F(RunPlaces, AreInTheRepositoryThatOneIsIn) {
  fs::create_directories(folder_ / "repository/scenarios/crash");
  fs::create_directories(folder_ / "repository/reports");
  const std::string runs = folder_ / "repository/reports/runs";
  EXPECT_EQ(default_runs_folder(folder_ / "repository"), runs);
  EXPECT_EQ(default_runs_folder(folder_ / "repository/scenarios/crash"), runs);
  EXPECT_EQ(default_runs_folder(folder_), folder_ / "reports/runs");
}

TEST_F(RunPlaces, ARunsFolderTellsScenarioTimeAndSeed) {
  const auto folder = make_run_folder(folder_, "crash/holder-killed", 0x5a3f09c1, 1795454282999);
  ASSERT_TRUE(folder) << folder.error().text();
  EXPECT_EQ(*folder, folder_ / "crash-holder-killed/20261123T171802Z-5a3f09c1");
  EXPECT_TRUE(fs::is_directory(*folder + "/history"));
  EXPECT_TRUE(fs::is_directory(*folder + "/logs"));
}

TEST_F(RunPlaces, TwoRunsOfOneSecondAndSeedDoNotShareAFolder) {
  const auto first = make_run_folder(folder_, "a", 1, 0);
  const auto second = make_run_folder(folder_, "a", 1, 0);
  ASSERT_TRUE(first && second);
  EXPECT_THAT(*first, EndsWith("Z-00000001"));
  EXPECT_EQ(*second, *first + "-2");
}

TEST_F(RunPlaces, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(folder_ / "file") << "in the way";
  const auto folder = make_run_folder(folder_ / "file", "a", 1, 0);
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().text(), HasSubstr(folder_ / "file"));
}

TEST_F(RunPlaces, WhatPassesIsGoneAfterwards) {
  std::string locks, scratch;
  {
    auto places = PassingPlaces::make("");
    ASSERT_TRUE(places) << places.error().text();
    locks = places->locks();
    scratch = places->scratch();
    EXPECT_TRUE(fs::is_empty(locks));
    fs::create_directories(locks + "/lock1/held");
    std::ofstream(scratch + "/h1.clock") << "a page";
  }
  EXPECT_FALSE(fs::exists(locks));
  EXPECT_FALSE(fs::exists(scratch));
}

// A mount is the user's: what stands there already is not ours to use, let alone to remove.
TEST_F(RunPlaces, AMountGetsADirectoryOfTheRunsOwn) {
  std::ofstream(folder_ / "theirs") << "precious";
  auto places = PassingPlaces::make(folder_);
  ASSERT_TRUE(places) << places.error().text();
  const std::string locks = places->locks();
  EXPECT_THAT(locks, StartsWith((folder_ / "holdfast-").string()));
  std::ofstream(locks + "/lock1") << "held";
  EXPECT_TRUE(places->remove());
  EXPECT_FALSE(fs::exists(locks));
  EXPECT_TRUE(fs::exists(folder_ / "theirs"));
}

TEST_F(RunPlaces, AMountThatIsNoneIsNamed) {
  const auto places = PassingPlaces::make(folder_ / "nowhere");
  ASSERT_FALSE(places);
  EXPECT_THAT(places.error().text(), HasSubstr(folder_ / "nowhere"));
}

TEST_F(RunPlaces, PathsAreSaidAsOneWouldTypeThem) {
  const fs::path here = fs::current_path();
  EXPECT_EQ(as_typed(here / "reports/runs/a"), "reports/runs/a");
  EXPECT_EQ(as_typed("/elsewhere/a"), "/elsewhere/a");
}

}  // namespace
}  // namespace holdfast::harness
