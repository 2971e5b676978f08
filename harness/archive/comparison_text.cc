// A comparison at a terminal, and as Markdown.
#include <algorithm>

#include "harness/archive/comparison_words.h"
#include "harness/report/markdown.h"
#include "harness/report/readable.h"
#include "harness/report/text_parts.h"

namespace holdfast::harness {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// How many columns of a terminal it takes; no names here are wider than their characters.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string aligned(const std::vector<std::string>& heads, const Rows& rows) {
  if (rows.empty()) return {};
  Rows all = rows;
  all.insert(all.begin(), heads);
  std::vector<std::size_t> widths(heads.size(), 0);
  for (auto& row : all) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = readable(row[i]);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text;
  for (const auto& row : all) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string part_text(const ComparisonPart& part) {
  std::string text = part.title.empty() ? "" : "  " + part.title + ":\n";
  text += aligned(part.heads, part.rows);
  for (const std::string& sentence : part.sentences) text += passages_text({{sentence, {}}});
  return text;
}

std::string part_markdown(const ComparisonPart& part) {
  Rows rows = part.rows;
  for (auto& row : rows) {
    for (std::string& cell : row) cell = markdown(cell);
  }
  std::string text = part.title.empty() ? "" : "**" + part.title + "**\n\n";
  if (const std::string table = markdown_table(part.heads, rows); !table.empty()) {
    text += table + "\n";
  }
  for (const std::string& sentence : part.sentences) text += markdown(sentence) + "\n\n";
  return text;
}

}  // namespace

std::string comparison_text(const ComparisonTitle& title, const Comparison& comparison) {
  std::string text = "A   " + readable(title.a) + "\nB   " + readable(title.b) + "\n\n";
  for (const ScenarioComparison& scenario : comparison.scenarios) {
    text += readable(comparison_heading(scenario)) + "\n\n";
    for (const ComparisonPart& part : parts_of(title, comparison, scenario)) {
      if (const std::string told = part_text(part); !told.empty()) text += told + "\n";
    }
  }
  for (const std::string& sentence : left_over(comparison)) {
    text += passages_text({{sentence, {}}});
  }
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string comparison_markdown(const ComparisonTitle& title, const Comparison& comparison) {
  std::string text = "A: " + markdown(title.a) + "<br>\nB: " + markdown(title.b) + "\n\n";
  for (const ScenarioComparison& scenario : comparison.scenarios) {
    const char* const sign = scenario.worse()           ? "❌"
                             : scenario.better()        ? "⬆️"
                             : scenario.same_verdicts() ? "✅"
                                                        : "⚠️";
    text += std::string("### ") + sign + " " + markdown(comparison_heading(scenario)) + "\n\n";
    for (const ComparisonPart& part : parts_of(title, comparison, scenario)) {
      text += part_markdown(part);
    }
  }
  for (const std::string& sentence : left_over(comparison)) text += markdown(sentence) + "\n\n";
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace holdfast::harness
