// Shipped scenarios of the emulated mount in short form, many at once: most of their time they
// wait.
//
// Each takes the machine from the others, so how often something happens in one is nobody's claim
// here; that it happens at all is, and that the verdict is what the scenario says.
#include <gmock/gmock.h>

#include "harness/commands/whole_runs.h"

namespace holdfast::harness {
namespace {

struct Form {
  const char* scenario;
  const char* duration;
  std::vector<const char*> sets;
};

class AtOnce : public WholeRuns {
 protected:
  void expect_as_they_say(const std::vector<Form>& forms) {
    std::vector<std::unique_ptr<Started>> all;
    for (const Form& form : forms) {
      Words words = {shipped(form.scenario), "--duration", form.duration};
      for (const char* const set : form.sets) words.insert(words.end(), {"--set", set});
      all.push_back(std::make_unique<Started>(playground_, command("run", words)));
    }
    bool skipped = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Said said = all[i]->wait();
      skipped = skipped || said.status == 6;
      if (said.status == 6) continue;
      EXPECT_EQ(said.status, 0) << forms[i].scenario << "\n" << said.out << said.err;
    }
    expect_nothing_left();
    if (skipped) GTEST_SKIP() << "the machine lacks what some of them need";
  }
};

constexpr const char* kOnce = "/expect/effective=1";

TEST_F(AtOnce, OneFaultEachComesOutAsItSays) {
  expect_as_they_say({{"one-fault/error-applied", "5s", {kOnce}},
                      {"one-fault/hang", "5s", {kOnce}},
                      {"one-fault/root-squash", "5s", {kOnce}},
                      {"one-fault/soft", "5s", {kOnce}}});
}

// A server whose renames follow the file, and a removal that is carried out twice.
TEST_F(AtOnce, LocksThatAMountBreaksAreFoundAndNamed) {
  expect_as_they_say(
      {{"mount/baton-smb-renames", "5s", {}}, {"mount/flufl-lost-unlink", "10s", {}}});
}

// In its long form they are a thousand workers. It lasts until they have met often enough: a busy
// machine has let 40 s pass before anybody got a lock that he had to wait for.
TEST_F(AtOnce, SixteenHostsShareOneMount) {
  expect_as_they_say({{"mount/sixteen-hosts",
                       "60s",
                       {"/until/grants=1000", R"(/hosts={"count":16,"workers":10})", "/locks=40",
                        R"(/mount/faults/1/every="300ms")", R"(/mount/faults/1/for="200ms")"}}});
}

}  // namespace
}  // namespace holdfast::harness
