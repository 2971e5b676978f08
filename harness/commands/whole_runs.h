// What tests of whole runs start from: the program, called by its verb, in a folder of the test's
// own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/commands/started.h"

namespace holdfast::harness {

using Words = std::vector<std::string>;

/// The file of a scenario that is shipped: "smoke/baton".
std::string shipped(const std::string& name);
/// Its name as one that a test can have: "smoke_baton".
std::string test_name(std::string scenario);

class WholeRuns : public testing::Test {
 protected:
  /// Of this verb; `run` keeps its runs in runs().
  Words command(const std::string& verb, const Words& more) const;
  Said holdfast(const std::string& verb, const Words& more) const;
  Said run(const Words& more) const { return holdfast("run", more); }
  /// Starts a run and waits until its workers are at work.
  std::unique_ptr<Started> begun(const Words& more) const;

  std::string runs() const { return playground_.folder() / "runs"; }
  /// Folders of runs, in order.
  Words kept() const;
  static nlohmann::json read(const std::filesystem::path& path);
  static std::string text_of(const std::string& path);
  void expect_fits_schema(const std::filesystem::path& path, const std::string& schema) const;
  void expect_nothing_left() const;

  Playground playground_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

/// One run that is kept, for verbs that only read it.
class StoredRun : public WholeRuns {
 protected:
  void store(const Words& more);

  std::filesystem::path folder_;
};

}  // namespace holdfast::harness
