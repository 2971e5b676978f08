// A run with too many holds to tell each: how much of each stretch of time each lane was inside.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/page/packed.h"
#include "harness/page/timeline_parts.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// Of all lanes together; more than a screen shows.
constexpr std::size_t kCells = 400'000;
constexpr std::size_t kMostStretches = 8'000;

struct Cell {
  std::uint64_t grants = 0;
  std::int64_t inside_ns = 0;
  std::int64_t overstayed_ns = 0;
};

class Sketch {
 public:
  Sketch(std::uint32_t lanes, std::int64_t start_ns, std::int64_t end_ns)
      : start_ns_(start_ns),
        stretches_(std::clamp<std::size_t>(kCells / std::max(lanes, 1U), 1, kMostStretches)),
        stretch_ns_(std::max<std::int64_t>(end_ns - start_ns, 0) /
                        static_cast<std::int64_t>(stretches_) +
                    1),
        cells_(lanes * stretches_) {}

  void grant(std::uint32_t lane, std::int64_t at_ns) { ++cells_[cell(lane, at_ns)].grants; }

  void spend(std::uint32_t lane, const Span& span, std::int64_t Cell::*what) {
    for (std::int64_t at_ns = span.from_ns; at_ns < span.until_ns;) {
      const std::size_t index = cell(lane, at_ns);
      const bool last = index % stretches_ == stretches_ - 1;
      const auto stretch = static_cast<std::int64_t>(index % stretches_);
      const std::int64_t end_ns =
          last ? span.until_ns : std::min(span.until_ns, start_ns_ + (stretch + 1) * stretch_ns_);
      cells_[index].*what += end_ns - at_ns;
      at_ns = end_ns;
    }
  }

  /// Of each lane, stretch by stretch: grants, and the two shares in 255ths.
  json told() const {
    Packed packed;
    for (const Cell& cell : cells_) {
      packed.put(cell.grants);
      packed.put(share(cell.inside_ns));
      packed.put(share(cell.overstayed_ns));
    }
    return {{"stretch_ns", stretch_ns_}, {"stretches", stretches_}, {"packed", packed.base64()}};
  }

 private:
  std::size_t cell(std::uint32_t lane, std::int64_t at_ns) const {
    const std::int64_t stretch = std::clamp<std::int64_t>(
        (at_ns - start_ns_) / stretch_ns_, 0, static_cast<std::int64_t>(stretches_) - 1);
    return lane * stretches_ + static_cast<std::size_t>(stretch);
  }
  /// What there is at all is seen: rounded up.
  std::uint64_t share(std::int64_t ns) const {
    if (ns <= 0) return 0;
    const double part = static_cast<double>(ns) / static_cast<double>(stretch_ns_);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(part * 255), 1, 255);
  }

  std::int64_t start_ns_;
  std::size_t stretches_;
  std::int64_t stretch_ns_;
  std::vector<Cell> cells_;
};

}  // namespace

json sketch_json(const Played& played) {
  const History& history = played.history;
  Sketch sketch(played.lanes.count, history.start_ns, history.end_ns);
  for (const Hold& hold : played.holds.holds) {
    const std::uint32_t lane = played.lanes.of[hold.worker];
    sketch.grant(lane, hold.from_ns);
    sketch.spend(lane, {hold.from_ns, hold.until_ns}, &Cell::inside_ns);
    std::int64_t since_ns = hold.from_ns;  // of the instant it was entitled last
    for (const Span& lease : played.holds.leases_of(hold)) {
      sketch.spend(lane, {since_ns, std::min(lease.from_ns, hold.until_ns)}, &Cell::overstayed_ns);
      since_ns = std::max(lease.until_ns, hold.from_ns);  // it may be over before the grant
    }
    sketch.spend(lane, {since_ns, hold.until_ns}, &Cell::overstayed_ns);
  }
  return sketch.told();
}

}  // namespace holdfast::harness
