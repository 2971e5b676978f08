#include "harness/report/exit_status.h"

#include <algorithm>
#include <array>

namespace holdfast::harness {
namespace {

bool is(const Finding& finding, const Expect& expect) {
  return name(finding.what) == expect.what &&
         (expect.cause.empty() || name(finding.cause) == expect.cause);
}

bool found_as_expected(const Verdict& verdict, const Expect& expect) {
  if (expect.what.empty()) return true;
  for (const CheckResult& check : verdict.checks) {
    for (const Finding& finding : check.findings) {
      if (is(finding, expect)) return true;
    }
  }
  return name(verdict.first_class) == expect.what &&
         (expect.cause.empty() || name(verdict.first_cause) == expect.cause);
}

bool harness_failed(const Verdict& verdict) {
  if (verdict.first_class == Class::harness_error) return true;
  const auto count = verdict.counts.find(Class::harness_error);
  return count != verdict.counts.end() && count->second > 0;
}

Value value_of(Expect::Value expected) {
  switch (expected) {
    case Expect::Value::valid: return Value::valid;
    case Expect::Value::violated: return Value::violated;
    case Expect::Value::unknown:
    case Expect::Value::any: break;
  }
  return Value::unknown;
}

}  // namespace

ExitStatus exit_status(const Verdict& verdict, const Expect& expect) {
  if (harness_failed(verdict)) return ExitStatus::harness_failed;
  if (expect.verdict == Expect::Value::any) return ExitStatus::as_expected;
  if (verdict.value == value_of(expect.verdict)) {
    return found_as_expected(verdict, expect) ? ExitStatus::as_expected : ExitStatus::mismatch;
  }
  switch (verdict.value) {
    case Value::violated: return ExitStatus::violated;
    case Value::unknown: return ExitStatus::unknown;
    case Value::valid: break;
  }
  return ExitStatus::mismatch;
}

ExitStatus worst(const std::vector<ExitStatus>& statuses) {
  // Nothing was run at all: whoever named the scenarios meant something else.
  if (statuses.empty()) return ExitStatus::bad_usage;
  constexpr std::array kOrder = {ExitStatus::interrupted, ExitStatus::harness_failed,
                                 ExitStatus::bad_usage,   ExitStatus::violated,
                                 ExitStatus::mismatch,    ExitStatus::unknown,
                                 ExitStatus::skipped,     ExitStatus::as_expected};
  return *std::find_if(kOrder.begin(), kOrder.end(), [&](ExitStatus status) {
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
  });
}

const char* describe(ExitStatus status) {
  switch (status) {
    case ExitStatus::as_expected: return "as the scenario expects";
    case ExitStatus::violated: return "violated, which the scenario does not expect";
    case ExitStatus::unknown: return "unknown, which the scenario does not expect";
    case ExitStatus::bad_usage: return "bad usage or a bad scenario";
    case ExitStatus::harness_failed: return "the harness failed, this says nothing about the lock";
    case ExitStatus::mismatch: return "not what the scenario expects";
    case ExitStatus::skipped: return "skipped";
    case ExitStatus::interrupted: return "interrupted";
  }
  return "?";
}

}  // namespace holdfast::harness
