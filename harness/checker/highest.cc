#include "harness/checker/highest.h"

#include <algorithm>

namespace holdfast::harness {

HighestSoFar::HighestSoFar(const History& history)
    : history_(history), rises_(history.hosts.size()) {}

void HighestSoFar::add(std::uint32_t worker, const Entry& entry) {
  auto& rises = rises_[history_.workers[worker].host];
  if (rises.empty() || entry.token > rises.back().token) rises.push_back(entry);
}

const HighestSoFar::Entry* HighestSoFar::before(std::uint32_t worker, std::int64_t at_ns) const {
  const std::uint32_t own = history_.workers[worker].host;
  const Entry* found = nullptr;
  for (std::uint32_t host = 0; host < rises_.size(); ++host) {
    const std::int64_t unsure_ns =
        host == own ? 0 : history_.hosts[host].uncertainty_ns + history_.hosts[own].uncertainty_ns;
    const auto& rises = rises_[host];
    const auto after = std::partition_point(rises.begin(), rises.end(), [&](const Entry& entry) {
      return entry.at_ns + unsure_ns < at_ns;
    });
    if (after == rises.begin()) continue;
    const Entry& candidate = *std::prev(after);
    if (found == nullptr || candidate.token > found->token) found = &candidate;
  }
  return found;
}

}  // namespace holdfast::harness
