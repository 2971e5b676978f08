// A worker's shift: think, acquire, hold, release, again and again until it is told to stop.
//
// It plays by the rules, so that what goes wrong is the lock's doing: it leaves as soon as it is
// told that its lease was lost or is over, it gives back what it took, and a request to stop lets
// it finish what it is in. Everything that can wait or tell time is handed to it.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "harness/contender/contender.h"
#include "harness/random/random.h"
#include "harness/workload/journal.h"
#include "harness/workload/plan.h"
#include "harness/workload/resource.h"
#include "harness/workload/worker.h"

namespace holdfast::harness {

/// What a shift needs of the world.
struct ShiftDoors {
  std::function<std::int64_t()> now_ns;              ///< the recorder's clock
  std::function<void(Nanoseconds at_most)> sleep;    ///< comes back early when a stop is requested
  std::function<void(const std::string&)> complain;  ///< a line for the worker's log
  Notify notify = {};                                ///< ordered mode; else empty
};

class Shift {
 public:
  /// `resource` may be null. Nothing is owned.
  Shift(const Work& work, std::int64_t patience_ns, Contender& contender,
        ProtectedResource* resource, Journal journal, Random random, ShiftDoors doors);

  /// Works until `stop` is requested, the contender has ended, or nothing can be recorded any more.
  Result<WorkerEnd> run(const std::stop_token& stop);

 private:
  struct Hold {
    std::uint64_t token = 0;
    std::int64_t until_ns = 0;  ///< 0: the lock says nothing
    bool granted = false;       ///< false: nobody knows
    bool lost = false;          ///< it has been told so
  };

  /// When the next acquire is to start, having waited for that. Closed loop: 0, after thinking.
  std::int64_t next_start(const std::stop_token& stop);
  /// One acquire, and all that follows a grant.
  Result<void> cycle(std::int64_t start_ns, const std::stop_token& stop);
  void not_granted(const Answer& answer, const std::stop_token& stop);
  Result<void> inside(Hold& hold, const std::stop_token& stop);
  /// Stays inside for as long as was drawn, or until there is a reason to leave.
  void stay(Hold& hold, const std::stop_token& stop);
  void refresh(Hold& hold);
  void release(Hold& hold);
  Answer release_once(const Hold& hold);
  void told(Hold& hold);
  /// Ordered mode: the controller hears of it before anything else is done.
  void notify(Op what, const Hold& hold);
  void probe(std::uint64_t one_in, std::uint64_t token);
  void complain(Op operation, const Answer& answer);

  const Work& work_;
  std::int64_t patience_ns_;
  Contender& contender_;
  ProtectedResource* resource_;
  Journal journal_;
  Random random_;
  ShiftDoors doors_;
  std::int64_t intended_ns_ = 0;
};

}  // namespace holdfast::harness
