#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {

std::uint64_t token_regressions(const NaiveHistory& it) {
  if (!it.terms().tokens) return 0;
  std::uint64_t found = 0;
  for (const Held& later : it.held()) {
    if (later.entitled.front().until <= later.from) continue;
    // The highest that had surely come back before; the first of equals by host, then by time.
    const Held* highest = nullptr;
    for (std::uint32_t host = 0; host < it.history().hosts.size(); ++host) {
      const Held* of_host = nullptr;
      for (const Held& earlier : it.held()) {
        if (&earlier == &later) break;
        const bool counts = it.history().workers[earlier.worker].host == host &&
                            earlier.lock == later.lock &&
                            earlier.from + it.unsure(earlier.worker, later.worker) < later.from;
        if (!counts) continue;
        const std::uint64_t token = it.events()[*earlier.call.back].token;
        if (of_host == nullptr || token > it.events()[*of_host->call.back].token) {
          of_host = &earlier;
        }
      }
      if (of_host == nullptr) continue;
      if (highest == nullptr ||
          it.events()[*of_host->call.back].token > it.events()[*highest->call.back].token) {
        highest = of_host;
      }
    }
    if (highest == nullptr) continue;
    const bool wrong =
        it.events()[*highest->call.back].token >= it.events()[*later.call.back].token;
    const bool excused = it.beyond_contract({it.at(highest->call.invoke), later.from});
    found += wrong && !excused ? 1 : 0;
  }
  return found;
}

/// The fence let in, or was raised to, a token below one that was surely known to it before.
std::uint64_t late_writes(const NaiveHistory& it) {
  if (!it.terms().fenced) return 0;
  const auto& events = it.events();
  std::uint64_t found = 0;
  const auto accepted = [&](std::size_t i) {
    return it.is(i, Op::raise, Phase::ok) || it.is(i, Op::publish, Phase::ok);
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!accepted(i)) continue;
    const Time asked = it.at(it.question(i));
    bool late = false;
    for (std::size_t k = 0; k < i; ++k) {
      const Time doubt = it.unsure(events[k].worker, events[i].worker);
      late = late || (accepted(k) && events[k].lock == events[i].lock &&
                      events[k].token > events[i].token && events[k].at_ns + doubt < asked);
    }
    found += late ? 1 : 0;
  }
  return found;
}

}  // namespace holdfast::harness::naive
