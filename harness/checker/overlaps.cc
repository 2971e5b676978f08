#include "harness/checker/overlaps.h"

#include <algorithm>
#include <optional>

namespace holdfast::harness {
namespace {

Span common(const Span& a, const Span& b) {
  return {std::max(a.from_ns, b.from_ns), std::min(a.until_ns, b.until_ns)};
}

/// While the hold was inside and had this lease. The first one is there when its holder is.
Span entitled(const Hold& hold, const Span& lease) {
  const Span inside = hold.inside();
  if (lease.from_ns > hold.from_ns) return common(inside, lease);
  return {inside.from_ns, std::min(inside.until_ns, lease.until_ns)};
}

/// While two holds were entitled at the same time, and whether they were by the worst of clocks.
struct Meeting {
  Span both;
  bool certain = false;
};

/// A hold, one of its leases, and by how much its host's clock can be wrong.
struct Entitled {
  const Hold& hold;
  const Span& lease;
  std::int64_t error_ns;

  /// What the controller heard of is exact.
  std::int64_t latest_from_ns() const {
    const std::int64_t from_ns = hold.inside().from_ns + (hold.entered_ns != 0 ? 0 : error_ns);
    return lease.from_ns <= hold.from_ns ? from_ns : std::max(from_ns, lease.from_ns + error_ns);
  }
  std::int64_t earliest_until_ns() const {
    const std::int64_t until_ns = hold.inside().until_ns - (hold.leaving_ns != 0 ? 0 : error_ns);
    return lease.until_ns == kNever ? until_ns : std::min(until_ns, lease.until_ns - error_ns);
  }
};

bool surely_meet(const Entitled& a, const Entitled& b) {
  return a.earliest_until_ns() > b.latest_from_ns() && b.earliest_until_ns() > a.latest_from_ns();
}

/// How wrong the clock of a hold's host can be against the other one's. Those of one host are wrong
/// by the same, as long as the controller's does not come in.
std::int64_t error_ns(const History& history, const Hold& of, const Hold& other) {
  const std::uint32_t host = history.workers[of.worker].host;
  const bool one_clock = host == history.workers[other.worker].host && of.entered_ns == 0 &&
                         of.leaving_ns == 0 && other.entered_ns == 0 && other.leaving_ns == 0;
  return one_clock ? 0 : history.hosts[host].uncertainty_ns;
}

std::optional<Meeting> entitled_meeting(const Evidence& evidence, const Hold& a, const Hold& b) {
  const Holds& holds = evidence.holds;
  const std::int64_t error_a = error_ns(evidence.history, a, b);
  const std::int64_t error_b = error_ns(evidence.history, b, a);
  std::optional<Meeting> best;
  for (const Span& lease_a : holds.leases_of(a)) {
    const Span in_a = entitled(a, lease_a);
    for (const Span& lease_b : holds.leases_of(b)) {
      const Span in_b = entitled(b, lease_b);
      const Span both = common(in_a, in_b);
      if (both.empty()) continue;
      if (!best) best = Meeting{both, false};
      if (surely_meet({a, lease_a, error_a}, {b, lease_b, error_b})) best->certain = true;
    }
  }
  return best;
}

/// In the order of entry: the controller may have heard of them in another than that of grants.
std::vector<std::uint32_t> as_heard(const Holds& holds, std::vector<std::uint32_t> of_a_lock) {
  std::stable_sort(of_a_lock.begin(), of_a_lock.end(), [&](std::uint32_t a, std::uint32_t b) {
    return holds.holds[a].inside().from_ns < holds.holds[b].inside().from_ns;
  });
  return of_a_lock;
}

/// The earliest few of many.
class Earliest {
 public:
  void add(const Overlap& overlap) {
    ++count_;
    kept_.push_back(overlap);
    if (kept_.size() >= 4 * kKeptFindings) cut();
  }
  std::uint64_t count() const { return count_; }
  std::vector<Overlap> take() {
    cut();
    return std::move(kept_);
  }

