#include "harness/report/markup.h"

#include "harness/report/readable.h"

namespace holdfast::harness {

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : readable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

// Only "</script" and "<!--" mean anything there, and JSON has '<' nowhere but in its strings.
std::string html_json(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace holdfast::harness
