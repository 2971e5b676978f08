// Faults sent out when their time comes: to the hosts that they name, or, where a holder is meant,
// to one host after the other until somebody is inside there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "harness/history/history.h"
#include "harness/nemesis/schedule.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

class Attack {
 public:
  struct Means {
    /// Has the host strike; false: its agent is lost.
    std::function<bool(std::uint32_t host, const Strike& strike)> send;
    /// What took no effect, and why.
    std::function<void(Fault refused)> refuse;
  };
  Attack(boost::asio::io_context& context, const Scenario& scenario, std::uint64_t seed,
         Means means);

  /// Strikes are planned from here on, by the recorder's clock.
  void begin(std::int64_t start_ns);
  void end();

  /// A host has struck: nobody else is asked.
  void struck(std::uint32_t strike) { searches_.erase(strike); }
  /// On the host that was asked; the next one is.
  void nobody_inside(std::uint32_t strike);

 private:
  void next_strike();
  void send_out(const Strike& strike);
  void look_for_holder(Strike& strike);
  void refuse(const Strike& strike, std::uint32_t host, const std::string& why);

  Means means_;
  Schedule schedule_;
  boost::asio::steady_timer timer_;
  std::map<std::uint32_t, Strike> searches_;  ///< holders being looked for
  std::int64_t start_ns_ = 0;
  bool over_ = false;
};

}  // namespace holdfast::harness
