// Drives what goes wrong for a while on a run's mount, live: each outage, crash and step of the
// server's clock is sent to the server through its control channel when its time has come.
//
// So one can be aimed at whoever holds the lock just then. What hits single requests is not driven
// from here: the server has those faults before the run begins, as it decides of each request when
// it comes. What a strike did the server measures and logs; one that could not be sent is told
// here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "harness/random/random.h"
#include "harness/result/result.h"
#include "harness/scenario/mount_spec.h"

namespace holdfast::harness::mount {

/// What a nemesis needs of the world. Called from its thread alone.
struct NemesisDoors {
  std::function<Result<std::string>(const std::string& line)> say;  ///< to the server (control.h)
  /// The host of one who is inside its critical section now, drawn; none: nobody is.
  std::function<std::optional<std::string>(Random&)> holders_host;
  /// A strike that did not come about, and why.
  std::function<void(const MountFault& fault, const std::string& why)> refuse;
  std::function<std::chrono::steady_clock::time_point()> now;
  /// Comes back early when a stop is requested.
  std::function<void(const std::stop_token&, std::chrono::nanoseconds)> sleep;
};

class Nemesis {
 public:
  /// `faults`: those of a scenario's mount; what does not last is left to the server, and
  /// so is a clock that is off from the start.
  Nemesis(const std::vector<MountFault>& faults, std::uint64_t seed, NemesisDoors doors);
  ~Nemesis();
  Nemesis(const Nemesis&) = delete;
  Nemesis& operator=(const Nemesis&) = delete;

  /// The run begins: all times are counted from now.
  void begin();
  /// Nothing is sent any more. Waits for what is being sent.
  void stop();
  /// Waits until each has struck as often as it is to.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Line {
    MountFault fault;
    Random random{0};
    std::optional<Nanoseconds> next;  ///< after the beginning
    std::uint64_t struck = 0;
  };
  void run(const std::stop_token& stop);
  void strike(const std::stop_token& stop, Line& line);
  std::optional<std::string> find_holder(const std::stop_token& stop, Random& random);

  std::vector<Line> lines_;
  NemesisDoors doors_;
  std::jthread thread_;
};

}  // namespace holdfast::harness::mount
