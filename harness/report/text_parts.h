// The parts of what a run says at the terminal. Every line ends in a newline; nothing but plain
// readable text comes out, whatever names the run met.
#pragma once

#include <cstddef>
#include <string>

#include "harness/report/report_words.h"

namespace holdfast::harness {

/// No line of running text is longer.
inline constexpr std::size_t kColumns = 120;

/// What happened, for somebody who knows nothing of the harness (plain_passages).
std::string plain_words(const Report& report);

/// Running text broken into lines, and stories with their columns below each other.
std::string passages_text(const Passages& told);

/// How long things took, how fair they were, how much work they made; empty without a grant.
std::string figure_lines(const Report& report);

}  // namespace holdfast::harness
