#include "harness/report/report_words.h"

#include <algorithm>

#include "harness/report/event_words.h"

namespace holdfast::harness {
namespace {

/// Fewer than this tell too little by themselves.
constexpr std::size_t kTellingEvents = 3;
constexpr std::size_t kMostLines = 24;
constexpr std::size_t kMostFaults = 6;

void add_faults(const Report& report, const Violation& violation, std::vector<StoryLine>& story) {
  std::size_t added = 0;
  for (std::size_t i = 0; i < report.faults.size() && added < kMostFaults; ++i) {
    const Fault& fault = report.faults[i];
    const auto& near = violation.finding.faults;
    if (std::find(near.begin(), near.end(), fault.id) == near.end()) continue;
    story.push_back({fault.start_ns, report.fault_targets[i], fault_words(fault)});
    ++added;
  }
}

}  // namespace

std::vector<StoryLine> story_of(const Report& report, const Violation& violation) {
  const auto pointed_to = std::count_if(violation.events.begin(), violation.events.end(),
                                        [](const EventLine& line) { return line.led_to; });
  const bool all = static_cast<std::size_t>(pointed_to) < kTellingEvents;
  std::vector<StoryLine> story;
  for (const EventLine& line : violation.events) {
    if (!all && !line.led_to) continue;
    if (story.size() == kMostLines) break;
    story.push_back({line.event.at_ns, line.worker, line.words});
  }
  add_faults(report, violation, story);
  std::stable_sort(story.begin(), story.end(),
                   [](const StoryLine& a, const StoryLine& b) { return a.at_ns < b.at_ns; });
  return story;
}

std::string verdict_words(const Verdict& verdict) {
  std::string words(name(verdict.value));
  for (char& c : words) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (verdict.first_class == Class::none) return words;
  words += " " + std::string(name(verdict.first_class));
  if (verdict.first_cause != Cause::none) words += ": " + std::string(name(verdict.first_cause));
  return words;
}

std::string expected_words(const Expect& expect) {
  static constexpr const char* kVerdicts[] = {"valid", "violated", "unknown", "anything"};
  std::string words = kVerdicts[static_cast<int>(expect.verdict)];
  if (!expect.what.empty()) words += " by " + expect.what;
  if (!expect.cause.empty()) words += ": " + expect.cause;
  return words;
}

bool counts_against(const CheckResult& check, const Terms& terms) {
  return std::any_of(check.counts.begin(), check.counts.end(), [&](const auto& entry) {
    const auto& [what, count] = entry;
    if (what == Class::overstay) return terms.overstay_bound && count > *terms.overstay_bound;
    return count > 0;
  });
}

}  // namespace holdfast::harness
