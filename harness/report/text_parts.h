// The parts of what a run says at the terminal. Every line ends in a newline; nothing but plain
// readable text comes out, whatever names the run met.
#pragma once

#include <cstddef>
#include <string>

#include "harness/report/report.h"

namespace holdfast::harness {

/// What happened, for somebody who knows nothing of the harness: what was found or not found, by
/// whom and why, and what that is worth.
std::string plain_words(const Report& report);

/// How long things took, how fair they were, how much work they made; empty without a grant.
std::string figure_lines(const Report& report);

/// One paragraph of running text, broken into lines of at most 120 columns.
std::string paragraph(const std::string& words, std::size_t indent = 2);

}  // namespace holdfast::harness
