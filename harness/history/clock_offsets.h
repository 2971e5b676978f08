// What a host's recorder's clock showed when the controller's showed something else.
//
// Fault model: messages take their time, each way another; hosts stand still in between. An
// exchange of four stamps bounds the offset whatever the delays were: by half of what the way there
// and back took together. Between exchanges two clocks drift apart, by no more than a known rate.
// So every exchange bounds the offset at every instant, and all of them bound it together.
#pragma once

#include <cstdint>
#include <vector>

namespace holdfast::harness {

/// One exchange: at `host_ns` the host's clock was ahead by offset_ns, give or take error_ns.
struct ClockSample {
  std::int64_t host_ns = 0;    ///< on the host's clock
  std::int64_t offset_ns = 0;  ///< host minus controller
  std::int64_t error_ns = 0;

  bool operator==(const ClockSample&) const = default;
};

/// The sample of an exchange: the controller sent at `sent_ns` and got the answer at `back_ns`, by
/// its own clock; the host got it at `got_ns` and answered at `answered_ns`, by its own.
ClockSample sample_of(std::int64_t sent_ns, std::int64_t got_ns, std::int64_t answered_ns,
                      std::int64_t back_ns);

class ClockOffsets {
 public:
  /// Two quartz clocks that nobody steers: each is within 50 ppm, and once more for the heat.
  static constexpr double kDrift = 200e-6;

  /// No samples: the host has the controller's own clock. Where samples contradict each other at
  /// kDrift, the drift is taken to be as large as it must be; see drift().
  explicit ClockOffsets(std::vector<ClockSample> samples);

  struct Offset {
    std::int64_t offset_ns = 0;
    std::int64_t error_ns = 0;
  };
  /// When the host's clock shows `host_ns`.
  Offset at(std::int64_t host_ns) const;
  /// That instant on the controller's clock. Never goes backwards where `host_ns` goes forwards.
  std::int64_t on_controller(std::int64_t host_ns) const { return host_ns - at(host_ns).offset_ns; }
  bool own_clock() const { return !points_.empty(); }
  double drift() const { return drift_; }

 private:
  struct Point {
    std::int64_t host_ns;
    double low;
    double high;
  };
  void bound(Point& one, const Point& by) const;
  bool tighten();

  std::vector<Point> points_;
  double drift_ = kDrift;
};

}  // namespace holdfast::harness
