// What the terminal's text and JUnit's XML say alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/report/report.h"

namespace holdfast::harness {

/// A line of how it came about: "4.803000  h2.w3  unlinks lock-0".
struct StoryLine {
  std::int64_t at_ns = 0;
  std::string who;
  std::string words;
};

/// The events that the checker points to and the faults near them, in order of time; where it
/// points to few, what the parties did around them too.
std::vector<StoryLine> story_of(const Report& report, const Violation& violation);

/// "valid", "violated by mutual_exclusion: premature_break", "anything".
std::string expected_words(const Expect& expect);

/// Whether what this checker found speaks against the verdict `valid`: overstays within the
/// scenario's bound do not.
bool counts_against(const CheckResult& check, const Terms& terms);

}  // namespace holdfast::harness
