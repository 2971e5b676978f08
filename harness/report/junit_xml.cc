// JUnit's XML, as continuous integration reads it: the scenario is a suite, each checker a case.
//
// A finding is a failure only where the run is not what its scenario expects; a scenario that
// plants a bug and finds it is a success, and the finding stands in the case's output.
#include <array>
#include <ctime>

#include "harness/report/figures.h"
#include "harness/report/readable.h"
#include "harness/report/report.h"
#include "harness/report/report_words.h"

namespace holdfast::harness {
namespace {

/// For text and for attributes in double quotes.
std::string xml(const std::string& text) {
  std::string out;
  for (const char c : readable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + xml(value) + "\"";
}

std::string in_seconds(std::int64_t ns) { return with_decimals(static_cast<double>(ns) / 1e9, 6); }

/// "2026-11-23T17:18:02"; the format has no place for a zone, and its readers expect UTC.
std::string timestamp(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return {};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return text.data();
}

struct Case {
  std::string name;
  std::int64_t took_ns = 0;
  std::string skipped, failure, error;  // at most one of them
  std::string type;                     // of the failure or error: the class
  std::vector<std::string> lines;       // what was found
};

std::vector<std::string> story(const Report& report, const std::string& checker) {
  constexpr std::size_t kTold = 10;
  std::size_t told = 0;
  std::vector<std::string> lines;
  for (const Violation& violation : report.violations) {
    if (violation.checker != checker) continue;
    if (++told > kTold) return lines;  // report.json has more of them
    lines.push_back(violation.finding.sentence);
    for (const StoryLine& line : story_of(report, violation)) {
      lines.push_back("  " + instant(line.at_ns) + "  " + line.who + "  " + line.words);
    }
  }
  return lines;
}

Case case_of(const Report& report, const CheckResult& check) {
  Case made;
  made.name = check.checker;
  made.took_ns = check.took_ns;
  if (check.outcome == Outcome::not_applicable) made.skipped = "does not apply: " + check.reason;
  if (check.outcome == Outcome::not_checked) made.skipped = "not checked: " + check.reason;
  if (check.outcome != Outcome::found) return made;
  made.lines = story(report, check.checker);
  const bool counts = !check.counts.empty() && counts_against(check, report.facts.terms);
  if (!counts || report.status == ExitStatus::as_expected) return made;
  const Class what = check.counts.begin()->first;
  made.type = std::string(name(what));
  std::string& complaint = what == Class::harness_error ? made.error : made.failure;
  complaint = check.findings.empty() ? made.type : check.findings.front().sentence;
  return made;
}

Case expectation(const Report& report) {
  Case made;
  made.name = "expectation";
  const std::string is = std::string(name(report.verdict.value)) + ": " + report.verdict.reason;
  made.lines = {"expected " + expected_words(report.scenario.expect), "found " + is};
  if (report.status == ExitStatus::as_expected) return made;
  made.type = std::string(name(report.verdict.value));
  const bool failed =
      report.status == ExitStatus::harness_failed || report.status == ExitStatus::interrupted;
  (failed ? made.error : made.failure) = std::string(describe(report.status)) + "; expected " +
                                         expected_words(report.scenario.expect) + ", found " + is;
  return made;
}

std::string written(const Case& it, const std::string& suite) {
  std::string body;
  if (!it.skipped.empty()) body += "      <skipped" + attribute("message", it.skipped) + "/>\n";
  const auto complain = [&](const char* element, const std::string& message) {
    if (message.empty()) return;
    body += std::string("      <") + element + attribute("type", it.type) +
            attribute("message", message) + "/>\n";
  };
  complain("failure", it.failure);
  complain("error", it.error);
  if (!it.lines.empty()) {
    body += "      <system-out>\n";
    for (const std::string& line : it.lines) body += xml(line) + "\n";
    body += "      </system-out>\n";
  }
  const std::string head = "    <testcase" + attribute("classname", suite) +
                           attribute("name", it.name) + attribute("time", in_seconds(it.took_ns));
  return body.empty() ? head + "/>\n" : head + ">\n" + body + "    </testcase>\n";
}

std::string properties(const Report& report) {
  const auto property = [](const char* name, const std::string& value) {
    return std::string("      <property") + attribute("name", name) + attribute("value", value) +
           "/>\n";
  };
  std::string text = "    <properties>\n";
  if (report.scenario.seed) text += property("seed", print_seed(*report.scenario.seed));
  text += property("contender", report.facts.contender);
  text += property("verdict", std::string(name(report.verdict.value)));
  text += property("exit_status", std::to_string(static_cast<int>(report.status)));
  text += property("again", report.facts.again);
  return text + "    </properties>\n";
}

/// A suite with these cases.
std::string document(const std::string& scenario, const std::vector<Case>& cases,
                     std::int64_t took_ns, std::int64_t unix_ms, const std::string& about) {
  std::size_t failures = 0, errors = 0, skipped = 0;
  std::string body;
  for (const Case& it : cases) {
    failures += it.failure.empty() ? 0U : 1U;
    errors += it.error.empty() ? 0U : 1U;
    skipped += it.skipped.empty() ? 0U : 1U;
    body += written(it, scenario);
  }
  const std::string counts = attribute("tests", std::to_string(cases.size())) +
                             attribute("failures", std::to_string(failures)) +
                             attribute("errors", std::to_string(errors)) +
                             attribute("skipped", std::to_string(skipped)) +
                             attribute("time", in_seconds(took_ns));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite" +
         attribute("name", scenario) + counts + attribute("timestamp", timestamp(unix_ms)) + ">\n" +
         about + body + "  </testsuite>\n</testsuites>\n";
}

}  // namespace

std::string junit_xml(const Report& report) {
  std::vector<Case> cases;
  for (const CheckResult& check : report.verdict.checks) cases.push_back(case_of(report, check));
  cases.push_back(expectation(report));
  return document(report.scenario.name, cases, report.end_ns - report.start_ns,
                  report.facts.started_unix_ms, properties(report));
}

std::string skipped_junit_xml(const std::string& scenario, const std::string& reason,
                              std::int64_t unix_ms) {
  Case made;
  made.name = "expectation";
  made.skipped = reason;
  return document(scenario, {made}, 0, unix_ms, {});
}

}  // namespace holdfast::harness
