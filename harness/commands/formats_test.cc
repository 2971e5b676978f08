// reports/formats.md names every field that the program writes, with its type and unit, and no
// other: what is compared here is the page with what the codecs write.
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/commands/control_table.h"
#include "harness/commands/league_table.h"
#include "harness/commands/negative_table.h"
#include "harness/commands/track_record.h"
#include "harness/history/layout.h"
#include "harness/history/store.h"
#include "harness/history/test_folder.h"
#include "harness/report/event_words.h"
#include "harness/report/facts.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
using Row = std::vector<std::string>;

std::string trimmed(std::string cell) {
  cell.erase(0, cell.find_first_not_of(" `"));
  cell.erase(cell.find_last_not_of(" `") + 1);
  return cell;
}

/// The rows of the first table below this heading, without its head.
std::vector<Row> table_below(const std::string& heading) {
  std::istringstream page(read_stored(std::string(HOLDFAST_REPORTS) + "/formats.md").value());
  std::vector<Row> rows;
  bool below = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) below = line == heading;
    if (!below || !line.starts_with("|")) continue;
    std::istringstream cells(line.substr(1));
    Row& row = rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, '|');) row.push_back(trimmed(cell));
  }
  EXPECT_GT(rows.size(), 2U) << "nothing stands below " << heading;
  rows.erase(rows.begin(), rows.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows)));
  return rows;
}

std::string kind_of(const json& value) {
  if (value.is_number_integer()) return "integer";
  return value.type_name();  // "number", "string", "boolean", "array", "object", "null"
}

class Described {
 public:
  explicit Described(const std::string& heading) {
    for (const Row& row : table_below(heading)) {
      EXPECT_EQ(row.size(), 4U) << row.front();
      if (row.size() != 4) continue;
      types_[row[0]] = row[1];
      const bool number = row[1].starts_with("integer") || row[1].starts_with("number");
      EXPECT_EQ(number, !row[2].empty()) << row[0] << " needs a unit, or has none";
      EXPECT_FALSE(row[3].empty()) << row[0] << " has no meaning";
    }
  }

  /// Every field of this is described, and is of one of the types that are said of it.
  void expect(const json& value, const std::string& place = "") {
    if (!place.empty()) expect_type(place, kind_of(value));
    const bool map = types_.contains(place + ".*"), inner = place.ends_with("[]");
    std::size_t number = 0;
    for (const auto& [key, member] : value.items()) {
      if (value.is_object()) {
        expect(member, place.empty() ? key : place + "." + (map ? "*" : key));
      } else if (value.is_array()) {
        expect(member, place + (inner ? "[" + std::to_string(number++) + "]" : "[]"));
      }
    }
  }

  /// Everything that is described was there.
  ~Described() {
    for (const auto& [place, type] : types_) {
      EXPECT_TRUE(met_.contains(place)) << place << " is described, and not written";
    }
  }
  Described(const Described&) = delete;
  Described& operator=(const Described&) = delete;

 private:
  void expect_type(const std::string& place, const std::string& kind) {
    const bool first = met_.insert(place).second;
    const auto found = types_.find(place);
    if (found == types_.end()) {
      if (first) ADD_FAILURE() << place << " is written, and not described";
      return;
    }
    const bool fits = found->second.find(kind) != std::string::npos ||
                      (kind == "integer" && found->second.starts_with("number"));
    EXPECT_TRUE(fits) << place << " is " << kind << ", described as " << found->second;
  }

  std::map<std::string, std::string> types_;
  std::set<std::string> met_;
};

json stored(const std::string& file) { return json::parse(read_stored(file).value()); }

TEST(Formats, DescribeWhatTheControllerWrites) {
  const TestFolder folder;
  RunRecord run;
  run.hosts = {{"h1", 7, {{0, {{1, 2, 3}}}}}, {"h2", 0, {}}};
  run.locks = {"lock"};
  run.left_behind = {"claim"};
  run.histories = {"h1.w1.events"};
  ASSERT_TRUE(write_run_record(folder.path(), run));
  Described("## run.json").expect(stored(folder / "run.json"));

  Fault of_nobody, of_a_host;
  of_a_host.host = 1;
  ASSERT_TRUE(append_fault(folder.path(), of_nobody));
  ASSERT_TRUE(append_fault(folder.path(), of_a_host));
  std::istringstream lines(read_stored(folder / "faults.jsonl").value());
  Described faults("## faults.jsonl");
  for (std::string line; std::getline(lines, line);) faults.expect(json::parse(line));
}

