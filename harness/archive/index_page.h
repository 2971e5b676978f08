// All runs below a folder on one page: index.html, for a browser a week later.
//
// The file needs no other and no network. Names in it come from scenarios, machines and folders
// that anybody may have made: they are text in it, never markup, links go nowhere but below the
// page's own folder, and the page's policy lets no script run but its own. Without scripts it shows
// all that it shows with one; a script filters and sorts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/archive/stored_report.h"

namespace holdfast::harness {

/// One folder of a run.
struct IndexedRun {
  std::string path;                    ///< relative to the page
  std::optional<StoredReport> report;  ///< none: it cannot be read
  std::string problem;                 ///< then, why
  bool has_page = false;               ///< report.html is there
  bool has_junit = false;
  bool has_summary = false;
};

/// `about`: what folder it is of, as the person typed it.
std::string index_html(const std::string& about, std::int64_t made_unix_ms,
                       const std::vector<IndexedRun>& runs);

}  // namespace holdfast::harness
