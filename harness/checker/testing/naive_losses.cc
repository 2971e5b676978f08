#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {
namespace {

struct Loss {
  Time left = 0;  ///< of the lease, when its holder first heard that it was lost
  Time told = 0;
};

/// By a release only if that was asked for once: another try may find that the first one worked.
Loss loss_of(const NaiveHistory& it, const Held& held) {
  if (held.told) return {*held.lost_with_left, it.at(*held.told)};
  std::size_t releases = 0;
  Loss found;
  for (std::size_t i = *held.call.back + 1; i < it.events().size(); ++i) {
    const Event& event = it.events()[i];
    if (event.worker != held.worker) continue;
    if (event.op == Op::acquire) break;
    if (it.is(i, Op::release, Phase::invoke)) ++releases;
    if (it.is(i, Op::release, Phase::fail) && event.code == int(Why::lost)) {
      found = {held.entitled.back().until - event.at_ns, event.at_ns};
    }
  }
  return releases == 1 ? found : Loss();
}

/// Something was injected that may have cost it. What the lock declares to stand is no excuse.
bool is_excused(const NaiveHistory& it, const Held& held, Range span) {
  for (const Range& pause : it.faults("pause", held.worker)) {
    if (touch(pause, span)) return true;
  }
  if (it.server_forgot(span)) return true;
  const Terms& terms = it.terms();
  if (terms.contract_offset_ns || terms.contract_drift || terms.steady_server_clock)
    return it.beyond_contract(span);
  for (const Fault& fault : it.history().faults) {
    const Range bent{fault.start_ns, fault.end_ns};
    const bool done = fault.effective || bent.until > bent.from;
    if (fault.kind == "clock" && done && touch(bent, span)) return true;
  }
  return false;
}

}  // namespace

std::uint64_t spurious_losses(const NaiveHistory& it) {
  if (!it.terms().leases) return 0;
  std::uint64_t found = 0;
  for (const Held& held : it.held()) {
    const Loss loss = loss_of(it, held);
    if (loss.left <= 0) continue;
    found += is_excused(it, held, {it.at(held.call.invoke), loss.told}) ? 0 : 1;
  }
  return found;
}

}  // namespace holdfast::harness::naive
