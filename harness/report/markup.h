// Text made fit to stand in HTML.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::harness {

/// Plain text (readable.h) for an element or a quoted attribute: nothing in it is markup.
std::string html_text(std::string_view text);

/// JSON of plain ASCII for a script element that is data: nothing in it ends the element.
std::string html_json(const std::string& json);

}  // namespace holdfast::harness