TEST(Formats, DescribeTheFactsOfARun) {
  Machine machine;
  machine.hosts = machine.problems = {"one"};
  machine.memory_bytes = 1;
  machine.load = 0.5;
  machine.mount.emplace();
  machine.mount->options = machine.mount->server_options = {"rw"};
  RunFacts facts;
  facts.command_line = {"holdfast"};
  facts.machines = {machine, Machine()};
  facts.nfs_operations = {{"RENAME", 1}};
  facts.terms.wants_faults = {"kill"};
  const TestFolder folder;
  ASSERT_TRUE(write_facts(folder.path(), facts));
  Described described("## facts.json");
  described.expect(stored(folder / "facts.json"));

  Terms& terms = facts.terms;
  terms.contract_offset_ns = terms.recovery_bound_ns = terms.wait_bound_ns = 1;
  terms.contract_drift = 0.5;
  terms.bypass_bound = terms.orphan_bound = terms.overstay_bound = terms.final_counter = 1;
  ASSERT_TRUE(write_facts(folder.path(), facts));
  described.expect(stored(folder / "facts.json"));
}

TEST(Formats, DescribeTheTablesOfManyRuns) {
  LeagueTable league;
  league.cells.resize(1);
  league.cells[0].tally = {{"valid", 1}};
  Described cells("## league.json");
  cells.expect(json::parse(league_json(league)));
  NegativeTable negative;
  negative.rows.resize(1);
  Described rows("## negative.json");
  rows.expect(json::parse(table_json(negative)));
  ControlTable control;
  control.rows.resize(1);
  Described controls("## controls.json");
  controls.expect(json::parse(control_json(control)));
  KnownBug bug;
  bug.arguments = {"run"};
  Described bugs("## track-record.json");
  bugs.expect(json::parse(track_record_json({bug})));

  const std::string reports = HOLDFAST_REPORTS;
  cells.expect(stored(reports + "/league.json"));
  rows.expect(stored(reports + "/negative.json"));
  bugs.expect(stored(reports + "/track-record.json"));
}

struct Member {
  std::string name;
  std::size_t at;
  std::size_t bytes;
};

/// `members` are all of a struct of this size, and the page says of each where it is and how long.
void expect_members(const std::string& heading, const std::vector<Member>& members,
                    std::size_t size) {
  const std::vector<Row> rows = table_below(heading);
  ASSERT_EQ(rows.size(), members.size()) << heading;
  std::size_t end = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    ASSERT_EQ(rows[i].size(), 5U) << member.name;
    EXPECT_EQ(member.at, end) << "something stands before " << member.name;
    end = member.at + member.bytes;
    EXPECT_EQ(rows[i][0], member.name);
    EXPECT_EQ(rows[i][1], std::to_string(member.at)) << member.name;
    const std::string bits = std::to_string(member.bytes * 8) + " bits";
    const std::string bytes = std::to_string(member.bytes) + " bytes";
    EXPECT_TRUE(rows[i][2].starts_with(bits) || rows[i][2] == bytes) << member.name;
    EXPECT_FALSE(rows[i][4].empty()) << member.name;
  }
  EXPECT_EQ(end, size) << "something stands behind " << members.back().name;
}

TEST(Formats, DescribeWhereEachFieldOfAnEventFileLies) {
#define MEMBER(of, name) {#name, offsetof(layout::of, name), sizeof(layout::of::name)}
  expect_members(
      "### Header",
      {MEMBER(Header, magic), MEMBER(Header, version), MEMBER(Header, header_bytes),
       MEMBER(Header, kind), MEMBER(Header, slot), MEMBER(Header, pid), MEMBER(Header, created_ns),
       MEMBER(Header, worker), MEMBER(Header, host), MEMBER(Header, records_files),
       MEMBER(Header, padding), MEMBER(Header, committed), MEMBER(Header, events),
       MEMBER(Header, dropped), MEMBER(Header, sequence), MEMBER(Header, lock),
       MEMBER(Header, since_ns), MEMBER(Header, grants), MEMBER(Header, more_padding)},
      sizeof(layout::Header));
  expect_members(
      "### Record",
      {MEMBER(Record, bytes), MEMBER(Record, name_bytes), MEMBER(Record, other_bytes),
       MEMBER(Record, at_ns), MEMBER(Record, began_ns), MEMBER(Record, until_ns),
       MEMBER(Record, token), MEMBER(Record, value), MEMBER(Record, code), MEMBER(Record, lock),
       MEMBER(Record, op), MEMBER(Record, phase), MEMBER(Record, file), MEMBER(Record, padding)},
      sizeof(layout::Record));
#undef MEMBER
}

TEST(Formats, DescribeEveryValueOfAnEvent) {
  const auto expect = [](const std::string& heading, int first, int last, auto named) {
    const std::vector<Row> rows = table_below(heading);
    ASSERT_EQ(std::ssize(rows), last - first + 1) << heading;
    for (int value = first; value <= last; ++value) {
      const Row& row = rows[static_cast<std::size_t>(value - first)];
      EXPECT_EQ(row[0], std::to_string(value));
      EXPECT_EQ(row[1], named(value));
    }
  };
  expect("### Operations", 1, static_cast<int>(Op::leave),
         [](int value) { return name(static_cast<Op>(value)); });
  expect("### Reasons", 0, static_cast<int>(Why::contender),
         [](int value) { return name(static_cast<Why>(value)); });
  expect("### File operations", 0, static_cast<int>(FileOp::sync),
         [](int value) { return name(static_cast<FileOp>(value)); });
}

}  // namespace
}  // namespace holdfast::harness
