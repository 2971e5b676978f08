// Acquires that were not granted, and renewals, one after the other, as packed numbers.
//
// Each: its worker; its lock; when it was asked for, after the one before; how long it lasted; its
// outcome (Phase; invoke: it never came back); why it failed (Why). Of a renewal also how long the
// lease went on from then, 0: it did not.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "harness/page/packed.h"
#include "harness/page/timeline_parts.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

struct Call {
  std::uint32_t worker = 0;
  std::uint16_t lock = 0;
  std::int64_t sent_ns = 0;
  std::int64_t back_ns = 0;
  Phase outcome = Phase::invoke;
  Why why = Why::none;
  std::optional<std::int64_t> lease_end_ns;  ///< none: not told of this kind of call
};

/// The first `most`, in the order in which they were sent.
json calls_json(const std::vector<Call>& calls, std::size_t most) {
  Packed packed;
  std::int64_t before_ns = 0;
  const std::size_t count = std::min(calls.size(), most);
  for (std::size_t i = 0; i < count; ++i) {
    const Call& call = calls[i];
    packed.put(call.worker);
    packed.put(call.lock);
    packed.put_step(before_ns, call.sent_ns);
    packed.put_length(call.sent_ns, call.back_ns);
    packed.put(static_cast<std::uint64_t>(call.outcome));
    packed.put(static_cast<std::uint64_t>(call.why));
    if (call.lease_end_ns) packed.put_length(call.back_ns, *call.lease_end_ns);
    before_ns = call.sent_ns;
  }
  return {{"count", count}, {"of", calls.size()}, {"packed", packed.base64()}};
}

}  // namespace

json refusals_json(const Played& played, std::size_t most) {
  std::vector<Call> refused;
  for (const Attempt& it : played.holds.attempts) {
    if (it.hold != kNone) continue;
    refused.push_back(
        {it.worker, it.lock, it.sent_ns, it.back_ns, it.outcome, it.why, std::nullopt});
  }
  return calls_json(refused, most);
}

json renewals_json(const Played& played, std::size_t most) {
  const History& history = played.history;
  std::vector<Call> renewals;
  std::vector<std::size_t> under_way(history.workers.size(), kNone);
  for (const Event& event : history.events) {
    if (event.op != Op::refresh) continue;
    std::size_t& its = under_way[event.worker];
    if (event.phase == Phase::invoke) {
      its = renewals.size();
      renewals.push_back(
          {event.worker, event.lock, event.at_ns, event.at_ns, Phase::invoke, Why::none, 0});
    } else if (its != kNone) {
      Call& call = renewals[its];
      call.back_ns = event.at_ns;
      call.outcome = event.phase;
      call.why = event.phase == Phase::fail ? static_cast<Why>(event.code) : Why::none;
      if (event.phase == Phase::ok) call.lease_end_ns = event.until_ns;
      its = kNone;
    }
  }
  return calls_json(renewals, most);
}

}  // namespace holdfast::harness
