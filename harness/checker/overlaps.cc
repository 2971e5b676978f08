#include "harness/checker/overlaps.h"

#include <algorithm>
#include <optional>

namespace holdfast::harness {
namespace {

Span common(const Span& a, const Span& b) {
  return {std::max(a.from_ns, b.from_ns), std::min(a.until_ns, b.until_ns)};
}

/// While two holds were entitled at the same time, and by how much the clocks would have to be
/// wrong for the two never to have met.
struct Meeting {
  Span both;
  std::int64_t slack_ns = 0;
};

std::optional<Meeting> entitled_meeting(const Holds& holds, const Hold& a, const Hold& b) {
  std::optional<Meeting> best;
  for (const Span& lease_a : holds.leases_of(a)) {
    const Span in_a = common(lease_a, {a.from_ns, a.until_ns});
    for (const Span& lease_b : holds.leases_of(b)) {
      const Span in_b = common(lease_b, {b.from_ns, b.until_ns});
      const Span both = common(in_a, in_b);
      if (both.empty()) continue;
      const std::int64_t slack_ns =
          std::min(in_a.until_ns - in_b.from_ns, in_b.until_ns - in_a.from_ns);
      if (!best) best = Meeting{both, slack_ns};
      best->slack_ns = std::max(best->slack_ns, slack_ns);
    }
  }
  return best;
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
      const Hold& hold = holds_.holds[second];
      std::erase_if(inside_, [&](std::uint32_t first) {
        return holds_.holds[first].until_ns <= hold.from_ns;
      });
      if (hold.until_ns <= hold.from_ns) continue;
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
    const auto meeting = entitled_meeting(holds_, a, b);
    if (!meeting) return overstay(first, second);
    const Overlap overlap{first, second, meeting->both};
    if (meeting->slack_ns <= uncertainty_ns(evidence_.history, a.worker, b.worker)) {
      uncertain_.add(overlap);
    } else if (contract_.breach({holds_.attempts[a.attempt].sent_ns, b.from_ns}).found) {
      excused_.add(overlap);
    } else {
      violations_.add(overlap);
    }
  }

  /// One of the two was past its lease when they met: the first, unless it was not.
  void overstay(std::uint32_t first, std::uint32_t second) {
    const std::int64_t at_ns = holds_.holds[second].from_ns;
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

Overlaps find_overlaps(const Evidence& evidence, const Contract& contract) {
  Sweep sweep(evidence, contract);
  for (const auto& holds_of_a_lock : evidence.holds.holds_of) sweep.over(holds_of_a_lock);
  return sweep.take();
}

}  // namespace holdfast::harness
