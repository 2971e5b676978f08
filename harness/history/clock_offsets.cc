#include "harness/history/clock_offsets.h"

#include <algorithm>
#include <cmath>

namespace holdfast::harness {

ClockSample sample_of(std::int64_t sent_ns, std::int64_t got_ns, std::int64_t answered_ns,
                      std::int64_t back_ns) {
  ClockSample sample;
  sample.host_ns = got_ns + (answered_ns - got_ns) / 2;
  sample.offset_ns = ((got_ns - sent_ns) + (answered_ns - back_ns)) / 2;
  // Halves are rounded twice.
  sample.error_ns = ((back_ns - sent_ns) - (answered_ns - got_ns)) / 2 + 2;
  return sample;
}

ClockOffsets::ClockOffsets(std::vector<ClockSample> samples) {
  std::sort(samples.begin(), samples.end(),
            [](const ClockSample& a, const ClockSample& b) { return a.host_ns < b.host_ns; });
  constexpr int kDoublings = 20;  // to more than any clock drifts
  for (int round = 0; round < kDoublings; ++round) {
    points_.clear();
    for (const ClockSample& sample : samples) {
      const auto offset = static_cast<double>(sample.offset_ns);
      const auto error = static_cast<double>(sample.error_ns);
      points_.push_back({sample.host_ns, offset - error, offset + error});
    }
    if (tighten()) return;
    drift_ *= 2;
  }
}

/// Since then, or until then, the clocks have drifted apart by no more than drift_ allows.
void ClockOffsets::bound(Point& one, const Point& by) const {
  const double apart = drift_ * std::abs(static_cast<double>(one.host_ns - by.host_ns));
  one.low = std::max(one.low, by.low - apart);
  one.high = std::min(one.high, by.high + apart);
}

/// Lets every sample bound its neighbours, and so all. False: two of them cannot both be true.
bool ClockOffsets::tighten() {
  for (std::size_t i = 1; i < points_.size(); ++i) bound(points_[i], points_[i - 1]);
  for (std::size_t i = points_.size(); i-- > 1;) bound(points_[i - 1], points_[i]);
  return std::all_of(points_.begin(), points_.end(),
                     [](const Point& point) { return point.low <= point.high; });
}

ClockOffsets::Offset ClockOffsets::at(std::int64_t host_ns) const {
  if (points_.empty()) return {};
  const auto after = std::lower_bound(
      points_.begin(), points_.end(), host_ns,
      [](const Point& point, std::int64_t instant) { return point.host_ns < instant; });
  Point here{host_ns, -HUGE_VAL, HUGE_VAL};
  if (after != points_.end()) bound(here, *after);
  if (after != points_.begin()) bound(here, *std::prev(after));
  Offset offset;
  offset.offset_ns = static_cast<std::int64_t>(std::llround((here.low + here.high) / 2));
  offset.error_ns = static_cast<std::int64_t>(std::ceil(std::abs(here.high - here.low) / 2)) + 1;
  return offset;
}

}  // namespace holdfast::harness
