// What happened, for somebody who knows nothing of the harness.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>

#include "harness/report/figures.h"
#include "harness/report/report_words.h"

namespace holdfast::harness {
namespace {

std::string the_lock(const Report& report) {
  return report.scenario.locks == 1 ? "the lock" : "the same lock";
}

std::uint64_t count_of(const Verdict& verdict, Class what) {
  const auto found = verdict.counts.find(what);
  return found == verdict.counts.end() ? 0 : found->second;
}

/// What a valid run has shown. One who stays past the lease is inside together with the next one.
std::string held_by_one(const Report& report) {
  const Power& power = report.verdict.power;
  const bool stayed = count_of(report.verdict, Class::overstay) != 0;
  std::string words = std::string("No two processes ") + (stayed ? "were entitled to " : "held ") +
                      the_lock(report) + " at the same time in " + counted(power.grants, "grant");
  words += power.handoffs_between_workers == 0
               ? ", none of them handed from one process to another."
               : ", " + grouped(power.handoffs_between_workers) +
                     " of them handed from one process to another.";
  return words;
}

std::string kills(const Report& report) {
  const std::uint64_t killed = report.verdict.power.kills_inside;
  if (killed == 0) return {};
  std::string words =
      counted(killed, "holder") + (killed == 1 ? " was" : " were") + " killed inside; ";
  const Histogram& recovery = report.measures.all.recovery;
  if (recovery.count() == 0) {
    words += "nobody was granted the lock afterwards";
  } else {
    words += "the lock was free again after " + human_duration(recovery.percentile(0.5));
    if (recovery.count() > 1) words += " (median), " + human_duration(recovery.max()) + " at worst";
  }
  if (report.facts.terms.leases) {
    words += " (lifetime " + set_duration(report.facts.terms.lifetime_ns) + ")";
  }
  return words + ".";
}

std::string percent(double share) {
  std::ostringstream text;
  text << std::setprecision(2) << share * 100 << " %";
  return text.str();
}

/// Clocks and pauses: how many, and how far.
std::string bent_and_paused(const Report& report) {
  constexpr std::int64_t kTold = 1'000'000;  // less is what a rate does between two readings
  std::int64_t farthest = 0, longest = 0;
  double most_rate = 0;
  std::uint64_t clocks = 0, pauses = 0;
  for (const Fault& fault : report.faults) {
    if (!fault.effective) continue;
    if (fault.kind == "clock") {
      ++clocks;
      farthest = std::max(farthest, std::abs(fault.measured_offset_ns));
      if (fault.planned_rate != 1)
        most_rate = std::max(most_rate, std::abs(fault.measured_rate - 1));
    } else if (fault.kind == "pause") {
      ++pauses;
      longest = std::max(longest, fault.measured_pause_ns);
    }
  }
  std::string words;
  if (clocks != 0) {
    words = "Clocks were bent " + times(clocks);
    if (farthest >= kTold) words += ", by up to " + set_duration(farthest);
    if (most_rate > 0) words += ", with rates off by up to " + percent(most_rate);
    words += ".";
  }
  if (pauses != 0) {
    words += (words.empty() ? "" : " ") + std::string("Processes were stopped ") + times(pauses) +
             ", for up to " + human_duration(longest) + ".";
  }
  return words;
}

const char* what_it_did(Cause cause) {
  switch (cause) {
    case Cause::told_and_left: return "told and left";
    case Cause::told_and_stayed: return "told and stayed";
    case Cause::could_not_be_told: return "stopped, so it could not be told";
    default: return "never told";
  }
}

/// Those who stayed past their lease, by whether they knew.
std::string overstays(const Report& report) {
  const std::uint64_t count = count_of(report.verdict, Class::overstay);
  if (count == 0) return {};
  std::map<Cause, std::uint64_t> causes;
  std::uint64_t kept = 0;
  for (const Violation& violation : report.violations) {
    if (violation.finding.what != Class::overstay) continue;
    ++causes[violation.finding.cause];
    ++kept;
  }
  std::string split;
  for (const auto& [cause, number] : causes) {
    split += (split.empty() ? "" : ", ") + grouped(number) + " " + what_it_did(cause);
  }
  if (kept < count) split = "of the first " + grouped(kept) + ": " + split;
  return counted(count, "holder") +
         " stayed inside past the lease and the next one came in lawfully (" + split +
         "): that is no fault of the lock.";
}

std::string fence(const Report& report) {
  if (!report.facts.terms.fenced) return {};
  const Fences& fences = report.fences;
  return "The fence accepted " + counted(fences.published, "write") + " and refused " +
         counted(fences.publications_refused + fences.raises_refused, "stale request") + ".";
}

/// What messages can hide.
std::string order(const Report& report) {
  if (!report.scenario.ordered) return {};
  return "Ordered mode: each holder told the controller that it was inside, and before it left, so "
         "that no host's clock has a say in who was there first. Two that were inside together for "
         "less than " +
         human_duration(report.detection_floor_ns) + " may have gone unseen.";
}

/// What a run like this would have missed: with N handoffs and none bad, 3/N with 95 % confidence.
std::string worth(const Report& report) {
  const Power& power = report.verdict.power;
  constexpr std::uint64_t kTooFew = 3;
  if (report.verdict.value != Value::valid || power.handoffs_between_workers <= kTooFew) return {};
  const auto one_in = static_cast<std::uint64_t>(std::llround(1 / power.violation_rate_bound));
  return "If violations were as rare as 1 in " + counted(one_in, "handoff") +
         ", a run like this would have missed them with 5 % probability.";
}

/// What each checker that may not apply looks for.
using LookedFor = std::pair<std::string_view, const char*>;
constexpr LookedFor kLookedFor[] = {
    {"token_regression", "tokens that go back"},
    {"lost_update", "lost updates"},
    {"unfenced_late_write", "late writes that the fence lets in"},
    {"ghost_hold", "locks held without a holder who knows"},
    {"false_hold", "holders who wrongly believe that they hold"},
    {"slow_recovery", "slow recoveries"},
    {"starvation", "starvation"},
    {"spurious_loss", "leases lost without a reason"},
    {"orphan", "files left behind"},
    {"overstay", "holders inside past their lease"},
    {"out_of_contract", "faults beyond the contract"},
};

std::string not_applicable(const Report& report) {
  std::string sought;
  for (const CheckResult& check : report.verdict.checks) {
    if (check.outcome != Outcome::not_applicable) continue;
    const auto* const looked = std::ranges::find(kLookedFor, check.checker, &LookedFor::first);
    sought += (sought.empty() ? "" : ", ") +
              (looked == std::end(kLookedFor) ? check.checker : std::string(looked->second));
  }
  return sought.empty() ? "" : "Not looked for, since it does not apply here: " + sought + ".";
}

/// What the world itself knows of it: the processes' records, which are judged, may show less.
std::string simulated_world(const Report& report) {
  if (report.scenario.world != WorldKind::simulated) return {};
  const std::string& about = report.scenario.about;
  return "This is one schedule of holdfast explore, in a simulated world with a time of its own. "
         "What the world saw: " +
         about + (about.ends_with('.') ? "" : ".");
}

std::string expectation(const Report& report) {
  const Expect& expect = report.scenario.expect;
  switch (report.status) {
    case ExitStatus::as_expected:
      if (report.verdict.value == Value::valid) return {};
      return expect.verdict == Expect::Value::any ? "The scenario takes whatever comes out."
                                                  : "That is what the scenario expects.";
    case ExitStatus::interrupted:
      return "The run was interrupted after " + human_duration(report.end_ns - report.start_ns) +
             "; judged is what was recorded until then.";
    case ExitStatus::harness_failed: return {};
    default: return "The scenario expects: " + expected_words(expect) + ".";
  }
}

}  // namespace

Passages plain_passages(const Report& report) {
  Passages told;
  const auto tell = [&told](std::string words) {
    if (!words.empty()) told.push_back({std::move(words), {}});
  };
  switch (report.verdict.value) {
    case Value::valid: tell(held_by_one(report)); break;
    case Value::violated: told = violations_told(report); break;
    case Value::unknown: told = what_was_missing(report); break;
  }
  if (report.verdict.first_class != Class::harness_error) {
    for (const auto part :
         {kills, bent_and_paused, overstays, fence, order, worth, not_applicable}) {
      tell(part(report));
    }
  }
  tell(simulated_world(report));
  tell(expectation(report));
  return told;
}

}  // namespace holdfast::harness
