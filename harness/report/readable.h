// Foreign text - names of files, of hosts, messages of programs - made fit to be shown.
//
// Whoever can write into a shared directory chooses names. They must neither break a report's
// format, nor send commands to the terminal of the person who reads it, nor read as something else.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::harness {

/// One line of plain UTF-8 for a terminal or for XML: control characters stand as "\n" or "\x1b",
/// bytes that are no UTF-8 as "\xff", what turns the direction of writing or cannot be seen as
/// "\u{202e}". A backslash stays one, so a second time changes nothing.
std::string readable(std::string_view text);

/// Valid UTF-8 for formats that have escapes of their own: only bytes that are none are replaced.
std::string utf8(std::string_view text);

}  // namespace holdfast::harness
