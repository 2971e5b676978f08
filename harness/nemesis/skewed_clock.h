// The clock of a host whose clocks the nemesis bends: what an own lock under test is given.
//
// Elapsed time never goes backwards, whatever happens to the page between two readings: a rate
// that falls while a reader stands between the real clock and the page could otherwise show it less
// than it has already seen.
#pragma once

#include <holdfast/os/os.h>

#include <atomic>
#include <memory>
#include <string>

#include "harness/nemesis/clock_page.h"

namespace holdfast::harness {

class SkewedClock : public os::Clock {
 public:
  /// `real` must outlive it.
  SkewedClock(std::unique_ptr<ClockView> page, os::Clock& real);
  static Result<std::unique_ptr<SkewedClock>> open(const std::string& page, os::Clock& real);

  os::Stamp now() override;
  os::WallTime wall() override;

  /// How fast its clocks run now, as a ratio: what takes 1 s by them takes 1 s / rate in truth.
  double rate() const;

 private:
  std::unique_ptr<ClockView> page_;
  os::Clock& real_;
  std::atomic<std::int64_t> last_raw_;
  std::atomic<std::int64_t> last_boot_;
};

}  // namespace holdfast::harness