 private:
  void cut() {
    std::sort(kept_.begin(), kept_.end(), [](const Overlap& a, const Overlap& b) {
      return std::tie(a.both.from_ns, a.first, a.second) <
             std::tie(b.both.from_ns, b.first, b.second);
    });
    if (kept_.size() > kKeptFindings) kept_.resize(kKeptFindings);
  }
  std::vector<Overlap> kept_;
  std::uint64_t count_ = 0;
};

class Sweep {
 public:
  Sweep(const Evidence& evidence, const Contract& contract)
      : evidence_(evidence),
        contract_(contract),
        holds_(evidence.holds),
        overstayed_(evidence.holds.holds.size(), false) {}

  void over(const std::vector<std::uint32_t>& holds_of_a_lock) {
    inside_.clear();
    for (const std::uint32_t second : holds_of_a_lock) {
      const Span inside = holds_.holds[second].inside();
      std::erase_if(inside_, [&](std::uint32_t first) {
        return holds_.holds[first].inside().until_ns <= inside.from_ns;
      });
      if (inside.empty()) continue;
      for (const std::uint32_t first : inside_) meet(first, second);
      inside_.push_back(second);
    }
  }

  Overlaps take() {
    Overlaps found;
    found.violation_count = violations_.count();
    found.excused_count = excused_.count();
    found.uncertain_count = uncertain_.count();
    found.violations = violations_.take();
    found.excused = excused_.take();
    found.uncertain = uncertain_.take();
    std::sort(overstays_.begin(), overstays_.end(), [](const Overstay& a, const Overstay& b) {
      return std::tie(a.at_ns, a.hold) < std::tie(b.at_ns, b.hold);
    });
    found.overstays = std::move(overstays_);
    return found;
  }

 private:
  void meet(std::uint32_t first, std::uint32_t second) {
    const Hold& a = holds_.holds[first];
    const Hold& b = holds_.holds[second];
    const auto meeting = entitled_meeting(evidence_, a, b);
    if (!meeting) return overstay(first, second);
    const Overlap overlap{first, second, meeting->both};
    if (!meeting->certain) {
      uncertain_.add(overlap);
    } else if (contract_.breach(at_stake(evidence_, first, second)).found) {
      excused_.add(overlap);
    } else {
      violations_.add(overlap);
    }
  }

  /// One of the two was past its lease when they met: the first, unless it was not.
  void overstay(std::uint32_t first, std::uint32_t second) {
    const std::int64_t at_ns = holds_.holds[second].inside().from_ns;
    const bool first_is_entitled = holds_.entitled_at(holds_.holds[first], at_ns);
    const std::uint32_t stayed = first_is_entitled ? second : first;
    if (overstayed_[stayed]) return;
    overstayed_[stayed] = true;
    overstays_.push_back({stayed, first_is_entitled ? first : second, at_ns});
  }

  const Evidence& evidence_;
  const Contract& contract_;
  const Holds& holds_;
  std::vector<std::uint32_t> inside_;
  Earliest violations_, excused_, uncertain_;
  std::vector<bool> overstayed_;
  std::vector<Overstay> overstays_;
};

}  // namespace

Span at_stake(const Evidence& evidence, std::uint32_t first, std::uint32_t second) {
  const Hold& a = evidence.holds.holds[first];
  const std::int64_t asked_ns = evidence.holds.attempts[a.attempt].sent_ns;
  const std::int64_t granted_ns = evidence.holds.holds[second].from_ns;
  return {std::min(asked_ns, granted_ns), std::max(asked_ns, granted_ns)};
}

Overlaps find_overlaps(const Evidence& evidence, const Contract& contract) {
  Sweep sweep(evidence, contract);
  for (const auto& holds_of_a_lock : evidence.holds.holds_of) {
    sweep.over(evidence.holds.ordered ? as_heard(evidence.holds, holds_of_a_lock)
                                      : holds_of_a_lock);
  }
  return sweep.take();
}

}  // namespace holdfast::harness
