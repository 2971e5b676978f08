#include "harness/history/store.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/history/layout.h"
#include "harness/history/recorder.h"
#include "harness/history/test_folder.h"

namespace holdfast::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Store : public testing::Test {
 protected:
  Store() {
    std::filesystem::create_directory(folder_ / "history");
    run_.hosts = {{"h1", 0}, {"h2", 250}};
    run_.locks = {"lock0", "lock1"};
    run_.start_ns = recorder_now_ns();
  }

  std::string file(const std::string& name) const { return folder_ / ("history/" + name); }

  std::unique_ptr<Recorder> worker(const std::string& name, const std::string& host,
                                   std::uint32_t slot) {
    auto made = Recorder::create(file(name + ".events"), {name, host, slot, 100 + slot});
    EXPECT_TRUE(made.has_value()) << made.error().text();
    return std::move(*made);
  }

  void end_run() {
    run_.end_ns = recorder_now_ns();
    const auto written = write_run_record(folder_.path(), run_);
    ASSERT_TRUE(written.has_value()) << written.error().text();
  }

  History read() {
    end_run();
    auto history = read_history(folder_.path());
    EXPECT_TRUE(history.has_value()) << history.error().text();
    return history ? std::move(*history) : History{};
  }

  std::string refusal() {
    const auto history = read_history(folder_.path());
    EXPECT_FALSE(history.has_value());
    return history ? "" : history.error().text();
  }

  /// Changes a file's bytes.
  void patch(const std::string& path, std::streamoff at, const std::string& bytes) const {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(stream.good());
  }

  void write_as_version(int version, const Fault& fault) const;

  TestFolder folder_;
  RunRecord run_;
};

Event event(Op op, Phase phase, std::uint64_t token = 0) {
  Event made;
  made.op = op;
  made.phase = phase;
  made.token = token;
  return made;
}

Event file_event(FileOp op, std::uint64_t inode) {
  Event made = event(Op::file, Phase::ok);
  made.file = op;
  made.value = inode;
  return made;
}

std::vector<std::uint64_t> tokens(const History& history) {
  std::vector<std::uint64_t> found;
  for (const Event& event : history.events) found.push_back(event.token);
  return found;
}

