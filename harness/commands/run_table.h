// What the tables of many runs have in common: where they come from, how a row names what a run
// was and what it found, and the files that they are kept in.
#pragma once

#include <string>

#include "harness/checker/finding.h"
#include "harness/result/result.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// What a reader needs to know a year later.
struct TableOrigin {
  std::string version;  ///< of this program, and its commit
  std::string date;     ///< "2026-11-23", in UTC
  std::string machine;  ///< "2 processors, Linux 6.1.0-18-amd64"
};

/// This program, this machine, today.
TableOrigin origin_here();

/// "holder-killed": the scenario's name without its family.
std::string short_name(const Scenario& scenario);

/// "mutual_exclusion: double_break"; the class alone if `cause` is empty.
std::string words_of(const std::string& what, const std::string& cause);
/// The same of the worst finding; empty: there is none.
std::string words_of(const Verdict& verdict);

/// FOLDER/NAME.md and FOLDER/NAME.json, for people and for machines, each replaced in one step.
/// Errors:  the file, and the system's reason.
Result<void> write_table(const std::string& folder, const std::string& name,
                         const std::string& markdown, const std::string& json);

}  // namespace holdfast::harness
