// What a run says, whatever it is said in: at a terminal, in Markdown, on a page, in JUnit's XML.
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

/// A piece of what a run says: running text, or line by line how something came about. Names in it
/// are what the run met: each format escapes them in its own way.
struct Passage {
  std::string words;             ///< empty: there is a story
  std::vector<StoryLine> story;  ///< in order of time
};
using Passages = std::vector<Passage>;

/// What happened, for somebody who knows nothing of the harness: what was found or not found, by
/// whom and why, and what that is worth.
Passages plain_passages(const Report& report);

/// Of plain_passages, for a violated run: the first of each class that speaks against the lock, the
/// worst one with the events that led to it.
Passages violations_told(const Report& report);

/// Of plain_passages, for an unknown verdict: all of why nothing is known, and what to do about it.
Passages what_was_missing(const Report& report);

/// The events that the checker points to and the faults near them, in order of time; where it
/// points to few, what the parties did around them too.
std::vector<StoryLine> story_of(const Report& report, const Violation& violation);

/// The same as Markdown: paragraphs, and stories as blocks of code.
std::string markdown_words(const Passages& told);

/// A sign that is seen from afar: whether it came out as the scenario expects.
const char* markdown_sign(ExitStatus status);

/// "VIOLATED mutual_exclusion: double_break", "VALID".
std::string verdict_words(const Verdict& verdict);

/// "valid", "violated by mutual_exclusion: premature_break", "anything".
std::string expected_words(const Expect& expect);

/// Whether what this checker found speaks against the verdict `valid`: overstays within the
/// scenario's bound do not.
bool counts_against(const CheckResult& check, const Terms& terms);

}  // namespace holdfast::harness
