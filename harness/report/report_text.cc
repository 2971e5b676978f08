// The verdict for a person at a terminal: plain words, then figures, then where the rest is.
#include <algorithm>

#include "harness/report/figures.h"
#include "harness/report/readable.h"
#include "harness/report/report.h"
#include "harness/report/text_parts.h"

namespace holdfast::harness {
namespace {

std::string upper(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

/// "VIOLATED   clock/flufl-ahead   seed 91c2a0f3   mutual_exclusion: premature_break"
std::string heading(const Report& report) {
  const Verdict& verdict = report.verdict;
  std::string line = upper(name(verdict.value));
  const auto add = [&](const std::string& part) { line += part.empty() ? "" : "   " + part; };
  add(readable(report.scenario.name));
  if (report.scenario.seed) add("seed " + print_seed(*report.scenario.seed));
  std::string why(verdict.first_class == Class::none ? "" : name(verdict.first_class));
  if (verdict.first_cause != Cause::none) why += ": " + std::string(name(verdict.first_cause));
  add(why);
  return line + "\n";
}

/// Running text, broken into lines of at most kColumns.
std::string paragraph(const std::string& words) {
  const std::string margin = "  ";
  std::string text, line = margin;
  std::size_t at = 0;
  const std::string plain = readable(words);
  while (at < plain.size()) {
    const std::size_t end = std::min(plain.find(' ', at), plain.size());
    const std::string word = plain.substr(at, end - at);
    const bool first = line.size() == margin.size();
    if (!first && line.size() + 1 + word.size() > kColumns) {
      text += line + "\n";
      line = margin + word;
    } else {
      line += (first ? "" : " ") + word;
    }
    at = end + 1;
  }
  return text + line + "\n";
}

std::string story_text(const std::vector<StoryLine>& story) {
  std::string text;
  std::size_t width = 0;
  for (const StoryLine& line : story) width = std::max(width, readable(line.who).size());
  for (const StoryLine& line : story) {
    const std::string who = readable(line.who);
    text += "     " + instant(line.at_ns) + "  " + who + std::string(width - who.size(), ' ') +
            "  " + readable(line.words) + "\n";
  }
  return text;
}

std::string places(const Report& report, const std::string& run_directory) {
  const std::string folder = readable(run_directory);
  std::string text =
      "  page       " + folder + "/report.html\n  report     " + folder + "/report.json\n";
  if (!report.facts.again.empty()) text += "  again      " + readable(report.facts.again) + "\n";
  return text;
}

}  // namespace

std::string report_text(const Report& report, const std::string& run_directory) {
  std::string text = heading(report) + "\n" + plain_words(report);
  if (const std::string figures = figure_lines(report); !figures.empty()) text += "\n" + figures;
  return text + "\n" + places(report, run_directory);
}

std::string skipped_text(const Scenario& scenario, const std::string& reason) {
  return "SKIPPED   " + readable(scenario.name) + "   " + readable(reason) + "\n";
}

std::string plain_words(const Report& report) { return passages_text(plain_passages(report)); }

std::string passages_text(const Passages& told) {
  std::string text;
  for (const Passage& passage : told) {
    text += passage.story.empty() ? paragraph(passage.words) : story_text(passage.story);
  }
  return text;
}

}  // namespace holdfast::harness
