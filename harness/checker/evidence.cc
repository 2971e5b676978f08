#include "harness/checker/evidence.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace holdfast::harness {

CheckResult result_of(std::string checker, std::vector<std::string> assumptions) {
  CheckResult result;
  result.checker = std::move(checker);
  result.outcome = Outcome::passed;
  result.assumptions = std::move(assumptions);
  return result;
}

CheckResult not_applicable(std::string checker, std::string reason) {
  CheckResult result = result_of(std::move(checker));
  result.outcome = Outcome::not_applicable;
  result.reason = std::move(reason);
  return result;
}

CheckResult not_checked(std::string checker, std::string reason) {
  CheckResult result = result_of(std::move(checker));
  result.outcome = Outcome::not_checked;
  result.reason = std::move(reason);
  return result;
}

void add(CheckResult& result, Finding finding) {
  result.outcome = Outcome::found;
  ++result.counts[finding.what];
  if (has_room(result)) result.findings.push_back(std::move(finding));
}

bool has_room(const CheckResult& result) { return result.findings.size() < kKeptFindings; }

std::int64_t uncertainty_ns(const History& history, std::uint32_t worker, std::uint32_t other) {
  const std::uint32_t a = history.workers[worker].host;
  const std::uint32_t b = history.workers[other].host;
  return a == b ? 0 : history.hosts[a].uncertainty_ns + history.hosts[b].uncertainty_ns;
}

std::int64_t worst_uncertainty_ns(const History& history) {
  if (history.hosts.size() < 2) return 0;
  std::int64_t worst_ns = 0;
  for (const HostRecord& host : history.hosts) worst_ns = std::max(worst_ns, host.uncertainty_ns);
  return 2 * worst_ns;
}

Party party_of(const Hold& hold) { return {hold.worker, hold.token, hold.from_ns, hold.until_ns}; }

std::vector<std::uint32_t> faults_near(const Evidence& evidence, const Span& span,
                                       const std::vector<Party>& parties) {
  const History& history = evidence.history;
  std::vector<std::uint32_t> near;
  for (const Fault& fault : history.faults) {
    if (fault.start_ns > span.until_ns || fault.end_ns < span.from_ns) continue;
    const bool is_clock = fault.kind == "clock";
    if (!(is_clock ? was_done(fault) : fault.effective)) continue;
    const bool is_near =
        is_clock || (fault.kind == "server_clock" && evidence.terms.steady_server_clock) ||
        std::any_of(parties.begin(), parties.end(), [&](const Party& party) {
          return fault.worker == party.worker ||
                 (fault.worker == kNobody && fault.host == history.workers[party.worker].host);
        });
    if (is_near && near.size() < kKeptFindings) near.push_back(fault.id);
  }
  return near;
}

std::vector<std::size_t> in_order(std::vector<std::uint32_t> events) {
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  if (!events.empty() && events.back() == kNone) events.pop_back();
  return {events.begin(), events.end()};
}

std::string seconds(std::int64_t at_ns) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6f s", static_cast<double>(at_ns) / 1e9);
  return text.data();
}

std::string length(std::int64_t duration_ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr Unit kUnits[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
  for (const Unit& unit : kUnits) {
    if (static_cast<double>(duration_ns) < unit.ns) continue;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.4g %s", static_cast<double>(duration_ns) / unit.ns,
                  unit.name);
    return text.data();
  }
  return std::to_string(duration_ns) + " ns";
}

const std::string& who(const Evidence& evidence, std::uint32_t worker) {
  return evidence.history.workers[worker].name;
}

const std::string& which(const Evidence& evidence, std::uint16_t lock) {
  return evidence.history.locks[lock];
}

}  // namespace holdfast::harness
