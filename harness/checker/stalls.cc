#include "harness/checker/stalls.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::harness {
namespace {

/// Kinds of faults by which requests or their answers come late or never.
constexpr std::array<std::string_view, 8> kStopping = {"delay",       "hang",        "lost_reply",
                                                       "partition",   "reorder",     "server_crash",
                                                       "server_down", "server_pause"};

std::vector<Span> faults_felt(const Evidence& evidence, std::uint32_t worker) {
  const std::uint32_t host = evidence.history.workers[worker].host;
  const std::int64_t unsure_ns = evidence.history.hosts[host].uncertainty_ns;
  std::vector<Span> felt;
  for (const Fault& fault : evidence.history.faults) {
    const bool stops = fault.effective && (fault.host == host || fault.host == kNobody) &&
                       std::find(kStopping.begin(), kStopping.end(), fault.kind) != kStopping.end();
    if (!stops) continue;
    const std::int64_t lasted_ns = std::max<std::int64_t>(0, fault.end_ns - fault.start_ns);
    felt.push_back({fault.start_ns - unsure_ns, fault.start_ns + 2 * lasted_ns + unsure_ns});
  }
  return felt;
}

/// Between one record of the worker and the next.
std::vector<Span> silences(const Evidence& evidence, const Attempt& attempt) {
  const auto& events = evidence.history.events;
  std::vector<Span> found;
  std::int64_t since_ns = attempt.sent_ns;
  for (std::size_t i = attempt.invoke + 1U; i < events.size(); ++i) {
    if (i >= attempt.back || events[i].at_ns >= attempt.back_ns) break;
    if (events[i].worker != attempt.worker) continue;
    found.push_back({since_ns, events[i].at_ns});
    since_ns = events[i].at_ns;
  }
  found.push_back({since_ns, attempt.back_ns});
  return found;
}

}  // namespace

std::vector<Span> stalls_of(const Evidence& evidence, const Attempt& attempt) {
  const std::vector<Span> felt = faults_felt(evidence, attempt.worker);
  if (felt.empty()) return {};
  std::vector<Span> stalls = silences(evidence, attempt);
  std::erase_if(stalls, [&](const Span& silence) {
    return std::none_of(felt.begin(), felt.end(), [&](const Span& fault) {
      return fault.from_ns <= silence.until_ns && silence.from_ns <= fault.until_ns;
    });
  });
  return stalls;
}

}  // namespace holdfast::harness
