#include "harness/report/markdown.h"

#include <algorithm>
#include <cctype>

#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// The longest run of backticks in it.
std::size_t backticks(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// Whether what stands at `at` would be the first thing of a line: a list's mark, a rule.
bool opens_a_list(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '-' || c == '+' || c == '=') return at == 0;
  if (c != '.' && c != ')') return false;
  const bool apart = at + 1 == text.size() || text[at + 1] == ' ';
  return apart && at > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                     [](char d) { return d >= '0' && d <= '9'; });
}

/// "www.somewhere" and "scheme://" become links without any mark.
bool makes_a_link(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == ':') return text.substr(at + 1, 1) == "/";
  if (c != '.' || at < 3) return false;
  const auto is_w = [](char w) { return w == 'w' || w == 'W'; };
  return is_w(text[at - 1]) && is_w(text[at - 2]) && is_w(text[at - 3]);
}

/// ":name:" becomes a picture.
bool opens_a_picture(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() &&
         (is_word(text[end]) || text[end] == '_' || text[end] == '+' || text[end] == '-')) {
    ++end;
  }
  return end > at + 1 && text.substr(end, 1) == ":";
}

/// "GH-12" becomes a link to what has this number.
bool names_a_number(std::string_view text, std::size_t at) {
  const auto is = [&](std::size_t place, char large) {
    return text[place] == large || text[place] == large + 'a' - 'A';
  };
  const bool digit = at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9';
  return at >= 2 && digit && is(at - 2, 'G') && is(at - 1, 'H');
}

std::string shown(std::string_view text, std::size_t at) {
  const char c = text[at];
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    // A backslash hides these from Markdown, but not from what looks for names and numbers in the
    // finished page; that looks at the text between two tags.
    case '@': return "@<!-- -->";
    case '#': return "#<!-- -->";
    case ':':
      if (opens_a_picture(text, at)) return ":<!-- -->";
      return makes_a_link(text, at) ? "\\:" : ":";
    case '-':
      if (names_a_number(text, at)) return "-<!-- -->";
      return opens_a_list(text, at) ? "\\-" : "-";
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '|':
    case '~':
    case '$': return std::string("\\") + c;
    // Within a word it is no mark.
    case '_': {
      const bool within =
          at > 0 && at + 1 < text.size() && is_word(text[at - 1]) && is_word(text[at + 1]);
      return within ? "_" : "\\_";
    }
    default:
      return (opens_a_list(text, at) || makes_a_link(text, at) ? "\\" : "") + std::string(1, c);
  }
}

}  // namespace

std::string markdown(std::string_view text) {
  std::string plain = readable(text);
  // Spaces at a line's start would make a block of code of it.
  plain.erase(0, std::min(plain.find_first_not_of(' '), plain.size()));
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) out += shown(plain, i);
  return out;
}

std::string markdown_code(std::string_view text) {
  const std::string plain = readable(text);
  const std::string fence(backticks(plain) + 1, '`');
  const std::string space = fence.size() > 1 ? " " : "";
  return fence + space + plain + space + fence;
}

std::string markdown_block(const std::vector<std::string>& lines, std::string_view language) {
  std::size_t longest = 2;
  for (const std::string& line : lines) longest = std::max(longest, backticks(line));
  const std::string fence(longest + 1, '`');
  std::string text = fence + std::string(language) + "\n";
  for (const std::string& line : lines) text += readable(line) + "\n";
  return text + fence + "\n";
}

std::string markdown_table(const std::vector<std::string>& heads,
                           const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return {};
  std::string text = "|", rule = "|";
  for (const std::string& head : heads) {
    text += " " + head + " |";
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const std::vector<std::string>& row : rows) {
    text += "|";
    for (const std::string& cell : row) text += " " + cell + " |";
    text += "\n";
  }
  return text;
}

}  // namespace holdfast::harness
