// The same fault on the emulated mount and in the lab of real NFS kernels, in short form, both at
// once: the same verdict, by the same class and cause.
//
// How alike the two are is in harness/sharedmount/README.md, "The same on real kernels".
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

struct Twin {
  const char* scenario;
  const char* duration;
  const char* set;
};

struct Twins {
  Twin emulated;
  Twin lab;
};

void PrintTo(const Twins& twins, std::ostream* out) {
  *out << twins.emulated.scenario << " and " << twins.lab.scenario;
}

class TwinScenarios : public WholeRuns, public testing::WithParamInterface<Twins> {
 protected:
  std::unique_ptr<Started> start(const Twin& twin) const {
    return std::make_unique<Started>(
        playground_, command("run", {shipped(twin.scenario), "--duration", twin.duration, "--set",
                                     twin.set, "--json"}));
  }
};

/// ["violated", "mutual_exclusion", "server_lost_state"].
json verdict_of(const Said& said) {
  const json report = json::parse(said.out, nullptr, false);
  if (report.is_discarded()) return "no report: " + said.out;
  const json& verdict = report.at("verdict");
  return {verdict.at("value"), verdict.at("class"), verdict.at("cause")};
}

// The emulated one is run also where no lab is possible.
TEST_P(TwinScenarios, HaveOneVerdict) {
  const auto lab = start(GetParam().lab), emulated = start(GetParam().emulated);
  const Said here = emulated->wait(), there = lab->wait();
  expect_nothing_left();
  if (here.status == 6) GTEST_SKIP() << here.out << here.err;
  EXPECT_EQ(here.status, 0) << here.out << here.err;
  if (there.status == 6) GTEST_SKIP() << there.out << there.err;
  EXPECT_EQ(there.status, 0) << there.out << there.err;
  EXPECT_EQ(verdict_of(here), verdict_of(there));
}

std::string word_of(const testing::TestParamInfo<Twins>& of) {
  return test_name(of.param.emulated.scenario);
}

// A server is not crashed in the last twelve seconds of a run: one crash each.
INSTANTIATE_TEST_SUITE_P(
    Pairs, TwinScenarios,
    testing::Values(Twins{{"one-fault/lost-reply", "5s", "/expect/effective=1"},
                          {"one-fault-lab/lost-reply", "18s", "/expect/effective=1"}},
                    Twins{{"one-fault/partition-past-lease", "5s", "/expect/effective=1"},
                          {"one-fault-lab/partition-past-lease", "15s", "/expect/effective=3"}},
                    Twins{{"one-fault/server-crash", "5s", "/expect/effective=1"},
                          {"one-fault-lab/server-crash", "19s", "/expect/effective=1"}},
                    Twins{{"mount/async-export", "7s", R"(/work/hold={"uniform":["4s","5s"]})"},
                          {"server/async-export", "25s", "/expect/effective=1"}}),
    word_of);

}  // namespace
}  // namespace holdfast::harness
