#include "harness/fleet/own_namespaces.h"

#include <gmock/gmock.h>

#include "harness/fleet/testing.h"
#include "harness/history/history_file.h"

namespace holdfast::harness::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::SizeIs;

class OwnNamespacesTest : public FleetTest {
 protected:
  void SetUp() override {
    if (const auto why = why_no_own_namespaces()) GTEST_SKIP() << *why;
    launcher_ = make_local_launcher({options_.agent_errors, {"h1", "h2"}});
  }

  std::set<std::int64_t> pids(const std::string& host) const {
    std::set<std::int64_t> all;
    for (const std::string& name : histories()) {
      if (!name.starts_with(host)) continue;
      const auto file = HistoryFile::open(places_.run + "/history/" + name);
      if (file) all.insert(file->header().pid);
    }
    return all;
  }
};

// A lock that takes a pid for the name of a process must meet two processes of that name. (Threads
// have numbers, too, so not all need be equal; that of the first started always is.)
TEST_F(OwnNamespacesTest, HostsHaveEqualPids) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(pids("h1"), SizeIs(3));
  EXPECT_THAT(pids("h2"), SizeIs(3));
  EXPECT_EQ(*pids("h1").begin(), *pids("h2").begin());
}

TEST_F(OwnNamespacesTest, AHostSeesItsOwnNameAndProcessesAndNoOther) {
  scenario_.contender.lock = "tells";
  ASSERT_TRUE(run());
  EXPECT_EQ(contents(places_.locks + "/h1"), "h1, process 1 is its agent");
  EXPECT_EQ(contents(places_.locks + "/h2"), "h2, process 1 is its agent");
}

TEST_F(OwnNamespacesTest, WorkersAreKilledAndPausedThereAsElsewhere) {
  scenario_.contender.lock = "with_program";
  scenario_.faults = {fault(FaultSpec::Kind::kill, "any", milliseconds(30))};
  ASSERT_TRUE(run());
  std::size_t effective = 0;
  for (const Fault& fault : faults()) effective += fault.effective ? 1 : 0;
  EXPECT_GT(effective, 3U);
}

TEST_F(OwnNamespacesTest, AHostThatIsKilledTakesAllItsProcessesWithIt) {
  scenario_.contender.lock = "with_program";
  bool killed = false;
  options_.progress = [&](const FleetProgress& now) {
    if (now.workers == 6 && !std::exchange(killed, true)) launcher_->kill({0, "h1"});
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(outcome->lost_hosts, ::testing::ElementsAre("h1"));
}

}  // namespace
}  // namespace holdfast::harness::testing
