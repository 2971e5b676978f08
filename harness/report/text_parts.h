// The parts of what a run says at the terminal. Every line ends in a newline; nothing but plain
// readable text comes out, whatever names the run met.
#pragma once

#include <cstddef>
#include <string>

#include "harness/report/report.h"

namespace holdfast::harness {

/// No line of running text is longer.
inline constexpr std::size_t kColumns = 120;

/// What happened, for somebody who knows nothing of the harness: what was found or not found, by
/// whom and why, and what that is worth.
std::string plain_words(const Report& report);

/// Of plain_words, for a violated run: the first of each class that speaks against the lock, the
/// worst one with the events that led to it.
std::string violations_told(const Report& report);

/// Of plain_words, for an unknown verdict: all of why nothing is known, and what to do about it.
std::string what_was_missing(const Report& report);

/// How long things took, how fair they were, how much work they made; empty without a grant.
std::string figure_lines(const Report& report);

/// One paragraph of running text, broken into lines of at most kColumns.
std::string paragraph(const std::string& words, std::size_t indent = 2);

}  // namespace holdfast::harness
