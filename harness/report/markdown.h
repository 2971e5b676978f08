// Foreign text in Markdown as GitHub reads it (CommonMark with tables, links that nobody asked for,
// and mentions).
//
// A summary is shown under the name of a project, to people who trust it. A name that somebody
// chose in a shared directory must read there as that name: no link, no image, no heading, no cell
// of a table, no mention of anybody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::harness {

/// One line of running text, or the content of a table's cell, that shows `text` as it is.
std::string markdown(std::string_view text);

/// The same in the type of code; not for a table's cell, which a bar ends in code, too.
std::string markdown_code(std::string_view text);

/// A block of code, fenced so that no line of it ends it. What readable() changes, stays changed.
std::string markdown_block(const std::vector<std::string>& lines, std::string_view language = "");

/// A table; what its cells hold is Markdown already. No rows: nothing.
std::string markdown_table(const std::vector<std::string>& heads,
                           const std::vector<std::vector<std::string>>& rows);

}  // namespace holdfast::harness
