#include "harness/checker/meeting.h"

#include <algorithm>

namespace holdfast::harness {

Meeting::Meeting(const Evidence& evidence, const Trail& trail, const Contract& contract,
                 const Overlap& overlap)
    : evidence_(evidence),
      trail_(trail),
      contract_(contract),
      first_(side(overlap.first)),
      second_(side(overlap.second)) {
  if (first_.take == kNone || second_.take == kNone) return;
  constexpr std::uint32_t kBeyond = 20'000;
  const std::uint32_t from = std::min(first_.attempt->invoke, second_.attempt->invoke);
  const std::uint32_t to = std::max(first_.hold->granted, second_.hold->granted);
  files_ = trail_.within(lock(), from, to + kBeyond);
  removals_ = trail_.removals(files_);
}

Side Meeting::side(std::uint32_t hold) const {
  Side made;
  made.hold = &evidence_.holds.holds[hold];
  made.attempt = &evidence_.holds.attempts[made.hold->attempt];
  made.take = trail_.take_of(*made.attempt);
  return made;
}

std::string Meeting::clocks(const Side& victim, std::int64_t at_ns) const {
  const std::int64_t apart_ns = contract_.clocks_apart_ns({victim.attempt->sent_ns, at_ns});
  return apart_ns == 0
             ? ""
             : "; injected faults had set the hosts' clocks " + length(apart_ns) + " apart";
}

bool Meeting::was_applied(std::uint32_t call) const {
  const Event& made = events()[call];
  if (made.file != FileOp::rename) return false;  // an entry's name recurs: it proves nothing
  const std::vector<std::uint32_t> later = trail_.within(lock(), call + 1, kNone - 1);
  return std::ranges::any_of(later, [&](std::uint32_t i) {
    return events()[i].phase == Phase::ok && events()[i].name == made.other;
  });
}

}  // namespace holdfast::harness
