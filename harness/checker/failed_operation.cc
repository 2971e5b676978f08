#include "harness/checker/failed_operation.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace holdfast::harness {
namespace {

bool is_error(const Event& event) {
  return event.phase == Phase::fail && event.code != ENOENT && event.code != EEXIST &&
         event.code != ENOTEMPTY;
}

}  // namespace

std::uint32_t failed_operation(const Evidence& evidence, const Trail& trail, std::uint32_t worker,
                               std::uint16_t lock, std::uint32_t first, std::uint32_t last) {
  const auto& all = trail.files_of(worker);
  for (auto at = std::ranges::upper_bound(all, last); at != all.begin() && *--at >= first;) {
    const Event& event = evidence.history.events[*at];
    if (event.lock == lock && is_error(event)) return *at;
  }
  return kNone;
}

std::uint32_t failed_operation_after(const Evidence& evidence, const Trail& trail,
                                     std::uint32_t take, std::uint32_t last) {
  const auto& events = evidence.history.events;
  const std::uint32_t worker = events[take].worker;
  for (std::uint32_t i = take; i < last; ++i) {
    const Event& event = events[i];
    const bool asks = event.op == Op::acquire && event.phase == Phase::invoke;
    if (asks && event.worker == worker && event.lock == events[take].lock) last = i;
  }
  return failed_operation(evidence, trail, worker, events[take].lock, take, last);
}

std::string words_of_failed(const Evidence& evidence, std::uint32_t operation) {
  const Event& event = evidence.history.events[operation];
  return "its " + std::string(name(event.file)) + " of " + evidence.history.names[event.name] +
         " had failed at " + seconds(event.at_ns) + ": " + std::strerror(event.code);
}

}  // namespace holdfast::harness
