// What `holdfast negative --control` came to: a line for each sound lock in its world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/commands/run_table.h"
#include "harness/report/exit_status.h"

namespace holdfast::harness {

struct ControlRow {
  std::string scenario;  ///< "control/baton-nfs"
  std::string about;
  std::string lock;
  std::string world;   ///< "local", "mount nfs3-default"
  std::string faults;  ///< "kill holder, clock h2"; empty: none
  TableOrigin origin;  ///< of its last run
  std::uint64_t runs = 0;
  std::uint64_t accused = 0;    ///< violated
  std::uint64_t otherwise = 0;  ///< neither valid nor violated: skipped, failed, or showed nothing
  std::uint64_t repeated = 0;   ///< more runs that showed nothing, after which it was run again
  std::uint64_t grants = 0;     ///< of all its runs
  std::uint64_t handoffs = 0;   ///< from one process to another
};

struct ControlTable {
  std::vector<ControlRow> rows;

  /// Of this scenario; a new one if there is none.
  ControlRow& row_of(const Scenario& scenario);
  std::uint64_t sum(std::uint64_t ControlRow::*what) const;
  /// Adds those rows of another table whose scenarios this one does not have.
  void keep(const ControlTable& other);
};

std::string control_markdown(const ControlTable& table);
std::string control_json(const ControlTable& table);
/// Errors:  it is no such table, or one of another version.
Result<ControlTable> parse_controls(const std::string& text, const std::string& file);

}  // namespace holdfast::harness
