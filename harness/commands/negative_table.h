// What `holdfast negative` came to: a line for each planted mistake.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/commands/run_table.h"
#include "harness/report/report.h"

namespace holdfast::harness {

struct NegativeRow {
  std::string bug;           ///< the scenario's name, without its family
  std::string about;         ///< the mistake, in a sentence
  std::string expected;      ///< "mutual_exclusion: double_break"
  std::string found;         ///< the same of what the run names first, or what it came to
  std::string beside;        ///< what else the run found that speaks against the lock
  bool caught = false;       ///< the lock was violated, whatever the class
  bool right = false;        ///< class and cause are those expected
  bool skipped = false;      ///< the machine lacks something: `found` says what
  std::string world;         ///< its own scenario's: "local, containers", "mount nfs3-default"
  std::string faults;        ///< likewise: "kill holder, clock h2"; empty: none was needed
  std::uint64_t grants = 0;  ///< of the run, until it was evident
  double seconds = 0;        ///< the same
  unsigned tries = 0;        ///< runs that it took
  std::string again;         ///< the command that repeats the run
};

struct NegativeTable {
  TableOrigin origin;
  std::string in;      ///< the scenario's file that all of them ran in; empty: each in its own
  double seconds = 0;  ///< that all of it took
  std::vector<NegativeRow> rows;

  std::size_t caught() const;
  std::size_t right() const;
  std::size_t skipped() const;
};

/// "local", "mount nfs3-default", and what is done to the processes there.
std::string world_of(const Scenario& scenario);
std::string faults_of(const Scenario& scenario);

/// Of a judged run: whether and when its scenario's expectation was met. Reads its history again.
NegativeRow row_of(const Report& report, const History& history);

/// A line for the terminal.
std::string row_text(const NegativeRow& row);
/// How many were caught, and what is to be said of the others.
std::string table_summary(const NegativeTable& table);
/// The whole table, for negative.md and negative.json.
std::string table_markdown(const NegativeTable& table);
std::string table_json(const NegativeTable& table);

}  // namespace holdfast::harness
