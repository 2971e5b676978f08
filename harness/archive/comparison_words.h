// What a comparison says, before it is put into the form of a terminal or of Markdown.
#pragma once

#include <string>
#include <vector>

#include "harness/archive/comparison_report.h"

namespace holdfast::harness {

/// A heading with sentences, a table, or both. All of it is plain text with foreign names in it.
struct ComparisonPart {
  std::string title;
  std::vector<std::string> sentences;
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;
};

/// "WORSE   smoke/baton": what stands above the parts.
std::string comparison_heading(const ScenarioComparison& scenario);

std::vector<ComparisonPart> parts_of(const ComparisonTitle& title, const Comparison& comparison,
                                     const ScenarioComparison& scenario);

/// Scenarios that one side has alone.
std::vector<std::string> left_over(const Comparison& comparison);

/// "longer", "shorter", "no difference seen", "not judged: one run each".
std::string estimate_words(const Estimate& estimate, const char* more, const char* less);

}  // namespace holdfast::harness
