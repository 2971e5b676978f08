// Findings in words: who, what, when, why; and what kept a run from showing anything.
#include <algorithm>
#include <vector>

#include "harness/report/figures.h"
#include "harness/report/readable.h"
#include "harness/report/report_words.h"
#include "harness/report/text_parts.h"

namespace holdfast::harness {
namespace {

/// Of two that met: how they met, and the sentence after it, why. Other findings have no two parts.
std::pair<std::string, std::string> parted(const Finding& finding) {
  const std::size_t end = finding.sentence.find(". ");
  if (finding.what != Class::mutual_exclusion || end == std::string::npos) {
    return {finding.sentence, ""};
  }
  return {finding.sentence.substr(0, end + 1), finding.sentence.substr(end + 2)};
}

/// Who, what, when; line by line how it came about; and why.
std::string told(const Report& report, const Violation& violation, bool with_story) {
  const auto [meeting, why] = parted(violation.finding);
  std::string text = paragraph(meeting);
  const std::vector<StoryLine> story =
      with_story ? story_of(report, violation) : std::vector<StoryLine>{};
  std::size_t width = 0;
  for (const StoryLine& line : story) width = std::max(width, readable(line.who).size());
  for (const StoryLine& line : story) {
    const std::string who = readable(line.who);
    text += "     " + instant(line.at_ns) + "  " + who + std::string(width - who.size(), ' ') +
            "  " + readable(line.words) + "\n";
  }
  if (!why.empty()) text += paragraph("Cause: " + why);
  return text;
}

/// Where the scenario expects something else than the worst that was found: the first of that.
std::string expected_too(const Report& report) {
  const Expect& expect = report.scenario.expect;
  const Verdict& verdict = report.verdict;
  if (report.status != ExitStatus::as_expected || expect.what.empty()) return {};
  const auto meets = [&](Class what, Cause cause) {
    return name(what) == expect.what && (expect.cause.empty() || name(cause) == expect.cause);
  };
  // Other classes are told anyway.
  if (name(verdict.first_class) != expect.what) return {};
  if (meets(verdict.first_class, verdict.first_cause)) return {};
  const auto first =
      std::find_if(report.violations.begin(), report.violations.end(),
                   [&](const Violation& it) { return meets(it.finding.what, it.finding.cause); });
  if (first == report.violations.end()) return {};
  return paragraph("Also " + expected_words(expect) + ", which the scenario expects:") +
         told(report, *first, true);
}

/// The first of each class that speaks against the lock or the run, the worst one with its story.
std::string found(const Report& report) {
  const Verdict& verdict = report.verdict;
  std::string text, others;
  std::uint64_t total = 0;
  const auto tell = [&](Class what, bool with_story) {
    const auto first = std::find_if(report.violations.begin(), report.violations.end(),
                                    [&](const Violation& it) { return it.finding.what == what; });
    if (first != report.violations.end()) text += told(report, *first, with_story);
  };
  tell(verdict.first_class, verdict.first_class != Class::none);
  for (const CheckResult& check : verdict.checks) {
    if (!counts_against(check, report.facts.terms)) continue;
    for (const auto& [what, count] : check.counts) {
      total += count;
      others += (others.empty() ? "" : ", ") + grouped(count) + " " + std::string(name(what));
      if (what != verdict.first_class) tell(what, false);
    }
  }
  text += expected_too(report);
  if (total > 1) text += paragraph("Found in all: " + others + ".");
  return text;
}

std::string not_checked(const Report& report) {
  std::string text;
  for (const CheckResult& check : report.verdict.checks) {
    if (check.outcome != Outcome::not_checked) continue;
    text += paragraph("Not checked: " + check.checker + ", since " + check.reason + ".");
  }
  return text;
}

}  // namespace

std::string violations_told(const Report& report) { return found(report) + not_checked(report); }

std::string what_was_missing(const Report& report) {
  std::vector<std::string> sentences;
  std::string text;
  constexpr std::size_t kMost = 5;
  for (const Violation& violation : report.violations) {
    const Class what = violation.finding.what;
    if (what != Class::inconclusive && what != Class::out_of_contract &&
        what != Class::harness_error) {
      continue;
    }
    if (sentences.size() == kMost) break;
    if (what == report.verdict.first_class && !violation.events.empty()) {
      if (sentences.empty()) text += told(report, violation, true);
    } else {
      text += paragraph(violation.finding.sentence);
    }
    sentences.push_back(violation.finding.sentence);
  }
  if (report.verdict.first_class == Class::harness_error) {
    return text + paragraph("The harness failed: this run says nothing about the lock.");
  }
  return text + not_checked(report);
}

}  // namespace holdfast::harness
