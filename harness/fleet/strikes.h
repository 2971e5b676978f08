// Injects faults on one host and reports what came of each: every strike ends in at least one
// Fault, or in the word that nobody was inside.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "harness/fleet/crew.h"
#include "harness/nemesis/clock.h"
#include "harness/nemesis/kill.h"
#include "harness/nemesis/pause.h"
#include "harness/nemesis/schedule.h"

namespace holdfast::harness {

class Strikes {
 public:
  struct Listener {
    std::function<void(const Fault&)> struck;    ///< and it is over
    std::function<void(const Fault&)> in_force;  ///< a clock is set, until it is said to be over
    std::function<void(std::uint32_t strike)> nobody_inside;
  };

  /// `clock` may be null: this host's is never bent.
  Strikes(boost::asio::io_context& context, Crew& crew, std::unique_ptr<BentClock> clock,
          Listener listener);
  ~Strikes();

  void inject(const Strike& strike);
  /// A worker is gone: ends what was under way with it, and tells who killed it.
  void departed(const Departure& departure);
  /// Lets all that stand still go on and measures what is left to be measured. Nothing is injected
  /// any more.
  void finish();
  /// Nobody is left who could read a clock.
  void crew_is_gone();
  /// Kills all that are still there.
  void kill_stragglers();

 private:
  struct Search;
  struct Standstill;
  Fault planned(const Strike& strike) const;
  void hit(const Strike& strike, std::size_t index);
  void kill(const Fault& fault, std::size_t index, const Target& target);
  void pause(const Fault& fault, std::size_t index, const Target& target);
  void look_after(std::size_t index);
  void look_for_holder(const std::shared_ptr<Search>& search);
  bool find_and_hit(const Strike& strike, Random& random);
  void end_pause(std::size_t index);
  void set_clock(const Strike& strike);
  void announce_clock(Fault fault);
  void measure_clock();
  void put_in_force(const Fault& fault);
  void lose_clock(const std::string& why);
  void end_clock();
  void keep_ticking();
  void refuse(Fault fault, const std::string& why);

  boost::asio::io_context& context_;
  Crew& crew_;
  std::unique_ptr<BentClock> clock_;
  Listener listener_;
  std::map<std::size_t, Kill> kills_;  ///< under way, by slot
  std::map<std::size_t, std::unique_ptr<Standstill>> pauses_;
  struct Timers;
  std::unique_ptr<Timers> timers_;
  /// What the clock is at now; not effective: nobody knows where it is.
  std::optional<Fault> bent_;
  bool finished_ = false;
};

}  // namespace holdfast::harness
