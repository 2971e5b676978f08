#include "harness/report/violations.h"

#include <algorithm>
#include <map>

#include "harness/report/event_words.h"

namespace holdfast::harness {
namespace {

/// How many events of the parties are told before and after, and how far they are looked for.
constexpr std::size_t kAround = 8;
constexpr std::size_t kFarthest = 20'000;

class Spelling {
 public:
  explicit Spelling(const History& history) : history_(history), words_(history) {}

  Violation of(const CheckResult& check, const Finding& finding) const {
    Violation violation;
    violation.checker = check.checker;
    violation.finding = finding;
    // Not all findings are about one lock.
    const bool of_a_lock = !finding.parties.empty() || !finding.events.empty();
    if (of_a_lock && finding.lock < history_.locks.size()) {
      violation.lock = history_.locks[finding.lock];
    }
    for (const Party& party : finding.parties) {
      if (party.worker >= history_.workers.size()) continue;
      const WorkerRecord& worker = history_.workers[party.worker];
      violation.parties.push_back(
          {history_.hosts[worker.host].name, worker.name, worker.pid, party});
    }
    for (const auto& [index, led_to] : story(finding)) {
      violation.events.push_back(line(history_.events[index], led_to));
    }
    return violation;
  }

 private:
  /// Which events tell it, and whether the checker points to them.
  std::map<std::size_t, bool> story(const Finding& finding) const {
    std::map<std::size_t, bool> told;
    const auto& events = history_.events;
    for (const std::size_t index : finding.events) {
      if (index < events.size()) told[index] = true;
    }
    const auto first = std::partition_point(events.begin(), events.end(), [&](const Event& event) {
      return event.at_ns < finding.from_ns;
    });
    const auto middle = static_cast<std::size_t>(first - events.begin());
    std::size_t before = 0, after = 0;
    for (std::size_t i = middle; i-- > 0 && middle - i <= kFarthest && before < kAround;) {
      if (is_party(finding, events[i])) before += told.try_emplace(i, false).second ? 1U : 0U;
    }
    for (std::size_t i = middle; i < events.size() && i - middle < kFarthest && after < kAround;
         ++i) {
      if (is_party(finding, events[i])) after += told.try_emplace(i, false).second ? 1U : 0U;
    }
    return told;
  }

  static bool is_party(const Finding& finding, const Event& event) {
    return event.lock == finding.lock &&
           std::any_of(finding.parties.begin(), finding.parties.end(),
                       [&](const Party& party) { return party.worker == event.worker; });
  }

  EventLine line(const Event& event, bool led_to) const {
    EventLine line;
    line.event = event;
    line.worker = history_.workers[event.worker].name;
    if (event.op == Op::file && event.name != 0) line.name = history_.names[event.name];
    if (event.op == Op::file && event.other != 0) line.other = history_.names[event.other];
    line.led_to = led_to;
    line.words = words_.of(event);
    return line;
  }

  const History& history_;
  EventWords words_;
};

}  // namespace

std::vector<Violation> spell_out(const History& history, const Verdict& verdict) {
  const Spelling spelling(history);
  std::vector<Violation> violations;
  for (const CheckResult& check : verdict.checks) {
    for (const Finding& finding : check.findings) {
      violations.push_back(spelling.of(check, finding));
    }
  }
  return violations;
}

}  // namespace holdfast::harness
