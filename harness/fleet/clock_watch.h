// Asks a host again and again what its clock shows, all through the run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "harness/fleet/agent_protocol.h"
#include "harness/history/clock_offsets.h"

namespace holdfast::harness {

class ClockWatch {
 public:
  /// `ask` sends AskClock; the first time at once.
  ClockWatch(boost::asio::io_context& context, std::function<void(const AskClock&)> ask);

  /// The answer, which came at `back_ns` of the controller's clock.
  void told(const ClockTold& told, std::int64_t back_ns);
  /// No more is asked. What was learnt stays.
  void stop();

  /// Those that say most, in order; at most some thousands, however long the run.
  const std::vector<ClockSample>& samples() const { return samples_; }

 private:
  void ask();

  boost::asio::steady_timer timer_;
  std::function<void(const AskClock&)> ask_;
  std::vector<ClockSample> samples_;
  std::uint64_t asked_ = 0;
  std::shared_ptr<bool> going_ = std::make_shared<bool>(true);  ///< none: it was stopped
};

}  // namespace holdfast::harness
