// What the checkers are given, and what they share in saying what they found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checker/checker.h"
#include "harness/checker/holds.h"

namespace holdfast::harness {

/// Findings that a CheckResult keeps whole; its counts have all.
inline constexpr std::size_t kKeptFindings = 100;

struct Evidence {
  const History& history;
  const Terms& terms;
  const Holds& holds;
};

/// The start of a result: passed, until something is added.
CheckResult result_of(std::string checker, std::vector<std::string> assumptions = {});
/// The assertion does not apply to this contender or scenario, or could not be checked; and why.
CheckResult not_applicable(std::string checker, std::string reason);
CheckResult not_checked(std::string checker, std::string reason);

/// Counts a finding, and keeps it while there is room.
void add(CheckResult& result, Finding finding);
/// Whether a further finding would be kept: what costs much to find out can be left out if not.
bool has_room(const CheckResult& result);

/// The uncertainty of the order of two events of these workers. None on one host: an error of its
/// clock is the same for both.
std::int64_t uncertainty_ns(const History& history, std::uint32_t worker, std::uint32_t other);

/// The most by which the order of any two events can be uncertain.
std::int64_t worst_uncertainty_ns(const History& history);

Party party_of(const Hold& hold);

/// Ids of the effective faults within `span` that hit one of the parties or its host, and of all
/// clock faults within it, measured or not.
std::vector<std::uint32_t> faults_near(const Evidence& evidence, const Span& span,
                                       const std::vector<Party>& parties);

/// Sorted, and each once; kNone is left out.
std::vector<std::size_t> in_order(std::vector<std::uint32_t> events);

// Words for sentences.
std::string seconds(std::int64_t at_ns);       ///< an instant: "4.812000 s"
std::string length(std::int64_t duration_ns);  ///< "250 ns", "12.3 us", "1.5 ms", "30 s"
const std::string& who(const Evidence& evidence, std::uint32_t worker);
const std::string& which(const Evidence& evidence, std::uint16_t lock);

}  // namespace holdfast::harness
