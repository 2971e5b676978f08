// When which fault strikes whom. Pure: the scenario and the seed decide all of it beforehand.
//
// What only the moment can tell - who is inside the critical section just then - is left to where
// the fault strikes; for that the strike carries a seed of its own.
//
// The faults of an emulated mount are not among these: they have a nemesis of their own, and its
// server alone sees the requests (harness/sharedmount/README.md, "Who strikes").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/random/random.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {

/// One fault that is to be injected.
struct Strike {
  enum class Whom {
    slot,    ///< the worker in `slot`, a number over the whole run
    holder,  ///< one that is inside on the first of `hosts` that has such a one
    hosts,   ///< every worker of all `hosts`; clock: the hosts themselves
  };
  std::uint32_t id = 0;    ///< of the fault; 1, 2, ...
  std::int64_t at_ns = 0;  ///< after the run's start
  FaultSpec::Kind kind = FaultSpec::Kind::kill;
  std::string target;  ///< as the scenario says
  Whom whom = Whom::slot;
  std::vector<std::uint32_t> hosts;  ///< indices into the scenario's
  std::uint32_t slot = 0;
  std::uint64_t seed = 0;
  std::int64_t pause_ns = 0;
  std::vector<std::int64_t> offsets_ns;  ///< clock: for each of `hosts`; none: as it is
  std::optional<double> rate;            ///< clock

  bool operator==(const Strike&) const = default;
};

/// The strikes of a run, one after the other; without end where a fault comes again and again.
class Schedule {
 public:
  Schedule(const Scenario& scenario, std::uint64_t seed);
  /// The next one in order of time; equal times in the order of the scenario.
  std::optional<Strike> next();

 private:
  struct Line {
    FaultSpec spec;
    Random random{0};
    std::optional<std::int64_t> next_ns;
    std::uint64_t struck = 0;
    std::vector<bool> strobed;  ///< by host: it stands at the far end now
  };
  Strike strike(Line& line);
  void aim(Line& line, Strike& strike) const;
  void set_clocks(Line& line, Strike& strike);
  static void advance(Line& line);

  std::vector<std::string> hosts_;
  std::vector<std::uint32_t> host_of_slot_;
  std::vector<std::int64_t> offsets_ns_;  ///< by host: planned so far
  std::vector<Line> lines_;
  std::uint32_t last_id_ = 0;
};

/// Where a worker is to kill itself.
struct CrashChoice {
  std::size_t spec = 0;  ///< which of the scenario's faults
  std::string operation;
  std::uint64_t at = 1;  ///< counted from 1
  bool before = false;
};

/// Draws the crash point of a new worker of `host`; none where no such fault is meant for it. Where
/// several are, each is as likely.
std::optional<CrashChoice> draw_crash(const std::vector<FaultSpec>& faults, const std::string& host,
                                      Random& random);

/// "after rename 3", as Fault::at_operation says it.
std::string text(const CrashChoice& choice);

}  // namespace holdfast::harness
