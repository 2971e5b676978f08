// A comparison for people, at a terminal and as Markdown, and for machines.
#pragma once

#include <optional>
#include <string>

#include "harness/archive/comparison.h"

namespace holdfast::harness {

/// `a` and `b`: the two sides, as the person typed them. `fail_slower`: latencies that surely are
/// slower by more than that are named; none: none are.
struct ComparisonTitle {
  std::string a, b;
  std::optional<double> fail_slower = {};
};

std::string comparison_text(const ComparisonTitle& title, const Comparison& comparison);
std::string comparison_markdown(const ComparisonTitle& title, const Comparison& comparison);

/// As reports/compare.schema.json describes it.
std::string comparison_json(const ComparisonTitle& title, const Comparison& comparison);

}  // namespace holdfast::harness
