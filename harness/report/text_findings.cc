// Findings in words: who, what, when, why; and what kept a run from showing anything.
#include <algorithm>
#include <vector>

#include "harness/report/figures.h"
#include "harness/report/report_words.h"

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
void tell(const Report& report, const Violation& violation, bool with_story, Passages& to) {
  const auto [meeting, why] = parted(violation.finding);
  to.push_back({meeting, {}});
  if (with_story) {
    if (auto story = story_of(report, violation); !story.empty()) {
      to.push_back({"", std::move(story)});
    }
  }
  if (!why.empty()) to.push_back({"Cause: " + why, {}});
}

/// Where the scenario expects something else than the worst that was found: the first of that.
void expected_too(const Report& report, Passages& to) {
  const Expect& expect = report.scenario.expect;
  const Verdict& verdict = report.verdict;
  if (report.status != ExitStatus::as_expected || expect.what.empty()) return;
  const auto meets = [&](Class what, Cause cause) {
    return name(what) == expect.what && (expect.cause.empty() || name(cause) == expect.cause);
  };
  // Other classes are told anyway.
  if (name(verdict.first_class) != expect.what) return;
  if (meets(verdict.first_class, verdict.first_cause)) return;
  const auto first =
      std::find_if(report.violations.begin(), report.violations.end(),
                   [&](const Violation& it) { return meets(it.finding.what, it.finding.cause); });
  if (first == report.violations.end()) return;
  to.push_back({"Also " + expected_words(expect) + ", which the scenario expects:", {}});
  tell(report, *first, true, to);
}

/// The first of each class that speaks against the lock or the run, the worst one with its story.
void found(const Report& report, Passages& to) {
  const Verdict& verdict = report.verdict;
  std::string others;
  std::uint64_t total = 0;
  const auto tell_first = [&](Class what, bool with_story) {
    const auto first = std::find_if(report.violations.begin(), report.violations.end(),
                                    [&](const Violation& it) { return it.finding.what == what; });
    if (first != report.violations.end()) tell(report, *first, with_story, to);
  };
  tell_first(verdict.first_class, verdict.first_class != Class::none);
  for (const CheckResult& check : verdict.checks) {
    if (!counts_against(check, report.facts.terms)) continue;
    for (const auto& [what, count] : check.counts) {
      total += count;
      others += (others.empty() ? "" : ", ") + grouped(count) + " " + std::string(name(what));
      if (what != verdict.first_class) tell_first(what, false);
    }
  }
  expected_too(report, to);
  if (total > 1) to.push_back({"Found in all: " + others + ".", {}});
}

void not_checked(const Report& report, Passages& to) {
  for (const CheckResult& check : report.verdict.checks) {
    if (check.outcome != Outcome::not_checked) continue;
    to.push_back({"Not checked: " + check.checker + ", since " + check.reason + ".", {}});
  }
}

}  // namespace

Passages violations_told(const Report& report) {
  Passages told;
  found(report, told);
  not_checked(report, told);
  return told;
}

Passages what_was_missing(const Report& report) {
  Passages told;
  std::size_t sentences = 0;
  constexpr std::size_t kMost = 5;
  for (const Violation& violation : report.violations) {
    const Class what = violation.finding.what;
    if (what != Class::inconclusive && what != Class::out_of_contract &&
        what != Class::harness_error) {
      continue;
    }
    if (sentences == kMost) break;
    if (what == report.verdict.first_class && !violation.events.empty()) {
      if (sentences == 0) tell(report, violation, true, told);
    } else {
      told.push_back({violation.finding.sentence, {}});
    }
    ++sentences;
  }
  if (report.verdict.first_class == Class::harness_error) {
    told.push_back({"The harness failed: this run says nothing about the lock.", {}});
  } else {
    not_checked(report, told);
  }
  return told;
}

}  // namespace holdfast::harness
