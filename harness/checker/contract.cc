#include "harness/checker/contract.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace holdfast::harness {
namespace {

/// What clocks did within a span, as far as faults say; nothing at first.
struct Extremes {
  bool any = false;
  std::int64_t low_ns = 0, high_ns = 0;
  double slow = 1, fast = 1;

  void add(std::int64_t offset_ns, double rate) {
    low_ns = any ? std::min(low_ns, offset_ns) : offset_ns;
    high_ns = any ? std::max(high_ns, offset_ns) : offset_ns;
    slow = any ? std::min(slow, rate) : rate;
    fast = any ? std::max(fast, rate) : rate;
    any = true;
  }
};

bool meets(const Fault& fault, const Span& span) {
  return fault.start_ns <= span.until_ns && span.from_ns <= fault.end_ns;
}

/// The wall clock's offset at an instant of the fault: what was set, and what the rate has added.
std::int64_t offset_ns(const Fault& fault, std::int64_t at_ns) {
  const double elapsed = static_cast<double>(at_ns - fault.start_ns);
  return fault.measured_offset_ns + std::llround((fault.measured_rate - 1) * elapsed);
}

void add_fault(const Fault& fault, const Span& span, Extremes& extremes) {
  const std::int64_t from_ns = std::max(fault.start_ns, span.from_ns);
  const std::int64_t until_ns = std::min(fault.end_ns, span.until_ns);
  extremes.add(offset_ns(fault, from_ns), fault.measured_rate);
  extremes.add(offset_ns(fault, std::max(from_ns, until_ns)), fault.measured_rate);
}

std::string percent(double ratio) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3g %%", ratio * 100);
  return text;
}

}  // namespace

Contract::Contract(const Evidence& evidence) : evidence_(evidence) {
  for (const Fault& fault : evidence.history.faults) {
    if (fault.kind == "clock" && fault.effective) clock_faults_.push_back(&fault);
    if (fault.kind == "clock" && is_unmeasured(fault)) unmeasured_.push_back(&fault);
    if (fault.kind == "server_clock" && fault.effective) server_settings_.push_back(&fault);
  }
  std::ranges::stable_sort(clock_faults_, {}, [](const Fault* fault) { return fault->start_ns; });
}

Contract::Range Contract::range(const Span& span) const {
  Extremes all;
  for (std::uint32_t host = 0; host < evidence_.history.hosts.size(); ++host) {
    // A clock that is bent once more was never right in between.
    bool was_right = false;
    std::optional<std::int64_t> bent_until_ns;
    for (const Fault* fault : clock_faults_) {
      if ((fault->host != host && fault->host != kNobody) || !meets(*fault, span)) continue;
      add_fault(*fault, span, all);
      was_right = was_right || fault->start_ns > bent_until_ns.value_or(span.from_ns);
      bent_until_ns = std::max(bent_until_ns.value_or(fault->end_ns), fault->end_ns);
    }
    if (was_right || !bent_until_ns || *bent_until_ns < span.until_ns) all.add(0, 1);
  }
  return {all.low_ns, all.high_ns, all.slow, all.fast};
}

std::int64_t Contract::clocks_apart_ns(const Span& span) const {
  const Range found = range(span);
  return found.high_ns - found.low_ns;
}

Contract::Breach Contract::breach(const Span& span) const {
  const Breach found = hosts_clocks(span);
  return found.found ? found : server_clock(span);
}

/// A lease that was stamped before the setting is judged after it.
Contract::Breach Contract::server_clock(const Span& span) const {
  if (!evidence_.terms.steady_server_clock) return {};
  for (const Fault* fault : server_settings_) {
    if (fault->start_ns < span.from_ns || fault->start_ns > span.until_ns) continue;
    return {true, "the server's clock was set at " + seconds(fault->start_ns) +
                      ", and the lock's contract is that nobody sets it"};
  }
  return {};
}

Contract::Breach Contract::hosts_clocks(const Span& span) const {
  const Terms& terms = evidence_.terms;
  if (!terms.contract_offset_ns && !terms.contract_drift) return {};
  if (clock_faults_.empty() && unmeasured_.empty()) return {};
  const Range found = range(span);
  const std::int64_t apart_ns = found.high_ns - found.low_ns;
  if (terms.contract_offset_ns && apart_ns > *terms.contract_offset_ns) {
    return {true, "the injected clocks were " + length(apart_ns) +
                      " apart, the lock's contract allows " + length(*terms.contract_offset_ns)};
  }
  const double drift = found.fast / found.slow - 1;
  // Half a part in a million is what measuring a rate cannot tell.
  if (terms.contract_drift && drift > *terms.contract_drift + 5e-7) {
    return {true, "the injected clocks ran apart by " + percent(drift) +
                      ", the lock's contract allows " + percent(*terms.contract_drift)};
  }
  for (const Fault* fault : unmeasured_) {
    if (!meets(*fault, span)) continue;
    return {true, "a clock was bent, and nobody knows how far: " + fault->why_not};
  }
  return {};
}

}  // namespace holdfast::harness
