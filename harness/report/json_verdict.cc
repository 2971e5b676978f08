// faults, verdict, violations, checkers: what was done to the run, and what was found in it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/event_words.h"
#include "harness/report/json_sections.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(utf8(text)); }

Json class_or_null(Class what) { return what == Class::none ? Json() : Json(name(what)); }
Json cause_or_null(Cause cause) { return cause == Cause::none ? Json() : Json(name(cause)); }

Json counts_json(const std::map<Class, std::uint64_t>& counts) {
  Json json = Json::array();
  for (const auto& [what, count] : counts)
    json.push_back({{"class", name(what)}, {"count", count}});
  return json;
}

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_checked: return "not_checked";
    case Outcome::passed: return "passed";
    case Outcome::found: return "found";
    case Outcome::not_applicable: return "not_applicable";
  }
  return "?";
}

/// A clock fault has an offset, a pause a length: the others' are null, not zero.
Json effect_json(const Fault& fault, bool measured) {
  const bool clock = fault.kind == "clock", pause = fault.kind == "pause";
  return {{"offset_ns",
           clock ? Json(measured ? fault.measured_offset_ns : fault.planned_offset_ns) : Json()},
          {"rate", clock ? Json(measured ? fault.measured_rate : fault.planned_rate) : Json()},
          {"pause_ns",
           pause ? Json(measured ? fault.measured_pause_ns : fault.planned_pause_ns) : Json()}};
}

/// Causes of one class, of the findings that were kept.
Json causes_json(const Report& report, Class what) {
  std::map<Cause, std::uint64_t> counts;
  for (const Violation& violation : report.violations) {
    const Finding& finding = violation.finding;
    if (finding.what == what && finding.cause != Cause::none) ++counts[finding.cause];
  }
  Json json = Json::array();
  for (const auto& [cause, count] : counts) {
    json.push_back({{"cause", name(cause)}, {"count", count}});
  }
  return json;
}

Json classes_json(const Report& report) {
  Json json = Json::array();
  for (const auto& [what, count] : report.verdict.counts) {
    const auto first =
        std::find_if(report.violations.begin(), report.violations.end(),
                     [what = what](const Violation& it) { return it.finding.what == what; });
    const bool kept = first != report.violations.end();
    json.push_back({{"class", name(what)},
                    {"count", count},
                    {"first", kept ? Json(first - report.violations.begin()) : Json()},
                    {"causes", causes_json(report, what)}});
  }
  return json;
}

Json power_json(const Report& report) {
  const Power& power = report.verdict.power;
  Json faults = Json::array();
  for (const auto& [kind, count] : power.effective_faults) {
    faults.push_back({{"kind", utf8(kind)}, {"count", count}});
  }
  return {{"attempts", power.attempts},
          {"grants", power.grants},
          {"contended_grants", power.contended_grants},
          {"handoffs_between_processes", power.handoffs_between_workers},
          {"handoffs_between_hosts", power.handoffs_between_hosts},
          {"kills_inside", power.kills_inside},
          {"leases_run_out", power.leases_run_out},
          {"effective_faults", faults},
          {"violation_rate_bound", power.violation_rate_bound},
          {"mode", report.scenario.ordered ? "ordered" : "silent"},
          {"detection_floor_ns", report.detection_floor_ns}};
}

Json expected_json(const Expect& expect) {
  static constexpr const char* kVerdicts[] = {"valid", "violated", "unknown", "any"};
  return {{"verdict", kVerdicts[static_cast<int>(expect.verdict)]},
          {"class", text_or_null(expect.what)},
          {"cause", text_or_null(expect.cause)}};
}

Json party_json(const ViolationParty& party) {
  return {{"host", utf8(party.host)},
          {"worker", utf8(party.worker)},
          {"pid", party.pid},
          {"token", party.party.token == 0 ? Json() : Json(party.party.token)},
          {"doing", name(party.party.doing)},
          {"from_ns", instant_json(party.party.from_ns)},
          {"until_ns", instant_json(party.party.until_ns)}};
}

