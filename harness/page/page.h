// A run -> one HTML file that a person opens from a CI artefact: report.html.
//
// The file needs no other and no network. What a run brings with it - names, messages - is data in
// it and never markup: the page's policy lets no script run but its own (page.cc), and its script
// writes text, not HTML (web/dom.js).
#pragma once

#include <string>

#include "harness/history/history.h"
#include "harness/report/report.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// The whole page. The verdict in plain words stands in it for whoever runs no scripts.
/// `story`: the contents of an explored run's story.json (reports/README.md); "null": it has none.
std::string page_html(const Report& report, const History& history,
                      const std::string& story = "null");

/// The same with the story of DIR/story.json, if there is one.
///
/// Errors: story.json, and the system's reason, or that it is no JSON.
Result<std::string> page_of_run(const std::string& run_directory, const Report& report,
                                const History& history);

/// Writes that to DIR/report.html, whole or not at all.
///
/// Errors: those of page_of_run; the file, and the system's reason.
Result<void> write_page(const std::string& run_directory, const Report& report,
                        const History& history);

}  // namespace holdfast::harness
