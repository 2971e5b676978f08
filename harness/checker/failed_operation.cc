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

std::uint32_t failed_operation_after(const Evidence& evidence, std::uint32_t take,
                                     std::uint32_t last) {
  const auto& events = evidence.history.events;
  const Event& made = events[take];
  std::uint32_t from = take;  // of a call in which it counts; kNone: it does not
  std::uint32_t found = kNone;
  for (std::uint32_t i = take + 1; i <= last && i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.worker != made.worker || event.lock != made.lock) continue;
    const bool asks = event.phase == Phase::invoke && event.op != Op::file;
    if (asks && event.op == Op::acquire) break;
    if (asks) from = event.op == Op::release ? i : kNone;
    if (event.op == Op::file && from != kNone && is_error(event)) found = i;
  }
  return found;
}

std::string words_of_failed(const Evidence& evidence, std::uint32_t operation) {
  const Event& event = evidence.history.events[operation];
  return "its " + std::string(name(event.file)) + " of " + evidence.history.names[event.name] +
         " had failed at " + seconds(event.at_ns) + ": " + std::strerror(event.code);
}

}  // namespace holdfast::harness