Json event_json(const EventLine& line) {
  const Event& event = line.event;
  const bool file = event.op == Op::file;
  const bool failed = event.phase == Phase::fail;
  return {{"at_ns", event.at_ns},
          {"began_ns", event.began_ns},
          {"worker", utf8(line.worker)},
          {"operation", name(event.op)},
          {"phase", name(event.phase)},
          {"file_operation", file ? Json(name(event.file)) : Json()},
          {"name", text_or_null(line.name)},
          {"other_name", text_or_null(line.other)},
          {"inode", file && event.value != 0 ? Json(event.value) : Json()},
          {"errno", file && failed ? Json(name_of_errno(event.code)) : Json()},
          {"why", !file && failed ? Json(name(static_cast<Why>(event.code))) : Json()},
          {"token", event.token == 0 ? Json() : Json(event.token)},
          {"led_to", line.led_to},
          {"words", utf8(line.words)}};
}

Json violation_json(const Violation& violation) {
  const Finding& finding = violation.finding;
  Json parties = Json::array(), events = Json::array();
  for (const ViolationParty& party : violation.parties) parties.push_back(party_json(party));
  for (const EventLine& line : violation.events) events.push_back(event_json(line));
  return {{"checker", violation.checker},
          {"class", name(finding.what)},
          {"cause", cause_or_null(finding.cause)},
          {"sentence", utf8(finding.sentence)},
          {"certain", finding.certain},
          {"lock", text_or_null(violation.lock)},
          {"from_ns", instant_json(finding.from_ns)},
          {"to_ns", instant_json(finding.to_ns)},
          {"parties", parties},
          {"faults", finding.faults},
          {"events", events}};
}

}  // namespace

Json faults_section(const Report& report) {
  Json json = Json::array();
  for (std::size_t i = 0; i < report.faults.size(); ++i) {
    const Fault& fault = report.faults[i];
    json.push_back({{"id", fault.id},
                    {"kind", utf8(fault.kind)},
                    {"sorts", fault.sorts},
                    {"target", utf8(fault.target)},
                    {"hit", text_or_null(report.fault_targets[i])},
                    {"start_ns", fault.start_ns},
                    {"end_ns", instant_json(fault.end_ns)},
                    {"planned", effect_json(fault, false)},
                    {"measured", fault.effective ? effect_json(fault, true) : Json()},
                    {"at_operation", text_or_null(fault.at_operation)},
                    {"effective", fault.effective},
                    {"why_not", text_or_null(fault.why_not)},
                    {"inside_hold", fault.inside_hold}});
  }
  return json;
}

Json verdict_section(const Report& report) {
  const Verdict& verdict = report.verdict;
  return {{"value", name(verdict.value)},
          {"class", class_or_null(verdict.first_class)},
          {"cause", cause_or_null(verdict.first_cause)},
          {"reason", utf8(verdict.reason)},
          {"classes", classes_json(report)},
          {"expected", expected_json(report.scenario.expect)},
          {"exit_status", static_cast<int>(report.status)},
          {"exit_status_means", describe(report.status)},
          {"power", power_json(report)}};
}

Json violations_section(const Report& report) {
  Json json = Json::array();
  for (const Violation& violation : report.violations) json.push_back(violation_json(violation));
  return json;
}

Json checkers_section(const Report& report) {
  Json json = Json::array();
  for (const CheckResult& check : report.verdict.checks) {
    json.push_back({{"name", check.checker},
                    {"outcome", outcome_name(check.outcome)},
                    {"reason", text_or_null(check.reason)},
                    {"assumptions", check.assumptions},
                    {"counts", counts_json(check.counts)},
                    {"kept", check.findings.size()},
                    {"took_ns", check.took_ns}});
  }
  return json;
}

Json found_json(const Verdict& verdict, Class what) {
  const auto check = std::find_if(verdict.checks.begin(), verdict.checks.end(),
                                  [&](const CheckResult& it) { return it.checker == name(what); });
  if (check == verdict.checks.end() || check->outcome == Outcome::not_checked ||
      check->outcome == Outcome::not_applicable) {
    return {};
  }
  const auto count = check->counts.find(what);
  return count == check->counts.end() ? 0 : count->second;
}

Json instant_json(std::int64_t ns) {
  return ns == std::numeric_limits<std::int64_t>::max() ? Json() : Json(ns);
}

}  // namespace holdfast::harness
