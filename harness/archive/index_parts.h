// What the page of runs is made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/archive/index_page.h"

namespace holdfast::harness {

/// A link below the page's folder, whatever the path's characters are.
std::string index_link(const std::string& path);

/// How the medians and 99th percentiles of the waits went from run to run: a line each, drawn as
/// SVG, with each run's verdict below. `runs`: of one scenario, in order of time, all with a
/// report.
std::string trend_svg(const std::vector<const IndexedRun*>& runs);

/// "✓", "✗", "?": told apart without colours.
const char* verdict_sign(const std::string& verdict);

extern const std::string_view kIndexStyle;
extern const std::string_view kIndexScript;

}  // namespace holdfast::harness
