// What an emulated mount's kills tell of their victims' last operations.
#include "harness/history/last_operations.h"

#include <gmock/gmock.h>

namespace holdfast::harness {
namespace {

using testing::ElementsAre;

Event recorded(std::int64_t at_ns, std::uint32_t worker, std::uint16_t lock) {
  Event event;
  event.at_ns = event.began_ns = at_ns;
  event.worker = worker;
  event.lock = lock;
  event.op = Op::acquire;
  return event;
}

/// Worker 1 asks for lock 3 at 5, worker 0 records something at 10 and at 90; worker 1 is killed.
History killed(const std::string& at_operation, std::int64_t at_ns = 50) {
  History history;
  history.workers.resize(2);
  history.names = {"", "lock3"};
  history.events = {recorded(5, 1, 3), recorded(10, 0, 0), recorded(90, 0, 0)};
  Fault kill;
  kill.kind = "kill";
  kill.worker = 1;
  kill.start_ns = at_ns;
  kill.effective = true;
  kill.at_operation = at_operation;
  history.faults = {kill};
  return history;
}

std::vector<Event> with_last(History history) {
  add_last_operations(history);
  return history.events;
}

TEST(LastOperations, OfTheKilledAreAmongTheirEventsIfTheyWereCarriedOut) {
  const std::vector<Event> events = with_last(killed("after mkdir 6: mkdir lock3: done"));
  ASSERT_EQ(events.size(), 4U);
  Event expected = recorded(50, 1, 3);
  expected.op = Op::file;
  expected.phase = Phase::ok;
  expected.file = FileOp::mkdir;
  expected.name = 1;
  expected.began_ns = 5;
  EXPECT_EQ(events[2], expected);
}

// A file that has several names is asked for by its handle.
TEST(LastOperations, HaveAllNamesWhereTheLogCannotTellWhichWasUsed) {
  History history = killed("after any 2: link claim//lock3 x: done");
  add_last_operations(history);
  ASSERT_EQ(history.events.size(), 4U);
  EXPECT_EQ(history.events[2].file, FileOp::link);
  EXPECT_EQ(history.names[history.events[2].name], "claim//lock3");
  EXPECT_EQ(history.names[history.events[2].other], "x");
}

TEST(LastOperations, BringTheirNamesWithThem) {
  History history = killed("after any 12: rename lock3/free,1 lock3/held,2: done");
  add_last_operations(history);
  ASSERT_EQ(history.events.size(), 4U);
  EXPECT_EQ(history.names[history.events[2].name], "lock3/free,1");
  EXPECT_EQ(history.names[history.events[2].other], "lock3/held,2");
}

TEST(LastOperations, AreNotThereOfWhatWasNotCarriedOutOrIsNotKnown) {
  for (const char* const what :
       {"after mkdir 6: mkdir lock3: EEXIST", "before mkdir 6: mkdir lock3", "after mkdir 6", "",
        "after any 12: list", "after any 3: lookup lock3: done"}) {
    EXPECT_EQ(with_last(killed(what)).size(), 3U) << what;
  }
  History spared = killed("after mkdir 6: mkdir lock3: done");
  spared.faults[0].effective = false;
  EXPECT_EQ(with_last(spared).size(), 3U);
  spared.faults[0].effective = true;
  spared.faults[0].worker = kNobody;  // killed before it had a history
  EXPECT_EQ(with_last(spared).size(), 3U);
}

TEST(LastOperations, AreNotAddedTwice) {
  History history = killed("after mkdir 6: mkdir lock3: done");
  add_last_operations(history);
  const std::vector<Event> once = history.events;
  EXPECT_EQ(with_last(history), once);
}

TEST(LastOperations, OfSeveralStandInTheOrderOfTheirKills) {
  History history = killed("after mkdir 6: mkdir lock3: done", 95);
  Fault earlier = history.faults[0];
  earlier.worker = 0;
  earlier.start_ns = 92;
  earlier.at_operation = "after rmdir 2: rmdir lock0: done";
  history.faults.insert(history.faults.begin(), earlier);
  std::vector<std::int64_t> instants;
  for (const Event& event : with_last(history)) instants.push_back(event.at_ns);
  EXPECT_THAT(instants, ElementsAre(5, 10, 90, 92, 95));
}

}  // namespace
}  // namespace holdfast::harness
