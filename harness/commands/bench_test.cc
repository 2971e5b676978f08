// holdfast bench: what is promised of the emulated mount can be measured. Whether it is kept is not
// asked here, since that depends on how busy the machine is.
#include <gmock/gmock.h>

#include <regex>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

class BenchCommand : public WholeRuns {};

TEST_F(BenchCommand, ComparesTheEmulatedMountWithAPassThrough) {
  const Said said =
      holdfast("bench", {"--filter", "mount", "--repetitions", "2", "--seconds", "0.001"});
  if (said.status == 3 && said.err.find("no benchmark matches") != std::string::npos) {
    GTEST_SKIP() << "there is no pass-through: " << said.err;
  }
  EXPECT_TRUE(said.status == 0 || said.status == 5) << said.status << said.out << said.err;
  for (const std::string clients : {"one client", "eight clients"}) {
    const std::regex ratio("[0-9]+[.][0-9]+ x  emulated mount, " + clients);
    EXPECT_TRUE(std::regex_search(said.out, ratio)) << said.out;
  }
  const std::regex origin("2 repetitions, commit [^ ,]+, load [0-9.]+ before and [0-9.]+ after");
  EXPECT_TRUE(std::regex_search(said.out, origin)) << said.out;
  expect_nothing_left();
}

}  // namespace
}  // namespace holdfast::harness