// A host with a clock of its own: its events are moved to where the controller's clock was, give or
// take what the exchanges leave open.
TEST_F(Store, EventsOfAHostAreMovedByWhatItsClockWasOff) {
  constexpr std::int64_t kAhead = 3'600'000'000'000;
  run_.hosts[1].uncertainty_ns = 0;
  {
    const auto near = worker("a", "h1", 0);
    const auto far = worker("b", "h2", 1);
    const auto after_boot = worker("b'2", "h2", 1);
    near->record(event(Op::acquire, Phase::invoke));
    far->record(event(Op::acquire, Phase::invoke));
    after_boot->record(event(Op::acquire, Phase::invoke));
  }
  const std::int64_t now_ns = recorder_now_ns();
  run_.hosts[1].clocks = {{0, {{now_ns, kAhead, 1'000}}}, {1, {{now_ns, 2 * kAhead, 1'000}}}};
  Fault fault;
  fault.kind = "pause";
  fault.host = 1;
  fault.host_clock = 1;
  fault.start_ns = fault.end_ns = now_ns;
  ASSERT_TRUE(append_fault(folder_.path(), fault));
  const History history = read();
  ASSERT_EQ(history.events.size(), 3U);
  EXPECT_EQ(history.events[0].worker, 2U) << "two hours before";
  EXPECT_EQ(history.events[1].worker, 1U) << "an hour before";
  EXPECT_NEAR(static_cast<double>(history.events[0].at_ns), -2.0 * kAhead, 1e9);
  EXPECT_NEAR(static_cast<double>(history.events[1].at_ns), -1.0 * kAhead, 1e9);
  EXPECT_EQ(history.hosts[0].uncertainty_ns, 0);
  EXPECT_GE(history.hosts[1].uncertainty_ns, 1'000);
  EXPECT_LT(history.hosts[1].uncertainty_ns, 1'000'000);
  EXPECT_EQ(history.faults[0].start_ns, now_ns - kAhead - run_.start_ns);
  EXPECT_EQ(history.hosts[1].clocks[0].samples[0].host_ns, now_ns - kAhead - run_.start_ns);
}

TEST_F(Store, MergesAllWorkersOnOneTimeLine) {
  {
    const auto a = worker("h1.w1", "h1", 0);
    const auto b = worker("h2.w1", "h2", 1);
    a->record(event(Op::acquire, Phase::invoke, 1));
    b->record(event(Op::acquire, Phase::invoke, 2));
    b->record(event(Op::acquire, Phase::ok, 3));
    a->record(event(Op::acquire, Phase::ok, 4));
  }
  const History history = read();
  EXPECT_THAT(tokens(history), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(history.events[1].worker, 1U);
  EXPECT_EQ(history.workers[1].name, "h2.w1");
  EXPECT_EQ(history.workers[1].host, 1U);
  EXPECT_EQ(history.workers[1].pid, 101);
  EXPECT_EQ(history.hosts[1].uncertainty_ns, 250);
  EXPECT_THAT(history.locks, ElementsAre("lock0", "lock1"));
  EXPECT_GE(history.events[0].at_ns, 0);  // relative to the run's start
  EXPECT_LE(history.events[3].at_ns, history.end_ns);
}

TEST_F(Store, TellsWhoseFileOperationsAreRecorded) {
  ASSERT_TRUE(Recorder::create(file("h1.w1.events"), {"h1.w1", "h1", 0, 1, true}).has_value());
  EXPECT_TRUE(read().workers.at(0).records_files);
}

TEST_F(Store, OrdersWorkersBySlotAndReplacementsByNumber) {
  for (const char* name : {"h1.w1'10", "h1.w1", "h1.w1'2"}) worker(name, "h1", 4);
  worker("h1.w0", "h1", 3);
  std::vector<std::string> names;
  for (const auto& found : read().workers) names.push_back(found.name);
  EXPECT_THAT(names, ElementsAre("h1.w0", "h1.w1", "h1.w1'2", "h1.w1'10"));
}

TEST_F(Store, NumbersFileNamesOnceEach) {
  {
    const auto a = worker("h1.w1", "h1", 0);
    a->record(file_event(FileOp::link, 5), "claim", "lock");
    a->record(file_event(FileOp::unlink, 5), "lock");
    a->record(event(Op::release, Phase::ok));
  }
  const History history = read();
  EXPECT_THAT(history.names, ElementsAre("", "claim", "lock"));
  EXPECT_EQ(history.events[0].name, 1U);
  EXPECT_EQ(history.events[0].other, 2U);
  EXPECT_EQ(history.events[1].name, 2U);
  EXPECT_EQ(history.events[1].other, 0U);
  EXPECT_EQ(history.events[2].name, 0U);
}

TEST_F(Store, KeepsAMissingLeaseEndMissing) {
  {
    const auto a = worker("h1.w1", "h1", 0);
    a->record(event(Op::acquire, Phase::ok));
    Event leased = event(Op::acquire, Phase::ok);
    leased.until_ns = run_.start_ns + 1'000'000;
    a->record(leased);
  }
  const History history = read();
  EXPECT_EQ(history.events[0].until_ns, 0);
  EXPECT_EQ(history.events[1].until_ns, 1'000'000);
}

// What the controller heard is told by its own clock, whatever the host's says.
TEST_F(Store, TheControllersWordIsNotMovedWithTheHostsClock) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  run_.hosts[0].clocks = {{0, {{recorder_now_ns(), kHour, 1'000}}}};
  {
    const auto a = worker("h1.w1", "h1", 0);
    for (const Op op : {Op::enter, Op::leave}) {
      a->record(event(op, Phase::invoke));
      Event heard = event(op, Phase::ok);
      heard.until_ns = run_.start_ns + 5'000'000;
      a->record(heard);
    }
  }
  const History history = read();
  ASSERT_EQ(history.events.size(), 4U);
  EXPECT_EQ(history.events[1].until_ns, 5'000'000);
  EXPECT_EQ(history.events[3].until_ns, 5'000'000);
  EXPECT_LT(history.events[1].at_ns, -kHour / 2) << "but the host's own is";
}

// Runs that were stored before there was an ordered mode can be judged again.
TEST_F(Store, ReadsAFileOfTheVersionBefore) {
  worker("h1.w1", "h1", 0)->record(event(Op::acquire, Phase::ok));
  std::fstream(file("h1.w1.events"), std::ios::in | std::ios::out | std::ios::binary)
      .seekp(offsetof(layout::Header, version))
      .put(1);
  EXPECT_EQ(read().events.size(), 1U);
}

/// A preloaded recorder's file: written here byte by byte, as layout.h says.
void write_program_file(const std::string& path, const std::string& worker, std::int64_t at_ns,
                        std::uint64_t dropped) {
  layout::Header header{};
  std::copy(std::begin(layout::kMagic), std::end(layout::kMagic), header.magic);
  header.version = layout::kVersion;
  header.header_bytes = layout::kHeaderBytes;
  header.kind = layout::kProgram;
  header.pid = 4711;
  worker.copy(header.worker, layout::kNameBytes - 1);
  header.committed = layout::record_bytes(4, 0);
  header.dropped = dropped;
  layout::Record record{};
  record.bytes = layout::record_bytes(4, 0);
  record.name_bytes = 4;
  record.at_ns = at_ns;
  record.began_ns = at_ns;
  record.op = static_cast<std::uint8_t>(Op::file);
  record.phase = static_cast<std::uint8_t>(Phase::ok);
  record.file = static_cast<std::uint8_t>(FileOp::unlink);
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&header), sizeof header);
  out << std::string(layout::kHeaderBytes - sizeof header, '\0');
  out.write(reinterpret_cast<const char*>(&record), sizeof record);
  out << std::string("lock\0\0\0\0", layout::record_bytes(4, 0) - sizeof record) << "scrap";
}

TEST_F(Store, JoinsAProgramsFileOperationsToItsWorker) {
  std::int64_t between = 0;
  {
    const auto other = worker("h1.w0", "h1", 0);
    const auto a = worker("h1.w1", "h1", 1);
    a->record(event(Op::acquire, Phase::invoke, 1));
    between = recorder_now_ns();
    a->record(event(Op::acquire, Phase::ok, 2));
  }
  write_program_file(file("h1.w1.program.4711.events"), "h1.w1", between, 0);
  const History history = read();
  ASSERT_EQ(history.workers.size(), 2U);
  ASSERT_EQ(history.events.size(), 3U);
  EXPECT_EQ(history.events[1].op, Op::file);
  EXPECT_EQ(history.events[1].worker, 1U);
  EXPECT_EQ(history.names[history.events[1].name], "lock");
  EXPECT_FALSE(history.workers[0].records_files);
  EXPECT_TRUE(history.workers[1].records_files);
}

TEST_F(Store, CountsWhatAProgramsRecorderDroppedAsItsWorkers) {
  worker("h1.w1", "h1", 1);
  write_program_file(file("p.events"), "h1.w1", recorder_now_ns(), 3);
  EXPECT_EQ(read().workers.at(0).dropped, 3U);
}

TEST_F(Store, RefusesAProgramWithoutItsWorker) {
  worker("h1.w1", "h1", 1);
  write_program_file(file("p.events"), "h1.w2", recorder_now_ns(), 0);
  end_run();
  EXPECT_THAT(refusal(), HasSubstr("p.events: is the program of worker \"h1.w2\""));
}

TEST_F(Store, ReadsAHistoryThatIsStillBeingWritten) {
  const auto a = worker("h1.w1", "h1", 0);
  a->record(event(Op::acquire, Phase::invoke, 1));
  EXPECT_THAT(tokens(read()), ElementsAre(1));
}

TEST_F(Store, PassesOverFilesThatHaveNoWholeHeaderYet) {
  worker("h1.w1", "h1", 0);
  std::ofstream(file("h1.w2.events.new")) << "half a hea";
  EXPECT_EQ(read().workers.size(), 1U);
}

TEST_F(Store, RefusesTwoWorkersOfOneName) {
  worker("h1.w1", "h1", 0);
  std::filesystem::copy(file("h1.w1.events"), file("copy.events"));
  end_run();
  EXPECT_THAT(refusal(), HasSubstr("h1.w1.events: is a second history of worker \"h1.w1\""));
}

TEST_F(Store, AHistoryThatIsMissingIsAProblem) {
  worker("h1.w1", "h1", 0);
  worker("h2.w1", "h2", 1);
  run_.histories = history_files(folder_.path()).value();
  EXPECT_EQ(run_.histories, (std::vector<std::string>{"h1.w1.events", "h2.w1.events"}));
  EXPECT_EQ(read().workers.size(), 2u);
  std::filesystem::remove(file("h2.w1.events"));
  EXPECT_THAT(refusal(), HasSubstr("history/h2.w1.events: run.json names this file"));
}

TEST_F(Store, RefusesAHostThatTheRunDoesNotHave) {
  worker("h9.w1", "h9", 0);
  end_run();
  EXPECT_THAT(refusal(), HasSubstr("h9.w1.events: its host \"h9\" is not in run.json"));
}

TEST_F(Store, RefusesDamagedFilesAndNamesThem) {
  const struct {
    const char* why;
    std::streamoff at;
    std::string bytes;
  } cases[] = {
      {"does not begin as a history file does", 0, "X"},
      {"is a history of version 9", 8, std::string("\x09\0\0\0", 4)},
      {"is torn", 320, std::string("\0\0\0\0\0\0\0\x7f", 8)},
      {"half an event", 320, std::string("\x08\0\0\0\0\0\0\0", 8)},
      {"byte 4096: an event of impossible length", 4096, std::string("\x41\0\0\0", 4)},
      {"an event of impossible length", 4100, "\xff"},
      {"an event of no known kind", 4096 + 54, std::string(1, '\x63')},
      {"an event of no known kind", 4096 + 55, std::string(1, '\0')},
      {"byte 4160: an event before the one that it follows", 4096 + 64 + 8, std::string(8, '\0')},
      {"an event of lock 2", 4096 + 52, std::string("\x02\0", 2)},
  };
  {
    const auto a = worker("h1.w1", "h1", 0);
    a->record(event(Op::acquire, Phase::invoke));
    a->record(event(Op::acquire, Phase::ok));
  }
  end_run();
  ASSERT_TRUE(read_history(folder_.path()).has_value());
  std::filesystem::copy(file("h1.w1.events"), folder_ / "good");
  for (const auto& damage : cases) {
    std::filesystem::copy(folder_ / "good", file("h1.w1.events"),
                          std::filesystem::copy_options::overwrite_existing);
    patch(file("h1.w1.events"), damage.at, damage.bytes);
    EXPECT_THAT(refusal(), HasSubstr("h1.w1.events"));
    EXPECT_THAT(refusal(), HasSubstr(damage.why));
  }
  std::ofstream(file("h1.w1.events"), std::ios::trunc) << "short";
  EXPECT_THAT(refusal(), HasSubstr("too short"));
}

TEST_F(Store, RefusesARunWithoutRecordOrOfAnotherVersion) {
  EXPECT_THAT(refusal(), HasSubstr("run.json: cannot be read"));
  std::ofstream(folder_ / "run.json") << "{\"version\": 4}";
  EXPECT_THAT(refusal(), HasSubstr("run.json: version 4, this program reads versions 1 to 3"));
  std::ofstream(folder_ / "run.json") << "{\"version\": 1";
  EXPECT_THAT(refusal(), HasSubstr("run.json: "));
}

Fault fault() {
  Fault made;
  made.id = 3;
  made.kind = "kill";
  made.sorts = {"one", "another one"};
  made.target = "holder";
  made.host = 1;
  made.worker_name = "h2.w1";
  made.end_ns = 30;
  made.effective = true;
  made.inside_hold = true;
  made.planned_offset_ns = -5;
  made.measured_rate = 1.004;
  made.at_operation = "after rename 3";
  return made;
}

TEST_F(Store, FaultsComeBackWholeAndFindTheirWorker) {
  worker("h1.w1", "h1", 0);
  worker("h2.w1", "h2", 1);
  Fault hit = fault();
  hit.start_ns = run_.start_ns + 10;
  hit.end_ns = run_.start_ns + 30;
  Fault early = hit;
  early.id = 4;
  early.start_ns = run_.start_ns + 5;
  early.host = kNobody;
  early.worker_name = "h2.w1'2";
  early.why_not = "no \"such\" process\n";
  ASSERT_TRUE(append_fault(folder_.path(), hit).has_value());
  ASSERT_TRUE(append_fault(folder_.path(), early).has_value());
  const History history = read();
  ASSERT_EQ(history.faults.size(), 2U);
  EXPECT_EQ(history.faults[0].id, 4U);  // in the order of their beginnings
  EXPECT_EQ(history.faults[0].worker, kNobody);
  EXPECT_EQ(history.faults[0].host, kNobody);
  EXPECT_EQ(history.faults[0].why_not, "no \"such\" process\n");
  const Fault& found = history.faults[1];
  EXPECT_EQ(found.worker, 1U);
  EXPECT_EQ(found.start_ns, 10);
  EXPECT_EQ(found.end_ns, 30);
  EXPECT_EQ(found.kind, "kill");
  EXPECT_EQ(found.sorts, hit.sorts);
  EXPECT_EQ(found.target, "holder");
  EXPECT_EQ(found.host, 1U);
  EXPECT_TRUE(found.effective && found.inside_hold);
  EXPECT_EQ(found.planned_offset_ns, -5);
  EXPECT_EQ(found.measured_rate, 1.004);
  EXPECT_EQ(found.at_operation, "after rename 3");
}

/// As an older program wrote the log of this one fault.
void Store::write_as_version(int version, const Fault& fault) const {
  ASSERT_TRUE(append_fault(folder_.path(), fault).has_value());
  std::string line;
  std::getline(std::ifstream(folder_ / "faults.jsonl"), line);
  line.replace(line.find("\"version\":4"), 11, "\"version\":" + std::to_string(version));
  std::ofstream(folder_ / "faults.jsonl") << line << "\n";
}

TEST_F(Store, AnErrorOfVersionTwoHasItsTwoSortsAsOne) {
  worker("h1.w1", "h1", 0);
  Fault error = fault();
  error.kind = "error";
  error.sorts = {"EIO", "applied later"};
  error.worker_name.clear();
  write_as_version(2, error);
  EXPECT_THAT(read().faults.at(0).sorts, ElementsAre("EIO applied later"));
}

TEST_F(Store, AFaultOfVersionThreeIsAsOneOfToday) {
  worker("h1.w1", "h1", 0);
  Fault error = fault();
  error.worker_name.clear();
  write_as_version(3, error);
  EXPECT_EQ(read().faults.at(0).at_operation, error.at_operation);
  EXPECT_EQ(read().faults.at(0).sorts, error.sorts);
}

TEST_F(Store, RefusesATornOrForeignFaultLog) {
  worker("h1.w1", "h1", 0);
  end_run();
  ASSERT_TRUE(append_fault(folder_.path(), fault()).has_value());
  ASSERT_TRUE(read_history(folder_.path()).has_value());
  std::ofstream(folder_ / "faults.jsonl", std::ios::app) << "{\"version\":1";
  EXPECT_THAT(refusal(), HasSubstr("faults.jsonl:2: this line is torn"));
  std::ofstream(folder_ / "faults.jsonl") << "{\"version\":1}\n";
  EXPECT_THAT(refusal(), HasSubstr("faults.jsonl:1: version 1"));  // it does not say what was what
  std::ofstream(folder_ / "faults.jsonl") << "{\"version\":7}\n";
  EXPECT_THAT(refusal(), HasSubstr("faults.jsonl:1: version 7"));
}

TEST_F(Store, WritesNamesOfFilesThatAreNotUtf8) {
  run_.left_behind = {"caf\xe9", "plain"};
  const History history = read();
  ASSERT_EQ(history.left_behind.size(), 2U);
  EXPECT_EQ(history.left_behind[1], "plain");
}

// Of a world whose clock is not this machine's.
TEST(StoredHistory, IsTheSameWhenItIsReadAgain) {
  History history;
  history.hosts = {{"a", 0}, {"b", 7}};
  history.workers = {{"p1", 0, 0, 100, true, 0}, {"p2", 1, 1, 200, true, 0}};
  history.locks = {"lock"};
  history.names = {"", "lock/free,1", "lock/held,2"};
  Event asked;
  asked.at_ns = asked.began_ns = 5;
  asked.op = Op::acquire;
  asked.phase = Phase::invoke;
  asked.until_ns = 900;
  Event renamed;
  renamed.at_ns = 7;
  renamed.began_ns = 6;
  renamed.op = Op::file;
  renamed.file = FileOp::rename;
  renamed.phase = Phase::ok;
  renamed.name = 1;
  renamed.other = 2;
  renamed.value = 42;
  Event other = asked;
  other.at_ns = other.began_ns = 8;
  other.worker = 1;
  history.events = {asked, renamed, other};
  Fault killed = fault();
  killed.start_ns = killed.end_ns = 9;
  killed.worker_name = "p2";
  killed.worker = 1;
  history.faults = {killed};
  history.end_ns = 10;
  history.left_behind = {"lock/"};
  const TestFolder folder;
  const auto written = write_history(folder.path(), history);
  ASSERT_TRUE(written) << written.error().text();
  const auto read = read_history(folder.path());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->events, history.events);
  EXPECT_EQ(read->names, history.names);
  EXPECT_EQ(read->workers[1].name, "p2");
  EXPECT_EQ(read->hosts[1].uncertainty_ns, 7);
  EXPECT_EQ(read->faults.front().worker, 1U);
  EXPECT_EQ(read->faults.front().start_ns, 9);
  EXPECT_EQ(read->end_ns, 10);
  EXPECT_EQ(read->left_behind, history.left_behind);
}

}  // namespace
}  // namespace holdfast::harness
